//! When the entries of a window make a match.

use std::cmp::Ordering;

use crate::incident::{Amount, ENTRIES_MAX};

use super::super::condition::Condition as Joined;
use super::super::problem::Report;
use super::super::reader::Fields;
use super::super::yaml::{Node, Yaml};
use super::Sort;
use super::measure::Sliding;

/// When a window holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// The count, sum or whatever is counted compares so with all of these numbers.
    Compare(Vec<(Comparison, Amount)>),
    /// The rules have matched as the words join them.
    Joined(Joined),
}

/// How a number is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
}

pub(in crate::rules) const COMPARISONS: [(&str, Comparison); 6] = [
    ("gt", Comparison::Greater),
    ("gte", Comparison::GreaterOrEqual),
    ("lt", Comparison::Less),
    ("lte", Comparison::LessOrEqual),
    ("eq", Comparison::Equal),
    ("neq", Comparison::NotEqual),
];

impl Comparison {
    fn holds(self, found: Ordering) -> bool {
        match self {
            Self::Greater => found.is_gt(),
            Self::GreaterOrEqual => found.is_ge(),
            Self::Less => found.is_lt(),
            Self::LessOrEqual => found.is_le(),
            Self::Equal => found.is_eq(),
            Self::NotEqual => found.is_ne(),
        }
    }

    fn word(self) -> &'static str {
        COMPARISONS.iter().find(|(_, comparison)| *comparison == self).map_or("", |(word, _)| word)
    }

    fn is_lower_bound(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }

    fn is_upper_bound(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual)
    }
}

impl Condition {
    /// Reads `condition`: one comparison or a range, or for rules in time words that join their names.
    pub(super) fn read(node: &Node, sort: Sort, names: &[&str], report: &mut Report) -> Option<Self> {
        if let (Yaml::Text(text), true) = (&node.value, sort == Sort::Temporal) {
            return Joined::parse(text, names, node.at, report).map(Self::Joined);
        }
        let fields = Fields::of(node, "condition", report)?;
        let mut bounds = Vec::new();
        for entry in fields.entries().iter().filter(|entry| entry.key != "percentile" && entry.key != "field") {
            let Some((_, comparison)) = COMPARISONS.iter().find(|(word, _)| *word == entry.key) else {
                let known = COMPARISONS.map(|(word, _)| word).join(", ");
                report.error_with(
                    entry.at,
                    format!("unknown comparison `{}`", entry.key),
                    format!("known are {known}"),
                );
                return None;
            };
            bounds.push((*comparison, amount(&entry.value, report)?));
        }
        let is_range = |first: Comparison, second: Comparison| {
            (first.is_lower_bound() && second.is_upper_bound()) || (first.is_upper_bound() && second.is_lower_bound())
        };
        match bounds.as_slice() {
            [_] => {}
            [first, second] if is_range(first.0, second.0) => {}
            _ => {
                let advice = "write one of gt, gte, lt, lte, eq, neq, or a range of two";
                report.error_with(node.at, "the condition is no comparison", advice);
                return None;
            }
        }
        let counts = matches!(sort, Sort::EventCount | Sort::ValueCount);
        let most = Amount::whole(ENTRIES_MAX);
        if counts && bounds.iter().any(|(_, bound)| *bound >= most) {
            report.error_with(node.at, format!("a window holds {ENTRIES_MAX} entries"), "count fewer in less time");
            return None;
        }
        Some(Self::Compare(bounds))
    }

    /// Without a condition all rules must have matched.
    pub(super) fn all_of(parts: usize) -> Self {
        Self::Compare(vec![(Comparison::GreaterOrEqual, Amount::whole(parts))])
    }

    /// Whether something can come to it: a whole number up to `whole`, or any number at all.
    pub(super) fn can_hold(&self, whole: Option<usize>) -> bool {
        let Self::Compare(bounds) = self else { return true };
        let holds = |found: Amount| bounds.iter().all(|(comparison, wanted)| comparison.holds(found.cmp(wanted)));
        match (whole, bounds.as_slice()) {
            (Some(most), _) => (1..=most).any(|count| holds(Amount::whole(count))),
            // Between the ends of a range, or at one of them.
            (None, [(_, one), (_, other)]) => [*one, *other, one.midpoint(*other)].into_iter().any(holds),
            (None, _) => true,
        }
    }

    /// Whether the other holds whenever this does, as far as two lower bounds or two equal conditions
    /// show it.
    pub(super) fn implies(&self, other: &Self) -> bool {
        let lower = |condition: &Self| match condition {
            Self::Compare(bounds) => match bounds.as_slice() {
                [(Comparison::Greater, bound)] => Some((*bound, true)),
                [(Comparison::GreaterOrEqual, bound)] => Some((*bound, false)),
                _ => None,
            },
            Self::Joined(_) => None,
        };
        self == other || lower(self).zip(lower(other)).is_some_and(|(own, other)| own >= other)
    }

    /// What the entries come to, where the condition compares that.
    pub(super) fn found(&self, window: &Sliding) -> Option<Amount> {
        match self {
            Self::Compare(_) => window.found(),
            Self::Joined(_) => None,
        }
    }

    /// The smallest whole number that it wants, if it wants so much or more of something.
    pub(super) fn least(&self) -> Option<i128> {
        let Self::Compare(bounds) = self else { return None };
        bounds.iter().find_map(|(comparison, wanted)| match comparison {
            Comparison::Greater => Some(wanted.trunc() + 1),
            Comparison::GreaterOrEqual | Comparison::Equal => Some(wanted.ceil()),
            Comparison::Less | Comparison::LessOrEqual | Comparison::NotEqual => None,
        })
    }

    /// What it wants, in words; `names` are those of the rules.
    pub(super) fn what(&self, names: &[&str]) -> String {
        match self {
            Self::Compare(bounds) => {
                let bounds = bounds.iter().map(|(comparison, wanted)| format!("{} {wanted}", comparison.word()));
                bounds.collect::<Vec<_>>().join(" and ")
            }
            Self::Joined(joined) => joined.what(names),
        }
    }

    /// Whether it holds of a window; of an empty one it never does.
    pub(super) fn holds(&self, window: &Sliding) -> bool {
        let compares = |(comparison, wanted): &(Comparison, Amount)| {
            window.compare(*wanted).is_some_and(|found| comparison.holds(found))
        };
        !window.is_empty()
            && match self {
                Self::Compare(bounds) => bounds.iter().all(compares),
                Self::Joined(joined) => joined.holds_when(&|part| window.has(part)),
            }
    }
}

/// A number to compare with, exactly as it is written.
fn amount(node: &Node, report: &mut Report) -> Option<Amount> {
    let Yaml::Number(number) = &node.value else {
        report.error(node.at, format!("expected a number, not {}", node.what()));
        return None;
    };
    let amount = Amount::parse(&number.text);
    if amount.is_none() {
        report.error_with(node.at, "the number has too many digits", "up to 26 are compared exactly, and 9 decimals");
    }
    amount
}
