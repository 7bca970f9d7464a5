//! What people have to say before a plan runs: how many of them, by when, and what happens if they do not.

use serde::{Deserialize, Serialize};

/// The approval that a plan wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// How many people have to approve it, each another one: one or two.
    pub people: u8,
    /// How long they are waited for, in seconds from when they are first asked.
    pub within_s: u32,
    /// What happens when that is over.
    pub otherwise: Lapse,
}

/// What becomes of a plan that was not approved in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lapse {
    /// It is dropped.
    Drop,
    /// It runs all the same.
    Act,
}

impl Lapse {
    /// What becomes of the plan, in words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Drop => "it is dropped, and nothing is done",
            Self::Act => "it is done all the same, as its rule says",
        }
    }
}

impl Approval {
    /// The most people that can be asked for.
    pub const PEOPLE_MAX: u8 = 2;
    /// What a plan wants that changes a DingTalk ID, where nobody says otherwise: it cannot be undone for a year.
    pub const OF_A_CHANGE: Self = Self { people: 1, within_s: 86_400, otherwise: Lapse::Drop };

    /// What satisfies both: as many people as the one that wants more, as soon as the one that waits less, and
    /// dropped if either says so.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            people: self.people.max(other.people),
            within_s: self.within_s.min(other.within_s),
            otherwise: self.otherwise.min(other.otherwise),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_the_stricter_holds_in_everything() {
        let one = Approval { people: 1, within_s: 60, otherwise: Lapse::Drop };
        let two = Approval { people: 2, within_s: 600, otherwise: Lapse::Act };
        let both = Approval { people: 2, within_s: 60, otherwise: Lapse::Drop };
        assert_eq!((one.and(two), two.and(one)), (both, both));
    }
}
