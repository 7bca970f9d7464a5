//! How DingTalk is reached: hosts, credentials, limits; checked before anything is sent.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::address::base_url;
use super::error::{NAME_BYTES_MAX, SetupError};
use super::index;

/// DingTalk's own limit per app and API, Standard edition (billing model page): 20 calls a second.
pub const CALLS_PER_SECOND_MAX: u32 = 20;
/// No exchange with DingTalk may take longer than this, whatever the settings say.
const TIMEOUT_MS_MAX: u64 = 60_000;

/// The `[directory]` settings: which DingTalk, as which app, how fast.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// DingTalk's hosts: `io` (international) or `com` (mainland). Not needed with explicit URLs.
    #[serde(default)]
    pub preset: Option<Preset>,
    /// Base URL of the new API, such as `https://api.dingtalk.io`; wins over the preset, and comes
    /// together with `oapi_url`. Must be https, except on loopback.
    #[serde(default)]
    pub api_url: Option<String>,
    /// Base URL of the legacy API, such as `https://oapi.dingtalk.io`.
    #[serde(default)]
    pub oapi_url: Option<String>,
    /// The app's key (Client ID). Not a secret.
    pub app_key: String,
    /// The file that holds the app's secret (Client Secret) and nothing else; readable by its owner
    /// only. A relative path starts where the settings file lies.
    pub app_secret_file: PathBuf,
    /// The organization whose accounts may be touched.
    pub corp_id: String,
    /// By which of DingTalk's calls the access token is fetched. Default `access_token`.
    #[serde(default)]
    pub token_call: TokenCall,
    /// Whether nothing is ever done to an account, and nobody is told anything: everything else goes on, and every
    /// step fails with the code `dry_run`. Default false.
    #[serde(default)]
    pub dry_run: bool,
    /// How many calls a second may leave for each API path, 1 to 20. Default 10.
    #[serde(default = "default_calls_per_second")]
    pub calls_per_second: u32,
    /// How many calls may leave at once after a pause. Default 5; together with `calls_per_second`
    /// at most 21, so that no second ever sees more than 20 calls.
    #[serde(default = "default_burst")]
    pub burst: u32,
    /// How many calls a month DingTalk lets the organization's apps make together. Default 5000, as in its Standard
    /// edition. Only ours are counted.
    #[serde(default = "default_monthly_quota")]
    pub monthly_quota: u32,
    /// How much of it is kept for containment, in percent, 0 to 100: when no more is left, look-ups that containment can
    /// do without are refused, and messages to people wait, but for the half that may tell those without whom nobody
    /// would be contained. Default 20.
    #[serde(default = "default_monthly_reserve_percent")]
    pub monthly_reserve_percent: u32,
    /// How long one exchange may take in all, from connecting to the last byte of the answer.
    /// Default 5000, at most 60000.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// How long connecting may take, TLS included. Default 2000. Less than `timeout_ms`, so that a
    /// host that cannot be reached is never mistaken for one that does not answer.
    #[serde(default = "default_connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// Keep an index of the organization's people, for look-ups that DingTalk does not offer.
    #[serde(default)]
    pub index: Option<index::Settings>,
}

/// DingTalk's calls that give an app its access token. Whichever is asked, the token serves both families of the API:
/// DingTalk's own walkthrough shows it of the first, and the pages of both families send their readers to one or the
/// other; no page states it as a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenCall {
    /// `POST /v1.0/oauth2/accessToken`, which the documents recommend.
    #[default]
    AccessToken,
    /// `POST /v1.0/oauth2/{corpId}/token`, the newer one with OAuth 2.0's own words, for the apps of an organization and
    /// of others alike. It is in the mainland documents and the official SDK; that it is at the international host is
    /// shown nowhere.
    CorpToken,
    /// `GET /gettoken` of the legacy API, which the documents of both installations still have and no longer recommend.
    /// The app's secret stands in its URL, where proxies on the way may log it.
    LegacyToken,
}

/// DingTalk's two installations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// International: `api.dingtalk.io` and `oapi.dingtalk.io`.
    Io,
    /// Mainland: `api.dingtalk.com` and `oapi.dingtalk.com`.
    Com,
}

/// Where the two families of DingTalk's API live, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hosts {
    pub(super) api: String,
    pub(super) oapi: String,
}

/// Whose access token is asked for, and by which call. The secret is kept apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct App {
    pub(super) key: String,
    pub(super) corp_id: String,
    pub(super) token_call: TokenCall,
}

/// Settings that were checked and can be used as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) hosts: Hosts,
    pub(super) app: App,
    pub(super) calls_per_second: NonZeroU32,
    pub(super) burst: NonZeroU32,
    pub(super) monthly_quota: u32,
    /// In calls.
    pub(super) monthly_reserve: u32,
    pub(super) timeout: Duration,
    pub(super) connect_timeout: Duration,
}

impl Settings {
    /// Checks every setting but the secret.
    pub(super) fn check(&self) -> Result<Checked, SetupError> {
        let app = self.app()?;
        let calls = in_range("calls_per_second", self.calls_per_second.into(), 1, CALLS_PER_SECOND_MAX.into())?;
        let burst_max = u64::from(CALLS_PER_SECOND_MAX).saturating_add(1).saturating_sub(calls);
        in_range("burst", self.burst.into(), 1, burst_max)?;
        let timeout_ms = in_range("timeout_ms", self.timeout_ms, 2, TIMEOUT_MS_MAX)?;
        let connect_ms = in_range("connect_timeout_ms", self.connect_timeout_ms, 1, timeout_ms.saturating_sub(1))?;
        for (field, value, min, max) in self.index.iter().flat_map(index::Settings::ranges) {
            in_range(field, value, min, max)?;
        }
        let monthly_quota = in_range("monthly_quota", self.monthly_quota.into(), 1, u32::MAX.into())?;
        let reserve_percent = in_range("monthly_reserve_percent", self.monthly_reserve_percent.into(), 0, 100)?;
        let monthly_reserve = monthly_quota.saturating_mul(reserve_percent) / 100;
        Ok(Checked {
            monthly_quota: self.monthly_quota,
            monthly_reserve: u32::try_from(monthly_reserve).unwrap_or(u32::MAX),
            hosts: self.hosts()?,
            app,
            calls_per_second: NonZeroU32::new(self.calls_per_second).unwrap_or(NonZeroU32::MIN),
            burst: NonZeroU32::new(self.burst).unwrap_or(NonZeroU32::MIN),
            timeout: Duration::from_millis(timeout_ms),
            connect_timeout: Duration::from_millis(connect_ms),
        })
    }

    fn app(&self) -> Result<App, SetupError> {
        let corp_id = name("corp_id", &self.corp_id)?;
        let is_plain = corp_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if self.token_call == TokenCall::CorpToken && !is_plain {
            return Err(SetupError::CorpIdInPath);
        }
        Ok(App { key: name("app_key", &self.app_key)?, corp_id, token_call: self.token_call })
    }

    fn hosts(&self) -> Result<Hosts, SetupError> {
        match (&self.api_url, &self.oapi_url, self.preset) {
            (Some(api), Some(oapi), _) => {
                Ok(Hosts { api: base_url("api_url", api)?, oapi: base_url("oapi_url", oapi)? })
            }
            (None, None, Some(preset)) => Ok(preset.hosts()),
            // One explicit URL beside a preset could send one installation's token to the other.
            _ => Err(SetupError::HostsMissing),
        }
    }
}

impl Preset {
    fn hosts(self) -> Hosts {
        let top = match self {
            Self::Io => "io",
            Self::Com => "com",
        };
        Hosts { api: format!("https://api.dingtalk.{top}"), oapi: format!("https://oapi.dingtalk.{top}") }
    }
}

fn name(field: &'static str, text: &str) -> Result<String, SetupError> {
    let usable = (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if usable { Ok(text.to_owned()) } else { Err(SetupError::Name { field }) }
}

fn in_range(field: &'static str, value: u64, min: u64, max: u64) -> Result<u64, SetupError> {
    if (min..=max).contains(&value) { Ok(value) } else { Err(SetupError::OutOfRange { field, min, max }) }
}

fn default_calls_per_second() -> u32 {
    10
}

fn default_burst() -> u32 {
    5
}

fn default_monthly_quota() -> u32 {
    5000
}

fn default_monthly_reserve_percent() -> u32 {
    20
}

fn default_timeout_ms() -> u64 {
    5000
}

fn default_connect_timeout_ms() -> u64 {
    2000
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn settings(changes: &Value) -> Result<Checked, String> {
        let mut all =
            json!({"preset": "io", "app_key": "test-app", "app_secret_file": "secret", "corp_id": "dingtest"});
        for (name, value) in changes.as_object().unwrap() {
            all[name] = value.clone();
        }
        let settings: Settings = serde_json::from_value(all).map_err(|error| error.to_string())?;
        settings.check().map_err(|error| error.to_string())
    }

    #[test]
    fn a_preset_names_both_hosts_and_the_rest_has_defaults() {
        let checked = settings(&json!({})).unwrap();
        assert_eq!(checked.hosts.api, "https://api.dingtalk.io");
        assert_eq!(checked.hosts.oapi, "https://oapi.dingtalk.io");
        assert_eq!(checked.calls_per_second.get(), 10);
        assert_eq!((checked.monthly_quota, checked.monthly_reserve), (5000, 1000));
        assert_eq!(checked.timeout, Duration::from_millis(5000));
        assert_eq!(settings(&json!({"preset": "com"})).unwrap().hosts.oapi, "https://oapi.dingtalk.com");
    }

    #[test]
    fn explicit_urls_win_over_the_preset() {
        let explicit = json!({"api_url": "http://127.0.0.1:1/", "oapi_url": "https://relay.example.com/ding"});
        let hosts = settings(&explicit).unwrap().hosts;
        assert_eq!(hosts, Hosts { api: "http://127.0.0.1:1".into(), oapi: "https://relay.example.com/ding".into() });
    }

    #[test]
    fn settings_that_cannot_work_are_refused_by_name() {
        for (changes, named) in [
            (json!({"preset": null}), "preset"),
            (json!({"preset": "cn"}), "cn"),
            (json!({"api_url": "https://api.example.com"}), "oapi_url"),
            (json!({"api_url": "ftp://a", "oapi_url": "https://b"}), "api_url"),
            (json!({"app_key": ""}), "app_key"),
            (json!({"app_key": "a b"}), "app_key"),
            (json!({"corp_id": ""}), "corp_id"),
            (json!({"token_call": "gettoken"}), "unknown variant"),
            (json!({"token_call": "corp_token", "corp_id": "../accessToken?"}), "corp_id"),
            (json!({"token_call": "corp_token", "corp_id": "a%2fb"}), "corp_id"),
            (json!({"calls_per_second": 0}), "calls_per_second"),
            (json!({"calls_per_second": 21}), "calls_per_second"),
            (json!({"calls_per_second": -1}), "invalid value"),
            (json!({"burst": 0}), "burst"),
            (json!({"burst": 12}), "burst"),
            (json!({"calls_per_second": 20}), "burst"),
            (json!({"monthly_quota": 0}), "monthly_quota"),
            (json!({"monthly_reserve_percent": 101}), "monthly_reserve_percent"),
            (json!({"timeout_ms": 0}), "timeout_ms"),
            (json!({"timeout_ms": 60_001}), "timeout_ms"),
            (json!({"connect_timeout_ms": 5000}), "connect_timeout_ms"),
            (json!({"index": {"every_hours": 0}}), "index.every_hours"),
            (json!({"index": {"every_hours": 721, "age_days_max": 90}}), "index.every_hours"),
            (json!({"index": {"age_days_max": 1}}), "index.age_days_max"),
            (json!({"index": {"every_hours": 240, "age_days_max": 10}}), "index.age_days_max"),
            (json!({"index": {"age_days_max": 91}}), "index.age_days_max"),
            (json!({"index": {"every": "24h"}}), "unknown field"),
            (json!({"app_secret": "not a real secret"}), "unknown field"),
        ] {
            let refused = settings(&changes).expect_err(&changes.to_string());
            assert!(refused.contains(named), "{changes}: {refused}");
            assert!(!refused.contains("not a real secret"));
        }
        assert!(settings(&json!({"calls_per_second": 20, "burst": 1})).is_ok());
        assert!(settings(&json!({"index": {}})).is_ok());
        assert!(settings(&json!({"corp_id": "a/b"})).is_ok(), "it stands in no path");
        assert!(settings(&json!({"index": {"every_hours": 720, "age_days_max": 31}})).is_ok());
    }
}
