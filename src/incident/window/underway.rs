//! What deliveries add that are being decided and not recorded yet. Without it each of many that come at
//! the same moment would find the same room, and all of them together none.

use std::collections::HashMap;

use super::super::RuleId;

/// What all deliveries under way may add, those aside that make their own room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Underway {
    groups: HashMap<RuleId, usize>,
    entries: usize,
}

/// What one delivery may add.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Additions {
    /// The groups of each correlation that it may open a window for.
    pub(super) groups: HashMap<RuleId, usize>,
    pub(super) entries: usize,
}

impl Underway {
    /// A delivery is being decided.
    pub fn begin(&mut self, additions: &Additions) {
        self.entries += additions.entries;
        for (correlation, groups) in &additions.groups {
            *self.groups.entry(correlation.clone()).or_default() += groups;
        }
    }

    /// It is recorded, or never will be.
    pub fn end(&mut self, additions: &Additions) {
        self.entries -= additions.entries;
        for (correlation, groups) in &additions.groups {
            let Some(all) = self.groups.get_mut(correlation) else { continue };
            *all -= groups;
            if *all == 0 {
                self.groups.remove(correlation);
            }
        }
    }

    pub(super) fn groups_of(&self, correlation: &RuleId) -> usize {
        self.groups.get(correlation).copied().unwrap_or_default()
    }

    pub(super) fn entries(&self) -> usize {
        self.entries
    }
}
