//! Floor 6: the simulated DingTalk, for demos, rule trials and tests.
//!
//! Both API families answer on one address: the new one (`/v1.0/…`) and the legacy one (`/gettoken`,
//! `/topapi/…`). Everything below `/sandbox/` is ours, for people and tests; it is not part of
//! DingTalk. Accounts, ids and credentials are seeded, fixed and public, so the sandbox listens on
//! loopback unless it is told otherwise, and it keeps nothing after it stops.
//!
//! It never uses our own DingTalk client, nor its types: the two agree through DingTalk's documents
//! only, or a shared misreading would go unnoticed.
//!
//! Reading order: `catalogue` (what can be called), `gateway` (the way of one call), `tokens`,
//! `org_accounts`, `contacts`, `legacy`, `messages` (the calls), `world` (what the calls change), `faults`, `control`.

mod accounts;
mod answer;
mod banner;
mod calls;
mod catalogue;
mod connection;
mod contacts;
mod control;
mod dingtalk_id;
mod fault_answers;
mod fault_rules;
mod faults;
mod gateway;
mod handle;
mod legacy;
mod messages;
mod org_accounts;
mod organization;
mod page;
mod refusals;
mod request;
mod seed;
mod server;
mod settings;
mod throttle;
mod tokens;
mod world;

pub use accounts::{AccountKind, AccountState, Rank, SignOutNotice};
pub use banner::describe;
pub use calls::Call;
pub use catalogue::{Api, Family};
pub use fault_rules::TooManyFaults;
pub use faults::{Fault, FaultKind};
pub use handle::{Sandbox, SignInRefused};
pub use organization::{APP_KEY, APP_SECRET, CORP_ID, FOREIGN_CORP_ID, ON_CALL, OWNED_CORP_ID};
pub use server::{Running, start, start_with_clock};
pub use settings::{Settings, StartError};

#[cfg(test)]
mod tests;
