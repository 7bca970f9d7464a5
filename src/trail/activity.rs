//! How much there was when: in each hour of the last week, of each rule, and of each source. For people who look, so it is
//! no part of what decides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::incident::{Event, RuleId, SourceName, Timestamp, Verdict, VerdictKind};

const HOUR_S: i64 = 3_600;
/// How many hours are kept of everything together: a week.
const HOURS_MAX: i64 = 7 * 24;
/// How many hours are kept of a source.
const SOURCE_HOURS_MAX: i64 = 24;
/// The most rules, and the most sources, that are counted each by itself; those that were first.
const EACH_MAX: usize = 4_096;

/// What there was when. Hours are whole ones of UTC, by their number since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Activity {
    hours: BTreeMap<i64, Hour>,
    rules: BTreeMap<RuleId, Hits>,
    sources: BTreeMap<SourceName, BTreeMap<i64, u64>>,
}

/// What there was in one hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hour {
    /// Alerts that were admitted.
    pub alerts: u64,
    /// Those of them that a rule matched, whatever it may do.
    pub matched: u64,
    /// Steps that succeeded.
    pub actions: u64,
}

/// How often a rule has matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hits {
    /// How many alerts, in whatever mode and version the rule was.
    pub count: u64,
    /// When it last did.
    pub last: Timestamp,
}

impl Activity {
    /// So many hours up to the present one, the first first; those without anything among them.
    #[must_use]
    pub fn hours(&self, now: Timestamp, count: u16) -> Vec<(Timestamp, Hour)> {
        let last = hour(now);
        let each = (last - i64::from(count) + 1)..=last;
        each.filter_map(|hour| {
            let begins = Timestamp::from_second(hour * HOUR_S).ok()?;
            Some((begins, self.hours.get(&hour).copied().unwrap_or_default()))
        })
        .collect()
    }

    /// How often the rule has matched, if it ever has.
    #[must_use]
    pub fn hits(&self, rule: &RuleId) -> Option<Hits> {
        self.rules.get(rule).copied()
    }

    /// How many alerts the source has sent in the hour that is under way and the 23 before it.
    #[must_use]
    pub fn of_source(&self, source: &SourceName, now: Timestamp) -> u64 {
        let since = hour(now) - SOURCE_HOURS_MAX;
        self.sources.get(source).map_or(0, |hours| hours.range(since + 1..).map(|(_, count)| count).sum())
    }

    pub(super) fn apply(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::AlertAdmitted { alert, verdict, .. } => {
                let hour = self.hour(at);
                hour.alerts += 1;
                hour.matched += u64::from(!matches!(verdict.kind, VerdictKind::Tried | VerdictKind::Unmatched));
                self.note_source(&alert.source, at);
                self.note_rules(verdict, at);
            }
            Event::StepSucceeded { .. } => self.hour(at).actions += 1,
            _ => {}
        }
    }

    fn hour(&mut self, at: Timestamp) -> &mut Hour {
        let number = hour(at);
        drop_before(&mut self.hours, number - HOURS_MAX + 1);
        self.hours.entry(number).or_default()
    }

    fn note_source(&mut self, source: &SourceName, at: Timestamp) {
        if !self.sources.contains_key(source) {
            if self.sources.len() >= EACH_MAX {
                return;
            }
            self.sources.insert(source.clone(), BTreeMap::new());
        }
        if let Some(hours) = self.sources.get_mut(source) {
            drop_before(hours, hour(at) - SOURCE_HOURS_MAX + 1);
            *hours.entry(hour(at)).or_default() += 1;
        }
    }

    fn note_rules(&mut self, verdict: &Verdict, at: Timestamp) {
        for decision in &verdict.decisions {
            if let Some(hits) = self.rules.get_mut(&decision.rule.id) {
                *hits = Hits { count: hits.count + 1, last: at };
            } else if self.rules.len() < EACH_MAX {
                self.rules.insert(decision.rule.id.clone(), Hits { count: 1, last: at });
            }
        }
    }
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(HOUR_S)
}

/// Hours come in order, so there is seldom one to drop.
fn drop_before<T>(hours: &mut BTreeMap<i64, T>, first: i64) {
    while hours.first_key_value().is_some_and(|(hour, _)| *hour < first) {
        hours.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Finding, IncidentId};

    #[test]
    fn a_week_of_hours_is_kept_and_what_is_empty_is_shown() {
        let mut activity = Activity::default();
        let at = |hour: i64| Timestamp::from_second(hour * HOUR_S + 1).unwrap();
        let done = |incident: &str| Event::StepSucceeded {
            incident: IncidentId::parse(incident).unwrap(),
            step: 0,
            attempt: 1,
            finding: Finding::Answered,
            request_id: None,
            by: None,
        };
        for hour in [0, 5, 5, 200] {
            activity.apply(&done("inc_0000000000000001"), at(hour));
        }
        assert_eq!(activity.hours.keys().copied().collect::<Vec<_>>(), [200], "five is more than a week ago");
        let shown = activity.hours(at(201), 3);
        let starts: Vec<i64> = shown.iter().map(|(begins, _)| begins.as_second() / HOUR_S).collect();
        assert_eq!(starts, [199, 200, 201]);
        assert_eq!(shown.iter().map(|(_, hour)| hour.actions).collect::<Vec<_>>(), [0, 1, 0]);
    }
}
