//! A row of events, put to all correlations one after the other and counted in memory: for the
//! correlations' own tests and for telling their authors.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::incident::{Amount, Digest, LogSource, Mark, RuleId, Timestamp, WindowState, Windows};

use super::super::rule_set::RuleSet;
use super::Correlation;
use super::signal::Signal;
use super::standing::When;
use super::walk::Feeds;

/// Events one after the other, and what correlations have counted of them.
#[derive(Debug)]
pub struct Row<'r> {
    set: &'r RuleSet,
    feeds: Feeds,
    /// The rules that correlations count, in the order of their files' names.
    counted: Vec<&'r RuleId>,
    /// The log sources that these are for.
    sources: Vec<Arc<[LogSource]>>,
    windows: Windows,
    now: Timestamp,
}

/// How one window stands after an event.
#[derive(Debug)]
pub struct Told<'r> {
    /// Whose window.
    pub correlation: &'r Correlation,
    /// The values of its group.
    pub group: Vec<String>,
    /// How it stands.
    pub state: WindowState,
    /// What its entries come to, where that is a number.
    pub found: Option<Amount>,
}

impl Told<'_> {
    /// The value of the group that names the account, if the correlation acts.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.group.get(self.correlation.account_key?).map(String::as_str)
    }
}

impl<'r> Row<'r> {
    /// Before the first event; for all correlations.
    #[must_use]
    pub fn of(set: &'r RuleSet) -> Self {
        Self::by(set, Feeds::of(set.correlations().iter()))
    }

    /// For one of them and what it builds on. What others count changes nothing for it.
    pub(super) fn towards(set: &'r RuleSet, one: &Correlation) -> Self {
        Self::by(set, Feeds::towards(set.correlations(), one))
    }

    fn by(set: &'r RuleSet, feeds: Feeds) -> Self {
        let counted = || set.detectors().iter().filter(|detector| feeds.counts(&detector.rule.reference.id));
        let sources: HashSet<&LogSource> = counted().map(|detector| &detector.log_source).collect();
        Self {
            set,
            counted: counted().map(|detector| &detector.rule.reference.id).collect(),
            sources: sources.into_iter().map(|source| Arc::from([source.clone()])).collect(),
            windows: Windows::default(),
            now: Timestamp::UNIX_EPOCH,
            feeds,
        }
    }

    /// Forgets the events before.
    pub(super) fn begin(&mut self) {
        (self.windows, self.now) = (Windows::default(), Timestamp::UNIX_EPOCH);
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time).unwrap_or(Timestamp::MAX);
    }

    /// Counts one more event, whatever log source it is from.
    pub fn put(&mut self, event: &Value) -> Vec<Told<'r>> {
        let (matched, mut told) = (self.matching(event), Vec::new());
        self.feeds.walk(self.set.correlations(), matched, event, |signal| {
            let group = mark(&signal.window());
            let mut ahead = self.windows.ahead(&[(&signal.correlation.rule.reference.id, group)], None, self.now);
            let when = When { occurred: None, received: self.now };
            let counted = signal.count(group, when, mark, &mut ahead);
            // Let go, so that the window is changed where it is.
            drop(ahead);
            self.windows.apply(&counted, self.now);
            let Signal { correlation, group, .. } = signal;
            told.push(Told { correlation, group, state: counted.state, found: counted.found });
            counted.state.holds()
        });
        told
    }

    /// The rules that the event matches and that correlations count, by the way alerts take.
    fn matching(&self, event: &Value) -> Vec<&'r RuleId> {
        let evaluations = self.sources.iter().map(|source| self.set.evaluate_event(event, source));
        let found: BTreeSet<&RuleId> =
            evaluations.flat_map(|found| found.matches).map(|found| &found.rule.reference.id).collect();
        self.counted.iter().filter(|rule| found.contains(*rule)).copied().collect()
    }
}

/// Nobody reads what is counted here, so nothing needs to be kept secret.
fn mark(parts: &[&[u8]]) -> Mark {
    let Digest(digest) = Digest::of_parts(parts);
    let mut mark = [0; Mark::BYTES];
    mark.iter_mut().zip(digest).for_each(|(byte, of_digest)| *byte = of_digest);
    Mark(mark)
}
