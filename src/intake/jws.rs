//! Opens a signed token (RFC 7515, compact): its header first, then its signature, and only then what it says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::json;
use super::keys::algorithm::TokenAlgorithm;
use super::keys::jwks::KID_BYTES_MAX;
use super::keys::{Judgement, KeySet};
use super::prove::Unproven;
use super::shelf::Why;

/// Members of a header by which a token brings or names its own key. Nobody who is not an attacker needs them
/// here: which keys count is configured.
const OWN_KEYS: [&str; 3] = ["jwk", "jku", "x5u"];

/// Why a token is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum JwsProblem {
    /// Longer than a token of its kind may be.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url.
    #[error("the token is not written as three parts of base64url")]
    NotCompact,
    /// The header is not strict JSON, or not as RFC 7515 has it.
    #[error("the token's header cannot be read")]
    HeaderUnreadable,
    /// The header demands an extension; we have none.
    #[error("the token's header demands an extension")]
    Critical,
    /// The header brings a key or says where one is.
    #[error("the token brings its own key")]
    OwnKey,
    /// No algorithm that the source may use: `none` for one.
    #[error("the token's algorithm is not allowed")]
    AlgorithmNotAllowed,
    /// No key of that name fits the algorithm.
    #[error("no key of the name fits")]
    UnknownKey,
    /// None of the keys made the signature.
    #[error("the token's signature is wrong")]
    SignatureWrong,
    /// What is signed is not one JSON object, read strictly.
    #[error("the token's claims cannot be read")]
    ClaimsUnreadable,
}

impl JwsProblem {
    /// Every code that [`JwsProblem::code`] can give.
    #[cfg(test)]
    pub(super) const CODES: [&'static str; 9] = [
        "token_too_long",
        "token_not_compact",
        "token_header",
        "token_critical",
        "token_own_key",
        "token_algorithm",
        "token_unknown_key",
        "token_signature",
        "token_claims",
    ];

    /// The reason's stable name, for the trail and for metrics.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::TooLong => "token_too_long",
            Self::NotCompact => "token_not_compact",
            Self::HeaderUnreadable => "token_header",
            Self::Critical => "token_critical",
            Self::OwnKey => "token_own_key",
            Self::AlgorithmNotAllowed => "token_algorithm",
            Self::UnknownKey => "token_unknown_key",
            Self::SignatureWrong => "token_signature",
            Self::ClaimsUnreadable => "token_claims",
        }
    }
}

/// A token whose header is in order. What it claims cannot be seen yet.
pub(super) struct Jws<'t> {
    algorithm: TokenAlgorithm,
    kid: Option<String>,
    claims: Vec<u8>,
    signed: &'t [u8],
    signature: Vec<u8>,
}

impl<'t> Jws<'t> {
    /// Reads the header of a token of at most `bytes_max` bytes. `check_type` sees the header before anything in
    /// it is believed.
    ///
    /// # Errors
    /// `check_type`'s, or any of [`JwsProblem`] before a key is looked for.
    pub(super) fn read<E: From<JwsProblem>>(
        token: &'t [u8],
        bytes_max: usize,
        allowed: &[TokenAlgorithm],
        check_type: impl FnOnce(&Map<String, Value>) -> Result<(), E>,
    ) -> Result<Self, E> {
        if token.len() > bytes_max {
            return Err(JwsProblem::TooLong.into());
        }
        let (signed, parts) = parts(token).ok_or(JwsProblem::NotCompact)?;
        let [header, claims, signature] = parts;
        let Ok(Value::Object(header)) = json::parse(&header) else {
            return Err(JwsProblem::HeaderUnreadable.into());
        };
        check_type(&header)?;
        let kid = check(&header)?;
        let algorithm = algorithm(&header, allowed)?;
        Ok(Self { algorithm, kid, claims, signed, signature })
    }

    /// What the token says, if one of the `keys` signed it: its claims as they are written.
    ///
    /// # Errors
    /// Without keys, or when they do not fit, other keys may help.
    pub(super) fn open(self, keys: Option<&KeySet>) -> Result<Vec<u8>, Unproven<JwsProblem>> {
        let needs = |why, problem| Err(Unproven::NeedsKeys(why, problem));
        let Some(keys) = keys else { return needs(Why::NoneFresh, JwsProblem::UnknownKey) };
        match keys.judge(self.kid.as_deref(), self.algorithm, self.signed, &self.signature) {
            // A sender that was set up anew may have a new key under an old name, so that both may be cured.
            Judgement::NoKey => needs(Why::NotFitting, JwsProblem::UnknownKey),
            Judgement::NotSigned => needs(Why::NotFitting, JwsProblem::SignatureWrong),
            Judgement::Signed => Ok(self.claims),
        }
    }
}

/// The claims, if they are one JSON object, read strictly.
///
/// # Errors
/// [`JwsProblem::ClaimsUnreadable`].
pub(super) fn claims(signed: &[u8]) -> Result<Map<String, Value>, JwsProblem> {
    match json::parse(signed) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err(JwsProblem::ClaimsUnreadable),
    }
}

/// What is signed, and the three parts decoded: base64url without padding and without stray bits, so that a token
/// can be written in one way only.
fn parts(token: &[u8]) -> Option<(&[u8], [Vec<u8>; 3])> {
    let mut parts = token.split(|byte| *byte == b'.').map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let decoded = [parts.next()??, parts.next()??, parts.next()??];
    let last = token.iter().rposition(|byte| *byte == b'.')?;
    let whole = parts.next().is_none() && decoded.iter().all(|part| !part.is_empty());
    whole.then_some((token.get(..last)?, decoded))
}

fn check(header: &Map<String, Value>) -> Result<Option<String>, JwsProblem> {
    if header.contains_key("crit") {
        return Err(JwsProblem::Critical);
    }
    if OWN_KEYS.iter().any(|name| header.contains_key(*name)) {
        return Err(JwsProblem::OwnKey);
    }
    match header.get("kid") {
        None => Ok(None),
        Some(Value::String(kid)) if (1..=KID_BYTES_MAX).contains(&kid.len()) => Ok(Some(kid.clone())),
        Some(_) => Err(JwsProblem::HeaderUnreadable),
    }
}

fn algorithm(header: &Map<String, Value>, allowed: &[TokenAlgorithm]) -> Result<TokenAlgorithm, JwsProblem> {
    let name = header.get("alg").and_then(Value::as_str).ok_or(JwsProblem::HeaderUnreadable)?;
    let known = TokenAlgorithm::parse(name).filter(|algorithm| allowed.contains(algorithm));
    known.ok_or(JwsProblem::AlgorithmNotAllowed)
}

/// The time in a claim: seconds since 1970, with or without a fraction, which is cut off.
///
/// # Errors
/// It is there, but is no such number.
pub(super) fn seconds(claim: Option<&Value>) -> Result<Option<i64>, ()> {
    claim.map(|value| whole_number(value).ok_or(())).transpose()
}

/// A number that is not negative, without its fraction.
pub(super) fn whole_number(value: &Value) -> Option<i64> {
    let float = |value: f64| (0.0..9.0e15).contains(&value).then_some(value.trunc() as i64);
    value.as_i64().filter(|number| *number >= 0).or_else(|| value.as_f64().and_then(float))
}

/// Whether the audience of a token, one or a list, is one of `ours`.
pub(super) fn is_for(audience: Option<&Value>, ours: &[String]) -> bool {
    let is_ours = |audience: &Value| audience.as_str().is_some_and(|audience| ours.iter().any(|own| own == audience));
    match audience {
        Some(Value::Array(audiences)) => audiences.iter().any(is_ours),
        Some(audience) => is_ours(audience),
        None => false,
    }
}
