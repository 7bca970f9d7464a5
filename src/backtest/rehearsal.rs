//! Judges alerts by a rule set as admission does, with the same evaluator, plan and guard layer, and
//! remembers what that would have set going.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::departments::{DepartmentBudgets, Departments, Drawn};
use super::ruling::{Known, Ruling};
use crate::incident::{
    AccountRef, Action, Alert, Breakers, DepartmentId, DepartmentSpent, Extent, HoldReason, IncidentId, Ledger, Opened,
    Pauses, Plan, Room, RuleId, Timestamp, Underway, Windows,
};
use crate::response::{Decided, Judged, Standing, resolve};
use crate::rules::RuleSet;
use crate::trail::{Cover, Pseudonyms};

/// One rule set, and the incidents it would have opened so far.
#[derive(Debug)]
pub struct Rehearsal<'r> {
    rules: &'r RuleSet,
    pseudonyms: Pseudonyms,
    /// By rule and account; no more of them than accounts that are compared, each with its rules.
    covers: HashMap<(RuleId, String), Covering>,
    /// What correlations have counted; no more of it than the server keeps.
    windows: Windows,
    /// What was drawn on budgets.
    ledger: Ledger,
    /// What has tripped; nobody releases it.
    breakers: Breakers,
    /// Whether there is a directory index.
    has_index: bool,
    /// How many people there are in the organization, as far as the trail says.
    people: Option<u32>,
    /// When each account (by pseudonym) was contained, and until when.
    contained: HashMap<String, (Vec<Timestamp>, Timestamp)>,
    /// In which departments accounts are, as far as the trail says.
    departments: Departments,
}

/// An incident that covers further alerts of its rule on its account.
#[derive(Debug, Clone)]
struct Covering {
    incident: IncidentId,
    known: Known,
    /// What it takes.
    extent: Extent,
    /// Until when it is live; one that is held waits for a human who never comes.
    live_until: Option<Timestamp>,
    /// On which departments it drew.
    departments: Vec<DepartmentId>,
}

impl<'r> Rehearsal<'r> {
    /// Begins with nothing going on.
    #[must_use]
    pub fn new(rules: &'r RuleSet) -> Self {
        // They stand for accounts in this table only and are seen by nobody.
        Self {
            rules,
            pseudonyms: Pseudonyms::new(&[0; 32]),
            covers: HashMap::new(),
            windows: Windows::default(),
            ledger: Ledger::default(),
            breakers: Breakers::default(),
            has_index: false,
            people: None,
            contained: HashMap::new(),
            departments: Departments::default(),
        }
    }

    /// As a server with a directory index would: whom only that knows is not held for want of an identity.
    #[must_use]
    pub fn with_index(self, has_index: bool) -> Self {
        Self { has_index, ..self }
    }

    /// What the rules say to an alert that is received at `at`. Alerts come in the order of time;
    /// each finds what those before it left.
    pub fn judge(&mut self, alert: &Alert, at: Timestamp, pauses: &Pauses) -> Ruling {
        let judged = self.counted(alert, at);
        let found: Vec<_> = judged
            .acting()
            .filter_map(|(rule, account)| {
                let key = (rule.clone(), account.to_owned());
                self.covers.get(&key).cloned().map(|covering| (key, covering))
            })
            .collect();
        let drawn_on = found.iter().flat_map(|(_, covering)| &covering.departments).copied();
        let departments = drawn_on.map(|id| (id, (self.ledger.of_department(id, at), None))).collect();
        let covers = found.iter().map(|(key, covering)| (key.clone(), covering.at(at))).collect();
        let standing = Standing {
            pauses: pauses.clone(),
            breakers: self.breakers.clone(),
            covers,
            people: self.people,
            departments,
            contained_at: judged.accounts().filter_map(|(_, account)| self.contained_at(account)).collect(),
            ..Standing::default()
        };
        let Decided { verdict, opened, subjects, trips } =
            judged.decide(alert, &standing, &mut self.ledger, self.rules, at);
        trips.into_iter().for_each(|trip| self.breakers.trip(trip, at));
        let mut known: BTreeMap<IncidentId, Known> =
            found.into_iter().map(|(_, covering)| (covering.incident, covering.known)).collect();
        for Opened { plan, held } in &opened {
            if let Some(subject) = subjects.get(&plan.incident) {
                let held = self.held(*held, &subject.account);
                let drawn = match held {
                    None => self.departments.draw((plan, &subject.account), self.rules, &mut self.ledger, at),
                    Some(_) => Drawn::default(),
                };
                let of_this = Known {
                    account: subject.account.clone(),
                    touches: plan.touches(),
                    held: held.or(drawn.held),
                    opened_at: at,
                };
                self.cover(plan, &of_this, &drawn.departments);
                if of_this.held.is_none() && plan.disables() {
                    self.contain(plan, at);
                }
                known.insert(plan.incident.clone(), of_this);
            }
        }
        Ruling::of(&verdict, &opened, |incident| known.get(incident).cloned())
    }

    /// How far before the first alert judged others can matter.
    #[must_use]
    pub fn looks_back(&self) -> Duration {
        self.rules.looks_back()
    }

    /// Takes a plan of the day before the first alert that is judged: it only counts for budgets.
    pub fn spend(&mut self, plan: &Plan, at: Timestamp) {
        self.ledger.note_plan(plan, at);
    }

    /// Takes what was drawn on departments on the day before the first alert that is judged.
    pub fn draw(&mut self, departments: &[DepartmentSpent], at: Timestamp) {
        self.ledger.note_departments(departments, at);
    }

    /// Takes in which departments an account is, of those that had a budget.
    pub fn learn(&mut self, account: &AccountRef, departments: &BTreeSet<DepartmentId>) {
        self.departments.learn(account, departments, self.rules);
    }

    /// How many containments were judged by the budgets of departments; `None` where there are none.
    #[must_use]
    pub fn department_budgets(&self) -> Option<DepartmentBudgets> {
        self.departments.counts(self.rules)
    }

    /// Takes how many people there are from here on, of which budgets may be shares.
    pub fn count(&mut self, people: u64) {
        self.people = u32::try_from(people).ok().filter(|people| *people > 0);
    }

    /// Takes an alert of before the first one that is judged: it only counts for correlations.
    pub fn remember(&mut self, alert: &Alert, at: Timestamp) {
        self.counted(alert, at);
    }

    fn counted(&mut self, alert: &Alert, at: Timestamp) -> Judged<'r> {
        let mut judged = Judged::of(self.rules, alert, &self.pseudonyms);
        let wanted: Vec<_> = judged.windows().collect();
        let mut ahead = self.windows.ahead(&wanted, Some((Room::default(), &Underway::default())), at);
        let tally = judged.count(self.rules, alert, &self.pseudonyms, &mut ahead);
        drop(ahead);
        tally.counted.iter().for_each(|counted| self.windows.apply(counted, at));
        judged
    }

    /// Why an incident is held at once: by its plan, or because neither the identity map nor DingTalk nor a
    /// directory index has a way from this name to an account.
    fn held(&self, by_plan: Option<HoldReason>, account: &AccountRef) -> Option<HoldReason> {
        by_plan.or_else(|| resolve(account, self.rules.identities(), self.has_index).err())
    }

    fn contained_at(&self, account: &str) -> Option<(String, Vec<Timestamp>)> {
        self.contained.get(account).map(|(times, _)| (account.to_owned(), times.clone()))
    }

    /// One that begins while another lasts makes that longer, and is no further one.
    fn contain(&mut self, plan: &Plan, at: Timestamp) {
        let until =
            if plan.extent().disabled_s == Some(Extent::FOR_GOOD) { Timestamp::MAX } else { undone_at(plan, at) };
        let (times, known_until) = self.contained.entry(plan.account.clone()).or_default();
        if times.is_empty() || at >= *known_until {
            times.push(at);
        }
        *known_until = until.max(*known_until);
    }

    fn cover(&mut self, plan: &Plan, known: &Known, departments: &[DepartmentId]) {
        let live_until = known.held.is_none().then(|| undone_at(plan, known.opened_at));
        let extent = plan.extent();
        for rule in &plan.rules {
            let (incident, known, extent) = (plan.incident.clone(), known.clone(), extent.clone());
            let covering = Covering { incident, known, extent, live_until, departments: departments.to_vec() };
            self.covers.insert((rule.id.clone(), plan.account.clone()), covering);
        }
    }
}

impl Covering {
    fn at(&self, now: Timestamp) -> Cover {
        let live = self.live_until.is_none_or(|until| now < until);
        let (incident, extent) = (self.incident.clone(), self.extent.clone());
        Cover {
            incident,
            opened_at: self.known.opened_at,
            live,
            held: self.known.held,
            extent,
            departments: self.departments.clone(),
            user_id: None,
        }
    }
}

/// Until when the plan's incident is live, were everything done at once: until its disable is undone.
fn undone_at(plan: &Plan, opened_at: Timestamp) -> Timestamp {
    let after = plan.actions.iter().map(|action| match action {
        Action::Enable { after_s } => *after_s,
        Action::SignOut { .. }
        | Action::SignOutAgain {}
        | Action::Disable { .. }
        | Action::ChangeDingTalkId { .. }
        | Action::Notify { .. } => 0,
    });
    opened_at.checked_add(Duration::from_secs(after.max().unwrap_or(0))).unwrap_or(Timestamp::MAX)
}
