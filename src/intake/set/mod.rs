//! Verifies security event tokens (RFC 8417) that are pushed to us (RFC 8935) by transmitters of Shared Signals,
//! CAEP and RISC, in one fixed order, and says what each is.

mod envelope;
pub(super) mod event;
pub(super) mod refusal;
pub(super) mod subject;

use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use envelope::Envelope;
use event::SetOutcome;
use refusal::SetRefusal;

use super::Headers;
use super::Refusal;
use super::jws::Jws;
use super::keys::KeySet;
use super::keys::algorithm::{KeyFamily, TokenAlgorithm};
use super::prove::Unproven;
use super::shared::SecretPlace;
use crate::incident::{Digest, Timestamp};

/// The longest SET, in bytes. Those of the large providers have 1 to 2 KiB.
pub(super) const SET_BYTES_MAX: usize = 64 * 1024;
/// What the body calls itself.
const MEDIA_TYPE: &str = "application/secevent+jwt";
/// What the token calls itself; the long form is the same type (RFC 7515 section 4.1.9).
const TYPES: [&str; 2] = ["secevent+jwt", MEDIA_TYPE];

/// What a transmitter's SETs must say.
#[derive(Debug, Clone)]
pub(super) struct SetRules {
    /// Their issuer, letter by letter.
    pub issuer: String,
    /// Whom they are for: one of these.
    pub audiences: Vec<String>,
    /// What they may be signed with; never by a shared secret.
    pub algorithms: Vec<TokenAlgorithm>,
    /// Digests of what the stream's `Authorization` may be, whole and with its scheme folded, if we gave it one; two while one replaces the
    /// other.
    pub authorizations: Vec<Digest>,
}

/// Rules by which no SET can be taken, or any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SetRulesProblem {
    /// No issuer or no audience.
    #[error("the issuer and the audience must be said")]
    NotNamed,
    /// No algorithm.
    #[error("no algorithm is allowed")]
    NoAlgorithm,
    /// An algorithm by a shared secret.
    #[error("SETs are signed with keys that are published, never with a shared secret")]
    SharedSecret,
}

impl SetRules {
    /// Whether these rules prove anything; to be asked once, at start.
    ///
    /// # Errors
    /// They do not.
    pub(super) fn check(&self) -> Result<(), SetRulesProblem> {
        if self.issuer.is_empty() || self.audiences.iter().all(String::is_empty) {
            return Err(SetRulesProblem::NotNamed);
        }
        if self.algorithms.is_empty() {
            return Err(SetRulesProblem::NoAlgorithm);
        }
        let by_secret = self.algorithms.iter().any(|algorithm| algorithm.family() == KeyFamily::Secret);
        if by_secret { Err(SetRulesProblem::SharedSecret) } else { Ok(()) }
    }

    /// What the SET in `body` proves.
    ///
    /// # Errors
    /// It is refused, or other keys could prove it.
    pub(super) fn verify(
        &self,
        headers: &Headers<'_>,
        body: &[u8],
        keys: Option<&KeySet>,
        now: Timestamp,
    ) -> Result<SetOutcome, Unproven<SetRefusal>> {
        let jws = self.read(headers, body).map_err(Unproven::Refused)?;
        let signed = jws.open(keys).map_err(|unproven| unproven.map(SetRefusal::from))?;
        Envelope::open(&signed, self, now).map(event::read).map_err(Unproven::Refused)
    }

    /// The outside: whatever can be told without a key.
    fn read<'b>(&self, headers: &Headers<'_>, body: &'b [u8]) -> Result<Jws<'b>, SetRefusal> {
        if body.len() > SET_BYTES_MAX {
            return Err(SetRefusal::TooLarge);
        }
        if !self.is_authorized(headers) {
            return Err(SetRefusal::Authorization);
        }
        let mut types = headers.all("content-type");
        if !matches!((types.next(), types.next()), (Some(only), None) if is_media_type(only)) {
            return Err(SetRefusal::ContentType);
        }
        let public: Vec<_> = self.algorithms.iter().filter(|one| one.family() != KeyFamily::Secret).copied().collect();
        Jws::read(body, SET_BYTES_MAX, &public, is_typed)
    }

    fn is_authorized(&self, headers: &Headers<'_>) -> bool {
        if self.authorizations.is_empty() {
            return true;
        }
        let Ok(Some(shown)) = headers.deciding("authorization", Refusal::SignatureMalformed) else { return false };
        let shown = SecretPlace::of_authorization().digest(shown).to_string();
        let is_shown = |one: &Digest| bool::from(one.to_string().as_bytes().ct_eq(shown.as_bytes()));
        self.authorizations.iter().fold(false, |found, one| is_shown(one) | found)
    }
}

fn is_media_type(value: &[u8]) -> bool {
    let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(MEDIA_TYPE.as_bytes())
}

fn is_typed(header: &Map<String, Value>) -> Result<(), SetRefusal> {
    let told = header.get("typ").and_then(Value::as_str).unwrap_or_default();
    let typed = TYPES.iter().any(|known| known.eq_ignore_ascii_case(told));
    if typed { Ok(()) } else { Err(SetRefusal::Type) }
}
