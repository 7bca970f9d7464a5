//! Checks tokens against the digests of the configuration, and sessions against what they stand on.

use std::collections::BTreeSet;

use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::{Actor, FIRST_ADMIN, FirstLink, Permission, Role, Session, SessionSettings, Sessions, Way};
use crate::incident::{DOCTOR, Digest, Timestamp, UserId};

/// The longest `Authorization` header looked at, in bytes.
const HEADER_BYTES_MAX: usize = 1_024;
/// The shortest token taken, in characters: 32 hex digits are 128 bits.
const TOKEN_CHARACTERS_MIN: usize = 32;
/// The most tokens.
const TOKENS_MAX: usize = 1_000;

/// Who has access.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The tokens; none means that nobody can read or steer.
    pub tokens: Vec<TokenSettings>,
    /// How long people stay signed in.
    pub sessions: SessionSettings,
}

/// One token, by its digest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSettings {
    /// Who it belongs to; stands on the trail.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// SHA-256 of the token, 64 hex digits.
    pub sha256: Digest,
    /// Their own account in the organization. Who has none here approves no plan that wants it: nobody could tell
    /// whether it is about themselves.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// From when on it is none any more.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

/// A configuration that gives access in a way it must not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Names stand on the trail, so they must tell people apart.
    #[error("the token name `{0}` is used twice")]
    NameTwice(String),
    /// Names stand on the trail and in logs.
    #[error("a token name must be 1 to 64 visible characters, `{0}` is not")]
    BadName(String),
    /// What stands under this name on the trail is the program's own.
    #[error("the token name `{0}` is the program's own; choose another")]
    NameTaken(String),
    /// One secret for two people proves neither.
    #[error("the tokens `{0}` and `{1}` are the same")]
    TokenTwice(String, String),
    /// More tokens than can be told apart at a glance.
    #[error("more than {TOKENS_MAX} tokens")]
    TooMany,
}

/// Why somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No valid token was shown.
    #[error("no valid token")]
    Unknown,
    /// The token's role does not include this.
    #[error("the role does not include this")]
    Forbidden,
}

/// Who has access.
pub struct Access {
    tokens: Vec<TokenSettings>,
    sessions: Sessions,
    first: FirstLink,
}

impl Access {
    /// Takes the tokens of the configuration.
    ///
    /// # Errors
    /// Two share a name or a digest, or a name is unfit for the trail or the program's own.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        if settings.tokens.len() > TOKENS_MAX {
            return Err(SetupError::TooMany);
        }
        for (index, token) in settings.tokens.iter().enumerate() {
            if !(1..=64).contains(&token.name.chars().count()) || token.name.chars().any(char::is_control) {
                return Err(SetupError::BadName(token.name.escape_debug().to_string()));
            }
            if [DOCTOR, FIRST_ADMIN].contains(&token.name.as_str()) {
                return Err(SetupError::NameTaken(token.name.clone()));
            }
            for earlier in settings.tokens.iter().take(index) {
                if earlier.name == token.name {
                    return Err(SetupError::NameTwice(token.name.clone()));
                }
                if earlier.sha256 == token.sha256 {
                    return Err(SetupError::TokenTwice(earlier.name.clone(), token.name.clone()));
                }
            }
        }
        let sessions = Sessions::new(settings.sessions.clone());
        Ok(Self { tokens: settings.tokens.clone(), sessions, first: FirstLink::default() })
    }

    /// The accounts of those who may steer and answer.
    #[must_use]
    pub fn responders(&self) -> BTreeSet<UserId> {
        let may_respond = self.tokens.iter().filter(|token| token.role.may(Permission::Control));
        may_respond.filter_map(|token| token.user_id.clone()).collect()
    }

    /// Every name that whoever this is goes by: a second token of the same account makes nobody a second person.
    pub fn names_of<'a>(&'a self, actor: &'a Actor) -> impl Iterator<Item = &'a str> {
        let is_theirs = |token: &&TokenSettings| token.user_id.is_some() && token.user_id == actor.user_id;
        let others = self.tokens.iter().filter(is_theirs).map(|token| token.name.as_str());
        others.chain([actor.name.as_str()]).chain(actor.user_id.as_ref().map(UserId::as_str))
    }

    /// The sessions of people.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The link of the first start.
    #[must_use]
    pub fn first(&self) -> &FirstLink {
        &self.first
    }

    /// Whether anybody could sign in as an administrator.
    #[must_use]
    pub fn has_admin(&self, now: Timestamp) -> bool {
        self.tokens.iter().any(|token| token.role == Role::Admin && token.is_good(now))
    }

    /// Who shows this `Authorization: Bearer` header, if they may do `permission`.
    ///
    /// # Errors
    /// Unknown or not allowed.
    pub fn bearer(&self, header: Option<&[u8]>, permission: Permission, now: Timestamp) -> Result<Actor, Denied> {
        let token = header.and_then(|header| scheme(header, "bearer")).ok_or(Denied::Unknown)?;
        let (actor, _) = self.holder(token, now).ok_or(Denied::Unknown)?;
        if actor.role.may(permission) { Ok(actor) } else { Err(Denied::Forbidden) }
    }

    /// Whose session it is, by the secret that their browser has kept.
    #[must_use]
    pub fn session(&self, secret: &str, now: Timestamp) -> Option<Session> {
        self.sessions.find(secret, now, |way| match way {
            Way::Token(digest) => self.tokens.iter().any(|token| token.sha256 == *digest && token.is_good(now)),
            Way::FirstLink => true,
        })
    }

    /// Whose token it is, and by what a session of theirs stands and falls.
    #[must_use]
    pub fn holder(&self, token: &str, now: Timestamp) -> Option<(Actor, Way)> {
        if token.len() > HEADER_BYTES_MAX || token.chars().count() < TOKEN_CHARACTERS_MIN {
            return None;
        }
        let shown = Digest::of(token.as_bytes());
        let mut holder = None;
        for token in &self.tokens {
            if bool::from(token.sha256.0.ct_eq(&shown.0)) {
                holder = Some(token);
            }
        }
        let holder = holder.filter(|token| token.is_good(now))?;
        let actor = Actor { name: holder.name.clone(), role: holder.role, user_id: holder.user_id.clone() };
        Some((actor, Way::Token(shown)))
    }
}

impl TokenSettings {
    fn is_good(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// The credentials after the scheme's name, which is compared without case (RFC 9110 section 11.1).
fn scheme<'h>(header: &'h [u8], name: &str) -> Option<&'h str> {
    if header.len() > HEADER_BYTES_MAX {
        return None;
    }
    let (scheme, credentials) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then_some(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "test-token-of-an-auditor-0000000000";

    fn access() -> Access {
        let sha256 = Digest::of(TOKEN.as_bytes());
        let expires = Some(at(100));
        let token = TokenSettings { name: "auditor".into(), role: Role::Auditor, sha256, user_id: None, expires };
        Access::new(&Settings { tokens: vec![token], ..Settings::default() }).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_is_its_holders_only_whole() {
        let access = access();
        let bearer = |text: &str| access.bearer(Some(text.as_bytes()), Permission::ReadTrail, at(0));
        assert_eq!(bearer(&format!("Bearer {TOKEN}")).unwrap().name, "auditor");
        assert_eq!(bearer(&format!("bearer {TOKEN}")).unwrap().role, Role::Auditor);
        for bad in [
            format!("Bearer {TOKEN}x"),
            format!("Bearer {}", &TOKEN[1..]),
            "Bearer ".into(),
            TOKEN.into(),
            format!("Basic {TOKEN}"),
        ] {
            assert_eq!(bearer(&bad), Err(Denied::Unknown), "{bad}");
        }
        assert_eq!(access.bearer(None, Permission::ReadTrail, at(0)), Err(Denied::Unknown));
    }

    #[test]
    fn a_role_ends_where_it_ends() {
        let header = format!("Bearer {TOKEN}");
        let denied = access().bearer(Some(header.as_bytes()), Permission::Control, at(0));
        assert_eq!(denied, Err(Denied::Forbidden));
    }

    #[test]
    fn i05_a_token_that_is_over_is_none_and_ends_the_sessions_that_stand_on_it() {
        let access = access();
        let header = format!("Bearer {TOKEN}");
        assert!(access.bearer(Some(header.as_bytes()), Permission::ReadTrail, at(99)).is_ok());
        let over = access.bearer(Some(header.as_bytes()), Permission::ReadTrail, at(100));
        assert_eq!(over, Err(Denied::Unknown));
        let (actor, way) = access.holder(TOKEN, at(0)).unwrap();
        let secret = access.sessions().begin(actor, way, None, at(0)).unwrap();
        assert!(access.session(&secret, at(99)).is_some());
        assert!(access.session(&secret, at(100)).is_none());
        assert!(access.session(&secret[1..], at(0)).is_none());
    }

    #[test]
    fn shared_names_and_tokens_are_refused() {
        let token = |name: &str, secret: &str| TokenSettings {
            name: name.into(),
            role: Role::Auditor,
            sha256: Digest::of(secret.as_bytes()),
            user_id: None,
            expires: None,
        };
        let error = |tokens| Access::new(&Settings { tokens, ..Settings::default() }).err().unwrap();
        assert_eq!(error(vec![token("a", "1"), token("a", "2")]), SetupError::NameTwice("a".into()));
        assert_eq!(error(vec![token("a", "1"), token("b", "1")]), SetupError::TokenTwice("a".into(), "b".into()));
        assert!(matches!(error(vec![token("a\n", "1")]), SetupError::BadName(_)));
        assert_eq!(error(vec![token("doctor", "1")]), SetupError::NameTaken("doctor".into()));
    }
}
