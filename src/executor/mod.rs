//! Floor 4, back half: carries out open plans. The intent is durable before a call leaves, the
//! outcome after it returns; after a crash every step is in a decidable state. Never calls admission.

mod again;
mod attempt;
mod dingtalk_id;
mod give_back;
mod guarded;
mod hand;
mod leave;
mod look_up;
mod offer;
mod owe;
mod ownership;
mod place;
mod retry;
mod run;
mod seen;
mod settle;
mod subject;

pub use hand::Hand;
pub use run::{Executor, Settings};
pub use seen::SeenDisabled;
pub use subject::subject_of;
