//! How a window stands with one more entry: whether the condition holds in some window of the timespan
//! in which the entry lies, and whether that is news.

use std::time::Duration;

use crate::incident::{
    Ahead, Amount, Counted, Counts, Entry, LATENESS, Mark, NearestMiss, Timestamp, Window, WindowState,
};

use super::measure::Sliding;
use super::signal::{Signal, SignalValue};
use super::{Correlation, Sort};

/// When an alert is counted.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// When it happened, as its sender says.
    pub occurred: Option<Timestamp>,
    /// When it came.
    pub received: Timestamp,
}

/// How a window stands with an entry.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    state: WindowState,
    held_to: Option<Timestamp>,
    found: Option<Amount>,
}

impl Signal<'_> {
    /// Counts it in `group`, its window among those of the delivery. `mark` makes of something what may
    /// stand on a record.
    pub fn count(&self, group: Mark, when: When, mark: impl Fn(&[&[u8]]) -> Mark, ahead: &mut Ahead) -> Counted {
        let correlation = self.correlation.rule.reference.id.clone();
        let counts = self.counts(mark);
        let (at, until) = match self.correlation.time_of(when) {
            Ok(times) => times,
            Err(at) => {
                let state = WindowState::Late;
                return Counted {
                    correlation,
                    group,
                    counts,
                    at,
                    until: at,
                    state,
                    held_to: None,
                    found: None,
                    evicted: Vec::new(),
                    shortened: false,
                };
            }
        };
        let entry = Entry { at, until, counts };
        let Standing { state, held_to, found } = self.correlation.standing(ahead.window(&group), entry);
        let added = ahead.add(&correlation, group, entry, held_to);
        let (evicted, shortened) = (added.evicted, added.shortened);
        Counted { correlation, group, counts, at, until, state, held_to, found, evicted, shortened }
    }

    /// How far the window has come, if it counts and the condition does not hold.
    #[must_use]
    pub fn miss(&self, counted: &Counted) -> Option<NearestMiss> {
        let Correlation { sort, condition, .. } = self.correlation;
        if counted.state != WindowState::Counting || sort.reads_numbers() {
            return None;
        }
        let (found, wanted) = (counted.found?.trunc(), condition.least()?);
        Some(NearestMiss {
            rule: self.correlation.rule.reference.clone(),
            passed: u32::try_from(found).unwrap_or(u32::MAX),
            tests: u32::try_from(wanted).ok()?,
            field: sort.name().to_owned(),
            why: format!("the window has come to {found} so far; the correlation is {}", self.correlation.what()),
        })
    }

    fn counts(&self, mark: impl Fn(&[&[u8]]) -> Mark) -> Counts {
        match (&self.value, self.correlation.sort) {
            (SignalValue::Texts(texts), _) => {
                Counts::Value(mark(&texts.iter().map(String::as_bytes).collect::<Vec<_>>()))
            }
            (SignalValue::Number(number), Sort::Sum) => Counts::Sum(*number),
            (SignalValue::Number(number), _) => Counts::Number(*number),
            (SignalValue::None, Sort::Temporal) => Counts::Rule(self.part),
            (SignalValue::None, Sort::TemporalOrdered) => Counts::Step(self.part),
            (SignalValue::None, _) => Counts::Event,
        }
    }
}

impl Correlation {
    /// When an entry counts, and until when it can matter. A sender's clock can neither run ahead of
    /// ours nor lie far behind. An error is the time of an event that is too old to be counted.
    fn time_of(&self, when: When) -> Result<(Timestamp, Timestamp), Timestamp> {
        let at = when.occurred.map_or(when.received, |occurred| occurred.min(when.received));
        if at < before(when.received, LATENESS) {
            return Err(at);
        }
        Ok((at, after(at, self.timespan.saturating_add(LATENESS))))
    }

    /// Each window of the timespan that ends with an entry is looked at before and with the new entry,
    /// in one go over the entries.
    ///
    /// The condition was told of before, and this is no news, if it was told of up to the entry before
    /// this one and has not ceased to hold meanwhile; if it was told of a later window in which this
    /// one lies too; or if it was told of the newest, and this one comes late.
    fn standing(&self, window: &Window, entry: Entry) -> Standing {
        let at = entry.at;
        let mut old = Sliding::new(self.sort, self.parts.len());
        let until = window.between(before(at, self.timespan), at);
        let (earlier, same) = until.split_at(until.partition_point(|other| other.at < at));
        // Of steps only those within the window are known.
        earlier.chunk_by(|one, other| one.at == other.at).for_each(|of_end| old.enter_all(of_end.iter().copied()));
        let mut new = old.clone();
        old.enter_all(same.iter().copied());
        new.enter_all(same.iter().copied().chain([entry]));
        let held = self.condition.holds(&old);
        let mut holds = self.condition.holds(&new).then_some(at);
        let mut found = self.condition.found(&new);
        let told = window.told();
        let last = window.entries().partition_point(|other| other.at <= at).checked_sub(1);
        let last = last.and_then(|place| window.entries().get(place)).map(|entry| entry.at);
        let mut is_known = held && last.is_some_and(|last| told >= Some(last));
        is_known |= window.entries().last().is_some_and(|newest| newest.at > at && told >= Some(newest.at));
        // The windows that end later, and in which the entry still lies.
        let later = window.between(at, after(at, self.timespan));
        for of_end in later.chunk_by(|one, other| one.at == other.at) {
            let Some(end) = of_end.first().map(|entry| entry.at) else { continue };
            let from = before(end, self.timespan);
            if from >= at {
                break;
            }
            for sliding in [&mut old, &mut new] {
                sliding.enter_all(of_end.iter().copied());
                sliding.leave(from);
            }
            is_known |= told >= Some(end) && self.condition.holds(&old);
            if self.condition.holds(&new) {
                holds = Some(end);
                found = self.condition.found(&new);
            }
        }
        let state = match (holds, is_known) {
            (None, _) => WindowState::Counting,
            (Some(_), true) => WindowState::Quiet,
            (Some(_), false) => WindowState::Fired,
        };
        Standing { state, held_to: holds, found }
    }
}

fn before(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

fn after(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}
