//! Which base URLs may be called: https by name, or a host on this machine.

use std::net::IpAddr;

use reqwest::Url;

use super::error::SetupError;

/// Checks a configured base URL and gives it without a slash at the end.
///
/// Everything but loopback must be https and named, so that its certificate proves who answers; no
/// other address literal is taken, in whatever spelling (attacks.md G02). A path in front is
/// allowed, for relays.
pub(super) fn base_url(field: &'static str, text: &str) -> Result<String, SetupError> {
    match problem(text) {
        Err(problem) => Err(SetupError::Url { field, problem }),
        Ok(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
    }
}

fn problem(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "it is not a URL")?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err("its scheme must be https");
    }
    if text.contains('@') {
        return Err("it must not carry a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it must not carry a query or fragment");
    }
    let host = url.host_str().ok_or("it names no host")?;
    if !is_written_plainly(text, host) {
        return Err("its host must be written in its plain form");
    }
    match (host_kind(host), url.scheme()) {
        (HostKind::Loopback, _) | (HostKind::Name, "https") => Ok(url),
        (HostKind::Name, _) => Err("only a loopback host may be called without https"),
        (HostKind::Address, _) => Err("a host that is not loopback must be given by name"),
    }
}

enum HostKind {
    Loopback,
    Name,
    Address,
}

fn host_kind(host: &str) -> HostKind {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => HostKind::Loopback,
        Ok(_) => HostKind::Address,
        Err(_) if host == "localhost" => HostKind::Loopback,
        Err(_) => HostKind::Name,
    }
}

/// Whether the host stands in the text as the parser understood it: `http://2130706433` or
/// `https:\\host` mean something else than they show.
fn is_written_plainly(text: &str, host: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.split_once("://").is_some_and(|(_, rest)| rest.strip_prefix(host).is_some_and(is_end_of_host))
}

fn is_end_of_host(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([':', '/'])
}

#[cfg(test)]
mod tests {
    use super::base_url;

    #[test]
    fn named_https_hosts_and_loopback_are_taken() {
        for (good, as_base) in [
            ("https://api.dingtalk.io", "https://api.dingtalk.io"),
            ("HTTPS://API.dingtalk.io/", "https://api.dingtalk.io"),
            ("https://relay.example.com:8443/ding/", "https://relay.example.com:8443/ding"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.8.9.10", "http://127.8.9.10"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            assert_eq!(base_url("api_url", good).unwrap(), as_base);
        }
    }

    #[test]
    fn g02_everything_else_is_refused() {
        for bad in [
            "",
            "api.dingtalk.io",
            "/v1.0",
            "http://api.dingtalk.io",
            "ftp://api.dingtalk.io",
            "file:///etc/passwd",
            "gopher://127.0.0.1",
            "https://user@api.dingtalk.io",
            "https://user:pass@api.dingtalk.io",
            "https://@api.dingtalk.io",
            "http://127.0.0.1@evil.example.com",
            "http://10.0.0.1",
            "http://192.168.1.1",
            "https://10.0.0.1",
            "http://169.254.169.254/latest",
            "https://169.254.169.254",
            "http://0.0.0.0",
            "http://2130706433",
            "http://0x7f.1",
            "http://127.1",
            "http://[::ffff:127.0.0.1]",
            "http://[fe80::1]",
            "http://localhost.example.com",
            "http://metadata.google.internal",
            "https:\\\\api.dingtalk.io",
            "https:api.dingtalk.io",
            "https://api.dingtalk.io?a=b",
            "https://api.dingtalk.io#a",
        ] {
            assert!(base_url("api_url", bad).is_err(), "{bad}");
        }
    }
}
