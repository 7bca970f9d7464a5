//! Networks in CIDR notation (RFC 4632, RFC 4291), for addresses of both families.

use std::fmt;
use std::net::IpAddr;

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
}
