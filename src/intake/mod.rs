//! Floor 2: the senders. Takes a source's name, headers and raw body, and gives a verified delivery
//! of normalised alerts, or the reason why not. Knows no storage and no rules, and of HTTP only how to
//! fetch the keys that senders publish (`fetch`).
//!
//! The way of a delivery: [`Intake::receive`] checks the outside ([`Refusal`]), then the signature
//! over the raw bytes (`verify`, by a row of `presets` or as `described`), then the source's rate, and only
//! then parses (`json`) and normalises (`normalise`, by a row of the table in `kind`).
//! Adding a sender is adding a row; both tables are data.

mod claim;
mod content;
mod delivery;
mod described;
mod headers;
mod json;
mod key;
mod kind;
mod limit;
mod log_sources;
mod normalise;
mod presets;
mod recall;
mod receive;
mod refusal;
mod scheme;
mod secret;
mod settings;
mod setup;
mod sign;
mod tally;
#[cfg(test)]
mod tests;
mod verify;

// Tokens and Amazon SNS are verified here, and the door does not ask for them yet.
#[cfg_attr(not(test), expect(dead_code, reason = "the door does not open to tokens yet"))]
mod address;
#[cfg_attr(not(test), expect(dead_code, reason = "the door does not open to tokens yet"))]
mod fetch;
#[cfg_attr(not(test), expect(dead_code, reason = "the door does not open to tokens yet"))]
mod issue;
#[cfg_attr(not(test), expect(dead_code, reason = "the door does not open to tokens yet"))]
mod jws;
#[cfg_attr(not(test), expect(dead_code, reason = "the door does not open to tokens yet"))]
mod keys;
mod prove;
#[cfg_attr(not(test), expect(dead_code, reason = "the door does not open to tokens yet"))]
mod set;
mod shelf;
#[cfg_attr(not(test), expect(dead_code, reason = "the door does not open to tokens yet"))]
mod sns;
#[cfg_attr(not(test), expect(dead_code, reason = "the door does not open to tokens yet"))]
mod token;

pub use delivery::{Delivery, NotUnderstood, Received, Unreadable};
pub use described::{Described, SignatureSettings};
pub use headers::Headers;
pub use json::parse as strict_json;
pub use kind::SourceKind;
pub use presets::SchemeName;
pub use recall::Recall;
pub use receive::Intake;
pub use refusal::Refusal;
pub use secret::SecretProblem;
pub use settings::{RateSettings, SecretSettings, Settings, SourceSettings};
pub use setup::SetupError;
pub use sign::sign;
pub use tally::RefusalTally;
pub use verify::Verified;
