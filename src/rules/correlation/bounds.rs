//! The numbers that a correlation's condition compares with: one comparison, or a range of two. They stay
//! exact, as all numbers of rules do.

use std::cmp::Ordering;

use crate::incident::Amount;

use super::super::problem::Report;
use super::super::reader::Fields;
use super::super::yaml::{Node, Yaml};

/// What a number is compared with; of a range both ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bounds(Vec<Bound>);

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    comparison: Comparison,
    wanted: Amount,
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

impl Bounds {
    /// Reads the comparisons of a condition; its keys `others` say something else.
    pub(super) fn read(fields: &Fields<'_>, others: &[&str], report: &mut Report) -> Option<Self> {
        let mut bounds = Vec::new();
        for entry in fields.entries().iter().filter(|entry| !others.contains(&entry.key.as_str())) {
            let Some((_, comparison)) = COMPARISONS.iter().find(|(word, _)| *word == entry.key) else {
                let known = COMPARISONS.map(|(word, _)| word).join(", ");
                let what = format!("unknown comparison `{}`", entry.key);
                report.error_with(entry.at, what, format!("known are {known}"));
                return None;
            };
            bounds.push(Bound { comparison: *comparison, wanted: amount(&entry.value, report)? });
        }
        let is_range = |first: Comparison, second: Comparison| {
            (first.is_lower() && second.is_upper()) || (first.is_upper() && second.is_lower())
        };
        match bounds.as_slice() {
            [_] => Some(Self(bounds)),
            [first, second] if is_range(first.comparison, second.comparison) => Some(Self(bounds)),
            _ => {
                let advice = "write one of gt, gte, lt, lte, eq, neq, or a range of two";
                report.error_with(fields.at, "the condition is no comparison", advice);
                None
            }
        }
    }

    /// At least so many.
    pub(super) fn at_least(count: usize) -> Self {
        Self(vec![Bound { comparison: Comparison::GreaterOrEqual, wanted: Amount::whole(count) }])
    }

    /// Whether they hold of what compares so with each number.
    pub(super) fn hold(&self, compare: impl Fn(Amount) -> Option<Ordering>) -> bool {
        self.0.iter().all(|bound| compare(bound.wanted).is_some_and(|found| bound.comparison.holds(found)))
    }

    /// Whether they hold of this count.
    pub(super) fn hold_of_count(&self, count: usize) -> bool {
        self.hold_of(Amount::whole(count))
    }

    /// Whether some number is between them.
    pub(super) fn hold_of_any(&self) -> bool {
        let [first, second] = self.0.as_slice() else { return true };
        let (lower, upper) = if first.comparison.is_lower() { (first, second) } else { (second, first) };
        // One number, if both ends are the same and belong to it.
        lower.wanted < upper.wanted || (lower.wanted == upper.wanted && self.hold_of(lower.wanted))
    }

    /// Whether they ask for at least so much, and for more than nothing.
    pub(super) fn are_a_threshold(&self) -> bool {
        matches!(self.0.as_slice(), [only] if only.comparison.is_lower()) && !self.hold_of_count(0)
    }

    /// Whether one of them is more than this count.
    pub(super) fn exceed(&self, count: usize) -> bool {
        self.0.iter().any(|bound| bound.wanted > Amount::whole(count))
    }

    /// The smallest whole number that they let pass, if they ask for so much or more.
    pub(super) fn least(&self) -> Option<i128> {
        self.0.iter().find_map(|bound| match bound.comparison {
            Comparison::Greater => Some(bound.wanted.trunc() + 1),
            Comparison::GreaterOrEqual | Comparison::Equal => Some(bound.wanted.ceil()),
            Comparison::Less | Comparison::LessOrEqual | Comparison::NotEqual => None,
        })
    }

    /// Whether the others hold whenever these do, as far as two lower ends or two equal ones show it.
    pub(super) fn imply(&self, others: &Self) -> bool {
        let lower = |bounds: &Self| match bounds.0.as_slice() {
            // Of two equal ends the one that leaves the number itself out is the higher one.
            [only] if only.comparison.is_lower() => Some((only.wanted, only.comparison == Comparison::Greater)),
            _ => None,
        };
        self == others || lower(self).zip(lower(others)).is_some_and(|(own, other)| own >= other)
    }

    fn hold_of(&self, found: Amount) -> bool {
        self.hold(|wanted| Some(found.cmp(&wanted)))
    }

    /// They in words.
    pub(super) fn what(&self) -> String {
        let bounds = self.0.iter().map(|bound| format!("{} {}", bound.comparison.word(), bound.wanted));
        bounds.collect::<Vec<_>>().join(" and ")
    }
}

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

    fn is_lower(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }

    fn is_upper(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn one(comparison: Comparison, wanted: &str) -> Bounds {
        Bounds(vec![Bound { comparison, wanted: Amount::parse(wanted).unwrap() }])
    }

    #[test]
    fn numbers_are_compared_exactly() {
        use Comparison::{Equal, Greater, NotEqual};
        let holds = |bounds: &Bounds, found: &str| bounds.hold_of(Amount::parse(found).unwrap());
        assert!(holds(&one(Equal, "0"), "-0.0") && holds(&one(Equal, "0.0"), "0"));
        let (beyond, before) = ("9007199254740993", "9007199254740992");
        assert!(!holds(&one(Equal, beyond), before) && holds(&one(NotEqual, beyond), before));
        assert!(holds(&one(Greater, before), beyond));
        assert!(!one(NotEqual, "5").hold(|_| None), "what is no number compares with nothing");
    }

    #[test]
    fn a_higher_end_implies_a_lower_one() {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less};
        for (narrow, wide) in [
            (one(GreaterOrEqual, "3"), one(GreaterOrEqual, "2")),
            (one(Greater, "3"), one(GreaterOrEqual, "3.0")),
            (one(Greater, "3"), one(Greater, "3")),
            (one(Less, "3"), one(Less, "3")),
        ] {
            assert!(narrow.imply(&wide), "{narrow:?} {wide:?}");
        }
        for (wide, narrow) in [
            (one(GreaterOrEqual, "3"), one(Greater, "3")),
            (one(GreaterOrEqual, "3"), one(GreaterOrEqual, "4")),
            (one(Equal, "3"), one(GreaterOrEqual, "1")),
            (one(Less, "2"), one(Less, "3")),
        ] {
            assert!(!wide.imply(&narrow), "{wide:?} {narrow:?}");
        }
    }
}
