//! The tokens of the configuration, by their digests.

use std::collections::BTreeSet;

use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::{FIRST_ADMIN, OidcSettings, Permission, Role, SessionSettings};
use crate::incident::{DOCTOR, Digest, Timestamp, UserId};

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
    /// The identity provider with which people sign in, if there is one.
    pub oidc: Option<OidcSettings>,
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

/// The tokens of the configuration.
#[derive(Debug, Clone)]
pub struct Tokens(Vec<TokenSettings>);

impl Tokens {
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
            if is_own_name(&token.name) {
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
        Ok(Self(settings.tokens.clone()))
    }

    /// The accounts of those who may steer and answer.
    #[must_use]
    pub fn responders(&self) -> BTreeSet<UserId> {
        let may_respond = self.0.iter().filter(|token| token.role.may(Permission::Control));
        may_respond.filter_map(|token| token.user_id.clone()).collect()
    }

    /// All of them, as they are set.
    pub fn all(&self) -> impl Iterator<Item = &TokenSettings> {
        self.0.iter()
    }

    /// The one with this digest, if its time is not over. All are looked at, so that nothing is learned from how long it
    /// takes.
    pub(super) fn find(&self, shown: Digest, now: Timestamp) -> Option<&TokenSettings> {
        let mut holder = None;
        for token in &self.0 {
            if bool::from(token.sha256.0.ct_eq(&shown.0)) {
                holder = Some(token);
            }
        }
        holder.filter(|token| token.is_good(now))
    }
}

/// Whether what stands under this name on the trail is the program's own.
pub(super) fn is_own_name(name: &str) -> bool {
    [DOCTOR, FIRST_ADMIN].contains(&name)
}

impl TokenSettings {
    /// Whether its time is not over.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_names_and_tokens_are_refused() {
        let token = |name: &str, secret: &str| TokenSettings {
            name: name.into(),
            role: Role::Auditor,
            sha256: Digest::of(secret.as_bytes()),
            user_id: None,
            expires: None,
        };
        let error = |tokens| Tokens::new(&Settings { tokens, ..Settings::default() }).err().unwrap();
        assert_eq!(error(vec![token("a", "1"), token("a", "2")]), SetupError::NameTwice("a".into()));
        assert_eq!(error(vec![token("a", "1"), token("b", "1")]), SetupError::TokenTwice("a".into(), "b".into()));
        assert!(matches!(error(vec![token("a\n", "1")]), SetupError::BadName(_)));
        assert_eq!(error(vec![token("doctor", "1")]), SetupError::NameTaken("doctor".into()));
    }
}
