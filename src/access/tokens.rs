//! Checks bearer tokens against the digests of the configuration.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::{Actor, Permission, Role};
use crate::incident::{DOCTOR, Digest, UserId};

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

/// The tokens in force.
#[derive(Debug)]
pub struct Access {
    tokens: Vec<TokenSettings>,
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
            if token.name == DOCTOR {
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
        Ok(Self { tokens: settings.tokens.clone() })
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

    /// Who shows this `Authorization: Bearer` header, if they may do `permission`.
    ///
    /// # Errors
    /// Unknown or not allowed.
    pub fn bearer(&self, header: Option<&[u8]>, permission: Permission) -> Result<Actor, Denied> {
        let token = header.and_then(|header| scheme(header, "bearer")).ok_or(Denied::Unknown)?;
        self.holder(token, permission)
    }

    /// The same for a page in a browser, which asks for `Basic` and sends the token as password. Only
    /// for reading: a browser attaches it to requests that other sites cause.
    ///
    /// # Errors
    /// Unknown or not allowed.
    pub fn browser(&self, header: Option<&[u8]>, permission: Permission) -> Result<Actor, Denied> {
        let Some(basic) = header.and_then(|header| scheme(header, "basic")) else {
            return self.bearer(header, permission);
        };
        let pair = STANDARD.decode(basic).ok().and_then(|pair| String::from_utf8(pair).ok()).ok_or(Denied::Unknown)?;
        let (_, token) = pair.split_once(':').ok_or(Denied::Unknown)?;
        self.holder(token, permission)
    }

    fn holder(&self, token: &str, permission: Permission) -> Result<Actor, Denied> {
        if token.chars().count() < TOKEN_CHARACTERS_MIN {
            return Err(Denied::Unknown);
        }
        let shown = Digest::of(token.as_bytes());
        let mut holder = None;
        for token in &self.tokens {
            if bool::from(token.sha256.0.ct_eq(&shown.0)) {
                holder = Some(token);
            }
        }
        let holder = holder.ok_or(Denied::Unknown)?;
        if !holder.role.may(permission) {
            return Err(Denied::Forbidden);
        }
        Ok(Actor { name: holder.name.clone(), role: holder.role, user_id: holder.user_id.clone() })
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
        let tokens = vec![TokenSettings { name: "auditor".into(), role: Role::Auditor, sha256, user_id: None }];
        Access::new(&Settings { tokens }).unwrap()
    }

    #[test]
    fn a_token_is_its_holders_only_whole() {
        let access = access();
        let bearer = |text: &str| access.bearer(Some(text.as_bytes()), Permission::ReadTrail);
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
        assert_eq!(access.bearer(None, Permission::ReadTrail), Err(Denied::Unknown));
    }

    #[test]
    fn a_role_ends_where_it_ends() {
        let header = format!("Bearer {TOKEN}");
        assert_eq!(access().bearer(Some(header.as_bytes()), Permission::Control), Err(Denied::Forbidden));
    }

    #[test]
    fn a_browser_sends_the_token_as_password() {
        let header = format!("Basic {}", STANDARD.encode(format!("anyone:{TOKEN}")));
        assert_eq!(access().browser(Some(header.as_bytes()), Permission::ReadTrail).unwrap().name, "auditor");
        assert_eq!(access().bearer(Some(header.as_bytes()), Permission::ReadTrail), Err(Denied::Unknown));
    }

    #[test]
    fn shared_names_and_tokens_are_refused() {
        let token = |name: &str, secret: &str| TokenSettings {
            name: name.into(),
            role: Role::Auditor,
            sha256: Digest::of(secret.as_bytes()),
            user_id: None,
        };
        let error = |tokens| Access::new(&Settings { tokens }).unwrap_err();
        assert_eq!(error(vec![token("a", "1"), token("a", "2")]), SetupError::NameTwice("a".into()));
        assert_eq!(error(vec![token("a", "1"), token("b", "1")]), SetupError::TokenTwice("a".into(), "b".into()));
        assert!(matches!(error(vec![token("a\n", "1")]), SetupError::BadName(_)));
        assert_eq!(error(vec![token("doctor", "1")]), SetupError::NameTaken("doctor".into()));
    }
}
