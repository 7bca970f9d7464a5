//! Counts alerts for correlations. What is counted is part of the alert's record, so it holds exactly
//! as long as the alert does, counts once however often the alert is delivered, and is there again
//! after a restart.

use std::collections::{BTreeSet, HashMap};

use crate::incident::{Alert, Counted, Entry, RuleId, Window, WindowState};
use crate::response::{Target, targets};
use crate::rules::{Match, RuleSet, Signal, SignalValue};
use crate::trail::{Pseudonyms, Trail};

/// A correlation that may match by an alert: which, for which window, and what it would ask for.
pub(super) struct Possible<'r> {
    rule: RuleId,
    pub(super) window: String,
    pub(super) target: Target<'r>,
}

/// What an alert has counted, and which correlations match by it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) counted: Vec<Counted>,
    fired: BTreeSet<(RuleId, String)>,
}

/// Every correlation that may match by an alert that these rules match.
pub(super) fn possible<'r>(
    rules: &'r RuleSet,
    alert: &Alert,
    matched: &[RuleId],
    pseudonyms: &Pseudonyms,
) -> Vec<Possible<'r>> {
    let mut possible: Vec<Possible<'r>> = Vec::new();
    let mut waiting = matched.to_vec();
    while let Some(rule) = waiting.pop() {
        for signal in rules.signals(&rule, &alert.event) {
            let (id, window) = (signal.correlation.rule.reference.id.clone(), window_of(&signal, pseudonyms));
            if possible.iter().any(|known| known.rule == id && known.window == window) {
                continue;
            }
            waiting.push(id.clone());
            let matched = Match {
                rule: &signal.correlation.rule,
                matched: signal.matched().map(str::to_owned).into_iter().collect(),
                account: signal.account().map(str::to_owned),
            };
            for target in targets(alert, vec![matched], pseudonyms) {
                possible.push(Possible { rule: id.clone(), window: window.clone(), target });
            }
        }
    }
    possible
}

impl<'r> Possible<'r> {
    /// The target, if the correlation has matched.
    pub(super) fn into_fired(self, rules: &RuleSet, tally: &Tally) -> Option<Target<'r>> {
        let has_fired = tally.fired.contains(&(self.rule.clone(), self.window)) && !rules.is_silent(&self.rule);
        has_fired.then_some(self.target)
    }
}

/// Counts the alert, under the lanes of all its windows. Windows that alerts of the same delivery have
/// counted in, and that are not on the board yet, are in `ahead`.
pub(super) fn count(
    rules: &RuleSet,
    alert: &Alert,
    matched: &[RuleId],
    pseudonyms: &Pseudonyms,
    trail: &Trail,
    ahead: &mut HashMap<String, Window>,
) -> Tally {
    let mut tally = Tally::default();
    let mut waiting = matched.to_vec();
    while let Some(rule) = waiting.pop() {
        for signal in rules.signals(&rule, &alert.event) {
            let group = window_of(&signal, pseudonyms);
            let correlation = &signal.correlation.rule.reference.id;
            let is_counted = |known: &Counted| {
                known.group == group && known.part == signal.part && known.correlation == *correlation
            };
            if tally.counted.iter().any(is_counted) {
                continue;
            }
            let counted = counted(&signal, alert, group, pseudonyms, trail, ahead);
            if counted.state == WindowState::Fired {
                tally.fired.insert((correlation.clone(), counted.group.clone()));
                waiting.push(correlation.clone());
            }
            tally.counted.push(counted);
        }
    }
    tally
}

fn counted(
    signal: &Signal<'_>,
    alert: &Alert,
    group: String,
    pseudonyms: &Pseudonyms,
    trail: &Trail,
    ahead: &mut HashMap<String, Window>,
) -> Counted {
    let correlation = signal.correlation.rule.reference.id.clone();
    let value = match &signal.value {
        SignalValue::None => None,
        SignalValue::Number(number) => Some(number.clone()),
        SignalValue::Texts(texts) => Some(pseudonyms.of_parts(texts.iter().map(String::as_bytes))),
    };
    let (at, until) = match signal.correlation.time_of(alert.summary.occurred_at, alert.summary.received_at) {
        Ok(times) => times,
        Err(at) => {
            let (part, state) = (signal.part, WindowState::Late);
            return Counted { correlation, group, part, at, until: at, value, state, evicted: None };
        }
    };
    let known = ahead.remove(&group);
    let is_ahead = known.is_some();
    let mut window = known.unwrap_or_else(|| trail.board(|board| board.windows().of(&group)));
    let entry = Entry { at, until, part: signal.part, value: value.as_deref().map(Box::from) };
    let state = signal.correlation.count(&mut window, entry);
    ahead.insert(group.clone(), window);
    let crowded = || trail.board(|board| board.windows().crowded_out_by(&group).map(str::to_owned));
    let evicted = if is_ahead { None } else { crowded() };
    if let Some(evicted) = &evicted {
        tracing::warn!(
            correlation = %correlation, group = %evicted,
            "too many windows are open; the one with the fewest entries gave way"
        );
    }
    Counted { correlation, group, part: signal.part, at, until, value, state, evicted }
}

fn window_of(signal: &Signal<'_>, pseudonyms: &Pseudonyms) -> String {
    pseudonyms.of_parts(signal.window().into_iter())
}
