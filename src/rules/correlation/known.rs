//! The rules and correlations of a folder by the names that correlations have for them.

use std::collections::HashMap;

use crate::incident::{Digest, RuleId};

use super::super::detector::Draft;
use super::super::problem::Place;
use super::super::rule::Rule;
use super::read::CorrelationDraft;

/// All that can be named.
#[derive(Debug, Default)]
pub(super) struct Known {
    names: HashMap<String, usize>,
    /// The rules, and behind them the correlations.
    all: Vec<Named>,
    rules: usize,
}

/// A rule that can be named.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) id: RuleId,
    pub(super) title: String,
    /// Of a correlation only once it is linked, since what its rules do is part of it.
    pub(super) behaviour: Digest,
    /// Its place among the correlations, if it is one.
    pub(super) correlation: Option<usize>,
    /// What a response may rest on; of a correlation once it is linked.
    pub(super) ground: Ground,
}

/// What a response may rest on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    /// Whether it matches nothing but what it asks for, and so does all that it builds on.
    pub(super) is_anchored: bool,
    /// Whether it matches only by what has come, and so does all that it builds on.
    pub(super) is_earned: bool,
}

impl Ground {
    /// What holds of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { is_anchored: self.is_anchored && other.is_anchored, is_earned: self.is_earned && other.is_earned }
    }
}

impl Known {
    pub(super) fn of(rules: &[(usize, Draft)], correlations: &[(usize, CorrelationDraft)]) -> Self {
        let mut known = Self { rules: rules.len(), ..Self::default() };
        for (_, draft) in rules {
            let ground = Ground { is_anchored: draft.is_anchored(), is_earned: true };
            known.add(&draft.detector.rule, draft.name.as_ref(), None, ground);
        }
        for (place, (_, draft)) in correlations.iter().enumerate() {
            let ground = Ground { is_anchored: false, is_earned: false };
            known.add(&draft.rule, draft.name.as_ref(), Some(place), ground);
        }
        known
    }

    /// The rule of this name or id.
    pub(super) fn get(&self, name: &str) -> Option<&Named> {
        self.all.get(*self.names.get(name)?)
    }

    /// The correlation at this place among them is linked, and is known for what it counts.
    pub(super) fn is_linked(&mut self, place: usize, behaviour: Digest, ground: Ground) {
        if let Some(named) = self.all.get_mut(self.rules + place) {
            (named.behaviour, named.ground) = (behaviour, ground);
        }
    }

    fn add(&mut self, rule: &Rule, name: Option<&(Place, String)>, correlation: Option<usize>, ground: Ground) {
        let (id, title) = (rule.reference.id.clone(), rule.reference.title.clone());
        for name in name.map(|(_, name)| name.as_str()).into_iter().chain([id.as_str()]) {
            self.names.insert(name.to_owned(), self.all.len());
        }
        self.all.push(Named { id, title, behaviour: rule.behaviour, correlation, ground });
    }
}
