//! Counts refused deliveries, so that a flood of forgeries leaves one line a minute and not a full disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::incident::{Assurance, Event, SenderEvent, SourceName, Timestamp};

/// The most different counts kept between two drains; what comes on top is counted as `other`.
const COUNTS_MAX: usize = 4_096;
/// The reason under which refusals are counted that found no room of their own.
const OTHER: &str = "other";
const MINUTE_S: i64 = 60;

/// Refusals by minute, source and reason. Shared by all who refuse.
#[derive(Debug, Default)]
pub struct RefusalTally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    by_key: BTreeMap<Key, Count>,
    /// The minute of the first refusal without room, and how many since.
    other: Option<(Minute, Count)>,
}

/// How many, and when the last of them came.
#[derive(Debug, Default)]
struct Count {
    count: u64,
    latest: Timestamp,
    /// What their source proved at the least while they came.
    assurance: Option<Assurance>,
}

/// Minutes since 1970.
type Minute = i64;
type Key = (Minute, Option<SourceName>, &'static str);

impl RefusalTally {
    /// Counts one refusal at `now`. `source` is a *configured* source with its assurance as it is then, or `None`; a
    /// stranger's invention is never kept. `code` is one of the intake's or the API's own reason codes.
    pub fn note(&self, source: Option<(&SourceName, Assurance)>, code: &'static str, now: Timestamp) {
        let minute = minute_of(now);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, assurance) = source.unzip();
        let key = (minute, name.cloned(), code);
        let has_room = counts.by_key.len() < COUNTS_MAX || counts.by_key.contains_key(&key);
        let count = if has_room {
            counts.by_key.entry(key).or_default()
        } else {
            &mut counts.other.get_or_insert_with(|| (minute, Count::default())).1
        };
        let assurance = match (count.assurance, assurance) {
            (Some(before), Some(now)) if now.meets(before) => Some(before),
            (before, now) => now.or(before),
        };
        *count = Count { count: count.count.saturating_add(1), latest: count.latest.max(now), assurance };
    }

    /// Takes out what was counted in the minutes before the one `moment` is in, oldest first, each
    /// count as the event that records it.
    #[must_use]
    pub fn drain_before(&self, moment: Timestamp) -> Vec<Event> {
        let end = minute_of(moment);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = counts.by_key.split_off(&(end, None, ""));
        let done = std::mem::replace(&mut counts.by_key, rest);
        let other = counts.other.take_if(|(minute, _)| *minute < end);
        let other = other.map(|(minute, count)| ((minute, None, OTHER), count));
        done.into_iter().chain(other).map(|(key, count)| event(key, &count)).collect()
    }
}

fn event((minute, source, code): Key, Count { count, latest, assurance }: &Count) -> Event {
    let minute = Timestamp::from_second(minute.saturating_mul(MINUTE_S)).unwrap_or(Timestamp::UNIX_EPOCH);
    let assurance = assurance.filter(|_| source.is_some());
    let (count, latest) = (*count, Some(*latest));
    Event::Sender(SenderEvent::Refused { source, assurance, reason: code.to_owned(), minute, count, latest })
}

fn minute_of(moment: Timestamp) -> Minute {
    moment.as_second().div_euclid(MINUTE_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn refused(source: Option<&str>, reason: &str, minute_s: i64, count: u64, latest: i64) -> Event {
        let source = source.map(|name| SourceName::parse(name).unwrap());
        let (assurance, latest) = (source.as_ref().map(|_| Assurance::A), Some(at(latest)));
        Event::Sender(SenderEvent::Refused {
            source,
            assurance,
            reason: reason.to_owned(),
            minute: at(minute_s),
            count,
            latest,
        })
    }

    fn drained(tally: &RefusalTally, before: i64) -> Vec<Event> {
        tally.drain_before(at(before))
    }

    #[test]
    fn refusals_are_counted_by_source_reason_and_minute() {
        let tally = RefusalTally::default();
        let okta = SourceName::parse("okta").unwrap();
        for second in [0, 59, 60, 61] {
            tally.note(Some((&okta, Assurance::A)), "signature_wrong", at(second));
        }
        tally.note(None, "unknown_source", at(30));
        tally.note(Some((&okta, Assurance::A)), "timestamp_stale", at(120));

        assert_eq!(
            drained(&tally, 179),
            [
                refused(None, "unknown_source", 0, 1, 30),
                refused(Some("okta"), "signature_wrong", 0, 2, 59),
                refused(Some("okta"), "signature_wrong", 60, 2, 61),
            ]
        );
        assert_eq!(drained(&tally, 179), []);
        assert_eq!(drained(&tally, 180), [refused(Some("okta"), "timestamp_stale", 120, 1, 120)]);
    }

    #[test]
    fn a_source_that_is_changed_or_taken_out_meanwhile_has_proved_what_it_did() {
        let tally = RefusalTally::default();
        let okta = SourceName::parse("okta").unwrap();
        for assurance in [Assurance::A, Assurance::C, Assurance::B] {
            tally.note(Some((&okta, assurance)), "signature_wrong", at(0));
        }
        let [Event::Sender(SenderEvent::Refused { assurance, count, .. })] = &tally.drain_before(at(60))[..] else {
            panic!("one summary");
        };
        assert_eq!((*assurance, *count), (Some(Assurance::C), 3));
    }

    #[test]
    fn e03_a_flood_over_many_minutes_is_bounded_and_still_counted() {
        let tally = RefusalTally::default();
        for minute in 0..10_000 {
            tally.note(None, "unknown_source", at(minute * 60));
        }
        let events = drained(&tally, 10_000 * 60);
        assert_eq!(events.len(), COUNTS_MAX + 1);
        let total: u64 = events
            .iter()
            .map(|event| match event {
                Event::Sender(SenderEvent::Refused { count, .. }) => *count,
                other => panic!("{other:?}"),
            })
            .sum();
        assert_eq!(total, 10_000);
        assert_eq!(events.last(), Some(&refused(None, "other", 4_096 * 60, 10_000 - 4_096, 9_999 * 60)));
    }
}
