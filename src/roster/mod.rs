//! Floor 3: who is in the organization, kept in the store and brought up to date. Reads DingTalk and acts on nobody;
//! knows nothing of alerts, plans and steps.

mod kept;
mod notice;
mod people;
mod retry;
mod roles;
mod sync;

pub use kept::{Found, Progress, Roster, RosterError, TooOld, forget};
pub use notice::Changed;
pub use people::{By, NotBy};
pub use retry::wait_after;
pub use sync::Synced;
