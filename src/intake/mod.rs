//! Floor 2: the senders. Takes a source's name, headers and raw body, and gives a verified delivery
//! of normalised alerts, or the reason why not. Knows no HTTP library, no storage and no rules.
//!
//! The way of a delivery: [`Intake::receive`] checks the outside ([`Refusal`]), then the signature
//! over the raw bytes (`verify`, by a row of `presets` or as `described`), then the source's rate, and only
//! then parses (`json`) and normalises (`normalise`, by a row of the table in `kind`).
//! Adding a sender is adding a row; both tables are data.

mod addresses;
mod any_case;
mod claim;
mod content;
mod delivery;
mod described;
mod dingtalk;
mod handshake;
mod headers;
mod json;
mod key;
mod kind;
mod kinds;
mod limit;
mod log_sources;
mod mapping;
mod normalise;
mod presets;
mod recall;
mod receive;
mod refusal;
mod request;
mod scheme;
mod secret;
mod settings;
mod setup;
mod shared;
mod sign;
mod tally;
#[cfg(test)]
mod tests;
mod verify;

pub use addresses::Network;
pub use delivery::{Delivery, NotUnderstood, Received, Unreadable};
pub use described::{Described, SignatureSettings};
pub use dingtalk::{Answer, DingTalkKey, DingTalkSettings, Fresh, Push};
pub use handshake::{Method, Reply};
pub use headers::Headers;
pub use json::parse as strict_json;
pub use kind::{Manner, SourceKind};
pub use mapping::{MappingProblem, MappingSettings};
pub use presets::SchemeName;
pub use recall::Recall;
pub use receive::Intake;
pub use refusal::Refusal;
pub use request::Request;
pub use secret::SecretProblem;
pub use settings::{RateSettings, SecretSettings, Settings, SourceSettings};
pub use setup::SetupError;
pub use shared::SecretPlace;
pub use sign::sign;
pub use tally::RefusalTally;
pub use verify::Verified;
