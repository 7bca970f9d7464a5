//! Takes both rulings on every alert and keeps what the report needs: counts, accounts, first and
//! last; never the alerts themselves.

use std::collections::BTreeMap;

use super::report::{Change, OnRule, Person, Report, RuleCounts, Seen, Side, Span, Unnamed};
use super::ruling::{Outcome, Ruling, Touched};
use crate::incident::{AccountKind, AccountRef, AlertId, HoldReason, RuleId, RuleRef, Timestamp};
use crate::rules::Identities;

/// The most accounts that are compared.
const ACCOUNTS_MAX: usize = 200_000;
/// The most alerts named for one kind of change.
const EXAMPLES_MAX: usize = 5;

/// More accounts than are compared at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {ACCOUNTS_MAX} accounts are concerned; compare a shorter time")]
pub struct TooManyAccounts;

/// The comparison so far.
#[derive(Debug)]
pub struct Comparison<'r> {
    identities: &'r Identities,
    alerts: u64,
    changed: u64,
    begun: (u64, u64),
    span: Option<Span>,
    people: BTreeMap<AccountRef, Both>,
    rules: BTreeMap<RuleId, RuleCounts>,
    /// One for each reason that occurs.
    unnamed: Vec<Unnamed>,
    changes: BTreeMap<(Outcome, Outcome), Change>,
}

/// What each side says of one account.
#[derive(Debug)]
struct Both {
    named: AccountRef,
    before: Option<Tally>,
    after: Option<Tally>,
}

/// What one side says of one account.
#[derive(Debug)]
struct Tally {
    side: Side,
    by_rule: BTreeMap<RuleId, OnRule>,
}

/// Which of the two.
#[derive(Debug, Clone, Copy)]
enum Which {
    Before,
    After,
}

impl<'r> Comparison<'r> {
    /// Begins. Accounts with several names are one if `identities` say so.
    #[must_use]
    pub fn new(identities: &'r Identities) -> Self {
        Self {
            identities,
            alerts: 0,
            changed: 0,
            begun: (0, 0),
            span: None,
            people: BTreeMap::new(),
            rules: BTreeMap::new(),
            unnamed: Vec::new(),
            changes: BTreeMap::new(),
        }
    }

    /// Takes what both sides say to an alert.
    ///
    /// # Errors
    /// There are too many accounts.
    pub fn take(
        &mut self,
        alert: &AlertId,
        at: Timestamp,
        before: &Ruling,
        after: &Ruling,
    ) -> Result<(), TooManyAccounts> {
        self.alerts += 1;
        self.begun.0 += before.begun;
        self.begun.1 += after.begun;
        let seen = Seen { at, alert: alert.clone() };
        Span::widen(&mut self.span, &seen);
        for (which, ruling) in [(Which::Before, before), (Which::After, after)] {
            for rule in &ruling.rules {
                let counts = self.rules.entry(rule.id.clone()).or_insert_with(|| RuleCounts::of(rule));
                *which.of(&mut counts.alerts_before, &mut counts.alerts_after) += 1;
            }
            self.count_unnamed(which, ruling);
            self.tally(which, ruling, &seen)?;
        }
        if before.outcome != after.outcome || self.contained(before) != self.contained(after) {
            self.changed += 1;
            let between = (before.outcome, after.outcome);
            let change = self.changes.entry(between).or_insert_with(|| Change::between(between));
            change.alerts += 1;
            if change.examples.len() < EXAMPLES_MAX {
                change.examples.push(seen);
            }
        }
        Ok(())
    }

    /// What it comes to.
    #[must_use]
    pub fn report(mut self) -> Report {
        for (both, rule) in self.people.values().flat_map(Both::containing_rules) {
            if let Some(counts) = self.rules.get_mut(rule) {
                *both.of(&mut counts.accounts_before, &mut counts.accounts_after) += 1;
            }
        }
        let mut report = Report {
            alerts: self.alerts,
            changed: self.changed,
            containments_before: self.begun.0,
            containments_after: self.begun.1,
            span: self.span,
            unnamed: self.unnamed,
            changes: self.changes.into_values().collect(),
            rules: self.rules.into_values().collect(),
            ..Report::default()
        };
        for person in self.people.into_values().map(Both::finished) {
            report.file(person);
        }
        report
    }

    /// Whom the ruling contains, under one name each, in order.
    fn contained(&self, ruling: &Ruling) -> Vec<AccountRef> {
        let touched = ruling.touched.iter().filter(|touched| touched.held.is_none());
        let mut people: Vec<_> = touched.map(|touched| self.person(&touched.account)).collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    /// An alert counts once for each reason, however many rules it has.
    fn count_unnamed(&mut self, which: Which, ruling: &Ruling) {
        for (index, reason) in ruling.unnamed.iter().enumerate() {
            if ruling.unnamed.iter().take(index).any(|earlier| earlier == reason) {
                continue;
            }
            let known = self.unnamed.iter().position(|unnamed| unnamed.reason == *reason);
            let place = known.unwrap_or_else(|| {
                self.unnamed.push(Unnamed { reason: *reason, alerts_before: 0, alerts_after: 0 });
                self.unnamed.len() - 1
            });
            if let Some(unnamed) = self.unnamed.get_mut(place) {
                *which.of(&mut unnamed.alerts_before, &mut unnamed.alerts_after) += 1;
            }
        }
    }

    fn tally(&mut self, which: Which, ruling: &Ruling, seen: &Seen) -> Result<(), TooManyAccounts> {
        let mut counted = Vec::new();
        for touched in &ruling.touched {
            let person = self.person(&touched.account);
            if self.people.len() >= ACCOUNTS_MAX && !self.people.contains_key(&person) {
                return Err(TooManyAccounts);
            }
            let both = self.people.entry(person.clone()).or_insert_with(|| Both::of(&touched.account));
            let tally = which.of(&mut both.before, &mut both.after);
            let is_first_of_alert = !counted.contains(&person);
            tally.get_or_insert_with(|| Tally::of(seen)).add(touched, seen, is_first_of_alert);
            counted.push(person);
        }
        Ok(())
    }

    /// The account by the name that DingTalk has for it, where the identity map knows that.
    fn person(&self, account: &AccountRef) -> AccountRef {
        let user_id = self.identities.user_for(account);
        let known = user_id.and_then(|user_id| AccountRef::parse(AccountKind::UserId, user_id.as_str()).ok());
        known.unwrap_or_else(|| account.clone())
    }
}

impl Which {
    fn of<T>(self, before: T, after: T) -> T {
        match self {
            Self::Before => before,
            Self::After => after,
        }
    }
}

impl Both {
    fn of(account: &AccountRef) -> Self {
        Self { named: account.clone(), before: None, after: None }
    }

    /// The rules that contain the account, on each side.
    fn containing_rules(&self) -> impl Iterator<Item = (Which, &RuleId)> {
        let sides = [(Which::Before, &self.before), (Which::After, &self.after)];
        sides.into_iter().flat_map(|(which, tally)| {
            let rules = tally.iter().flat_map(|tally| tally.by_rule.values());
            rules.filter(|on_rule| on_rule.held.is_none()).map(move |on_rule| (which, &on_rule.rule.id))
        })
    }

    fn finished(self) -> Person {
        Person { account: self.named, before: self.before.map(Tally::finished), after: self.after.map(Tally::finished) }
    }
}

impl Tally {
    fn of(seen: &Seen) -> Self {
        let side = Side {
            held: None,
            held_by_budget: false,
            contained: false,
            alerts: 0,
            span: Span::of(seen),
            by_rule: Vec::new(),
        };
        Self { side, by_rule: BTreeMap::new() }
    }

    fn add(&mut self, touched: &Touched, seen: &Seen, is_first_of_alert: bool) {
        let Self { side, by_rule } = self;
        side.alerts += u64::from(is_first_of_alert);
        side.span.last = seen.clone();
        side.contained |= touched.held.is_none();
        side.held = side.held.or(touched.held);
        side.held_by_budget |= touched.held.is_some_and(HoldReason::is_budget);
        let on_rule = by_rule.entry(touched.rule.id.clone()).or_insert_with(|| OnRule {
            rule: touched.rule.clone(),
            held: touched.held,
            alerts: 0,
            span: Span::of(seen),
        });
        on_rule.alerts += 1;
        on_rule.span.last = seen.clone();
        // Contained once is contained.
        if touched.held.is_none() {
            on_rule.held = None;
        }
    }

    fn finished(self) -> Side {
        Side { by_rule: self.by_rule.into_values().collect(), ..self.side }
    }
}

impl RuleCounts {
    fn of(rule: &RuleRef) -> Self {
        Self { rule: rule.clone(), alerts_before: 0, alerts_after: 0, accounts_before: 0, accounts_after: 0 }
    }
}
