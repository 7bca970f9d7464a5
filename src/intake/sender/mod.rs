//! Plays a source's sender: for `send`, for set-up help and for tests.

mod member;
mod published;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::issue::{IssueProblem, TokenSigner};
use super::mapping::Mapping;
use super::presets::SchemeName;
use super::scheme::{Scheme, SecretFormat};
use super::secret::SecretProblem;
use super::settings::{How, SourceSettings};
use super::shared::SecretPlace;
use super::sign::{By, sign_by};
use super::{DingTalkKey, Fresh, Push, SourceKind};
use crate::incident::Timestamp;

/// How many bytes of a new secret are random.
pub const SECRET_BYTES: usize = 32;
/// How many bytes of a new token and AES key of DingTalk are random.
pub const DINGTALK_BYTES: usize = DINGTALK_TOKEN_CHARS + DINGTALK_AES_KEY_CHARS;
const DINGTALK_TOKEN_CHARS: usize = 32;
const DINGTALK_AES_KEY_CHARS: usize = 43;
/// What is needed where what we have is public.
pub(super) const PRIVATE_KEY: &str = "a private key, which is the sender's alone";
const JSON: &str = "application/json";

/// Whoever can speak for a source.
pub struct Sender {
    how: How,
    kind: SourceKind,
    mapping: Mapping,
    holds: Holds,
}

/// What a sender proves itself with.
pub enum Holds {
    /// A secret as it is written in its file.
    Secret(String),
    /// What DingTalk's callbacks are signed and encrypted with.
    DingTalk(Box<DingTalkKey>),
    /// A private key, the other half of which is published.
    Key {
        /// The key.
        signer: Box<TokenSigner>,
        /// What is shown beside it, where the source has a secret as well.
        authorization: Option<String>,
        /// Where the certificate of the key is, for Amazon SNS.
        certificate: Option<String>,
    },
}

/// What goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What comes behind `/v1/alerts/<name>`: nothing, or the secret or the signature where it is in the URL.
    pub path: String,
    /// Names and values, without the content type.
    pub headers: Vec<(String, String)>,
    /// The content type.
    pub content_type: &'static str,
    /// The body; another than was given, where it is signed or encrypted itself.
    pub body: Vec<u8>,
}

/// Why nothing can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendProblem {
    /// The secret is not written as the source has it.
    #[error("the secret is not as its source has it")]
    Secret(#[from] SecretProblem),
    /// The key does not sign.
    #[error("the key does not sign")]
    Key(#[from] IssueProblem),
    /// It proves itself by something else than what is there.
    #[error("it proves itself by {0}")]
    Needs(&'static str),
    /// What is to be signed is signed member by member.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// Nothing in it could show the secret.
    #[error("the body has no event of the source, and in that belongs its secret")]
    NoEvent,
    /// The system has none.
    #[error("no random bytes")]
    Random,
}

impl Sender {
    /// With a secret as it is written in its file.
    ///
    /// # Errors
    /// What is wrong with how the settings say that it proves itself.
    pub fn new(settings: &SourceSettings, secret: &str) -> Result<Self, String> {
        Self::holding(settings, Holds::Secret(secret.to_owned()))
    }

    /// With whatever it proves itself by.
    ///
    /// # Errors
    /// What is wrong with how the settings say that it proves itself.
    pub fn holding(settings: &SourceSettings, holds: Holds) -> Result<Self, String> {
        let holds = match holds {
            Holds::Secret(secret) => Holds::Secret(secret.trim_end_matches(['\r', '\n']).to_owned()),
            other => other,
        };
        let mapping = Mapping::of(settings.kind.row(), &settings.mapping, &[]);
        let mapping = mapping.map_err(|problem| format!("mapping: {problem}"))?;
        Ok(Self { how: settings.how()?, kind: settings.kind, mapping, holds })
    }

    /// The secret, where a body has to show it.
    #[must_use]
    pub fn secret(&self) -> &str {
        match &self.holds {
            Holds::Secret(secret) => secret,
            Holds::DingTalk(_) | Holds::Key { .. } => "",
        }
    }

    /// The topic it publishes to, where it is one of Amazon SNS: the first that counts.
    pub(super) fn topic(&self) -> &str {
        match &self.how {
            How::Sns(sns) => sns.topics.first().map_or("", String::as_str),
            _ => "",
        }
    }

    /// What is sent at `now` under `id` to say what stands in `body`. Where events show the secret, it is put into each;
    /// what is one such event is sent as the only one.
    ///
    /// # Errors
    /// It holds something else than its source takes, or what it holds does not sign this.
    pub fn prove(&self, id: &str, body: &[u8], now: Timestamp) -> Result<Outgoing, SendProblem> {
        let plain = |path, headers| Outgoing { path, headers, content_type: JSON, body: body.to_vec() };
        match (&self.how, &self.holds) {
            (How::Signs(scheme), Holds::Secret(secret)) => {
                Ok(plain(String::new(), sign_by(scheme, By::Secret(secret), id, body, now)?))
            }
            (How::Signs(scheme), Holds::Key { signer, .. }) => {
                Ok(plain(String::new(), sign_by(scheme, By::Key(signer), id, body, now)?))
            }
            (How::Shows(place), Holds::Secret(secret)) => Ok(match place {
                SecretPlace::Header(name) => plain(String::new(), vec![(name.clone(), secret.clone())]),
                SecretPlace::Query(name) => {
                    let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, secret).finish();
                    plain(format!("?{query}"), Vec::new())
                }
                SecretPlace::Path => plain(format!("/{secret}"), Vec::new()),
                SecretPlace::Member(name) => {
                    let body = member::shown(body, self.kind, &self.mapping, (name, secret));
                    Outgoing { body: body.ok_or(SendProblem::NoEvent)?, ..plain(String::new(), Vec::new()) }
                }
            }),
            (How::CallsBack, Holds::DingTalk(key)) => {
                let Push { query, body } = key.push(body, now, &Fresh::random().map_err(|_| SendProblem::Random)?);
                Ok(Outgoing { path: format!("?{query}"), headers: Vec::new(), content_type: JSON, body })
            }
            (How::Set(set), Holds::Key { signer, authorization, .. }) => {
                published::set(set, signer, authorization.as_deref(), id, body, now)
            }
            (How::Jwt(jwt), Holds::Key { signer, .. }) => {
                let token = signer.token(&published::claims(jwt, id, body, now))?;
                Ok(plain(String::new(), vec![published::bearer(jwt, &token)]))
            }
            (How::Jwt(jwt), Holds::Secret(secret)) => {
                let token = published::by_secret(jwt, secret, id, body, now)?;
                Ok(plain(String::new(), vec![published::bearer(jwt, &token)]))
            }
            (How::Sns(_), Holds::Key { signer, certificate: Some(certificate), .. }) => {
                Ok(Outgoing { body: published::sns(signer, certificate, body)?, ..plain(String::new(), Vec::new()) })
            }
            (How::Signs(_) | How::Shows(_), _) => Err(SendProblem::Needs("its secret")),
            (How::CallsBack, _) => Err(SendProblem::Needs("a token and an AES key of DingTalk")),
            (How::Set(_) | How::Jwt(_), _) => Err(SendProblem::Needs(PRIVATE_KEY)),
            (How::Sns(_), _) => Err(SendProblem::Needs("a private key and a certificate, which are Amazon's alone")),
        }
    }
}

/// A new token and a new AES key for DingTalk's callbacks, from bytes that are random: as they are written in their
/// files, and as its console takes them.
#[must_use]
pub fn new_dingtalk_secret(random: &[u8; DINGTALK_BYTES]) -> (String, String) {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    // Eight of the letters come a little more often than the rest, which costs 43 of them less than a bit.
    let letter = |byte: &u8| letters.get(usize::from(*byte) % letters.len()).copied();
    let (token, aes_key) = random.split_at(DINGTALK_TOKEN_CHARS);
    (token.iter().filter_map(letter).collect(), aes_key.iter().filter_map(letter).collect())
}

impl SourceSettings {
    /// A new secret for such a source, from bytes that are random: as it is written in its file, and as the sender
    /// is given it. `None` where only the sender can make one.
    ///
    /// # Errors
    /// What is wrong with how the settings say that it proves itself.
    pub fn new_secret(&self, random: &[u8; SECRET_BYTES]) -> Result<Option<String>, String> {
        Ok(match self.how()? {
            How::Signs(scheme) => written(&scheme, random),
            How::Shows(SecretPlace::Header(name)) if name.eq_ignore_ascii_case("authorization") => {
                Some(format!("Bearer {}", hex::encode(random)))
            }
            How::Shows(_) => Some(hex::encode(random)),
            How::Set(_) | How::Jwt(_) | How::Sns(_) | How::CallsBack => None,
        })
    }

    /// Whether nobody else can sign what it sends: what we have of it is public.
    #[must_use]
    pub fn is_signed_by_sender_alone(&self) -> bool {
        match self.how() {
            Ok(How::Signs(scheme)) => scheme.secret == SecretFormat::Whpk,
            Ok(How::Set(_) | How::Sns(_)) => true,
            Ok(How::Jwt(jwt)) => jwt.secret_file.is_none(),
            Ok(How::Shows(_) | How::CallsBack) | Err(_) => false,
        }
    }
}

fn written(scheme: &Scheme, random: &[u8]) -> Option<String> {
    match scheme.secret {
        SecretFormat::Utf8 | SecretFormat::Hex => Some(hex::encode(random)),
        SecretFormat::Base64 => Some(STANDARD.encode(random)),
        SecretFormat::Whsec => Some(format!("whsec_{}", STANDARD.encode(random))),
        SecretFormat::Whpk => None,
    }
}

/// The headers that a sender with `secret` (as written in its file; of asymmetric schemes the private key,
/// `whsk_…`) puts beside `body` when it sends it at `now` under `id`: names and values, without the content
/// type. A scheme that signs no id or time leaves them out.
///
/// # Errors
/// The secret is not written as the scheme has it.
pub fn sign(
    scheme: SchemeName,
    secret: &str,
    id: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<(String, String)>, SendProblem> {
    sign_by(&scheme.row(), By::Secret(secret), id, body, now)
}
