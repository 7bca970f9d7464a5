//! Where notices may be posted: https by name, or a host on this machine, for tests and relays.

use std::net::IpAddr;

use reqwest::Url;

/// Where a group's robot takes messages; nothing else is DingTalk.
const ROBOT_BASES: [&str; 2] = ["https://oapi.dingtalk.com", "https://oapi.dingtalk.io"];

/// A webhook's address. It may carry a path and a query, and no credentials.
pub(super) fn of_webhook(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "it is not a URL")?;
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err("it must not carry a user name or password");
    }
    if url.fragment().is_some() {
        return Err("it must not carry a fragment");
    }
    let host = url.host_str().ok_or("it names no host")?;
    match (host.trim_matches(['[', ']']).parse::<IpAddr>(), url.scheme()) {
        (Ok(address), "http" | "https") if address.is_loopback() => Ok(url),
        (Err(_), "http" | "https") if host == "localhost" => Ok(url),
        (Err(_), "https") => Ok(url),
        (Ok(_), _) => Err("a host that is not loopback must be given by name"),
        (Err(_), "http") => Err("only a loopback host may be called without https"),
        (Err(_), _) => Err("its scheme must be https"),
    }
}

/// Where a group's robot lives: DingTalk's own host, or one on this machine.
pub(super) fn of_robot(text: Option<&str>) -> Result<Url, &'static str> {
    let base = text.unwrap_or(ROBOT_BASES[0]).trim_end_matches('/');
    let url = of_webhook(&format!("{base}/robot/send"))?;
    let is_here = url.host_str().is_some_and(|host| of_webhook(&format!("http://{host}")).is_ok());
    if ROBOT_BASES.contains(&base) || is_here { Ok(url) } else { Err("a group's robot is at oapi.dingtalk.com or .io") }
}

/// Where people reach the server, without a slash at the end.
pub(super) fn of_public(text: &str) -> Result<String, &'static str> {
    let url = of_webhook(text)?;
    if url.query().is_some() {
        Err("it must not carry a query")
    } else {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g02_named_https_hosts_and_loopback_are_taken_and_nothing_else() {
        for good in ["https://hooks.example.com/x?y=z", "http://127.0.0.1:9/a", "http://localhost:9", "http://[::1]:9/"]
        {
            assert!(of_webhook(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "hooks.example.com",
            "http://hooks.example.com",
            "https://10.0.0.1/x",
            "https://169.254.169.254/latest",
            "http://0.0.0.0",
            "http://2852039166/",
            "http://[fe80::1]/",
            "https://user:pass@hooks.example.com",
            "https://hooks.example.com#x",
            "ftp://hooks.example.com",
            "file:///etc/passwd",
        ] {
            assert!(of_webhook(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_groups_robot_is_at_dingtalk_and_nowhere_else() {
        assert_eq!(of_robot(None).unwrap().as_str(), "https://oapi.dingtalk.com/robot/send");
        assert!(of_robot(Some("https://oapi.dingtalk.io/")).is_ok());
        assert_eq!(of_robot(Some("http://127.0.0.1:7")).unwrap().as_str(), "http://127.0.0.1:7/robot/send");
        for bad in ["https://oapi.dingtalk.com.example.com", "https://example.com", "http://oapi.dingtalk.com"] {
            assert!(of_robot(Some(bad)).is_err(), "{bad}");
        }
    }
}
