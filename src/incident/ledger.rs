//! The plans of the last day, by what budgets are for. Folded from the trail; who draws up plans at the
//! same time as others keeps one that is ahead of it.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use super::{Budget, RuleId, SourceName, Spending, Spent, Timestamp};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// The most plans remembered for one budget: one more than any budget has, so that too many never look
/// like enough.
const REMEMBERED_MAX: usize = Budget::MOST as usize + 1;
/// After so many plans those of rules and sources that have gone quiet are looked for and forgotten.
const SWEPT_EVERY: u32 = 1_000;

/// When there were plans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    all: Log,
    by_source: HashMap<SourceName, Log>,
    by_rule: HashMap<RuleId, Log>,
    unswept: u32,
}

/// The times of plans, as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Log(VecDeque<Timestamp>);

impl Ledger {
    /// What the budget of the organization has come to.
    #[must_use]
    pub fn of_organization(&self, now: Timestamp) -> Spent {
        self.all.spent(now)
    }

    /// What the budget of a source has come to.
    #[must_use]
    pub fn of_source(&self, source: &SourceName, now: Timestamp) -> Spent {
        self.by_source.get(source).map_or_else(Spent::default, |log| log.spent(now))
    }

    /// What the budget of a rule has come to.
    #[must_use]
    pub fn of_rule(&self, rule: &RuleId, now: Timestamp) -> Spent {
        self.by_rule.get(rule).map_or_else(Spent::default, |log| log.spent(now))
    }

    /// Counts a plan of these rules for an alert of `source`, and says what their budgets come to with it.
    pub fn draw<'i>(
        &mut self,
        source: &SourceName,
        rules: impl Iterator<Item = &'i RuleId> + Clone,
        now: Timestamp,
    ) -> Spending {
        self.note(source, rules.clone(), now);
        Spending {
            source: source.clone(),
            organization: self.of_organization(now),
            of_source: self.of_source(source, now),
            of_rules: rules.map(|rule| self.of_rule(rule, now)).collect(),
        }
    }

    /// Counts a plan.
    pub fn note<'i>(&mut self, source: &SourceName, rules: impl Iterator<Item = &'i RuleId>, at: Timestamp) {
        self.all.note(at);
        log_of(&mut self.by_source, source).note(at);
        rules.for_each(|rule| log_of(&mut self.by_rule, rule).note(at));
        self.unswept += 1;
        if self.unswept >= SWEPT_EVERY {
            self.unswept = 0;
            self.by_source.retain(|_, log| log.is_of_use(at));
            self.by_rule.retain(|_, log| log.is_of_use(at));
        }
    }

    /// Takes a plan back that was counted at `at` and is not to be.
    pub fn take_back<'i>(&mut self, source: &SourceName, rules: impl Iterator<Item = &'i RuleId>, at: Timestamp) {
        self.all.take_back(at);
        log_of(&mut self.by_source, source).take_back(at);
        rules.for_each(|rule| log_of(&mut self.by_rule, rule).take_back(at));
    }
}

impl Log {
    fn note(&mut self, at: Timestamp) {
        while self.0.len() >= REMEMBERED_MAX || self.0.front().is_some_and(|first| !is_within(*first, at, DAY)) {
            self.0.pop_front();
        }
        self.0.push_back(at);
    }

    fn take_back(&mut self, at: Timestamp) {
        if let Some(index) = self.0.iter().rposition(|noted| *noted == at) {
            self.0.remove(index);
        }
    }

    fn spent(&self, now: Timestamp) -> Spent {
        let within = |span| self.0.iter().filter(|at| is_within(**at, now, span)).count();
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Spent { hour: number(within(HOUR)), day: number(within(DAY)) }
    }

    fn is_of_use(&self, now: Timestamp) -> bool {
        self.0.iter().any(|at| is_within(*at, now, DAY))
    }
}

/// Whether less than `span` lies between both, whichever comes first: when a clock is set back, what there
/// was just now still counts.
fn is_within(at: Timestamp, now: Timestamp, span: Duration) -> bool {
    let between = now.as_millisecond().abs_diff(at.as_millisecond());
    u128::from(between) < span.as_millis()
}

fn log_of<'l, K: Clone + Eq + Hash>(logs: &'l mut HashMap<K, Log>, key: &K) -> &'l mut Log {
    logs.entry(key.clone()).or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A plan: its source, its rules, when.
    type Walked = (u8, Vec<u8>, i64);

    fn source(number: u8) -> SourceName {
        SourceName::parse(&format!("source-{number}")).unwrap()
    }

    fn rule(number: u8) -> RuleId {
        RuleId::parse(&format!("00000000-0000-4000-8000-0000000000{number:02}")).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    fn spent(hour: u32, day: u32) -> Spent {
        Spent { hour, day }
    }

    #[test]
    fn an_hour_and_a_day_pass_and_what_is_exactly_that_old_is_over() {
        let mut ledger = Ledger::default();
        ledger.note(&source(1), [rule(1)].iter(), at(0));
        let ages = [0, 3_599, 3_600, 86_399, 86_400].map(|age| ledger.of_rule(&rule(1), at(age)));
        assert_eq!(ages, [spent(1, 1), spent(1, 1), spent(0, 1), spent(0, 1), spent(0, 0)]);
        assert_eq!(ledger.of_rule(&rule(1), at(-60)), spent(1, 1), "a clock that was set back forgets nothing");
        assert_eq!(ledger.of_rule(&rule(2), at(0)), spent(0, 0));
    }

    #[test]
    fn what_is_drawn_counts_the_plan_itself_and_can_be_taken_back() {
        let mut ledger = Ledger::default();
        ledger.note(&source(2), [rule(1)].iter(), at(0));
        let before = ledger.clone();
        let rules = [rule(1), rule(2)];
        let drawn = ledger.draw(&source(1), rules.iter(), at(10));
        assert_eq!((drawn.organization, drawn.of_source), (spent(2, 2), spent(1, 1)));
        assert_eq!(drawn.of_rules, [spent(2, 2), spent(1, 1)]);
        ledger.take_back(&source(1), rules.iter(), at(10));
        for number in [1, 2] {
            assert_eq!(ledger.of_rule(&rule(number), at(10)), before.of_rule(&rule(number), at(10)));
            assert_eq!(ledger.of_source(&source(number), at(10)), before.of_source(&source(number), at(10)));
        }
        assert_eq!(ledger.of_organization(at(10)), spent(1, 1));
    }

    #[test]
    fn more_than_any_budget_has_is_never_taken_for_less() {
        let mut ledger = Ledger::default();
        let most = Budget { per_hour: Budget::MOST, per_day: Budget::MOST };
        for number in 1..=Budget::MOST + 10 {
            let drawn = ledger.draw(&source(1), [rule(1)].iter(), at(0));
            assert_eq!(most.has(drawn.organization), number <= Budget::MOST);
            if number > Budget::MOST - 10 {
                assert_eq!(most.has(drawn.of_rules[0]), number <= Budget::MOST);
            }
        }
        assert_eq!(ledger.all.0.len(), REMEMBERED_MAX);
    }

    #[test]
    fn rules_and_sources_that_have_gone_quiet_are_forgotten() {
        let mut ledger = Ledger::default();
        (1..=50).for_each(|number| ledger.note(&source(number), [rule(number)].iter(), at(0)));
        (0..SWEPT_EVERY).for_each(|_| ledger.note(&source(99), [rule(99)].iter(), at(90_000)));
        assert_eq!((ledger.by_source.len(), ledger.by_rule.len()), (1, 1));
    }

    proptest! {
        #[test]
        fn a_budget_counts_what_a_walk_over_all_plans_counts(
            plans in proptest::collection::vec((0..3_u8, proptest::collection::btree_set(0..3_u8, 1..3), 0..60_000_i64), 0..40),
        ) {
            let mut ledger = Ledger::default();
            let mut now = 0;
            let mut walked: Vec<Walked> = Vec::new();
            for (from, rules, later) in plans {
                now += later;
                let ids: Vec<RuleId> = rules.iter().map(|number| rule(*number)).collect();
                let drawn = ledger.draw(&source(from), ids.iter(), at(now));
                walked.push((from, rules.into_iter().collect(), now));
                let count = |of: &dyn Fn(&Walked) -> bool| {
                    let within = |span: i64| walked.iter().filter(|plan| of(plan) && now - plan.2 < span).count() as u32;
                    spent(within(3_600), within(86_400))
                };
                prop_assert_eq!(drawn.organization, count(&|_| true));
                prop_assert_eq!(drawn.of_source, count(&|plan| plan.0 == from));
                let of_rules: Vec<Spent> =
                    walked.last().unwrap().1.iter().map(|number| count(&|plan| plan.1.contains(number))).collect();
                prop_assert_eq!(drawn.of_rules, of_rules);
            }
        }
    }
}
