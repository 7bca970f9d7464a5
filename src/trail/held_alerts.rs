//! The alerts that a rule wanted to act on and that opened no incident, because it could not be told on whom or their
//! source proves too little: the part of the board that keeps them from being seen by nobody.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::incident::{AlertId, Event, HoldReason, RuleRef, SourceName, Timestamp, Verdict};

/// The most lines; beyond it the one goes that has been quiet the longest.
const LINES_MAX: usize = 200;
/// How long a line is kept after its last alert.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What one rule could not act on, on the word of one source and for one reason: a flood is one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAlerts {
    /// The rule, as it was when the last came.
    pub rule: RuleRef,
    /// Whose alerts.
    pub source: SourceName,
    /// Why nobody is acted on.
    pub reason: HoldReason,
    /// How many.
    pub count: u64,
    /// When the first came.
    pub first_at: Timestamp,
    /// When the last came.
    pub last_at: Timestamp,
    /// The last of them.
    pub alert: AlertId,
    /// Its record.
    pub record: u64,
}

/// All lines.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct HeldLines(Vec<HeldAlerts>);

impl HeldLines {
    /// Whether the event changes anything here.
    pub(super) fn concern(event: &Event) -> bool {
        matches!(event, Event::AlertAdmitted { verdict, .. } if held(verdict).next().is_some())
    }

    pub(super) fn apply(&mut self, seq: u64, at: Timestamp, event: &Event) {
        let Event::AlertAdmitted { alert, verdict, .. } = event else { return };
        for (rule, reason) in held(verdict) {
            self.0.retain(|line| is_kept(line, at));
            let is_it = |line: &&mut HeldAlerts| {
                line.rule.id == rule.id && line.source == alert.source && line.reason == reason
            };
            let (alert, source) = (alert.id.clone(), alert.source.clone());
            let rule = rule.clone();
            if let Some(line) = self.0.iter_mut().find(is_it) {
                (line.rule, line.alert, line.record, line.last_at) = (rule, alert, seq, at);
                line.count = line.count.saturating_add(1);
                continue;
            }
            if self.0.len() >= LINES_MAX {
                let quiet = (0..).zip(&self.0).min_by_key(|(_, line)| line.last_at).map(|(place, _)| place);
                quiet.map(|place| self.0.swap_remove(place));
            }
            let (first_at, last_at, record) = (at, at, seq);
            self.0.push(HeldAlerts { rule, source, reason, count: 1, first_at, last_at, alert, record });
        }
    }

    /// Those that are not too old, the last first.
    pub(super) fn at(&self, now: Timestamp) -> Vec<&HeldAlerts> {
        let mut lines: Vec<_> = self.0.iter().filter(|line| is_kept(line, now)).collect();
        lines.sort_by(|one, other| other.record.cmp(&one.record).then_with(|| one.rule.id.cmp(&other.rule.id)));
        lines
    }
}

/// The rules that wanted to act and opened nothing, with the reason.
fn held(verdict: &Verdict) -> impl Iterator<Item = (&RuleRef, HoldReason)> {
    let held = verdict.decisions.iter().filter(|decision| decision.is_held_without_incident());
    held.filter_map(|decision| Some((&decision.rule, decision.reason?)))
}

fn is_kept(line: &HeldAlerts, now: Timestamp) -> bool {
    now.duration_since(line.last_at).unsigned_abs() < KEPT_FOR || line.last_at > now
}
