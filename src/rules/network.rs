//! Networks in CIDR notation (RFC 4632, RFC 4291), for addresses of both families.

use std::fmt;
use std::net::IpAddr;

/// In every IPv6 address that is a mapped IPv4 address, however it is written.
pub(super) const MAPPED: &str = ":ffff:";
/// So many bits of an octet are written out.
const OPEN_BITS_MAX: u8 = 4;

/// A network. An IPv4-mapped IPv6 address is the IPv4 address, on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `10.0.0.0/8` or `2001:db8::/32`; without `/n` it is the one address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| "it does not begin with an address")?;
        let bits = width(address);
        let prefix = match prefix {
            None => bits,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse::<u8>().ok().filter(|prefix| *prefix <= bits).ok_or("the prefix is too long")?
            }
            Some(_) => return Err("the prefix is no number"),
        };
        if masked(address, prefix) != value(address) {
            return Err("it has bits behind the prefix");
        }
        match address.to_canonical() {
            // A mapped network keeps only the part of its prefix that is about the IPv4 address.
            IpAddr::V4(inner) if address.is_ipv6() && prefix >= 96 => {
                Ok(Self { address: IpAddr::V4(inner), prefix: prefix - 96 })
            }
            _ => Ok(Self { address, prefix }),
        }
    }

    /// Whether every address of its family is in it.
    pub(super) fn is_everything(&self) -> bool {
        self.prefix == 0
    }

    /// How its addresses begin when they are written as IPv4 addresses; `None` when that would be anything,
    /// or of an IPv6 network. Written as IPv6 addresses all of them have [`MAPPED`] in them.
    pub(super) fn beginnings(&self) -> Option<Vec<String>> {
        let IpAddr::V4(address) = self.address else { return None };
        let octets = address.octets();
        let whole = usize::from(self.prefix / 8);
        let written = |octets: &[u8]| octets.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        let begin = |octets: &[u8]| if octets.len() < 4 { written(octets) + "." } else { written(octets) };
        let fixed = octets.get(..whole).unwrap_or_default();
        // What the prefix leaves open of the next octet is written out when it is little.
        let open = 8 - self.prefix % 8;
        match octets.get(whole) {
            Some(next) if open <= OPEN_BITS_MAX => {
                let last = next + ((1 << open) - 1);
                Some((*next..=last).map(|octet| begin(&[fixed, &[octet]].concat())).collect())
            }
            _ => (whole > 0).then(|| vec![begin(fixed)]),
        }
    }

    /// Whether `text` is an address in it.
    pub(super) fn has(&self, text: &str) -> bool {
        text.parse::<IpAddr>().is_ok_and(|found| {
            let found = found.to_canonical();
            found.is_ipv4() == self.address.is_ipv4() && masked(found, self.prefix) == value(self.address)
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn value(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn masked(address: IpAddr, prefix: u8) -> u128 {
    let behind = u32::from(width(address).saturating_sub(prefix));
    u128::MAX.checked_shl(behind).map_or(0, |mask| value(address) & mask)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn addresses_are_in_their_networks() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("::/0", "2001:db8::1", true),
            ("::/0", "10.0.0.1", false),
            ("2001:db8::/32", "2001:0db8:0000:0000:0000:0000:0000:0001", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("10.0.0.0/8", "10.x", false),
            ("10.0.0.0/8", "10.0.0.1:443", false),
            ("10.0.0.0/8", "", false),
        ] {
            assert_eq!(Network::parse(network).unwrap().has(address), expected, "{address} in {network}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in
            ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0/8", "x/8", "", "::1/64", "10.0.0.0/8/8"]
        {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_address_begins_as_its_network_says_or_is_mapped() {
        let beginnings = |network: &str| Network::parse(network).unwrap().beginnings();
        assert_eq!(beginnings("10.5.0.0/16").unwrap(), ["10.5."]);
        assert_eq!(beginnings("10.0.0.0/9").unwrap(), ["10."]);
        assert_eq!(beginnings("10.1.2.3").unwrap(), ["10.1.2.3"]);
        assert_eq!(beginnings("10.1.2.252/30").unwrap(), ["10.1.2.252", "10.1.2.253", "10.1.2.254", "10.1.2.255"]);
        assert_eq!(beginnings("172.16.0.0/12").unwrap().len(), 16);
        assert_eq!(beginnings("::ffff:10.0.0.0/104").unwrap(), ["10."]);
        for open in ["0.0.0.0/0", "32.0.0.0/3", "2001:db8::/32"] {
            assert_eq!(beginnings(open), None, "{open}");
        }
        for network in ["192.168.0.0/13", "192.168.0.0/14", "192.168.4.0/22", "0.0.0.0/4", "240.0.0.0/4", "1.2.3.0/24"]
        {
            let (network, mut inside) = (Network::parse(network).unwrap(), 0);
            let beginnings = network.beginnings().unwrap();
            for (a, b) in (0..=255_u8).flat_map(|a| [0, 2, 3, 167, 168, 171, 175, 176].map(|b| (a, b))) {
                for c in [0, 3, 4, 7, 8, 255] {
                    let address = Ipv4Addr::new(a, b, c, 9);
                    if network.has(&address.to_string()) {
                        inside += 1;
                        assert!(beginnings.iter().any(|begin| address.to_string().starts_with(begin)), "{address}");
                    }
                    let mapped = address.to_ipv6_mapped();
                    let groups = mapped.segments().map(|group| format!("{group:04X}")).join(":");
                    for written in [mapped.to_string(), groups] {
                        assert!(written.parse::<IpAddr>().is_ok() && written.to_lowercase().contains(MAPPED));
                    }
                }
            }
            assert!(inside > 0, "{network}");
        }
    }
}
