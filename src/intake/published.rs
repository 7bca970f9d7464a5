//! Sources whose senders prove themselves by keys that they publish: what an operator says of them, and how they are
//! asked.

use std::fmt::Display;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::address::{Address, PlainHttp};
use super::authorization;
use super::fetch::{Fetcher, Unavailable};
use super::handshake::Reply;
use super::keys::source::{KEY_BOUNDS, KeySource};
use super::keys::{KeySet, algorithm::TokenAlgorithm};
use super::limit::Neighbourhood;
use super::prove::{NotProven, Unproven};
use super::scheme::SecretFormat;
use super::secret::Secret;
use super::set::SetRules;
use super::set::event::{SetOutcome, UnreadableSet};
use super::sns::certificate::{CERTIFICATE_BOUNDS, Certificates};
use super::sns::confirming::Confirming;
use super::sns::{AGE_S_MAX, Confirm, SnsMessage, SnsRules, is_topic};
use super::token::{BodyHash, RequiredClaim, TokenRefusal, TokenRules};
use super::verify::{Content, Proof};
use super::{Refusal, Request, StreamTold};
use crate::incident::{Digest, StreamStatus, Timestamp};

/// What stands for the name of a secret where a published key has signed.
const PUBLISHED: &str = "published-key";
/// When a sender is to come again whose keys cannot be had, in seconds, unless it is known better.
const RETRY_AFTER_S: u64 = 10;

/// A transmitter of security event tokens (RFC 8417), pushed as RFC 8935 has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetSettings {
    /// The `iss` of its SETs, letter by letter.
    pub issuer: String,
    /// Our own name, as in their `aud`; one of these.
    pub audience: Vec<String>,
    /// Where it publishes its keys.
    pub jwks: String,
    /// What it signs with.
    #[serde(default = "rs256")]
    pub(super) algorithms: Vec<TokenAlgorithm>,
    /// Whose names of people count beside its own.
    #[serde(default)]
    pub issuers: Vec<String>,
}

/// A sender that shows a JSON Web Token in a header.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtSettings {
    /// The header, behind `Bearer ` or not.
    #[serde(default = "authorization")]
    pub header: String,
    /// The token's `iss`, letter by letter. To be left out only with `body_hash` and `secret_file`.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The token's `aud`; one of these. To be left out only with `body_hash` and `secret_file`.
    #[serde(default)]
    pub audience: Vec<String>,
    /// Where the keys are published.
    #[serde(default)]
    pub jwks: Option<String>,
    /// The file with the public keys, where they are not published.
    #[serde(default)]
    pub keys_file: Option<PathBuf>,
    /// The file with the secret, where it signs with a shared one.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// What it is signed with.
    #[serde(default = "rs256")]
    pub(super) algorithms: Vec<TokenAlgorithm>,
    /// Claims that must be there, such as the sender's own `email`.
    #[serde(default)]
    pub(super) claims: Vec<RequiredClaim>,
    /// The claim with the digest of the body, if there is one: it makes the token worth as much as a signature.
    #[serde(default)]
    pub(super) body_hash: Option<BodyHash>,
}

/// Topics of Amazon SNS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnsSettings {
    /// Their ARNs. Anybody's topic can send well-signed messages, so only these count.
    pub topics: Vec<String>,
    /// Whether signatures of version 1 will do, which are by SHA-1.
    #[serde(default)]
    pub allow_sha1: bool,
    /// Whether a subscription to one of the topics is confirmed when SNS asks.
    #[serde(default = "yes")]
    pub confirm: bool,
}

fn rs256() -> Vec<TokenAlgorithm> {
    TokenAlgorithm::parse("RS256").into_iter().collect()
}

fn authorization() -> String {
    "authorization".to_owned()
}

fn yes() -> bool {
    true
}

/// What all of them are asked with.
#[derive(Clone)]
pub(super) struct Asking {
    fetcher: Fetcher,
    plain_http: PlainHttp,
}

/// A source of one of these sorts, ready to judge.
pub(super) enum Publisher {
    Set { rules: SetRules, keys: KeySource },
    Jwt { rules: TokenRules, header: String, keys: KeySource },
    Sns { rules: SnsRules, certificates: Certificates, confirm: Option<Confirming> },
}

impl Asking {
    /// `plain_http` only for tests on this machine, and only if we listen on it alone.
    ///
    /// # Errors
    /// What is in the way.
    pub(super) fn new(plain_http: bool, listening_on: &[IpAddr]) -> Result<Self, String> {
        let plain_http = if plain_http {
            let advice = "`test_only_plain_http` is for a server that listens on this machine only";
            PlainHttp::on_loopback(listening_on).ok_or(advice)?
        } else {
            PlainHttp::REFUSED
        };
        let fetcher = Fetcher::new().map_err(|error| format!("nothing can be fetched: {error}"))?;
        Ok(Self { fetcher, plain_http })
    }

    fn keys(&self, address: &str) -> Result<KeySource, String> {
        let address = Address::parse(address, self.plain_http).map_err(|problem| format!("jwks: {problem}"))?;
        Ok(KeySource::published(address, self.fetcher.clone(), KEY_BOUNDS))
    }
}

impl Publisher {
    /// `authorizations` are digests of what the stream's `Authorization` may be.
    pub(super) fn set(said: &SetSettings, authorizations: Vec<Digest>, asking: &Asking) -> Result<Self, String> {
        let rules = SetRules {
            issuer: said.issuer.clone(),
            audiences: said.audience.clone(),
            algorithms: said.algorithms.clone(),
            authorizations,
        };
        rules.check().map_err(|problem| format!("set: {problem}"))?;
        Ok(Self::Set { rules, keys: asking.keys(&said.jwks).map_err(|flaw| format!("set: {flaw}"))? })
    }

    pub(super) fn jwt(said: &JwtSettings, base: &Path, asking: &Asking) -> Result<Self, String> {
        let rules = TokenRules {
            issuer: said.issuer.clone(),
            audiences: said.audience.clone(),
            is_shared: said.secret_file.is_some(),
            algorithms: said.algorithms.clone(),
            required: said.claims.clone(),
            body_hash: said.body_hash.clone(),
        };
        rules.check().map_err(|problem| format!("jwt: {problem}"))?;
        let keys = match (&said.jwks, &said.keys_file, &said.secret_file) {
            (Some(address), None, None) => asking.keys(address).map_err(|flaw| format!("jwt: {flaw}"))?,
            (None, Some(file), None) => {
                let file = base.join(file);
                KeySource::from_file(&file).map_err(|problem| format!("jwt: {}: {problem}", file.display()))?
            }
            (None, None, Some(file)) => shared_key(&base.join(file), &said.algorithms)?,
            _ => return Err("jwt: it needs one of `jwks`, `keys_file` and `secret_file`".to_owned()),
        };
        Ok(Self::Jwt { rules, header: said.header.to_ascii_lowercase(), keys })
    }

    pub(super) fn sns(said: &SnsSettings, asking: &Asking) -> Result<Self, String> {
        if said.topics.is_empty() {
            return Err("sns: it needs `topics`".to_owned());
        }
        if let Some(topic) = said.topics.iter().find(|topic| !is_topic(topic)) {
            return Err(format!(
                "sns: {topic:?} is no ARN of a topic, such as arn:aws:sns:eu-west-1:123456789012:findings"
            ));
        }
        let rules = SnsRules {
            topics: said.topics.clone(),
            allow_sha1: said.allow_sha1,
            age_s_max: AGE_S_MAX,
            plain_http: asking.plain_http,
        };
        let certificates = Certificates::new(asking.fetcher.clone(), CERTIFICATE_BOUNDS);
        Ok(Self::Sns { rules, certificates, confirm: said.confirm.then(|| Confirming::new(asking.fetcher.clone())) })
    }

    /// Goes on with the keys of the one before, if they are at the same address.
    pub(super) fn keep_keys(&mut self, before: &Self) {
        match (self, before) {
            (Self::Set { keys, .. }, Self::Set { keys: before, .. })
            | (Self::Jwt { keys, .. }, Self::Jwt { keys: before, .. }) => keys.keep(before),
            // All of them are at Amazon's.
            (
                Self::Sns { certificates, confirm, .. },
                Self::Sns { certificates: before, confirm: confirmed_before, .. },
            ) => {
                *certificates = before.clone();
                if let (Some(confirm), Some(before)) = (confirm, confirmed_before) {
                    confirm.keep(before);
                }
            }
            _ => {}
        }
    }

    /// What a request proves, with the keys there are and, where others may help, with newer ones.
    ///
    /// # Errors
    /// It proves nothing, or the keys cannot be had.
    pub(super) async fn verify<'d>(&self, request: &Request<'d>, now: Timestamp) -> Result<Proof<'d>, Refusal> {
        match self {
            Self::Set { rules, keys } => verify_set(rules, keys, request, now).await,
            Self::Jwt { rules, header, keys } => verify_jwt(rules, header, keys, request, now).await,
            Self::Sns { rules, certificates, .. } => verify_sns(rules, certificates, request, now).await,
        }
    }

    /// Confirms a subscription, if that is wanted.
    ///
    /// # Errors
    /// Amazon cannot be reached, or does not say yes.
    pub(super) async fn follow(&self, asked: &Confirm, now: Timestamp) -> Result<Option<StreamTold>, Refusal> {
        let Self::Sns { confirm: Some(confirming), .. } = self else { return Ok(None) };
        confirming.confirm(asked, now).await.map_err(unavailable)?;
        Ok(Some(StreamTold { status: StreamStatus::Enabled, reason: Some(asked.topic.clone()) }))
    }
}

/// The one algorithm's key in a file that is kept as other secrets are.
fn shared_key(file: &Path, algorithms: &[TokenAlgorithm]) -> Result<KeySource, String> {
    let flawed = |problem: &dyn Display| format!("jwt: {}: {problem}", file.display());
    let [algorithm] = algorithms else { return Err("jwt: a shared secret is for one algorithm".to_owned()) };
    let secret = Secret::read(file, SecretFormat::Utf8).map_err(|problem| flawed(&problem))?;
    let keys = KeySet::from_secret(*algorithm, secret.material.expose_secret());
    keys.map(KeySource::fixed).map_err(|problem| flawed(&problem))
}

async fn verify_set<'d>(
    rules: &SetRules,
    keys: &KeySource,
    request: &Request<'d>,
    now: Timestamp,
) -> Result<Proof<'d>, Refusal> {
    let verify = |keys: Option<&KeySet>| rules.verify(&request.headers, request.body, keys, now);
    let outcome = keys.prove(now, verify).await.map_err(|error| refusal(error, Refusal::Set))?;
    Ok(match outcome {
        SetOutcome::Event(event) => {
            if event.has_expiry {
                tracing::warn!(jti = event.jti, "a SET has an expiry, which SETs must not have");
            }
            Proof {
                id: Some(event.jti.clone()),
                sent: Some(event.issued_at),
                said: Some(event.said),
                ..Proof::of(PUBLISHED, request.body, Content::Events { own: vec![event.claims], of_others: 0 })
            }
        }
        SetOutcome::Verification(verification) => {
            verification.answers(None).map_err(Refusal::Set)?;
            Proof::of(PUBLISHED, request.body, Content::Asked(Reply::Accepted))
        }
        SetOutcome::StreamUpdated(news) => {
            let told = StreamTold::parse(news.status.as_deref().unwrap_or_default(), news.reason.as_deref());
            Proof {
                id: Some(news.jti),
                sent: Some(news.issued_at),
                said: Some(news.said),
                stream: Some(told),
                ..Proof::of(PUBLISHED, request.body, Content::Asked(Reply::Accepted))
            }
        }
        SetOutcome::Unreadable(UnreadableSet { jti, issued_at, said, reason }) => Proof {
            id: jti,
            sent: issued_at,
            said: Some(said),
            ..Proof::of(PUBLISHED, request.body, Content::Unreadable(reason))
        },
    })
}

async fn verify_jwt<'d>(
    rules: &TokenRules,
    header: &str,
    keys: &KeySource,
    request: &Request<'d>,
    now: Timestamp,
) -> Result<Proof<'d>, Refusal> {
    let shown = request.headers.deciding(header, Refusal::SecretWrong)?.ok_or(Refusal::SecretMissing)?;
    let token = authorization::token(shown);
    let verify =
        |keys: Option<&KeySet>| -> Result<_, Unproven<TokenRefusal>> { rules.verify(token, request.body, keys, now) };
    keys.prove(now, verify).await.map_err(|error| refusal(error, Refusal::Token))?;
    // A token's own id says nothing of the delivery: a sender that tries again may make another token.
    Ok(Proof::of(PUBLISHED, request.body, Content::Body))
}

async fn verify_sns<'d>(
    rules: &SnsRules,
    certificates: &Certificates,
    request: &Request<'d>,
    now: Timestamp,
) -> Result<Proof<'d>, Refusal> {
    let unsigned = rules.read(&request.headers, request.body, now).map_err(Refusal::Sns)?;
    let asker = Neighbourhood::own(request.peer);
    let message = certificates.prove(&unsigned, asker, now).await.map_err(|error| refusal(error, Refusal::Sns))?;
    let told = |status, topic| Some(StreamTold { status, reason: Some(topic) });
    // An id is its topic's. Whoever has caught a message can add what they like to it, where nobody has signed.
    let of = |topic: &str, id: &str, content| Proof {
        id: Some(format!("{topic}\n{id}")),
        sent: Some(unsigned.sent_at()),
        said: Some(Digest::of(unsigned.text_to_sign().as_bytes())),
        signed: Some(unsigned.signed_members()),
        ..Proof::of(PUBLISHED, request.body, content)
    };
    let asked = Content::Asked(Reply::Accepted);
    Ok(match message {
        SnsMessage::Notification(notification) => of(&notification.topic, &notification.message_id, Content::Body),
        SnsMessage::Confirm(confirm) => Proof {
            stream: told(StreamStatus::Unconfirmed, confirm.topic.clone()),
            confirm: Some(confirm.clone()),
            ..of(&confirm.topic, &confirm.message_id, asked)
        },
        SnsMessage::Unsubscribed { topic, message_id } => {
            let proof = of(&topic, &message_id, asked);
            Proof { stream: told(StreamStatus::Unsubscribed, topic), ..proof }
        }
    })
}

fn refusal<R>(error: NotProven<R>, widen: impl FnOnce(R) -> Refusal) -> Refusal {
    match error {
        NotProven::Refused(reason) => widen(reason),
        NotProven::Unavailable(problem) => unavailable(problem),
    }
}

fn unavailable(problem: Unavailable) -> Refusal {
    if !matches!(problem, Unavailable::TooSoon { .. }) {
        tracing::warn!(reason = problem.code(), "a sender's keys cannot be had");
    }
    let retry_after_s = match problem {
        Unavailable::TooSoon { retry_after_s } => retry_after_s,
        _ => RETRY_AFTER_S,
    };
    Refusal::KeysUnavailable { retry_after_s }
}
