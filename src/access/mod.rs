//! Floor 5: who may do what. Tokens are kept as SHA-256 digests; roles are a closed list.

mod role;
mod tokens;

pub use role::{Actor, Permission, Role};
pub use tokens::{Access, Denied, Settings, SetupError, TokenSettings};
