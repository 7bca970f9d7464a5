//! Floor 4, a rehearsal: puts alerts of the past to a rule set as admission would, records nothing,
//! and says for whom it would have come out otherwise. Without async and without a clock; pure but for [`play`](play()),
//! which reads the trail.
//!
//! [`Rehearsal`] judges by rules, [`Recorded`] repeats what the trail says; each gives a [`Ruling`],
//! and [`Comparison`] takes two of them for every alert. [`Stage`] has both sides. What DingTalk would have said at the last
//! moment (administrators, other organizations) is asked by nobody; in which departments somebody is, the trail says of
//! those alone for whom something was drawn there.

mod comparison;
mod departments;
mod play;
mod recorded;
mod rehearsal;
mod report;
mod ruling;
mod stage;
#[cfg(test)]
mod tests;
mod window;

pub use comparison::{Comparison, TooManyAccounts};
pub use departments::DepartmentBudgets;
pub use play::{PlayError, Played, Recordings, play};
pub use recorded::Recorded;
pub use rehearsal::Rehearsal;
pub use report::{Change, OnRule, Person, Report, RuleCounts, Seen, Side, Span, Unnamed};
pub use ruling::{Known, Outcome, Ruling, Touched};
pub use stage::{Against, AgainstName, Backtested, LeftOut, Names, Stage};
pub use window::Window;
