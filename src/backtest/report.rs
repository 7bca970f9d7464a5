//! What a comparison comes to, for people and machines alike.

use serde::{Serialize, Serializer};

use super::departments::DepartmentBudgets;
use super::ruling::Outcome;
use crate::incident::{AccountRef, AlertId, HoldReason, RuleRef, Timestamp};

/// The outcome of a backtest. Names people: it is for those who may read alerts.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// How many alerts were judged by both sides.
    pub alerts: u64,
    /// How many of them come out otherwise, or contain somebody else.
    pub changed: u64,
    /// How many containments the first side begins.
    pub containments_before: u64,
    /// How many the proposed rules begin.
    pub containments_after: u64,
    /// The first and the last of the alerts.
    pub span: Option<Span>,
    /// Contained by the proposed rules only.
    pub newly: Vec<Person>,
    /// Contained by the first side only.
    pub no_longer: Vec<Person>,
    /// Contained by both.
    pub both: Vec<Person>,
    /// Named by the proposed rules, but held every time: by a guardrail, or as nothing leads to its account.
    pub held: Vec<Person>,
    /// How many alerts are held without an account, by reason.
    pub unnamed: Vec<Unnamed>,
    /// What comes out otherwise, by what it was and what it would be.
    pub changes: Vec<Change>,
    /// Every rule that matched on either side.
    pub rules: Vec<RuleCounts>,
    /// How far the proposed rules' budgets of departments were judged, where they have any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_budgets: Option<DepartmentBudgets>,
}

impl Report {
    /// How many accounts are newly held by a budget, and would be contained without it: a human's word is all
    /// that is between them and that.
    #[must_use]
    pub fn newly_held_by_budget(&self) -> usize {
        let by_budget = |side: &Option<Side>| side.as_ref().is_some_and(|side| side.held_by_budget);
        let newly = self.held.iter().filter(|person| !person.was_contained() && !by_budget(&person.before));
        newly.filter(|person| by_budget(&person.after)).count()
    }

    /// Puts an account where it belongs. One that is held now and was contained before is in two
    /// lists.
    pub(super) fn file(&mut self, person: Person) {
        let (was, is) = (person.was_contained(), person.is_contained());
        if person.after.is_some() && !is {
            self.held.push(person.clone());
        }
        match (was, is) {
            (false, true) => self.newly.push(person),
            (true, false) => self.no_longer.push(person),
            (true, true) => self.both.push(person),
            (false, false) => {}
        }
    }
}

/// One account, and what both sides make of it.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// The account as the first alert about it names it.
    #[serde(serialize_with = "kind_and_value")]
    pub account: AccountRef,
    /// What the first side makes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Side>,
    /// What the proposed rules make of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Side>,
}

impl Person {
    fn was_contained(&self) -> bool {
        self.before.as_ref().is_some_and(|side| side.contained)
    }

    fn is_contained(&self) -> bool {
        self.after.as_ref().is_some_and(|side| side.contained)
    }
}

/// What one side makes of an account.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// Whether it is contained at least once.
    pub contained: bool,
    /// Why it is held, the first time that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HoldReason>,
    /// Whether a budget ever holds it.
    pub held_by_budget: bool,
    /// How many alerts do so, covered ones among them.
    pub alerts: u64,
    /// The first and the last of them.
    #[serde(flatten)]
    pub span: Span,
    /// The same by rule.
    pub by_rule: Vec<OnRule>,
}

/// What one rule makes of an account.
#[derive(Debug, Clone, Serialize)]
pub struct OnRule {
    /// Which rule.
    #[serde(serialize_with = "id_and_title")]
    pub rule: RuleRef,
    /// Why it is held, if it always is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HoldReason>,
    /// How many alerts.
    pub alerts: u64,
    /// The first and the last of them.
    #[serde(flatten)]
    pub span: Span,
}

/// The first and the last of several alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The first.
    pub first: Seen,
    /// The last.
    pub last: Seen,
}

impl Span {
    pub(super) fn of(seen: &Seen) -> Self {
        Self { first: seen.clone(), last: seen.clone() }
    }

    pub(super) fn widen(span: &mut Option<Self>, seen: &Seen) {
        span.get_or_insert_with(|| Self::of(seen)).last = seen.clone();
    }
}

/// One alert and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// Its id.
    pub alert: AlertId,
}

/// Alerts that came to one thing and would come to another.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// What they came to.
    pub before: Outcome,
    /// What they would come to; the same when somebody else is contained.
    pub after: Outcome,
    /// How many.
    pub alerts: u64,
    /// The first few.
    pub examples: Vec<Seen>,
}

impl Change {
    pub(super) fn between((before, after): (Outcome, Outcome)) -> Self {
        Self { before, after, alerts: 0, examples: Vec::new() }
    }
}

/// Alerts that a rule matched and would act on, if it could be told on whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unnamed {
    /// Why it cannot.
    pub reason: HoldReason,
    /// How many the first side says.
    pub alerts_before: u64,
    /// How many as proposed.
    pub alerts_after: u64,
}

/// How often a rule matched, and how many accounts it contains.
#[derive(Debug, Clone, Serialize)]
pub struct RuleCounts {
    /// Which rule.
    #[serde(serialize_with = "id_and_title")]
    pub rule: RuleRef,
    /// How many alerts the first side says it matched.
    pub alerts_before: u64,
    /// How many it matches as proposed.
    pub alerts_after: u64,
    /// How many accounts it contained.
    pub accounts_before: u64,
    /// How many it would contain.
    pub accounts_after: u64,
}

/// `email:zhang.san@example.com`, as everywhere that kind and value are one text.
fn kind_and_value<S: Serializer>(account: &AccountRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&account.key())
}

/// The two sides may have different versions of a rule, so its digest would say nothing.
fn id_and_title<S: Serializer>(rule: &RuleRef, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Named<'r> {
        id: &'r str,
        title: &'r str,
    }
    Named { id: rule.id.as_str(), title: &rule.title }.serialize(serializer)
}
