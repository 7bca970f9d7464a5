//! What a rule that only watches would have done, as the fold of the trail, and whether that is
//! enough to let it act.

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::{AlertId, Decision, Digest, HoldReason, RuleId, Timestamp, sorted};

/// The most accounts told apart for one rule.
const ACCOUNTS_MAX: usize = 10_000;
/// The most matches of one rule that are remembered one by one, the latest.
const RECENT_MAX: usize = 1_000;
/// The most matches listed that speak against a rule; the rest are counted.
const LISTED_MAX: usize = 100;
/// For so many days, the last ones that had matches, they are counted day by day.
const DAYS_MAX: usize = 30;
const DAY_S: i64 = 86_400;

/// A rule that begins to watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// Which rule.
    pub rule: RuleId,
    /// What it detects and would do; with another it begins anew.
    pub behaviour: Digest,
}

/// What one rule has seen since it began to watch as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Watch {
    behaviour: Digest,
    since: Timestamp,
    matches: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    /// The beginning of a digest of each.
    #[serde(with = "sorted::set")]
    accounts: HashSet<[u8; 8]>,
    days: BTreeMap<i64, u64>,
    recent: VecDeque<AlertId>,
    held: Against,
    disputed: Against,
}

/// Matches that speak against letting a rule act.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Against {
    /// How many.
    pub count: u64,
    /// The first of them, at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub listed: Vec<Objection>,
}

/// One match that speaks against letting a rule act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// The alert.
    pub alert: AlertId,
    /// When it matched, or when somebody objected.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

/// What is known of a rule when somebody lets it act. Recorded with their name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowEvidence {
    /// Since when it watched as it is.
    pub since: Timestamp,
    /// How many whole days that is.
    pub days: u32,
    /// How many alerts it matched.
    pub matches: u64,
    /// On how many accounts, counted up to 10,000.
    pub accounts: u32,
    /// How many of the matches would have been held.
    pub held: u64,
    /// How often a responder said that a match was wrong.
    pub disputed: u64,
}

/// How much evidence is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// The fewest whole days of watching.
    pub days: u32,
    /// The fewest matches.
    pub matches: u64,
}

/// What is missing for a rule to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// It has not watched for long enough.
    Days {
        /// How many whole days.
        is: u32,
        /// How many are asked for.
        wanted: u32,
    },
    /// It has not matched often enough.
    Matches {
        /// How often.
        is: u64,
        /// How often is asked for.
        wanted: u64,
    },
    /// So many of its matches would have been held.
    Held(u64),
    /// So many of its matches were wrong, say responders.
    Disputed(u64),
}

impl Lack {
    /// In words.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Days { is, wanted } => format!("it has watched for {is} days as it is now, of {wanted}"),
            Self::Matches { is, wanted } => format!("it has matched {is} alerts, of {wanted}"),
            Self::Held(count) => format!("{count} of its matches would have been held for a human"),
            Self::Disputed(count) => format!("responders say of {count} of its matches that they are wrong"),
        }
    }
}

impl Watch {
    /// Begins to watch.
    #[must_use]
    pub fn begin(behaviour: Digest, since: Timestamp) -> Self {
        Self {
            behaviour,
            since,
            matches: 0,
            first: None,
            last: None,
            accounts: HashSet::new(),
            days: BTreeMap::new(),
            recent: VecDeque::new(),
            held: Against::default(),
            disputed: Against::default(),
        }
    }

    /// What the rule detects and would do.
    #[must_use]
    pub fn behaviour(&self) -> Digest {
        self.behaviour
    }

    /// When it matched first and last.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.first.zip(self.last)
    }

    /// How often it matched on each day (UTC, by its first moment) that had matches, the last 30.
    pub fn days(&self) -> impl Iterator<Item = (Timestamp, u64)> {
        self.days.iter().filter_map(|(day, count)| Some((Timestamp::from_second(day * DAY_S).ok()?, *count)))
    }

    /// The matches that would have been held.
    #[must_use]
    pub fn held(&self) -> &Against {
        &self.held
    }

    /// The matches that responders call wrong.
    #[must_use]
    pub fn disputed(&self) -> &Against {
        &self.disputed
    }

    /// Whether it matched this alert lately, and nobody has called that wrong yet.
    #[must_use]
    pub fn may_be_disputed(&self, alert: &AlertId) -> bool {
        self.recent.contains(alert)
    }

    /// What is known now.
    #[must_use]
    pub fn evidence(&self, now: Timestamp) -> ShadowEvidence {
        let days = (now.as_second() - self.since.as_second()).max(0) / DAY_S;
        ShadowEvidence {
            since: self.since,
            days: u32::try_from(days).unwrap_or(u32::MAX),
            matches: self.matches,
            accounts: u32::try_from(self.accounts.len()).unwrap_or(u32::MAX),
            held: self.held.count,
            disputed: self.disputed.count,
        }
    }

    /// Counts a match.
    pub fn note_match(&mut self, alert: &AlertId, decision: &Decision, at: Timestamp) {
        self.matches = self.matches.saturating_add(1);
        self.first.get_or_insert(at);
        self.last = Some(at);
        *self.days.entry(at.as_second().div_euclid(DAY_S)).or_default() += 1;
        if self.days.len() > DAYS_MAX {
            self.days.pop_first();
        }
        let account = decision.account.as_ref().filter(|_| self.accounts.len() < ACCOUNTS_MAX);
        self.accounts.extend(account.and_then(|account| Digest::of(account.as_bytes()).0.first_chunk().copied()));
        if self.recent.len() >= RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(alert.clone());
        if let Some(reason) = decision.reason {
            self.held.note(alert, at, HoldReason::text(reason));
        }
    }

    /// Counts a responder's objection; each match can be objected to once.
    pub fn note_dispute(&mut self, alert: &AlertId, why: &str, at: Timestamp) {
        self.recent.retain(|known| known != alert);
        self.disputed.note(alert, at, why);
    }
}

impl Against {
    fn note(&mut self, alert: &AlertId, at: Timestamp, why: &str) {
        self.count = self.count.saturating_add(1);
        if self.listed.len() < LISTED_MAX {
            self.listed.push(Objection { alert: alert.clone(), at, why: why.to_owned() });
        }
    }
}

impl ShadowEvidence {
    /// What is missing to let the rule act.
    #[must_use]
    pub fn lacks(&self, bar: Bar) -> Vec<Lack> {
        let days = (self.days < bar.days).then_some(Lack::Days { is: self.days, wanted: bar.days });
        let matches = (self.matches < bar.matches).then_some(Lack::Matches { is: self.matches, wanted: bar.matches });
        let held = (self.held > 0).then_some(Lack::Held(self.held));
        let disputed = (self.disputed > 0).then_some(Lack::Disputed(self.disputed));
        [days, matches, held, disputed].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{RuleRef, SourceName, VerdictKind};

    const BAR: Bar = Bar { days: 7, matches: 1 };

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * DAY_S + 60).unwrap()
    }

    fn alert(number: usize) -> AlertId {
        AlertId::derive(&SourceName::parse("test").unwrap(), &number.to_string())
    }

    fn decision(account: &str, reason: Option<HoldReason>) -> Decision {
        let id = RuleId::parse("11111111-1111-4111-8111-111111111111").unwrap();
        Decision {
            rule: RuleRef { id, title: "T".to_owned(), version: Digest::of(b"") },
            author: None,
            kind: VerdictKind::Shadow,
            matched: Vec::new(),
            incident: None,
            reason,
            account: Some(account.to_owned()),
        }
    }

    fn watch() -> Watch {
        Watch::begin(Digest::of(b"x"), at(0))
    }

    #[test]
    fn enough_is_a_week_a_match_and_nothing_against_it() {
        let mut watch = watch();
        let lacks = |watch: &Watch, now| watch.evidence(now).lacks(BAR);
        let too_few = Lack::Matches { is: 0, wanted: 1 };
        assert_eq!(lacks(&watch, at(6)), [Lack::Days { is: 6, wanted: 7 }, too_few]);
        assert_eq!(lacks(&watch, at(7)), [too_few]);
        watch.note_match(&alert(1), &decision("ann", None), at(1));
        assert_eq!(lacks(&watch, at(7)), []);
        watch.note_match(&alert(2), &decision("boss", Some(HoldReason::ProtectedListed)), at(2));
        assert_eq!(lacks(&watch, at(7)), [Lack::Held(1)]);
        watch.note_dispute(&alert(1), "she was at home", at(3));
        assert_eq!(lacks(&watch, at(8)), [Lack::Held(1), Lack::Disputed(1)]);
        assert_eq!(watch.held().listed[0].why, HoldReason::ProtectedListed.text());
        assert_eq!(watch.disputed().listed[0].why, "she was at home");
        assert_eq!(lacks(&watch, Timestamp::MIN).first(), Some(&Lack::Days { is: 0, wanted: 7 }), "a clock set back");
    }

    #[test]
    fn matches_are_counted_by_account_and_day() {
        let mut watch = watch();
        for (number, (account, day)) in [("ann", 1), ("ann", 1), ("bob", 40), ("ann", 41)].into_iter().enumerate() {
            watch.note_match(&alert(number), &decision(account, None), at(day));
        }
        let evidence = watch.evidence(at(50));
        assert_eq!((evidence.matches, evidence.accounts), (4, 2));
        assert_eq!(watch.span(), Some((at(1), at(41))));
        assert_eq!(watch.days().map(|(_, count)| count).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn a_match_can_be_disputed_once_and_not_for_ever() {
        let mut watch = watch();
        for number in 0..=RECENT_MAX {
            watch.note_match(&alert(number), &decision("ann", None), at(1));
        }
        assert!(!watch.may_be_disputed(&alert(0)) && watch.may_be_disputed(&alert(1)));
        watch.note_dispute(&alert(1), "no", at(1));
        assert!(!watch.may_be_disputed(&alert(1)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut watch = watch();
        for number in 0..ACCOUNTS_MAX + 10 {
            let held = Some(HoldReason::AccountNotNamed);
            let day = i64::try_from(number / 100).unwrap();
            watch.note_match(&alert(number), &decision(&number.to_string(), held), at(day));
        }
        assert_eq!(watch.evidence(at(200)).accounts, 10_000);
        assert_eq!((watch.held().count, watch.held().listed.len()), (10_010, LISTED_MAX));
        assert_eq!((watch.days().count(), watch.recent.len()), (DAYS_MAX, RECENT_MAX));
    }
}
