//! Floor 2: the senders. Takes a source's name, headers and raw body, and gives a verified delivery
//! of normalised alerts, or the reason why not. Knows no storage and no rules, and of HTTP only how to
//! fetch the keys that senders publish (`fetch`).
//!
//! The way of a delivery: [`Intake::receive`] checks the outside ([`Refusal`]), then the signature
//! over the raw bytes (`verify`, by a row of `presets` or as `described`), then the source's rate, and only
//! then parses (`json`) and normalises (`normalise`, by a row of the table in `kind`).
//! Adding a sender is adding a row; both tables are data.

mod address;
mod any_case;
mod claim;
mod client_certificate;
mod content;
mod delivery;
mod described;
mod dingtalk;
mod fetch;
mod guide;
mod handshake;
mod headers;
mod issue;
mod json;
mod jws;
mod key;
mod keys;
mod kind;
mod kinds;
mod limit;
mod log_sources;
mod mapping;
mod network;
mod normalise;
mod origin;
mod presets;
mod prove;
mod published;
mod recall;
mod receive;
mod refusal;
mod request;
mod sample;
mod scheme;
mod secret;
mod sender;
mod set;
mod settings;
mod setup;
mod shared;
mod shelf;
mod sign;
mod sns;
mod tally;
#[cfg(test)]
mod tests;
mod token;
mod trial;
mod verify;

pub use client_certificate::{ClientCertificate, ListedCertificate};
pub use delivery::{Delivery, NotUnderstood, Received, Unreadable};
pub use described::{Described, SignatureSettings};
pub use dingtalk::{Answer, DingTalkKey, DingTalkSettings, Fresh, Push};
pub use guide::Guide;
pub use handshake::{Method, Reply};
pub use headers::Headers;
pub use issue::{IssueProblem, TokenSigner};
pub use json::parse as strict_json;
pub use jws::JwsProblem;
pub use kind::{Manner, SourceKind};
pub use mapping::{MappingProblem, MappingSettings};
pub use network::Network;
pub use presets::SchemeName;
pub use published::{JwtSettings, SetSettings, SnsSettings};
pub use recall::Recall;
pub use receive::{About, Intake};
pub use refusal::Refusal;
pub use request::Request;
pub use secret::{SecretProblem, read_private};
pub use sender::{Outgoing, SECRET_BYTES, Sender, sign};
pub use set::refusal::SetRefusal;
pub use settings::{RateSettings, SecretSettings, Settings, SourceSettings};
pub use setup::SetupError;
pub use shared::SecretPlace;
pub use sns::refusal::SnsRefusal;
pub use tally::RefusalTally;
pub use token::TokenRefusal;
pub use trial::{Found, Trial, Tried, TriedAlert};
pub use verify::Verified;
