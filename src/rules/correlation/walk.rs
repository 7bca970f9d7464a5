//! The one way of an event through the correlations: from the rules that it matches to those that count
//! them, and on to those that build on these as long as they hold. The server, own tests, a backtest and
//! `rules explain` all take it, and differ only in how they say whether a correlation holds.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::incident::{NearestMiss, RuleId};

use super::{Correlation, Signal};

/// Which correlations count which rules.
#[derive(Debug, Default)]
pub(in crate::rules) struct Feeds {
    /// The places of the correlations, and as which of their rules they count it.
    by_rule: HashMap<RuleId, Vec<(usize, u16)>>,
    /// Rules whose matches are only counted.
    silent: BTreeSet<RuleId>,
}

impl Feeds {
    /// Of these correlations.
    pub(in crate::rules) fn of<'c>(correlations: impl Iterator<Item = &'c Correlation> + Clone) -> Self {
        Self::at(correlations.enumerate())
    }

    /// Of one of these correlations and what it builds on.
    pub(super) fn towards(correlations: &[Correlation], one: &Correlation) -> Self {
        let mut wanted = BTreeSet::from([&one.rule.reference.id]);
        // Each comes behind those that it builds on.
        for correlation in correlations.iter().rev() {
            if wanted.contains(&correlation.rule.reference.id) {
                wanted.extend(correlation.parts.iter().map(|part| &part.rule));
            }
        }
        let is_wanted = |(_, other): &(usize, &Correlation)| wanted.contains(&other.rule.reference.id);
        Self::at(correlations.iter().enumerate().filter(is_wanted))
    }

    /// Of correlations at their places.
    fn at<'c>(correlations: impl Iterator<Item = (usize, &'c Correlation)> + Clone) -> Self {
        let mut feeds = Self::default();
        for (place, correlation) in correlations.clone() {
            for (number, part) in (0..).zip(&correlation.parts) {
                feeds.by_rule.entry(part.rule.clone()).or_default().push((place, number));
            }
        }
        let generating = correlations.filter(|(_, correlation)| correlation.generates);
        let loud: BTreeSet<&RuleId> = generating.flat_map(|(_, c)| c.parts.iter().map(|part| &part.rule)).collect();
        feeds.silent = feeds.by_rule.keys().filter(|rule| !loud.contains(rule)).cloned().collect();
        feeds
    }

    /// Whether a correlation counts matches of the rule.
    pub(in crate::rules) fn counts(&self, rule: &RuleId) -> bool {
        self.by_rule.contains_key(rule)
    }

    /// Whether matches of the rule are only counted.
    pub(in crate::rules) fn is_silent(&self, rule: &RuleId) -> bool {
        self.silent.contains(rule)
    }

    /// The places of the correlations in whose windows an event counts at most that matches this rule, each
    /// window once; `at` has the correlation at a place.
    pub(in crate::rules) fn reached<'c>(
        &self,
        rule: &RuleId,
        at: impl Fn(usize) -> Option<&'c Correlation>,
    ) -> Vec<usize> {
        let fed_by = |rule: &RuleId| self.by_rule.get(rule).into_iter().flatten().copied();
        let mut waiting: BTreeSet<(usize, u16)> = fed_by(rule).collect();
        let mut reached = Vec::new();
        while let Some((place, _)) = waiting.pop_first() {
            let Some(correlation) = at(place) else { continue };
            if correlation.sort.tells_parts_apart() || reached.last() != Some(&place) {
                reached.push(place);
            }
            waiting.extend(fed_by(&correlation.rule.reference.id));
        }
        reached
    }

    /// Why the event, which these rules match, adds nothing to the first correlation to which it does not.
    pub(in crate::rules) fn uncounted<'m>(
        &self,
        correlations: &[Correlation],
        matched: impl IntoIterator<Item = &'m RuleId>,
        event: &Value,
    ) -> Option<NearestMiss> {
        let fed = matched.into_iter().flat_map(|rule| self.by_rule.get(rule).into_iter().flatten());
        fed.min().and_then(|(place, number)| correlations.get(*place)?.uncounted(*number, event))
    }

    /// Takes what the event, which these rules match, adds to the correlations to `holds`, one signal
    /// after the other. A correlation of which that holds is counted by those that name it.
    ///
    /// Each correlation comes behind those that it builds on, and of one the rules come in the order in
    /// which it names them: the order of files and matches changes nothing.
    pub(in crate::rules) fn walk<'r, 'm>(
        &self,
        correlations: &'r [Correlation],
        matched: impl IntoIterator<Item = &'m RuleId>,
        event: &Value,
        mut holds: impl FnMut(Signal<'r>) -> bool,
    ) {
        let fed_by = |rule: &RuleId| self.by_rule.get(rule).into_iter().flatten().copied();
        let mut waiting: BTreeSet<(usize, u16)> = matched.into_iter().flat_map(fed_by).collect();
        let mut counted: Vec<(u16, Vec<String>)> = Vec::new();
        let mut last = None;
        while let Some((place, number)) = waiting.pop_first() {
            let Some(correlation) = correlations.get(place) else { continue };
            if last.replace(place) != Some(place) {
                counted.clear();
            }
            let Some(signal) = correlation.signal(number, event) else { continue };
            // An event that several rules of one count match is one event.
            let is_counted = counted.iter().any(|(part, group)| *part == signal.part && *group == signal.group);
            if is_counted {
                continue;
            }
            counted.push((signal.part, signal.group.clone()));
            if holds(signal) {
                waiting.extend(fed_by(&correlation.rule.reference.id));
            }
        }
    }
}
