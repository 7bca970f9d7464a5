//! Floor 4, front half: admits verified deliveries in one atomic, durable append. Never calls the
//! executor; they meet in the trail.

mod admit;
mod again;
mod before;
mod by_hand;
mod claims;
mod crowding;
mod digests;
mod draft;
mod drawn;
mod fit;
mod keys;
mod known;
mod lanes;
mod receipt;
mod reload;
mod room;
mod settings;
mod stream;
mod unread;
mod watching;

pub use admit::Admission;
pub use receipt::{AdmissionError, AlertReceipt, Kept, NotByHand, Receipt, Recorded};
pub use reload::{Reloaded, Reloader, loaded_events, tell_doubts};
pub use settings::Settings;
pub use watching::unpromoted;
