//! Puts an alert to the rules and counts it for correlations. What is counted becomes part of the
//! alert's record, so it holds exactly as long as the alert does, counts once however often the alert
//! is delivered, and is there again after a restart.

use std::collections::{BTreeSet, HashMap};

use super::plan::{Decided, Standing, Target, decide, targets};
use crate::incident::{
    Alert, Counted, Entry, NearestMiss, RuleId, Timestamp, VerdictKind, Window, WindowState, Windows,
};
use crate::rules::{Match, RuleSet, Signal, SignalValue};
use crate::trail::Pseudonyms;

/// What the rules say to an alert.
#[derive(Debug)]
pub struct Judged<'r> {
    targets: Vec<Target<'r>>,
    /// The rules that match, silent ones among them.
    matched: Vec<RuleId>,
    possible: Vec<Possible<'r>>,
    nearest: Option<NearestMiss>,
}

/// A correlation that may match by an alert: which, for which window, and what it would ask for.
#[derive(Debug)]
struct Possible<'r> {
    rule: RuleId,
    window: String,
    target: Target<'r>,
}

/// A window as it is before an alert is counted in it.
#[derive(Debug, Default)]
pub struct Stored {
    /// What was counted so far.
    pub window: Window,
    /// The window that must give way before one more entry.
    pub crowded_out: Option<String>,
}

impl Stored {
    /// The window of `group` among all.
    #[must_use]
    pub fn of(windows: &Windows, group: &str) -> Self {
        Self { window: windows.of(group), crowded_out: windows.crowded_out_by(group).map(str::to_owned) }
    }
}

/// Who counts: for pseudonyms of groups and values, and with windows that nobody else counts in
/// meanwhile.
pub struct Counter<'c, F> {
    /// Makes the pseudonyms.
    pub pseudonyms: &'c Pseudonyms,
    /// Windows that alerts have counted in which are not recorded yet.
    pub ahead: &'c mut HashMap<String, Window>,
    /// Finds any other window.
    pub stored: F,
}

impl<'r> Judged<'r> {
    /// Puts the alert to the rules. Correlations are only found, not counted.
    #[must_use]
    pub fn of(rules: &'r RuleSet, alert: &Alert, pseudonyms: &Pseudonyms) -> Self {
        let evaluation = rules.evaluate(alert);
        let matched: Vec<RuleId> = evaluation.matches.iter().map(|found| found.rule.reference.id.clone()).collect();
        let possible = possible(rules, alert, &matched, pseudonyms);
        let own = evaluation.matches.into_iter().filter(|found| !rules.is_silent(&found.rule.reference.id));
        let targets = targets(alert, own.collect(), pseudonyms);
        Self { targets, matched, possible, nearest: evaluation.nearest }
    }

    /// Whether the alert counts for a correlation.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.possible.is_empty()
    }

    /// The rules and accounts that it acts on, or may.
    pub fn acting(&self) -> impl Iterator<Item = (&RuleId, &str)> {
        let possible = self.possible.iter().map(|possible| &possible.target);
        self.targets.iter().chain(possible).filter_map(Target::acts_on)
    }

    /// The windows that it counts in.
    pub fn windows(&self) -> impl Iterator<Item = &str> {
        self.possible.iter().map(|possible| possible.window.as_str())
    }

    /// Counts the alert. The correlations that match by it are like other rules from here on, and the
    /// others are left out.
    pub fn count<F: Fn(&str) -> Stored>(
        &mut self,
        rules: &RuleSet,
        alert: &Alert,
        counter: &mut Counter<'_, F>,
    ) -> Vec<Counted> {
        let possible = std::mem::take(&mut self.possible);
        if possible.is_empty() {
            return Vec::new();
        }
        let (counted, fired) = counter.count(rules, alert, &self.matched);
        let has_fired = |possible: &Possible<'_>| {
            fired.contains(&(possible.rule.clone(), possible.window.clone())) && !rules.is_silent(&possible.rule)
        };
        self.targets.extend(possible.into_iter().filter(has_fired).map(|possible| possible.target));
        counted
    }

    /// Decides what is to be done.
    #[must_use]
    pub fn decide(self, alert: &Alert, standing: &Standing, rules: &RuleSet, now: Timestamp) -> Decided {
        let has_matched = !self.matched.is_empty();
        let mut decided = decide(alert, self.targets, self.nearest, standing, rules, now);
        if decided.verdict.kind == VerdictKind::Unmatched && has_matched {
            decided.verdict.kind = VerdictKind::Counted;
        }
        decided
    }
}

/// Every correlation that may match by an alert that these rules match.
fn possible<'r>(rules: &'r RuleSet, alert: &Alert, matched: &[RuleId], pseudonyms: &Pseudonyms) -> Vec<Possible<'r>> {
    let mut possible: Vec<Possible<'r>> = Vec::new();
    rules.walk(matched, &alert.event, |signal| {
        let (rule, window) = (&signal.correlation.rule.reference.id, window_of(&signal, pseudonyms));
        // By several of its rules it matches but once.
        if possible.iter().any(|known| known.rule == *rule && known.window == window) {
            return true;
        }
        let matched = Match {
            rule: &signal.correlation.rule,
            matched: signal.matched().map(str::to_owned).into_iter().collect(),
            account: signal.account().map(str::to_owned),
        };
        let targets = targets(alert, vec![matched], pseudonyms).into_iter();
        possible.extend(targets.map(|target| Possible { rule: rule.clone(), window: window.clone(), target }));
        true
    });
    possible
}

/// Correlations that have matched, each with its window.
type Fired = BTreeSet<(RuleId, String)>;

impl<F: Fn(&str) -> Stored> Counter<'_, F> {
    fn count(&mut self, rules: &RuleSet, alert: &Alert, matched: &[RuleId]) -> (Vec<Counted>, Fired) {
        let (mut tally, mut fired) = (Vec::new(), Fired::new());
        rules.walk(matched, &alert.event, |signal| {
            let counted = self.counted(&signal, alert, window_of(&signal, self.pseudonyms));
            if counted.state == WindowState::Fired {
                fired.insert((counted.correlation.clone(), counted.group.clone()));
            }
            let holds = counted.state.holds();
            tally.push(counted);
            holds
        });
        (tally, fired)
    }

    fn counted(&mut self, signal: &Signal<'_>, alert: &Alert, group: String) -> Counted {
        let correlation = signal.correlation.rule.reference.id.clone();
        let value = match &signal.value {
            SignalValue::None => None,
            SignalValue::Number(number) => Some(number.clone()),
            SignalValue::Texts(texts) => Some(self.pseudonyms.of_parts(texts.iter().map(String::as_bytes))),
        };
        let part = signal.part;
        let (at, until) = match signal.correlation.time_of(alert.summary.occurred_at, alert.summary.received_at) {
            Ok(times) => times,
            Err(at) => {
                let state = WindowState::Late;
                return Counted { correlation, group, part, at, until: at, value, state, evicted: None };
            }
        };
        let known = self.ahead.remove(&group).map(|window| Stored { window, crowded_out: None });
        let Stored { mut window, crowded_out } = known.unwrap_or_else(|| (self.stored)(&group));
        let entry = Entry { at, until, part, value: value.as_deref().map(Box::from) };
        let state = signal.correlation.count(&mut window, entry);
        self.ahead.insert(group.clone(), window);
        Counted { correlation, group, part, at, until, value, state, evicted: crowded_out }
    }
}

fn window_of(signal: &Signal<'_>, pseudonyms: &Pseudonyms) -> String {
    pseudonyms.of_parts(signal.window().into_iter())
}
