//! Floor 4, a rehearsal: puts alerts of the past to a rule set as admission would, records nothing,
//! and says for whom it would have come out otherwise. Pure: no I/O, no async, no clock.
//!
//! [`Rehearsal`] judges by rules, [`Recorded`] repeats what the trail says; each gives a [`Ruling`],
//! and [`Comparison`] takes two of them for every alert. What DingTalk would have said at the last
//! moment (administrators, other organizations) is asked by nobody; in which departments somebody is, the trail says of
//! those alone for whom something was drawn there.

mod comparison;
mod departments;
mod recorded;
mod rehearsal;
mod report;
mod ruling;
#[cfg(test)]
mod tests;

pub use comparison::{Comparison, TooManyAccounts};
pub use departments::DepartmentBudgets;
pub use recorded::Recorded;
pub use rehearsal::Rehearsal;
pub use report::{Change, OnRule, Person, Report, RuleCounts, Seen, Side, Span, Unnamed};
pub use ruling::{Known, Outcome, Ruling, Touched};
