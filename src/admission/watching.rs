//! Compares a rule set with the board: which rules begin to watch, which end, and which act although
//! nobody has let them.

use std::collections::HashMap;

use crate::incident::{Digest, Event, RuleId, Watched};
use crate::rules::{Mode, Rule, RuleSet};
use crate::trail::Watches;

/// The most rules in one record, so that it keeps within its size.
const STARTED_MAX: usize = 40;
const ENDED_MAX: usize = 100;

/// The records that bring the board to what this set watches.
pub(super) fn changes(set: &RuleSet, watches: &Watches) -> Vec<Event> {
    let wanted: HashMap<&RuleId, Digest> =
        of_mode(set, Mode::Shadow).map(|rule| (&rule.reference.id, rule.behaviour)).collect();
    let is_known =
        |rule: &Rule| watches.watch(&rule.reference.id).is_some_and(|watch| watch.behaviour() == rule.behaviour);
    let started: Vec<Watched> = of_mode(set, Mode::Shadow)
        .filter(|rule| !is_known(rule))
        .map(|rule| Watched { rule: rule.reference.id.clone(), behaviour: rule.behaviour })
        .collect();
    let mut ended: Vec<RuleId> =
        watches.all().map(|(id, _)| id).filter(|id| !wanted.contains_key(id)).cloned().collect();
    // In no order on the board, in one on the trail.
    ended.sort();
    let started = started.chunks(STARTED_MAX).map(|chunk| (chunk.to_vec(), Vec::new()));
    let ended = ended.chunks(ENDED_MAX).map(|chunk| (Vec::new(), chunk.to_vec()));
    started.chain(ended).map(|(started, ended)| Event::RulesWatched { started, ended }).collect()
}

/// The rules that act although nobody has let them act as they are.
pub fn unpromoted<'s>(set: &'s RuleSet, watches: &Watches) -> Vec<&'s Rule> {
    let is_promoted = |rule: &&Rule| watches.promotion(&rule.reference.id, rule.behaviour).is_some();
    of_mode(set, Mode::Enforce).filter(|rule| !is_promoted(rule)).collect()
}

fn of_mode(set: &RuleSet, mode: Mode) -> impl Iterator<Item = &Rule> {
    set.all_rules().filter(move |rule| rule.response.as_ref().is_some_and(|response| response.mode == mode))
}
