//! Verifies a JWT that comes in a header beside the body: who sent it, to whom, until when, and, where the sender
//! says so, over which body.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_PAD_INDIFFERENT;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::jws::{Jws, JwsProblem, claims, is_for, seconds};
use super::keys::KeySet;
use super::keys::algorithm::TokenAlgorithm;
use super::prove::Unproven;
use crate::incident::Timestamp;

/// The longest token, in bytes. It stands in a header, and servers end those at 8 or 16 KiB.
pub(super) const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// How old a token over the body may be that says since when it is good and not until when, in seconds: as long as
/// those are good that senders sign anew for each delivery.
const AGE_S_MAX: i64 = 300;
/// How far the sender's clock may be from ours, in seconds.
pub(super) const LEEWAY_S: i64 = 60;

/// What a token must say.
#[derive(Debug, Clone)]
pub(super) struct TokenRules {
    /// Its issuer, letter by letter. May be left out only where the body is bound and the key shared.
    pub issuer: Option<String>,
    /// Whom it is for: one of these. May be empty only where the body is bound and the key shared.
    pub audiences: Vec<String>,
    /// Whether its key is a secret that only the sender and we have; with any other it may sign for others as well.
    pub is_shared: bool,
    /// What it may be signed with.
    pub algorithms: Vec<TokenAlgorithm>,
    /// Claims that must be there with these values.
    pub required: Vec<RequiredClaim>,
    /// The claim that binds the body.
    pub body_hash: Option<BodyHash>,
}

/// A claim that must have a value, or be a list that has it. Of `email`, `email_verified` must be true as well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequiredClaim {
    pub name: String,
    pub value: String,
}

/// The claim with the SHA-256 of the body.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BodyHash {
    pub claim: String,
    pub encoding: HashEncoding,
}

/// How a digest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum HashEncoding {
    /// As Keycloak (Phase Two) does.
    Hex,
    /// As FusionAuth does.
    Base64,
}

/// Rules that would let anybody's token pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LaxRules {
    /// No algorithm is allowed.
    #[error("no algorithm is allowed")]
    Algorithm,
    /// No issuer, and the body is not bound, or others are signed for by the same keys.
    #[error("it needs `issuer`, which says whose tokens are taken: the `iss` of the sender's, letter by letter")]
    Issuer,
    /// No audience, and the same: a token that the issuer made for another would do.
    #[error("it needs `audience`, which says for whom tokens must be: our own name, as the sender writes it in `aud`")]
    Audience,
}

/// What a good token proves.
#[derive(Clone, PartialEq)]
pub(super) struct TokenClaims {
    /// The token's own id, if it has one.
    pub id: Option<String>,
    /// Until when it is good; always there unless the body is bound.
    pub expires_at_s: Option<i64>,
    /// Whether it proves the body, too.
    pub binds_body: bool,
    /// All it says. Personal data.
    pub all: Map<String, Value>,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenRefusal {
    /// It cannot be opened.
    #[error(transparent)]
    Jws(#[from] JwsProblem),
    /// Of somebody else.
    #[error("the token's issuer is another")]
    Issuer,
    /// For somebody else.
    #[error("the token is for another")]
    Audience,
    /// No usable time of expiry.
    #[error("the token does not say when it expires")]
    ExpiryMissing,
    /// No longer good.
    #[error("the token has expired")]
    Expired,
    /// Not good yet, or a clock is wrong.
    #[error("the token is from the future")]
    Future,
    /// A claim that must have a value has another, or none.
    #[error("a claim is not what it must be")]
    Claim,
    /// Not of this body.
    #[error("the token is of another body")]
    Body,
}

impl TokenRefusal {
    /// The reason's stable name, for the trail and for metrics.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Jws(problem) => problem.code(),
            Self::Issuer => "token_issuer",
            Self::Audience => "token_audience",
            Self::ExpiryMissing => "token_expiry_missing",
            Self::Expired => "token_expired",
            Self::Future => "token_future",
            Self::Claim => "token_claim",
            Self::Body => "token_body",
        }
    }
}

impl TokenRules {
    /// Whether these rules prove anything; to be asked once, at start.
    ///
    /// # Errors
    /// They do not.
    pub(super) fn check(&self) -> Result<(), LaxRules> {
        if self.algorithms.is_empty() {
            return Err(LaxRules::Algorithm);
        }
        if self.body_hash.is_some() && self.is_shared {
            return Ok(());
        }
        if self.issuer.is_none() {
            return Err(LaxRules::Issuer);
        }
        if self.audiences.is_empty() { Err(LaxRules::Audience) } else { Ok(()) }
    }

    /// What the token in a header proves about its sender and, where it binds it, about the `body`.
    ///
    /// # Errors
    /// It is refused, or other keys could prove it.
    pub(super) fn verify(
        &self,
        token: &[u8],
        body: &[u8],
        keys: Option<&KeySet>,
        now: Timestamp,
    ) -> Result<TokenClaims, Unproven<TokenRefusal>> {
        let jws = Jws::read(token, TOKEN_BYTES_MAX, &self.algorithms, |_| Ok::<_, JwsProblem>(()))
            .map_err(|problem| Unproven::Refused(problem.into()))?;
        let signed = jws.open(keys).map_err(|unproven| unproven.map(TokenRefusal::from))?;
        let claims = claims(&signed).map_err(|problem| Unproven::Refused(problem.into()))?;
        self.judge(claims, body, now).map_err(Unproven::Refused)
    }

    fn judge(&self, claims: Map<String, Value>, body: &[u8], now: Timestamp) -> Result<TokenClaims, TokenRefusal> {
        let issuer = claims.get("iss").and_then(Value::as_str);
        if self.issuer.as_deref().is_some_and(|wanted| issuer != Some(wanted)) {
            return Err(TokenRefusal::Issuer);
        }
        if !self.audiences.is_empty() && !is_for(claims.get("aud"), &self.audiences) {
            return Err(TokenRefusal::Audience);
        }
        let expires_at_s = self.check_times(&claims, now.as_second())?;
        if !self.required.iter().all(|required| required.holds(&claims)) {
            return Err(TokenRefusal::Claim);
        }
        if !self.body_hash.as_ref().is_none_or(|hash| hash.is_of(body, &claims)) {
            return Err(TokenRefusal::Body);
        }
        let id = claims.get("jti").and_then(Value::as_str).map(str::to_owned);
        Ok(TokenClaims { id, expires_at_s, binds_body: self.body_hash.is_some(), all: claims })
    }

    fn check_times(&self, claims: &Map<String, Value>, now_s: i64) -> Result<Option<i64>, TokenRefusal> {
        let expires_at_s = seconds(claims.get("exp")).map_err(|()| TokenRefusal::ExpiryMissing)?;
        match expires_at_s {
            Some(expires_s) if now_s >= expires_s.saturating_add(LEEWAY_S) => return Err(TokenRefusal::Expired),
            None if self.body_hash.is_none() => return Err(TokenRefusal::ExpiryMissing),
            None if !self.is_shared => refuse_old(claims, now_s)?,
            _ => {}
        }
        for name in ["nbf", "iat"] {
            let begins_s = seconds(claims.get(name)).map_err(|()| TokenRefusal::Future)?;
            if begins_s.is_some_and(|begins_s| begins_s > now_s.saturating_add(LEEWAY_S)) {
                return Err(TokenRefusal::Future);
            }
        }
        Ok(expires_at_s)
    }
}

/// A token that does not say until when it is good, and must at least be a young one.
fn refuse_old(claims: &Map<String, Value>, now_s: i64) -> Result<(), TokenRefusal> {
    let issued_s = seconds(claims.get("iat")).map_err(|()| TokenRefusal::Future)?.ok_or(TokenRefusal::ExpiryMissing)?;
    let is_old = now_s.saturating_sub(issued_s) >= AGE_S_MAX + LEEWAY_S;
    if is_old { Err(TokenRefusal::Expired) } else { Ok(()) }
}

/// Without what it says about people.
impl fmt::Debug for TokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenClaims")
            .field("id", &self.id)
            .field("binds_body", &self.binds_body)
            .finish_non_exhaustive()
    }
}

impl RequiredClaim {
    fn holds(&self, claims: &Map<String, Value>) -> bool {
        let is_it = |value: &Value| value.as_str() == Some(self.value.as_str());
        let holds = match claims.get(&self.name) {
            Some(Value::Array(values)) => values.iter().any(is_it),
            value => value.is_some_and(is_it),
        };
        let verified = self.name != "email" || claims.get("email_verified") == Some(&Value::Bool(true));
        holds && verified
    }
}

impl BodyHash {
    fn is_of(&self, body: &[u8], claims: &Map<String, Value>) -> bool {
        let text = claims.get(&self.claim).and_then(Value::as_str);
        let told = text.and_then(|text| match self.encoding {
            HashEncoding::Hex => hex::decode(text).ok(),
            HashEncoding::Base64 => STANDARD_PAD_INDIFFERENT.decode(text).ok(),
        });
        told.is_some_and(|told| told == Sha256::digest(body).as_slice())
    }
}
