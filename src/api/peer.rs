//! Who asks: the peer of the connection, unless that is a proxy of ours, which then says for whom it asks.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;

use crate::intake::Network;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address that limits and lists of addresses are about. Of what proxies say, only what trusted ones have
/// said counts: from the right, the first address that is none of theirs. Whatever stands left of it anybody may
/// have written.
pub(super) fn of(request: &HttpRequest, trusted: &[Network]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let values: Vec<&str> = request.headers().get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok()).collect();
    behind(peer, &values, trusted)
}

/// The same of the values of the header, in their order.
#[doc(hidden)]
#[must_use]
pub fn behind(peer: IpAddr, values: &[&str], trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let said: Vec<&str> = values.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut nearest = peer;
    for text in said.iter().rev() {
        // What is no address ends the chain: the last one that is known stands.
        let Ok(address) = text.parse() else { break };
        if !is_trusted(nearest) {
            break;
        }
        nearest = address;
    }
    nearest.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, said: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        behind(peer.parse().unwrap(), said, &trusted).to_string()
    }

    #[test]
    fn a24_a_stranger_cannot_say_who_it_is() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
        assert_eq!(behind([10, 0, 0, 1].into(), &["198.51.100.1"], &[]), IpAddr::from([10, 0, 0, 1]));
    }

    #[test]
    fn a25_behind_trusted_proxies_the_rightmost_untrusted_address_counts() {
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["203.0.113.9", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["203.0.113.9", "198.51.100.1", "10.2.0.1"]), "198.51.100.1");
        assert_eq!(seen("::ffff:10.0.0.1", &["2001:db8::7", "198.51.100.1", "2001:db8::9"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["10.0.0.2", "10.0.0.3"]), "10.0.0.2");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1", "unknown"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["", "198.51.100.1:80"]), "10.0.0.1");
    }
}
