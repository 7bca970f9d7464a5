//! Which addresses may be asked for documents: https by name, or, for tests, a host on this machine.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// The longest address, in bytes.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// Whether documents may come over plain HTTP from this very machine. Only end-to-end tests need that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlainHttp(bool);

impl PlainHttp {
    /// As it must be wherever anybody can reach us.
    pub(super) const REFUSED: Self = Self(false);

    /// Lets plain HTTP to loopback pass, if we ourselves listen on loopback only: whoever sets it by accident
    /// has a server that nobody reaches, and does not start. To be said loudly at start.
    pub(super) fn on_loopback(listening_on: &[IpAddr]) -> Option<Self> {
        let alone = !listening_on.is_empty() && listening_on.iter().all(IpAddr::is_loopback);
        alone.then_some(Self(true))
    }
}

/// Why an address is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{0}")]
pub(super) struct AddressProblem(&'static str);

/// An address that may be asked: https by name, so that its certificate proves who answers.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address(Url);

impl Address {
    /// # Errors
    /// Not https (but for what `plain_http` lets pass), no host by name, or written so that two readers could
    /// see two hosts.
    pub(super) fn parse(text: &str, plain_http: PlainHttp) -> Result<Self, AddressProblem> {
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(AddressProblem("it is too long"));
        }
        let url = Url::parse(text).map_err(|_| AddressProblem("it is not a URL"))?;
        if url.as_str() != text && url.as_str() != format!("{text}/") {
            return Err(AddressProblem("it is not written in its plain form"));
        }
        if text.contains('@') && (!url.username().is_empty() || url.password().is_some()) {
            return Err(AddressProblem("it must not carry a user name or password"));
        }
        if url.fragment().is_some() {
            return Err(AddressProblem("it must not carry a fragment"));
        }
        let host = url.host_str().ok_or(AddressProblem("it names no host"))?;
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let is_loopback = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        match url.scheme() {
            "https" | "http" if is_loopback && plain_http.0 => Ok(Self(url)),
            "https" if is_loopback || address.is_some() => Err(AddressProblem("its host must be given by name")),
            "https" => Ok(Self(url)),
            _ => Err(AddressProblem("it must be https")),
        }
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Only the host: what follows it may be a token.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.0.host_str()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: PlainHttp = PlainHttp(true);

    #[test]
    fn https_by_name_is_asked() {
        for good in [
            "https://idp.example.com",
            "https://idp.example.com/",
            "https://idp.example.com:8443/realms/a/protocol/openid-connect/certs",
            "https://org.okta.com/oauth2/v1/keys?client_id=0oa1",
            "https://login.microsoftonline.com/common/discovery/v2.0/keys?appid=a@b",
        ] {
            for plain_http in [PlainHttp::REFUSED, PLAIN] {
                assert!(Address::parse(good, plain_http).is_ok(), "{good}");
            }
        }
    }

    #[test]
    fn nothing_else_is_asked_whatever_is_permitted() {
        for bad in [
            "",
            "idp.example.com/keys",
            "http://idp.example.com/keys",
            "ftp://idp.example.com/keys",
            "file:///etc/passwd",
            "https://user@idp.example.com/keys",
            "https://user:pass@idp.example.com/keys",
            "https://@idp.example.com/keys",
            "https://idp.example.com/keys#a",
            "https:\\\\idp.example.com",
            "https:idp.example.com",
            "https://idp.example.com/a/../keys",
            "https://idp.example.com:443/keys",
            "https://IDP.example.com/keys",
            "https://10.0.0.1/keys",
            "http://10.0.0.1/keys",
            "http://169.254.169.254/latest",
            "https://[fe80::1]/keys",
            "http://0.0.0.0/keys",
            "http://2130706433/keys",
            "http://127.1/keys",
            "http://[::ffff:127.0.0.1]/keys",
            "http://localhost.example.com/keys",
            " https://idp.example.com/keys",
            "https://idp.example.com/keys\n",
        ] {
            for plain_http in [PlainHttp::REFUSED, PLAIN] {
                assert!(Address::parse(bad, plain_http).is_err(), "{bad}");
            }
        }
        let endless = format!("https://idp.example.com/{}", "a".repeat(ADDRESS_BYTES_MAX));
        assert!(Address::parse(&endless, PLAIN).is_err());
    }

    #[test]
    fn this_machine_is_asked_by_those_only_who_are_permitted() {
        for own in ["http://127.0.0.1:9977/keys", "http://localhost:1/", "http://[::1]:1/k", "https://127.0.0.1/k"] {
            assert!(Address::parse(own, PLAIN).is_ok(), "{own}");
            assert!(Address::parse(own, PlainHttp::REFUSED).is_err(), "{own}");
        }
    }

    #[test]
    fn plain_http_is_permitted_only_where_nobody_else_can_reach_us() {
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        for alone in [&["127.0.0.1"][..], &["::1"], &["127.0.0.1", "::1"]] {
            assert_eq!(PlainHttp::on_loopback(&addresses(alone)), Some(PLAIN));
        }
        for reached in
            [&[][..], &["0.0.0.0"], &["::"], &["10.0.0.1"], &["127.0.0.1", "10.0.0.1"], &["::ffff:127.0.0.1"]]
        {
            assert_eq!(PlainHttp::on_loopback(&addresses(reached)), None, "{reached:?}");
        }
    }
}
