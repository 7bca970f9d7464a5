//! Floor 4: who may do what. Tokens are kept as SHA-256 digests; roles are a closed list; sessions of people live in this
//! process.

mod first;
mod role;
mod sessions;
mod tokens;

pub use first::{FIRST_ADMIN, FirstLink};
pub use role::{Actor, Permission, Role};
pub use sessions::{NoRandomness, Session, SessionSettings, Sessions, Way};
pub use tokens::{Access, Denied, Settings, SetupError, TokenSettings};
