//! When the entries of a window make a match.

use crate::incident::Amount;

use super::super::condition::Condition as Joined;
use super::bounds::Bounds;
use super::measure::Sliding;

/// When a window holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// The count, sum or whatever is counted compares so with these numbers.
    Compare(Bounds),
    /// The rules have matched as the words join them.
    Joined(Joined),
}

impl Condition {
    /// Whether the other holds whenever this does, as far as two lower bounds or two equal conditions
    /// show it.
    pub(super) fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Compare(own), Self::Compare(other)) => own.imply(other),
            _ => self == other,
        }
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
        match self {
            Self::Compare(bounds) => bounds.least(),
            Self::Joined(_) => None,
        }
    }

    /// What it wants, in words; `names` are those of the rules.
    pub(super) fn what(&self, names: &[&str]) -> String {
        match self {
            Self::Compare(bounds) => bounds.what(),
            Self::Joined(joined) => joined.what(names),
        }
    }

    /// Whether it holds of a window; of an empty one it never does.
    pub(super) fn holds(&self, window: &Sliding) -> bool {
        !window.is_empty()
            && match self {
                Self::Compare(bounds) => bounds.hold(|wanted| window.compare(wanted)),
                Self::Joined(joined) => joined.holds_when(&|part| window.has(part)),
            }
    }
}
