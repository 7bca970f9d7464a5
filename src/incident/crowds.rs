//! How many people a rule, or all rules on the word of a source, wanted to act on of late. Folded from the trail as
//! the ledger is.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Breaker, Digest, PauseScope, RuleId, SourceName, Timestamp, sorted};

/// The most plans remembered for one rule or source: more than any breaker lets pass, and as many again, since some
/// may be taken back.
const REMEMBERED_MAX: usize = 2 * Breaker::MOST as usize + 1;
/// After so many plans those of rules and sources that have gone quiet are looked for and forgotten.
const SWEPT_EVERY: u32 = 1_000;

/// The accounts of the plans of late, by rule and by source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crowds {
    #[serde(with = "sorted::map")]
    by: HashMap<PauseScope, Crowd>,
    unswept: u32,
}

/// When there was a plan, and for which account; none earlier than the one before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Crowd(VecDeque<(Timestamp, Member)>);

/// What of an account's pseudonym tells it from others.
type Member = [u8; 8];

impl Crowds {
    /// Sees a plan of these rules for an account, by its pseudonym, on the word of `source`.
    pub fn see<'i>(
        &mut self,
        source: &SourceName,
        rules: impl IntoIterator<Item = &'i RuleId>,
        account: &str,
        at: Timestamp,
    ) {
        let member = member(account);
        for scope in scopes(source, rules) {
            self.by.entry(scope).or_default().see(at, member);
        }
        self.sweep(at);
    }

    /// Takes a plan back that was seen so at `at`, and is not to be.
    pub fn take_back<'i>(
        &mut self,
        source: &SourceName,
        rules: impl IntoIterator<Item = &'i RuleId>,
        account: &str,
        at: Timestamp,
    ) {
        let member = member(account);
        for scope in scopes(source, rules) {
            if let Some(crowd) = self.by.get_mut(&scope) {
                crowd.take_back(at, member);
            }
        }
    }

    /// On how many accounts there were plans later than `since`.
    #[must_use]
    pub fn count(&self, scope: &PauseScope, since: Timestamp) -> u32 {
        self.by.get(scope).map_or(0, |crowd| crowd.count(since))
    }

    fn sweep(&mut self, now: Timestamp) {
        self.unswept += 1;
        if self.unswept >= SWEPT_EVERY {
            self.unswept = 0;
            let longest_ago = Breaker::LONGEST.before(now);
            self.by.retain(|_, crowd| crowd.0.back().is_some_and(|(at, _)| *at > longest_ago));
        }
    }
}

impl Crowd {
    /// A clock that was set back: what was later than it is now counts as just now, and ages from there.
    fn see(&mut self, at: Timestamp, member: Member) {
        self.0.iter_mut().rev().take_while(|(seen, _)| *seen > at).for_each(|(seen, _)| *seen = at);
        while self.0.len() >= REMEMBERED_MAX {
            self.0.pop_front();
        }
        self.0.push_back((at, member));
    }

    fn take_back(&mut self, at: Timestamp, member: Member) {
        if let Some(index) = self.0.iter().rposition(|(seen, other)| *seen <= at && *other == member) {
            self.0.remove(index);
        }
    }

    fn count(&self, since: Timestamp) -> u32 {
        let of_late = self.0.iter().rev().take_while(|(at, _)| *at > since);
        u32::try_from(of_late.map(|(_, member)| member).collect::<BTreeSet<_>>().len()).unwrap_or(u32::MAX)
    }
}

/// What a plan is seen under: its source, and each of its rules.
pub(super) fn scopes<'i>(
    source: &SourceName,
    rules: impl IntoIterator<Item = &'i RuleId>,
) -> impl Iterator<Item = PauseScope> {
    let rules: Vec<_> = rules.into_iter().map(|rule| PauseScope::Rule(rule.clone())).collect();
    std::iter::once(PauseScope::Source(source.clone())).chain(rules)
}

/// Two of many accounts are taken for one less than once in the life of an installation.
fn member(account: &str) -> Member {
    let Digest([a, b, c, d, e, f, g, h, ..]) = Digest::of(account.as_bytes());
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> SourceName {
        SourceName::parse("okta").unwrap()
    }

    fn rule() -> RuleId {
        RuleId::parse("00000000-0000-4000-8000-000000000001").unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    fn see(crowds: &mut Crowds, account: &str, seconds: i64) {
        crowds.see(&source(), [&rule()], account, at(seconds));
    }

    fn counts(crowds: &Crowds, since: i64) -> (u32, u32) {
        let count = |scope| crowds.count(&scope, at(since));
        (count(PauseScope::Rule(rule())), count(PauseScope::Source(source())))
    }

    #[test]
    fn accounts_are_counted_once_each_and_only_of_late() {
        let mut crowds = Crowds::default();
        for (account, seconds) in [("a", 0), ("b", 1), ("a", 2), ("c", 3)] {
            see(&mut crowds, account, seconds);
        }
        assert_eq!([-1, 0, 1, 2, 3].map(|since| counts(&crowds, since).0), [3, 3, 2, 1, 0]);
        assert_eq!(counts(&crowds, -1), (3, 3));
        assert_eq!(crowds.count(&PauseScope::All, at(-1)), 0);
    }

    #[test]
    fn what_is_taken_back_was_never_there() {
        let mut crowds = Crowds::default();
        see(&mut crowds, "a", 0);
        see(&mut crowds, "b", 1);
        crowds.take_back(&source(), [&rule()], "b", at(1));
        assert_eq!(counts(&crowds, -1), (1, 1));
        crowds.take_back(&source(), [&rule()], "nobody", at(1));
        assert_eq!(counts(&crowds, -1), (1, 1));
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_nobody() {
        let mut crowds = Crowds::default();
        see(&mut crowds, "a", 5_000);
        see(&mut crowds, "b", 0);
        assert_eq!([-1, 0].map(|since| counts(&crowds, since).0), [2, 0]);
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for_and_the_quiet_are_forgotten() {
        let mut crowds = Crowds::default();
        (0..REMEMBERED_MAX + 50).for_each(|number| see(&mut crowds, &number.to_string(), 0));
        assert_eq!(crowds.by[&PauseScope::Rule(rule())].0.len(), REMEMBERED_MAX);
        let other = RuleId::parse("00000000-0000-4000-8000-000000000002").unwrap();
        let later = 2 * i64::from(Breaker::LONGEST.seconds());
        for _ in 0..=SWEPT_EVERY {
            crowds.see(&source(), [&other], "a", at(later));
        }
        assert_eq!(crowds.by.len(), 2, "the source and the other rule");
    }
}
