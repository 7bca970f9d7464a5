//! A row of events, put to all correlations one after the other and counted in memory: for the
//! correlations' own tests and for telling their authors.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::incident::{Entry, LogSource, RuleId, Timestamp, Window, WindowState};

use super::super::rule_set::RuleSet;
use super::Correlation;
use super::signal::{Signal, SignalValue};

/// Events one after the other, and what correlations have counted of them.
#[derive(Debug)]
pub struct Row<'r> {
    set: &'r RuleSet,
    /// The rules that correlations count, in the order of their files' names.
    counted: Vec<&'r RuleId>,
    /// The log sources that these are for.
    sources: Vec<Arc<[LogSource]>>,
    windows: HashMap<Vec<u8>, Window>,
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
    pub found: Option<f64>,
}

impl Told<'_> {
    /// The value of the group that names the account, if the correlation acts.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.group.get(self.correlation.account_key?).map(String::as_str)
    }
}

impl<'r> Row<'r> {
    /// Before the first event.
    #[must_use]
    pub fn of(set: &'r RuleSet) -> Self {
        let counted = || set.rules().iter().filter(|rule| set.is_counted(&rule.reference.id));
        let sources: HashSet<&LogSource> = counted().map(|rule| &rule.log_source).collect();
        Self {
            set,
            counted: counted().map(|rule| &rule.reference.id).collect(),
            sources: sources.into_iter().map(|source| Arc::from([source.clone()])).collect(),
            windows: HashMap::new(),
            now: Timestamp::UNIX_EPOCH,
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time).unwrap_or(Timestamp::MAX);
    }

    /// Counts one more event, whatever log source it is from.
    pub fn put(&mut self, event: &Value) -> Vec<Told<'r>> {
        let (matched, mut told) = (self.matching(event), Vec::new());
        self.set.walk(matched, event, |signal| {
            let one = count(&mut self.windows, self.now, signal);
            let holds = one.state.holds();
            told.push(one);
            holds
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

fn count<'r>(windows: &mut HashMap<Vec<u8>, Window>, now: Timestamp, signal: Signal<'r>) -> Told<'r> {
    let window = signal.window().join(&0);
    let Signal { correlation, part, group, value } = signal;
    let value = match value {
        SignalValue::None => None,
        SignalValue::Texts(texts) => Some(texts.join("\0").into()),
        SignalValue::Number(number) => Some(number.into()),
    };
    let Ok((at, until)) = correlation.time_of(None, now) else {
        return Told { correlation, group, state: WindowState::Late, found: None };
    };
    let window = windows.entry(window).or_default();
    let state = correlation.count(window, Entry { at, until, part, value });
    Told { correlation, group, state, found: correlation.found(window, at) }
}
