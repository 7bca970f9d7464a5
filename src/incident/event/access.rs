//! Who comes in, and what lets them in.

use serde::{Deserialize, Serialize};

use crate::incident::{Digest, Role, Timestamp, UserId};

/// What becomes of access. Serialised as any other event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum AccessEvent {
    /// Somebody has signed in with a browser, or shown again who they are.
    #[serde(rename = "access.signed_in")]
    SignedIn {
        /// Who.
        actor: String,
        /// As what.
        role: Role,
        /// By what.
        way: SignInWay,
        /// Their own account in the organization, where that is known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        user_id: Option<UserId>,
    },
    /// Somebody has signed out.
    #[serde(rename = "access.signed_out")]
    SignedOut {
        /// Who.
        actor: String,
    },
    /// A token was given out.
    #[serde(rename = "access.token_issued")]
    TokenIssued {
        /// Who gave it out.
        actor: String,
        /// Why.
        reason: String,
        /// The token, but for its secret.
        token: IssuedToken,
    },
    /// A token was taken back: from then on it is none.
    #[serde(rename = "access.token_revoked")]
    TokenRevoked {
        /// Who took it back.
        actor: String,
        /// Why.
        reason: String,
        /// Which.
        name: String,
    },
}

/// By what somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInWay {
    /// A token.
    Token,
    /// The link of the first start.
    FirstLink,
    /// Their identity provider, by OpenID Connect.
    Oidc,
}

/// A token that was given out while the program runs, but for its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedToken {
    /// Whose it is; stands on the trail for whatever is done with it.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// What it begins with, so that it can be told which one somebody has found.
    pub prefix: String,
    /// SHA-256 of the whole token, which has 256 random bits.
    pub sha256: Digest,
    /// Their own account in the organization, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<UserId>,
    /// From when on it is none any more.
    pub expires: Timestamp,
}

impl AccessEvent {
    /// The event's name, as in the record's `kind`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SignedIn { .. } => "access.signed_in",
            Self::SignedOut { .. } => "access.signed_out",
            Self::TokenIssued { .. } => "access.token_issued",
            Self::TokenRevoked { .. } => "access.token_revoked",
        }
    }
}
