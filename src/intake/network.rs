//! The networks a source sends from, as an operator lists them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};

/// A network such as `192.0.2.0/24`, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// The shortest prefix of a list of addresses; the largest network of one owner is no larger.
    pub(super) const PREFIX_MIN_V4: u8 = 8;
    /// The same of IPv6.
    pub(super) const PREFIX_MIN_V6: u8 = 16;

    /// Whether the address is in it, also when it is an IPv4 address written as an IPv6 one.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether it is so large that it lists nothing: two halves of everywhere are everywhere.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        let least = match self.0 {
            IpNet::V4(_) => Self::PREFIX_MIN_V4,
            IpNet::V6(_) => Self::PREFIX_MIN_V6,
        };
        self.0.prefix_len() < least
    }
}

impl FromStr for Network {
    type Err = &'static str;

    /// Refuses `192.0.2.7/24`, which is either a typing error or means something else than it does.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "expected an address or a network, such as 192.0.2.7 or 192.0.2.0/24";
        let net = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address),
            Err(_) => text.parse().map_err(|_| WANTED)?,
        };
        if net.trunc() == net { Ok(Self(net)) } else { Err("the address has bits beyond the network's prefix") }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_its_addresses_however_they_are_written() {
        let network: Network = "192.0.2.0/24".parse().unwrap();
        for (address, expected) in [
            ("192.0.2.7", true),
            ("::ffff:192.0.2.7", true),
            ("192.0.3.1", false),
            ("2001:db8::1", false),
            ("::192.0.2.7", false),
        ] {
            assert_eq!(network.contains(address.parse().unwrap()), expected, "{address}");
        }
        let one: Network = "2001:db8::1".parse().unwrap();
        assert!(one.contains("2001:db8::1".parse().unwrap()) && !one.contains("2001:db8::2".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["", "192.0.2.7/24", "192.0.2.0/33", "example.com", "192.0.2", "192.0.2.0/-1", "2001:db8::1/64"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        for (network, expected) in [
            ("0.0.0.0/0", true),
            ("0.0.0.0/1", true),
            ("128.0.0.0/1", true),
            ("10.0.0.0/7", true),
            ("10.0.0.0/8", false),
            ("::/0", true),
            ("2000::/3", true),
            ("2001::/16", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(network.parse::<Network>().unwrap().is_everywhere(), expected, "{network}");
        }
    }
}
