//! What an operator sets: the configured sources, their secrets and the limits at the door.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use super::client_certificate::ListedCertificate;
use super::dingtalk::DingTalkSettings;
use super::kind::{Manner, Usual};
use super::mapping::MappingSettings;
use super::network::Network;
use super::published::{JwtSettings, SetSettings, SnsSettings};
use super::scheme::Scheme;
use super::shared::SecretPlace;
use super::{SignatureSettings, SourceKind, log_sources};
use crate::incident::{Assurance, LogSource, SourceName};

/// The intake's settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The largest body taken, in bytes; 1 to [`Settings::BODY_BYTES_CEILING`].
    pub body_bytes_max: usize,
    /// How long a whole body may take to arrive, in milliseconds; 100 to 60,000.
    pub body_deadline_ms: u64,
    /// How many requests one address may make, whoever it claims to be.
    pub per_address: RateSettings,
    /// Fetch keys over plain HTTP from this very machine: for tests, and only where we listen on it alone.
    pub test_only_plain_http: bool,
    /// Where we listen, which is not set here.
    #[serde(skip)]
    pub listening_on: Vec<IpAddr>,
    /// Whether connections are asked for client certificates, which is not set here either.
    #[serde(skip)]
    pub asks_for_certificates: bool,
    /// The senders, by the name that is in their URL; at most [`Settings::SOURCES_MAX`].
    pub sources: BTreeMap<SourceName, SourceSettings>,
}

impl Settings {
    /// The most that `body_bytes_max` can be set to: a body must still fit beside its record.
    pub const BODY_BYTES_CEILING: usize = 512 * 1024;
    /// The most sources.
    pub const SOURCES_MAX: usize = 1_024;
    /// The most networks of one source.
    pub const ADDRESSES_MAX: usize = 64;
    /// The most client certificates of one source.
    pub const CLIENT_CERTIFICATES_MAX: usize = 16;
    /// The most secrets of one source that are live at once.
    pub const SECRETS_MAX: usize = 4;
    /// The highest rate and burst that can be set.
    pub const RATE_MAX: u32 = 1_000_000;

    /// Sigma's log sources of what each source sends.
    #[must_use]
    pub fn log_sources(&self) -> BTreeMap<SourceName, Arc<[LogSource]>> {
        self.sources.iter().map(|(name, source)| (name.clone(), source.log_sources_of(name))).collect()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_bytes_max: 256 * 1024,
            body_deadline_ms: 10_000,
            per_address: RateSettings::of(200, 1_000),
            test_only_plain_http: false,
            listening_on: Vec::new(),
            asks_for_certificates: false,
            sources: BTreeMap::new(),
        }
    }
}

/// One sender.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// What it sends.
    pub kind: SourceKind,
    /// How it signs, if not as its kind does: the name of a known way, or a table that describes another.
    #[serde(default)]
    pub signature: Option<SignatureSettings>,
    /// Where it shows its secret, if it does not sign and not as its kind does.
    #[serde(default)]
    pub secret_in: Option<SecretPlace>,
    /// Of transmitters of security event tokens: what must be in those.
    #[serde(default)]
    pub set: Option<SetSettings>,
    /// That it shows a JSON Web Token, and what must be in that.
    #[serde(default)]
    pub jwt: Option<JwtSettings>,
    /// Of Amazon SNS: which topics count.
    #[serde(default)]
    pub sns: Option<SnsSettings>,
    /// Whom DingTalk's callbacks are for, of those that send them.
    #[serde(default)]
    pub dingtalk: Option<DingTalkSettings>,
    /// That nothing it says is signed, and that this is meant.
    #[serde(default)]
    pub allow_unsigned: bool,
    /// The networks it sends from; without any, everywhere. At most [`Settings::ADDRESSES_MAX`].
    #[serde(default)]
    pub addresses: Vec<Network>,
    /// The client certificates it shows, one of them on each connection; without any, none is needed. At most
    /// [`Settings::CLIENT_CERTIFICATES_MAX`].
    #[serde(default)]
    pub client_certificates: Vec<ListedCertificate>,
    /// Where its documents have what, if not as those of its kind.
    #[serde(default)]
    pub mapping: MappingSettings,
    /// The secrets that are live, one to four; two while one replaces the other. Of those whose keys are published
    /// none, but for what `Authorization` a transmitter of security event tokens was given.
    #[serde(default)]
    pub secrets: Vec<SecretSettings>,
    /// How many authentic deliveries it may make.
    #[serde(default)]
    pub rate: RateSettings,
    /// Sigma's log sources of its events, one or a list, for kinds that have none of their own.
    #[serde(default, deserialize_with = "log_sources::one_or_several")]
    pub log_source: Vec<LogSource>,
}

/// How a source proves itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum How {
    /// It signs.
    Signs(Box<Scheme>),
    /// It shows a secret.
    Shows(SecretPlace),
    /// It sends security event tokens.
    Set(Box<SetSettings>),
    /// It shows a token.
    Jwt(Box<JwtSettings>),
    /// It is Amazon SNS.
    Sns(Box<SnsSettings>),
    /// It signs and encrypts as DingTalk does.
    CallsBack,
}

impl SourceSettings {
    /// One of this kind that proves itself as its kind does, with these secrets, and for the rest as nothing were
    /// said.
    #[must_use]
    pub fn of(kind: SourceKind, secrets: Vec<SecretSettings>) -> Self {
        Self {
            kind,
            signature: None,
            secret_in: None,
            set: None,
            jwt: None,
            sns: None,
            dingtalk: None,
            allow_unsigned: false,
            addresses: Vec::new(),
            client_certificates: Vec::new(),
            mapping: MappingSettings::default(),
            secrets,
            rate: RateSettings::default(),
            log_source: Vec::new(),
        }
    }

    /// How it proves itself: as the settings say, else as its kind does.
    ///
    /// # Errors
    /// What is wrong with what they say.
    pub(super) fn how(&self) -> Result<How, String> {
        let said = [
            self.signature.is_some(),
            self.secret_in.is_some(),
            self.set.is_some(),
            self.jwt.is_some(),
            self.sns.is_some(),
        ];
        if said.into_iter().filter(|is_said| *is_said).count() > 1 {
            return Err("of `signature`, `secret_in`, `set`, `jwt` and `sns` it can have one".to_owned());
        }
        self.refuse_tables_of_others()?;
        if let Some(set) = &self.set {
            return Ok(How::Set(Box::new(set.clone())));
        }
        if let Some(jwt) = &self.jwt {
            return Ok(How::Jwt(Box::new(jwt.clone())));
        }
        if let Some(sns) = &self.sns {
            return Ok(How::Sns(Box::new(sns.clone())));
        }
        match (&self.signature, &self.secret_in, self.kind.row().proof) {
            (Some(signature), _, _) => {
                let scheme = signature.scheme().map_err(|flaw| format!("signature: {flaw}"))?;
                Ok(How::Signs(Box::new(scheme)))
            }
            (None, Some(place), _) => Ok(How::Shows(place.clone())),
            (None, None, Usual::Signature(name)) => Ok(How::Signs(Box::new(name.row()))),
            (None, None, Usual::Header(name)) => Ok(How::Shows(SecretPlace::Header(name.to_owned()))),
            (None, None, Usual::Query(name)) => Ok(How::Shows(SecretPlace::Query(name.to_owned()))),
            (None, None, Usual::Member(name)) => Ok(How::Shows(SecretPlace::Member(name.to_owned()))),
            (None, None, Usual::Published(table)) => Err(format!("its kind needs a table `{table}`")),
            (None, None, Usual::Path) => Ok(How::Shows(SecretPlace::Path)),
            (None, None, Usual::DingTalk) => Ok(How::CallsBack),
            (None, None, Usual::Said) => Err("its kind needs `signature` or `secret_in`".to_owned()),
        }
    }

    /// What a table `set` or `sns` speaks of is the body, so that it goes with the kinds that have such bodies; and
    /// a body that is a token is read by nothing else.
    fn refuse_tables_of_others(&self) -> Result<(), String> {
        let own = match self.kind.row().proof {
            Usual::Published(table) => Some(table),
            _ => None,
        };
        for (table, is_said) in [("set", self.set.is_some()), ("sns", self.sns.is_some())] {
            if is_said && own != Some(table) {
                return Err(format!("a table `{table}` is not for this kind"));
            }
        }
        if own == Some("set") && self.set.is_none() { Err("its kind needs a table `set`".to_owned()) } else { Ok(()) }
    }

    /// Whether it is said how it proves itself.
    ///
    /// # Errors
    /// What is wrong with what is said.
    pub fn proof(&self) -> Result<(), String> {
        self.how().map(drop)
    }

    /// How strongly it proves itself. Of what is not signed, a secret counts as much as the caller's own only
    /// together with where it comes from or by what certificate, and in a URL never.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        match self.how() {
            Ok(How::Signs(scheme)) => scheme.assurance(),
            Ok(How::Set(_) | How::Sns(_) | How::CallsBack) => Assurance::A,
            // The body, and no time of sending: until when a token is good says little of when it was sent, and its
            // own id nothing of the delivery.
            Ok(How::Jwt(jwt)) if jwt.body_hash.is_some() => Assurance::B,
            Ok(How::Shows(place)) if place.is_in_url() => Assurance::D,
            Ok(How::Shows(_) | How::Jwt(_)) if self.has_origin() => Assurance::C,
            Ok(How::Shows(_) | How::Jwt(_)) | Err(_) => Assurance::D,
        }
    }

    /// Whether it is listed where it comes from.
    fn has_origin(&self) -> bool {
        !self.addresses.is_empty() || !self.client_certificates.is_empty()
    }

    /// How it is answered. A gateway that signs for a sender takes any 2xx.
    pub(super) fn manner(&self) -> Manner {
        let row = self.kind.row();
        let signs_itself = matches!(row.proof, Usual::Signature(_));
        match row.manner {
            Manner::Ok if self.signature.is_some() && !signs_itself => Manner::Receipt,
            manner => manner,
        }
    }

    /// Sigma's log sources of what this source sends, if it is called `name`; at least one.
    #[must_use]
    pub fn log_sources_of(&self, name: &SourceName) -> Arc<[LogSource]> {
        log_sources::of(name, self.kind.row(), self)
    }
}

/// Where one secret is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretSettings {
    /// Its name on the trail: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub name: String,
    /// The file that holds nothing else, readable by its owner only.
    pub file: PathBuf,
    /// The file with the AES key that belongs to it, where the sender encrypts.
    #[serde(default)]
    pub aes_key_file: Option<PathBuf>,
}

/// A rate: so many per second in the long run, so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateSettings {
    /// How many per second in the long run; 1 to [`Settings::RATE_MAX`].
    pub per_second: NonZeroU32,
    /// How many at once; 1 to [`Settings::RATE_MAX`].
    pub burst: NonZeroU32,
}

impl RateSettings {
    fn of(per_second: u32, burst: u32) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self { per_second: at_least_one(per_second), burst: at_least_one(burst) }
    }
}

/// What a source may send unless it says otherwise.
impl Default for RateSettings {
    fn default() -> Self {
        Self::of(100, 500)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::SchemeName;
    use serde_json::json;

    fn parse(value: serde_json::Value) -> Result<Settings, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn nothing_said_means_the_defaults() {
        assert_eq!(parse(json!({})).unwrap(), Settings::default());
        assert_eq!(Settings::default().body_bytes_max, 262_144);
    }

    #[test]
    fn a_source_names_kind_signature_and_secret_files() {
        let settings = parse(json!({"sources": {"okta-prod": {
            "kind": "okta-event-hook",
            "signature": "standard-webhooks",
            "secrets": [{"name": "2026-11", "file": "secrets/okta"}],
        }}}))
        .unwrap();
        let source = &settings.sources[&SourceName::parse("okta-prod").unwrap()];
        assert_eq!(source.kind, SourceKind::OktaEventHook);
        assert_eq!(source.signature, Some(SchemeName::StandardWebhooks.into()));
        assert_eq!(source.rate, RateSettings::default());
    }

    #[test]
    fn a_log_source_is_one_or_a_list() {
        let read = |log_source: serde_json::Value| {
            let source =
                json!({"kind": "generic", "signature": "github-hmac", "secrets": [], "log_source": log_source});
            let settings = parse(json!({"sources": {"a": source}}));
            settings.map(|settings| settings.sources.into_values().next().unwrap().log_source.len())
        };
        assert_eq!(read(json!({"product": "siem"})).ok(), Some(1));
        assert_eq!(read(json!([{"product": "okta"}, {"category": "authentication"}])).ok(), Some(2));
        for bad in [json!("siem"), json!({"prodct": "siem"}), json!([{"prodct": "siem"}]), json!(["siem"])] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
        let refused = read(json!([{"prodct": "siem"}])).unwrap_err().to_string();
        assert!(refused.contains("prodct"), "it is named: {refused}");
    }

    #[test]
    fn a_table_is_for_kinds_whose_bodies_it_speaks_of() {
        let set = json!({"issuer": "https://a.example.com", "audience": ["b"], "jwks": "https://a.example.com/keys"});
        let sns = json!({"topics": ["arn:aws:sns:eu-west-1:123456789012:a"]});
        for (kind, table, value, is_fine) in [
            ("ssf", "set", &set, true),
            ("okta-ssf", "set", &set, true),
            ("sns", "sns", &sns, true),
            ("generic", "set", &set, false),
            ("sns", "set", &set, false),
            ("ssf", "sns", &sns, false),
            ("github", "sns", &sns, false),
            ("ssf", "signature", &json!("github-hmac"), false),
            ("ssf", "secret_in", &json!({"header": "authorization"}), false),
            ("pagerduty", "jwt", &json!({"jwks": "https://a.example.com/keys"}), true),
        ] {
            let settings = parse(json!({"sources": {"a": {"kind": kind, table: value}}})).unwrap();
            let source = settings.sources.into_values().next().unwrap();
            assert_eq!(source.proof().is_ok(), is_fine, "{kind} with {table}: {:?}", source.proof());
        }
    }

    #[test]
    fn k02_unknown_keys_and_impossible_values_are_refused() {
        let source = |more: serde_json::Value| {
            let mut source = json!({"kind": "generic", "signature": "github-hmac", "secrets": []});
            source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"sources": {"a": source}})
        };
        assert!(parse(source(json!({}))).is_ok());
        for bad in [
            json!({"body_byte_max": 1}),
            json!({"body_bytes_max": -1}),
            json!({"per_address": {"per_second": 0, "burst": 1}}),
            json!({"per_address": {"per_second": 1}}),
            json!({"sources": {"Bad Name": {}}}),
            source(json!({"secret": "value"})),
            source(json!({"kind": "okta"})),
            source(json!({"signature": "none"})),
            source(json!({"secrets": [{"name": "a", "value": "b"}]})),
        ] {
            assert!(parse(bad.clone()).is_err(), "{bad}");
        }
    }
}
