//! Floor 4: who may do what. Tokens are kept as SHA-256 digests; roles are a closed list; sessions of people live in this
//! process.

mod enter;
mod first;
mod issue;
mod oidc;
mod role;
mod sessions;
mod tokens;

pub use crate::incident::Role;
pub use enter::{Access, Denied};
pub use first::{FIRST_ADMIN, FirstLink};
pub use issue::{IssueError, Listed, Secret, WantedToken};
pub use oidc::{CALLBACK, Oidc, OidcRefused, OidcSettings, OidcSetupError};
pub use role::{Actor, Permission};
pub use sessions::{NoRandomness, Session, SessionSettings, Sessions, Way};
pub use tokens::{Settings, SetupError, TokenSettings, Tokens};
