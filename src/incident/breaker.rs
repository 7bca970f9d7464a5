//! The breaker: one verdict over many accounts in a short time is more likely a sender gone wrong than an attack on
//! all of them. It stays tripped until a human releases it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Crowds, PauseScope, RuleId, SourceName, Timestamp, sorted};

/// What trips it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    /// How many accounts may be acted on.
    pub accounts: u32,
    /// Within how long.
    pub within: Span,
}

impl Breaker {
    /// The most accounts that can be allowed. There is no breaker without a limit.
    pub const MOST: u32 = 1_000;
    /// The longest time that is looked at.
    pub const LONGEST: Span = Span(86_400);
}

/// A length of time in whole seconds, at most a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(u32);

impl Span {
    /// So many seconds, or a day if that is more.
    #[must_use]
    pub fn of(duration: Duration) -> Self {
        Self(u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)).min(Breaker::LONGEST)
    }

    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.0
    }

    /// The moment that long before another.
    #[must_use]
    pub fn before(self, now: Timestamp) -> Timestamp {
        now.checked_sub(Duration::from_secs(self.0.into())).unwrap_or(Timestamp::MIN)
    }
}

/// That it has tripped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trip {
    /// For what: a rule, or all rules on the word of a source.
    pub scope: PauseScope,
    /// How many accounts there were.
    pub accounts: u32,
    /// Within how many seconds.
    pub within_s: Span,
    /// When it was last released, if ever: whoever was seen before did not count.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub released_at: Option<Timestamp>,
}

/// What has tripped, and what was released.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakers {
    #[serde(with = "sorted::map")]
    tripped: BTreeMap<PauseScope, (Trip, Timestamp)>,
    #[serde(with = "sorted::map")]
    released: BTreeMap<PauseScope, Timestamp>,
}

impl Breakers {
    /// Trips; what has tripped already stays as it is.
    pub fn trip(&mut self, trip: Trip, at: Timestamp) {
        self.tripped.entry(trip.scope.clone()).or_insert((trip, at));
    }

    /// A human has released it: whoever was seen until then no longer counts.
    pub fn release(&mut self, scope: &PauseScope, at: Timestamp) {
        if self.tripped.remove(scope).is_some() {
            self.released.insert(scope.clone(), at);
        }
    }

    /// All that has tripped, and since when.
    pub fn iter(&self) -> impl Iterator<Item = (&Trip, Timestamp)> {
        self.tripped.values().map(|(trip, at)| (trip, *at))
    }

    /// Whether it has tripped for this.
    #[must_use]
    pub fn has_tripped(&self, scope: &PauseScope) -> bool {
        self.tripped.contains_key(scope)
    }

    /// Whether it holds what these rules ask for, on the word of this source.
    pub fn hold<'r>(&self, source: Option<&SourceName>, rules: impl IntoIterator<Item = &'r RuleId>) -> bool {
        // Mostly nothing has, and nothing has to be copied to look for it.
        !self.tripped.is_empty()
            && (source.is_some_and(|source| self.has_tripped(&PauseScope::Source(source.clone())))
                || rules.into_iter().any(|rule| self.has_tripped(&PauseScope::Rule(rule.clone()))))
    }

    /// That the breaker trips now for `scope`, by what was seen since it was last released; `None` if it does not, or
    /// has already.
    #[must_use]
    pub fn judge(&self, scope: PauseScope, breaker: Breaker, crowds: &Crowds, now: Timestamp) -> Option<Trip> {
        if self.has_tripped(&scope) {
            return None;
        }
        let released_at = self.released.get(&scope).copied();
        let since = breaker.within.before(now).max(released_at.unwrap_or(Timestamp::MIN));
        let accounts = crowds.count(&scope, since);
        (accounts > breaker.accounts).then_some(Trip { scope, accounts, within_s: breaker.within, released_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_A_MINUTE: Breaker = Breaker { accounts: 2, within: Span(60) };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    fn rule() -> RuleId {
        RuleId::parse("00000000-0000-4000-8000-000000000001").unwrap()
    }

    fn crowds(accounts: &[(&str, i64)]) -> Crowds {
        let mut crowds = Crowds::default();
        let source = SourceName::parse("okta").unwrap();
        accounts.iter().for_each(|(account, seconds)| crowds.see(&source, [&rule()], account, at(*seconds)));
        crowds
    }

    #[test]
    fn it_trips_by_one_account_too_many_within_its_time() {
        let judge = |accounts: &[(&str, i64)], now| {
            Breakers::default().judge(PauseScope::Rule(rule()), TWO_A_MINUTE, &crowds(accounts), at(now))
        };
        assert_eq!(judge(&[("a", 0), ("b", 0), ("a", 1)], 1), None);
        let trip = judge(&[("a", 0), ("b", 0), ("c", 59)], 59).unwrap();
        assert_eq!((trip.accounts, trip.within_s.seconds()), (3, 60));
        assert_eq!(judge(&[("a", 0), ("b", 1), ("c", 60)], 60), None, "the first was a minute ago");
    }

    #[test]
    fn it_stays_tripped_until_it_is_released_and_begins_anew_then() {
        let scope = PauseScope::Rule(rule());
        let mut breakers = Breakers::default();
        let seen = crowds(&[("a", 0), ("b", 0), ("c", 0)]);
        let trip = breakers.judge(scope.clone(), TWO_A_MINUTE, &seen, at(0)).unwrap();
        breakers.trip(trip.clone(), at(0));
        assert!(breakers.hold(None, &[rule()]) && !breakers.hold(None, &[]));
        assert_eq!(breakers.judge(scope.clone(), TWO_A_MINUTE, &seen, at(0)), None, "it has tripped already");
        breakers.trip(Trip { accounts: 9, ..trip.clone() }, at(9));
        assert_eq!(breakers.iter().collect::<Vec<_>>(), [(&trip, at(0))], "the first is shown");
        breakers.release(&scope, at(10));
        assert!(!breakers.hold(None, &[rule()]));
        assert_eq!(breakers.judge(scope.clone(), TWO_A_MINUTE, &seen, at(11)), None, "those were seen before");
        let more = crowds(&[("a", 0), ("b", 0), ("c", 0), ("d", 11), ("e", 11), ("f", 12)]);
        assert_eq!(breakers.judge(scope, TWO_A_MINUTE, &more, at(12)).unwrap().accounts, 3);
    }
}
