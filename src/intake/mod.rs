//! Floor 2: the senders. Takes a source's name, headers and raw body, and gives a verified delivery
//! of normalised alerts, or the reason why not. Knows no storage and no rules, and of HTTP only how to
//! fetch the keys that senders publish (`fetch`).
//!
//! The way of a delivery: [`Intake::receive`] checks the outside ([`Refusal`]), then what the delivery proves
//! (`verify`), then the source's rate, and only then reads the body (`normalise`, by the paths of its `mapping`).
//!
//! What proves a delivery is one of a closed list: a signature over the raw bytes (a row of `presets`, or as
//! `described`), a secret that is shown (`shared`), a token or security event token by keys that its sender publishes
//! (`published`: `token`, `set`, `keys`), Amazon's signature inside the body (`sns`), or DingTalk's way to call back
//! (`dingtalk`). Where a sender asks first whether we are there, `handshake` answers.
//!
//! A kind of sender is a row of `kinds`, a guide in `guides` (of which `steps` tells what is for a source) and a sample
//! in `samples`; a way to sign is a row of `presets`. Adding a sender is adding those; all of them are data.

mod address;
mod again;
mod any_case;
mod authorization;
mod claim;
mod client_certificate;
mod content;
mod delivery;
mod described;
mod dingtalk;
mod documents;
mod fetch;
mod handshake;
mod headers;
mod heard;
mod hints;
mod in_force;
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
mod occurred;
mod origin;
mod page;
mod presets;
mod prove;
mod published;
#[doc(hidden)]
pub mod readers;
mod recall;
mod receive;
mod refusal;
mod request;
mod sample;
mod scheme;
mod secret;
mod secret_files;
mod sender;
mod set;
mod settings;
mod setup;
mod shared;
mod shelf;
mod sign;
mod sns;
mod steps;
mod succession;
mod tally;
#[cfg(test)]
mod tests;
mod token;
mod trial;
mod verify;

pub use client_certificate::{ClientCertificate, ListedCertificate};
pub use delivery::{Again, Delivery, LeftOut, NotUnderstood, OtherEvent, Received, UnreadEvent, Unreadable};
pub use described::{Described, SignatureSettings};
pub use dingtalk::{Answer, DingTalkKey, DingTalkSettings, Fresh, Push};
pub use handshake::{DELIVERED_BY, Method, Reply};
pub use headers::Headers;
pub use heard::{Heard, LastRefusal, StreamNews, StreamTold};
pub use in_force::SourcesInForce;
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
pub use secret_files::Unwritten;
pub use sender::{DINGTALK_BYTES, Holds, Outgoing, SECRET_BYTES, SendProblem, Sender, new_dingtalk_secret, sign};
pub use set::refusal::SetRefusal;
pub use settings::{RateSettings, SecretSettings, Settings, SourceSettings};
pub use setup::SetupError;
pub use shared::SecretPlace;
pub use sns::refusal::SnsRefusal;
pub use tally::RefusalTally;
pub use token::TokenRefusal;
pub use trial::{Became, Found, Trial, Tried, TriedAlert, TriedAlerts, TriedLeftOut};
pub use verify::Verified;
