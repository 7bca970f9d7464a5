//! What a signed SET says about itself: whose it is, for whom, and what it is called. Read apart from its event, so
//! that a SET whose event nobody can read is known for its transmitter's all the same.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::SetRules;
use super::refusal::SetRefusal;
use crate::incident::{Digest, Timestamp};
use crate::intake::jws::{JwsProblem, is_for, seconds};
use crate::intake::token::LEEWAY_S;
use crate::intake::{Unreadable, json};

/// The longest id of a SET, in bytes.
const JTI_BYTES_MAX: usize = 256;

/// A SET that is its transmitter's, for us, and of its time.
pub(super) struct Envelope {
    pub jti: Option<String>,
    pub issued_at: Option<Timestamp>,
    /// What it says, if that can be read.
    pub claims: Result<Map<String, Value>, Unreadable>,
    /// Digest of what it says, whenever it was signed.
    pub said: Digest,
}

impl Envelope {
    /// Opens what was `signed`.
    ///
    /// # Errors
    /// Nobody can tell whose it is, or it is another's, or not of its time.
    pub(super) fn open(signed: &[u8], rules: &SetRules, now: Timestamp) -> Result<Self, SetRefusal> {
        let claims = match json::parse(signed) {
            Ok(Value::Object(claims)) => Ok(claims),
            // Two readers may see two things in it.
            Ok(_) | Err(Unreadable::JsonReservedKey) => return Err(JwsProblem::ClaimsUnreadable.into()),
            Err(reason) => Err(reason),
        };
        let outside = match &claims {
            Ok(claims) => Outside::of(claims),
            Err(_) => Outside::within(signed).ok_or(JwsProblem::ClaimsUnreadable)?,
        };
        let issued_at = outside.check(rules, now)?;
        // What cannot be read is the same in the same bytes only.
        let said = claims.as_ref().map_or_else(|_| Digest::of(signed), said);
        Ok(Self { jti: outside.id(), issued_at, claims, said })
    }
}

/// The claims by which a SET is told for what it is.
#[derive(Deserialize)]
struct Outside {
    iss: Option<Value>,
    aud: Option<Value>,
    jti: Option<Value>,
    iat: Option<Value>,
    exp: Option<Value>,
}

impl Outside {
    fn of(claims: &Map<String, Value>) -> Self {
        let of = |name: &str| claims.get(name).cloned();
        Self { iss: of("iss"), aud: of("aud"), jti: of("jti"), iat: of("iat"), exp: of("exp") }
    }

    /// Each of them once, whatever the rest of the object is like.
    fn within(signed: &[u8]) -> Option<Self> {
        Some(signed).filter(|signed| signed.trim_ascii_start().starts_with(b"{"))?;
        serde_json::from_slice(signed).ok()
    }

    /// When it was issued, if it says so.
    fn check(&self, rules: &SetRules, now: Timestamp) -> Result<Option<Timestamp>, SetRefusal> {
        if self.iss.as_ref().and_then(Value::as_str) != Some(rules.issuer.as_str()) {
            return Err(SetRefusal::Issuer);
        }
        if !is_for(self.aud.as_ref(), &rules.audiences) {
            return Err(SetRefusal::Audience);
        }
        let issued_s = seconds(self.iat.as_ref()).ok().flatten();
        if issued_s.is_some_and(|issued_s| issued_s > now.as_second().saturating_add(LEEWAY_S)) {
            return Err(SetRefusal::Future);
        }
        let is_over = |expires_s: Option<i64>| expires_s.is_some_and(|at_s| at_s <= now.as_second());
        if seconds(self.exp.as_ref()).map_or(true, is_over) {
            return Err(SetRefusal::Expired);
        }
        Ok(issued_s.and_then(|issued_s| Timestamp::from_second(issued_s).ok()))
    }

    fn id(&self) -> Option<String> {
        let text = self.jti.as_ref()?.as_str()?;
        let usable = (1..=JTI_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        usable.then(|| text.to_owned())
    }
}

/// The times of its own issue are its envelope's: the same SET may be signed anew when it is sent again.
fn said(claims: &Map<String, Value>) -> Digest {
    let mut claims = claims.clone();
    ["iat", "exp", "nbf"].into_iter().for_each(|time| drop(claims.remove(time)));
    Digest::of(Value::Object(claims).to_string().as_bytes())
}
