//! Reads what a correlation asks of its windows, and refuses what no window, or every one, comes to.

use crate::incident::ENTRIES_MAX;

use super::super::condition::Condition as Joined;
use super::super::lint::Lint;
use super::super::problem::{Place, Report};
use super::super::reader::Fields;
use super::super::yaml::{Node, Yaml};
use super::Sort;
use super::bounds::Bounds;
use super::condition::Condition;

/// Keys of a condition that are no comparisons.
const OTHERS: [&str; 2] = ["field", "percentile"];
/// The most rules in words of which all ways to match are tried.
const TRIED_MAX: usize = 12;

impl Condition {
    /// Reads `condition`: one comparison or a range, or for rules in time words that join their `names`; of
    /// a correlation that `acts`, or does not.
    pub(super) fn read(node: &Node, sort: Sort, names: &[&str], acts: bool, report: &mut Report) -> Option<Self> {
        let condition = match (&node.value, sort) {
            (Yaml::Text(text), Sort::Temporal) => {
                let joined = Joined::parse_over("rule of this correlation", text, names, node.at, report)?;
                warn_of_unused(&joined, names, node.at, report);
                Self::Joined(joined)
            }
            _ => Self::Compare(Bounds::read(&Fields::of(node, "condition", report)?, &OTHERS, report)?),
        };
        condition.check(sort, names, (acts, node.at), report)?;
        Some(condition)
    }

    /// Without a condition all rules must have matched.
    pub(super) fn all_of(parts: usize) -> Self {
        Self::Compare(Bounds::at_least(parts))
    }

    /// Whether it holds only by what has come: by at least so much of something, or by rules that have matched.
    pub(super) fn is_earned(&self) -> bool {
        match self {
            Self::Compare(bounds) => bounds.are_a_threshold(),
            Self::Joined(joined) => !joined.negates(),
        }
    }

    fn check(&self, sort: Sort, names: &[&str], (acts, at): (bool, Place), report: &mut Report) -> Option<()> {
        let counts = matches!(sort, Sort::EventCount | Sort::ValueCount);
        if let (Self::Compare(bounds), true) = (self, counts)
            && bounds.exceed(ENTRIES_MAX)
        {
            report.error_with(at, format!("a window holds {ENTRIES_MAX} entries"), "count fewer in less time");
            return None;
        }
        let (can_hold, can_fail) = self.outcomes(sort, names.len());
        if !can_hold {
            let advice = "`temporal` counts its rules, each once; of a range the lower end comes first";
            report.error_with(at, format!("no window can come to {}", self.what(names)), advice);
            report.last_error_is(Lint::ImpossibleCondition);
            return None;
        }
        if self.is_earned() {
            return Some(());
        }
        if !can_fail {
            let what = format!("every window comes to {}", self.what(names));
            report.error_with(at, what, "write `gte: 1` to match with each event");
            report.last_error_is(Lint::ImpossibleCondition);
            return None;
        }
        let what = format!("{} may hold with the first event, and the next may undo it", self.what(names));
        let advice = "a window slides and has no end; ask for at least a number";
        if acts {
            report.error_with(at, what, advice);
            report.last_error_is(Lint::HoldsByAbsence);
            return None;
        }
        report.warn(Lint::HoldsByAbsence, at, what, advice);
        Some(())
    }

    /// Whether a window with something in it can come to it, and whether one can fail to. Where that is
    /// not known, both.
    fn outcomes(&self, sort: Sort, parts: usize) -> (bool, bool) {
        let of_counts = |bounds: &Bounds, most: usize| {
            let mut counts = (1..=most).map(|count| bounds.hold_of_count(count));
            let first = counts.next().unwrap_or_default();
            let differs = counts.any(|holds| holds != first);
            (first || differs, !first || differs)
        };
        match (self, sort) {
            (Self::Joined(joined), _) => of_words(joined, parts),
            (Self::Compare(bounds), Sort::EventCount | Sort::ValueCount) => of_counts(bounds, ENTRIES_MAX),
            (Self::Compare(bounds), Sort::Temporal | Sort::TemporalOrdered) => of_counts(bounds, parts),
            (Self::Compare(bounds), Sort::Sum | Sort::Average | Sort::Percentile(_)) => (bounds.hold_of_any(), true),
        }
    }
}

/// Tries every way in which the rules of the words can have matched.
fn of_words(joined: &Joined, parts: usize) -> (bool, bool) {
    let used = used(joined, parts);
    let tried: Vec<usize> = (0..).zip(&used).filter(|(_, is_used)| **is_used).map(|(part, _)| part).collect();
    if tried.len() > TRIED_MAX {
        return (true, true);
    }
    // In a window is something: if none of these rules, then one that the words do not name.
    let first = usize::from(tried.len() == parts);
    let holds = |ways: usize| {
        let is_there =
            |part: usize| tried.iter().position(|tried| *tried == part).is_some_and(|bit| ways >> bit & 1 == 1);
        joined.holds_when(&is_there)
    };
    let mut outcomes = (false, false);
    for ways in first..1 << tried.len() {
        if holds(ways) { outcomes.0 = true } else { outcomes.1 = true }
    }
    outcomes
}

fn used(joined: &Joined, parts: usize) -> Vec<bool> {
    let mut used = vec![false; parts];
    joined.mark_used(&mut used);
    used
}

/// A rule that is named but not asked for is counted for nothing, and is no match of its own either.
fn warn_of_unused(joined: &Joined, names: &[&str], at: Place, report: &mut Report) {
    let used = used(joined, names.len());
    for (name, _) in names.iter().zip(used).filter(|(_, is_used)| !is_used) {
        let advice = "use it or take it out of `rules`";
        report.warn(Lint::UnusedSearch, at, format!("the condition does not use `{name}`"), advice);
    }
}
