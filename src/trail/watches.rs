//! The rules that watch, and who let which rule act: the part of the board that is about rules.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::incident::{Digest, Event, RuleId, Timestamp, VerdictKind, Watch, sorted};

/// The rules that only watch, with what they have seen, and the promotions there were.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Watches {
    #[serde(with = "sorted::map")]
    watches: HashMap<RuleId, Watch>,
    #[serde(with = "sorted::map")]
    promotions: HashMap<RuleId, Promotion>,
    revision: u64,
}

/// The last time somebody let a rule act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// What the rule detected and did.
    pub behaviour: Digest,
    /// Who.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// Whether the evidence was not enough.
    pub despite: bool,
}

impl Watches {
    /// What a rule has seen, if it watches.
    #[must_use]
    pub fn watch(&self, rule: &RuleId) -> Option<&Watch> {
        self.watches.get(rule)
    }

    /// The rules that watch, in no order.
    pub fn all(&self) -> impl Iterator<Item = (&RuleId, &Watch)> {
        self.watches.iter()
    }

    /// Who let the rule act as it is.
    #[must_use]
    pub fn promotion(&self, rule: &RuleId, behaviour: Digest) -> Option<&Promotion> {
        self.promotions.get(rule).filter(|promotion| promotion.behaviour == behaviour)
    }

    /// Grows with every change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether the event changes anything here.
    #[must_use]
    pub(super) fn concern(event: &Event) -> bool {
        match event {
            Event::AlertAdmitted { verdict, .. } => {
                verdict.decisions.iter().any(|decision| decision.kind == VerdictKind::Shadow)
            }
            Event::RulesWatched { .. } | Event::RuleDisputed { .. } | Event::RulePromoted { .. } => true,
            _ => false,
        }
    }

    pub(super) fn apply(&mut self, at: Timestamp, event: &Event) {
        if Self::concern(event) {
            self.revision += 1;
        }
        match event {
            Event::AlertAdmitted { alert, verdict, .. } => {
                for decision in verdict.decisions.iter().filter(|decision| decision.kind == VerdictKind::Shadow) {
                    if let Some(watch) = self.watches.get_mut(&decision.rule.id) {
                        watch.note_match(&alert.id, decision, at);
                    }
                }
            }
            Event::RulesWatched { started, ended } => {
                ended.iter().for_each(|rule| drop(self.watches.remove(rule)));
                for begun in started {
                    self.watches.insert(begun.rule.clone(), Watch::begin(begun.behaviour, at));
                }
            }
            Event::RuleDisputed { rule, alert, reason, .. } => {
                if let Some(watch) = self.watches.get_mut(rule) {
                    watch.note_dispute(alert, reason, at);
                }
            }
            Event::RulePromoted { rule, behaviour, actor, despite, .. } => {
                let promotion =
                    Promotion { behaviour: *behaviour, actor: actor.clone(), at, despite: despite.is_some() };
                self.promotions.insert(rule.id.clone(), promotion);
            }
            _ => {}
        }
    }
}
