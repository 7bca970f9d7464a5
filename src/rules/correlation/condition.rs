//! When the entries of a window make a match.

use std::collections::BTreeSet;

use crate::incident::{ENTRIES_MAX, Entry};

use super::super::condition::Condition as Joined;
use super::super::problem::Report;
use super::super::reader::Fields;
use super::super::yaml::{Node, Yaml};
use super::Sort;

/// When a window holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// The count, sum or whatever is counted compares so with all of these numbers.
    Compare(Vec<(Comparison, f64)>),
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
    fn holds(self, found: f64, wanted: f64) -> bool {
        match self {
            Self::Greater => found > wanted,
            Self::GreaterOrEqual => found >= wanted,
            Self::Less => found < wanted,
            Self::LessOrEqual => found <= wanted,
            // Numbers as they are written; sums of fractions are compared by the other four.
            Self::Equal => found.total_cmp(&wanted).is_eq(),
            Self::NotEqual => found.total_cmp(&wanted).is_ne(),
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
            bounds.push((*comparison, number(&entry.value, report)?));
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
        let most = ENTRIES_MAX as f64;
        if counts && bounds.iter().any(|(_, bound)| *bound >= most) {
            report.error_with(node.at, format!("a window holds {ENTRIES_MAX} entries"), "count fewer in less time");
            return None;
        }
        Some(Self::Compare(bounds))
    }

    /// Without a condition all rules must have matched.
    pub(super) fn all_of(parts: usize) -> Self {
        Self::Compare(vec![(Comparison::GreaterOrEqual, parts as f64)])
    }

    /// Whether something can come to it: a whole number up to `whole`, or any number at all.
    pub(super) fn can_hold(&self, whole: Option<usize>) -> bool {
        let Self::Compare(bounds) = self else { return true };
        let holds = |found: f64| bounds.iter().all(|(comparison, wanted)| comparison.holds(found, *wanted));
        match (whole, bounds.as_slice()) {
            (Some(most), _) => (1..=most).any(|count| holds(count as f64)),
            // Between the ends of a range, or at one of them.
            (None, [(_, one), (_, other)]) => [*one, *other, f64::midpoint(*one, *other)].into_iter().any(holds),
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
    pub(super) fn found(&self, sort: Sort, parts: usize, entries: &[Entry]) -> Option<f64> {
        match self {
            Self::Compare(_) => measure(sort, parts, entries),
            Self::Joined(_) => None,
        }
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

    /// Whether it holds of these entries, which are in the order of their times.
    pub(super) fn holds(&self, sort: Sort, parts: usize, entries: &[Entry]) -> bool {
        match self {
            Self::Compare(bounds) => measure(sort, parts, entries)
                .is_some_and(|found| bounds.iter().all(|(comparison, wanted)| comparison.holds(found, *wanted))),
            Self::Joined(joined) => {
                joined.holds_when(&|part| entries.iter().any(|entry| usize::from(entry.part) == part))
            }
        }
    }
}

/// What the entries come to; `None` when there is nothing to measure.
fn measure(sort: Sort, parts: usize, entries: &[Entry]) -> Option<f64> {
    let count = |count: usize| Some(count as f64);
    match sort {
        Sort::EventCount => count(entries.len()),
        Sort::ValueCount => {
            count(entries.iter().filter_map(|entry| entry.value.as_deref()).collect::<BTreeSet<_>>().len())
        }
        Sort::Temporal => count(entries.iter().map(|entry| entry.part).collect::<BTreeSet<_>>().len()),
        Sort::TemporalOrdered => count(longest_in_order(parts, entries)),
        Sort::Sum => Some(numbers(entries)?.iter().sum()),
        Sort::Average => numbers(entries).map(|numbers| numbers.iter().sum::<f64>() / numbers.len() as f64),
        Sort::Percentile(percent) => numbers(entries).and_then(|numbers| percentile(numbers, percent)),
    }
}

/// How many rules have matched one after the other in the order in which they are named.
fn longest_in_order(parts: usize, entries: &[Entry]) -> usize {
    // For each rule the longest such row that ends with it.
    let mut longest = vec![0_usize; parts];
    for part in entries.iter().map(|entry| usize::from(entry.part)) {
        let before = longest.get(..part).unwrap_or_default().iter().max().copied().unwrap_or_default();
        if let Some(longest) = longest.get_mut(part) {
            *longest = (*longest).max(before + 1);
        }
    }
    longest.into_iter().max().unwrap_or_default()
}

fn numbers(entries: &[Entry]) -> Option<Vec<f64>> {
    let numbers: Vec<f64> = entries.iter().filter_map(|entry| entry.value.as_deref()?.parse().ok()).collect();
    (!numbers.is_empty()).then_some(numbers)
}

/// By a straight line between the two nearest (Hyndman and Fan 1996, type 7).
fn percentile(mut numbers: Vec<f64>, percent: f64) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let rank = (numbers.len() - 1) as f64 * percent / 100.0;
    // `percent` is 0 to 100, so the rank is one of theirs.
    let below = *numbers.get(rank.floor() as usize)?;
    let above = *numbers.get(rank.ceil() as usize)?;
    Some(below + (above - below) * rank.fract())
}

/// A number as it is written.
pub(super) fn number(node: &Node, report: &mut Report) -> Option<f64> {
    let number = match &node.value {
        Yaml::Number(number) => number.text.parse::<f64>().ok().filter(|number| number.is_finite()),
        _ => None,
    };
    if number.is_none() {
        report.error(node.at, format!("expected a number, not {}", node.what()));
    }
    number
}
