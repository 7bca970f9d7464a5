//! Floor 6: the HTTP interface. A handler reads input, calls one function and shapes the answer; only
//! `problem.rs` knows HTTP status.

mod alerts;
mod anchors;
mod answers;
mod authorize;
mod body;
mod by_hand;
mod conditional;
mod containments;
mod control;
mod directory;
mod doctor;
mod flow;
mod forwards;
mod health;
mod held_alerts;
mod incidents;
mod live;
mod notices;
mod once;
mod openapi;
mod pack;
mod peer;
mod people;
mod problem;
mod promotion;
mod prune;
mod reports;
mod request_id;
mod routes;
mod rules;
mod search;
mod shadow;
mod sources;
mod state;
mod steadiness;
mod subjects;
mod target;
mod tokens;
mod trail;
mod trail_export;
mod trail_log;
mod trail_stream;
mod unfit;

#[doc(hidden)]
pub use once::Answers;
pub use peer::behind;
pub use problem::Problem;
pub use request_id::with_request_id;
pub use routes::{Gate, ROUTES, Route, mount};
pub use state::{Door, Settings, State, TlsSettings};
pub use steadiness::Steadiness;
pub use target::for_one_host;
pub use unfit::Unfit;
