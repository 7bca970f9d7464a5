//! Floor 4, beside the pipeline: what is kept on a person is found, handed out, and made unreadable for good.

mod erase;
mod export;
mod kept;
mod names;
mod search;

pub use erase::{EraseError, Erasure, erase, expire};
pub use export::{EXPORTED_MAX, Exported, page};
pub use kept::Kept;
pub use names::{Name, Told, tied};
pub use search::{Found, Search};
