//! Floor 3: from alert and match to plan, behind the guard layer. Pure: no I/O, no async, no clock.

mod breaker;
mod by_hand;
mod draw;
mod draw_up;
mod enclosure;
mod guard;
mod judge;
mod merge;
mod plan;
mod resolve;
mod said;
mod target;
mod wording;

pub use by_hand::{ByHand, NotDrawnUp, NoticeByHand};
pub use draw::{Draw, draws, draws_of_departments};
pub use enclosure::{Enclosure, Subject};
pub use guard::{Approved, Facts, at_dispatch, at_planning, at_telling, protection};
pub use judge::{Judged, Tally};
pub use plan::{Decided, Standing, decide};
pub use resolve::{Resolved, only, resolve};
pub use target::{Target, targets};
pub use wording::EmployeeTexts;
