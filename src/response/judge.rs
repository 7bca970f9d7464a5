//! Puts an alert to the rules and counts it for correlations. What is counted becomes part of the
//! alert's record, so it holds exactly as long as the alert does, counts once however often the alert
//! is delivered, and is there again after a restart.

use super::plan::{Decided, Standing, decide};
use super::target::{Target, targets};
use crate::incident::{
    AccountRef, Ahead, Alert, Counted, Ledger, Mark, NearestMiss, RuleId, Timestamp, Verdict, VerdictKind, WindowState,
};
use crate::rules::{Match, RuleSet, Signal, When};
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
    window: Mark,
    target: Target<'r>,
}

/// What an alert adds to windows.
#[derive(Debug, Default)]
pub struct Tally {
    /// For the alert's record.
    pub counted: Vec<Counted>,
    /// In how many more windows it would have counted than one record can hold.
    pub left_out: u32,
}

impl<'r> Judged<'r> {
    /// Of an alert that is not put to the rules.
    #[must_use]
    pub fn by_none() -> Self {
        Self { targets: Vec::new(), matched: Vec::new(), possible: Vec::new(), nearest: None }
    }

    /// Puts the alert to the rules. Correlations are only found, not counted.
    #[must_use]
    pub fn of(rules: &'r RuleSet, alert: &Alert, pseudonyms: &Pseudonyms) -> Self {
        let evaluation = rules.evaluate(alert);
        let matched: Vec<RuleId> = evaluation.matches.iter().map(|found| found.rule.reference.id.clone()).collect();
        let possible = possible(rules, alert, &matched, pseudonyms);
        let own = evaluation.matches.into_iter().filter(|found| !rules.is_silent(&found.rule.reference.id));
        let targets = targets(alert, own.collect(), pseudonyms);
        let nearest = evaluation.nearest.and_then(|nearest| nearest.miss(&alert.event));
        let nearest = match (nearest, possible.is_empty()) {
            (None, true) => rules.uncounted(&matched, &alert.event),
            (nearest, _) => nearest,
        };
        Self { targets, matched, possible, nearest }
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

    /// The accounts that it acts on, or may, with their pseudonyms.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountRef, &str)> {
        let possible = self.possible.iter().map(|possible| &possible.target);
        self.targets.iter().chain(possible).filter_map(Target::account)
    }

    /// The windows that it may count in, each with its correlation.
    pub fn windows(&self) -> impl Iterator<Item = (&RuleId, Mark)> {
        self.possible.iter().map(|possible| (&possible.rule, possible.window))
    }

    /// Counts the alert, in windows that nobody else counts in meanwhile. The correlations that match by
    /// it are like other rules from here on, and the others are left out.
    pub fn count(&mut self, rules: &RuleSet, alert: &Alert, pseudonyms: &Pseudonyms, ahead: &mut Ahead) -> Tally {
        let (mut tally, mut nearest) = (Tally::default(), None);
        let when = When { occurred: alert.summary.occurred_at, received: alert.summary.received_at };
        rules.walk(&self.matched, &alert.event, |signal| {
            if tally.counted.len() >= Verdict::COUNTED_MAX {
                tally.left_out += 1;
                return false;
            }
            let group = window_of(&signal, pseudonyms);
            let counted = signal.count(group, when, |parts| pseudonyms.of_parts(parts), ahead);
            nearest = nearer(nearest.take(), signal.miss(&counted));
            let holds = counted.state.holds();
            tally.counted.push(counted);
            holds
        });
        let has_fired = |possible: &Possible<'_>| {
            let is_it = |counted: &Counted| counted.correlation == possible.rule && counted.group == possible.window;
            let mut fired = tally.counted.iter().filter(|counted| counted.state == WindowState::Fired);
            fired.any(is_it) && !rules.is_silent(&possible.rule)
        };
        let fired = std::mem::take(&mut self.possible).into_iter().filter(has_fired);
        self.targets.extend(fired.map(|possible| possible.target));
        self.nearest = self.nearest.take().or(nearest);
        tally
    }

    /// Decides what is to be done. What that draws on budgets is counted in `ledger`.
    #[must_use]
    pub fn decide(
        self,
        alert: &Alert,
        standing: &Standing,
        ledger: &mut Ledger,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Decided {
        let has_matched = !self.matched.is_empty();
        let mut decided = decide(alert, self.targets, self.nearest, standing, ledger, rules, now);
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
        possible.extend(targets.map(|target| Possible { rule: rule.clone(), window, target }));
        true
    });
    possible
}

/// The one of two that has come further; of equals the first.
fn nearer(one: Option<NearestMiss>, other: Option<NearestMiss>) -> Option<NearestMiss> {
    let share = |miss: &NearestMiss, of: &NearestMiss| u64::from(miss.passed) * u64::from(of.tests);
    match (one, other) {
        (Some(one), Some(other)) if share(&other, &one) > share(&one, &other) => Some(other),
        (one, other) => one.or(other),
    }
}

fn window_of(signal: &Signal<'_>, pseudonyms: &Pseudonyms) -> Mark {
    pseudonyms.of_parts(&signal.window())
}
