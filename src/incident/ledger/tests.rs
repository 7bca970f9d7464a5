//! What budgets have come to, whatever clocks do.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const WIDE: Budget = Budget { per_hour: Budget::MOST, per_day: Budget::MOST };

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

fn wide(rules: usize) -> Purse {
    Purse { of_rules: vec![Some(WIDE); rules], of_source: WIDE, organization: WIDE }
}

fn draw(ledger: &mut Ledger, from: u8, rules: &[u8], purse: &Purse, seconds: i64) -> Spending {
    let rules: Vec<RuleId> = rules.iter().map(|number| rule(*number)).collect();
    ledger.draw(&source(from), &rules.iter().collect::<Vec<_>>(), purse, at(seconds))
}

#[test]
fn an_hour_and_a_day_pass_and_what_is_exactly_that_old_is_over() {
    let mut ledger = Ledger::default();
    draw(&mut ledger, 1, &[1], &wide(1), 0);
    let ages = [0, 3_599, 3_600, 86_399, 86_400].map(|age| ledger.of_rule(&rule(1), at(age)));
    assert_eq!(ages, [spent(1, 1), spent(1, 1), spent(0, 1), spent(0, 1), spent(0, 0)]);
    assert_eq!(ledger.of_rule(&rule(2), at(0)), spent(0, 0));
}

#[test]
fn a_clock_that_is_set_back_refills_nothing_and_what_was_in_the_future_ages_from_then_on() {
    for back in [-60, -3_700, -90_000, -100_000_000] {
        let mut ledger = Ledger::default();
        for _ in 0..3 {
            draw(&mut ledger, 1, &[1], &wide(1), 0);
        }
        assert_eq!(ledger.of_rule(&rule(1), at(back)), spent(3, 3), "{back}");
        assert_eq!(draw(&mut ledger, 1, &[1], &wide(1), back).of_rules, [Some(spent(4, 4))], "{back}");
        assert_eq!(ledger.of_rule(&rule(1), at(back + 3_600)), spent(0, 4), "{back}");
        assert_eq!(ledger.of_rule(&rule(1), at(back + 86_400)), spent(0, 0), "{back}");
    }
}

#[test]
fn what_is_drawn_counts_the_plan_itself_and_can_be_taken_back() {
    let mut ledger = Ledger::default();
    draw(&mut ledger, 2, &[1], &wide(1), 0);
    let before = ledger.clone();
    let drawn = draw(&mut ledger, 1, &[1, 2], &wide(2), 10);
    assert_eq!((drawn.organization, drawn.of_source), (Some(spent(2, 2)), Some(spent(1, 1))));
    assert_eq!(drawn.of_rules, [Some(spent(2, 2)), Some(spent(1, 1))]);
    ledger.take_back(&drawn, [rule(1), rule(2)].iter(), at(10));
    let all = |ledger: &Ledger| {
        let now = at(10);
        let of_rules = [1, 2].map(|number| ledger.of_rule(&rule(number), now));
        (ledger.of_organization(now), [1, 2].map(|number| ledger.of_source(&source(number), now)), of_rules)
    };
    assert_eq!(all(&ledger), all(&before));
}

#[test]
fn what_has_gone_mad_uses_up_its_own_budget_and_no_others() {
    let two = Budget { per_hour: 2, per_day: 9 };
    let hours = |drawn: &Spending| {
        let hour = |spent: Option<Spent>| spent.map(|spent| spent.hour);
        (hour(drawn.of_rules[0]), hour(drawn.of_source), hour(drawn.organization))
    };
    let (mut ledger, mut folded) = (Ledger::default(), Ledger::default());
    let mut drawn = |from: u8, number: u8, purse: &Purse| {
        let drawn = draw(&mut ledger, from, &[number], purse, 0);
        // Folded from the trail it is the same.
        folded.note(&drawn, [rule(number)].iter(), at(0));
        assert_eq!(folded, ledger);
        hours(&drawn)
    };
    let of_rule = Purse { of_rules: vec![Some(two)], ..wide(1) };
    let told: Vec<_> = (0..4).map(|_| drawn(1, 1, &of_rule)).collect();
    assert_eq!(told[..2], [(Some(1), Some(1), Some(1)), (Some(2), Some(2), Some(2))]);
    assert_eq!(told[2..], [(Some(3), None, None), (Some(4), None, None)]);
    let of_source = Purse { of_source: two, ..wide(1) };
    assert_eq!([drawn(1, 2, &of_source), drawn(1, 2, &of_source)], [(None, Some(3), None), (None, Some(4), None)]);
    let of_both = Purse { of_rules: vec![Some(two)], of_source: two, ..wide(1) };
    assert_eq!(drawn(1, 1, &of_both), (Some(5), None, None));
    assert_eq!(drawn(2, 2, &wide(1)), (Some(1), Some(1), Some(3)));
    // What is beyond the organization's draws on all, and so reaches its own in time.
    let all = Purse { of_rules: vec![Some(two)], organization: two, ..wide(1) };
    assert_eq!([drawn(2, 3, &all), drawn(2, 3, &all)], [(Some(1), Some(2), Some(4)), (Some(2), Some(3), Some(5))]);
    assert_eq!(drawn(2, 3, &all), (Some(3), None, None));
}

#[test]
fn a_rule_that_takes_nothing_draws_nothing() {
    let none = Budget { per_hour: 0, per_day: 0 };
    let mut ledger = Ledger::default();
    let purse = Purse { of_rules: vec![None, Some(WIDE)], ..wide(0) };
    let drawn = draw(&mut ledger, 1, &[1, 2], &purse, 0);
    assert_eq!((drawn.of_rules, drawn.organization), (vec![None, Some(spent(1, 1))], Some(spent(1, 1))));
    assert_eq!(ledger.of_rule(&rule(1), at(0)), spent(0, 0));
    let purse = Purse { of_rules: vec![Some(none), Some(WIDE)], ..wide(0) };
    let drawn = draw(&mut ledger, 1, &[1, 2], &purse, 0);
    assert_eq!((drawn.of_rules, drawn.organization), (vec![Some(spent(1, 1)), None], None), "the one that is used up");
}

#[test]
fn there_is_room_where_one_more_is_within_every_budget() {
    let mut ledger = Ledger::default();
    draw(&mut ledger, 1, &[1], &wide(1), 0);
    let [one, two] = [1, 2].map(|most| Budget { per_hour: most, per_day: 9 });
    for (purse, has_room) in [
        (Purse { of_rules: vec![Some(two)], of_source: two, organization: two }, true),
        (Purse { of_rules: vec![Some(one)], ..wide(0) }, false),
        (Purse { of_source: one, ..wide(1) }, false),
        (Purse { organization: one, ..wide(1) }, false),
    ] {
        assert_eq!(ledger.has_room(&source(1), &rule(1), &purse, at(0)), has_room, "{purse:?}");
        assert!(ledger.has_room(&source(1), &rule(1), &purse, at(3_600)));
    }
}

#[test]
fn a_clock_that_was_ahead_and_is_corrected_has_forgotten_nothing() {
    let mut ledger = Ledger::default();
    for seconds in [0, 90_000, 1] {
        draw(&mut ledger, 1, &[1], &wide(1), seconds);
    }
    assert_eq!(ledger.of_rule(&rule(1), at(2)), spent(3, 3));
}

#[test]
fn more_than_any_budget_has_is_never_taken_for_less_even_when_some_is_taken_back() {
    let mut ledger = Ledger::default();
    for number in 1..=Budget::MOST + 50 {
        let drawn = draw(&mut ledger, 1, &[1], &wide(1), 0);
        assert_eq!(WIDE.has(drawn.of_rules[0].unwrap()), number <= Budget::MOST);
    }
    let refused: Vec<_> = (0..50).map(|_| draw(&mut ledger, 1, &[1], &wide(1), 0)).collect();
    refused.iter().for_each(|drawn| ledger.take_back(drawn, [rule(1)].iter(), at(0)));
    assert!(!WIDE.has(draw(&mut ledger, 1, &[1], &wide(1), 0).of_rules[0].unwrap()));
    (0..Budget::MOST).for_each(|_| drop(draw(&mut ledger, 1, &[1], &wide(1), 0)));
    assert_eq!(ledger.by_rule[&rule(1)].0.len(), REMEMBERED_MAX);
}

#[test]
fn rules_and_sources_that_have_gone_quiet_are_forgotten_and_no_others() {
    let mut ledger = Ledger::default();
    (1..=50).for_each(|number| drop(draw(&mut ledger, number, &[number], &wide(1), 0)));
    (51..=60).for_each(|number| drop(draw(&mut ledger, number, &[number], &wide(1), 80_000)));
    (0..SWEPT_EVERY).for_each(|_| drop(draw(&mut ledger, 99, &[99], &wide(1), 90_000)));
    assert_eq!((ledger.by_source.len(), ledger.by_rule.len()), (11, 11));
}

/// A plan: its source, its rules, when.
type Walked = (u8, Vec<u8>, i64);

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
            let rules: Vec<u8> = rules.into_iter().collect();
            let drawn = draw(&mut ledger, from, &rules, &wide(rules.len()), now);
            walked.push((from, rules.clone(), now));
            let count = |of: &dyn Fn(&Walked) -> bool| {
                let within = |span: i64| walked.iter().filter(|plan| of(plan) && now - plan.2 < span).count() as u32;
                spent(within(3_600), within(86_400))
            };
            prop_assert_eq!(drawn.organization, Some(count(&|_| true)));
            prop_assert_eq!(drawn.of_source, Some(count(&|plan| plan.0 == from)));
            let of_rules: Vec<_> = rules.iter().map(|number| Some(count(&|plan| plan.1.contains(number)))).collect();
            prop_assert_eq!(drawn.of_rules, of_rules);
        }
    }

    /// Whatever departments accounts are in, and whatever a day brings.
    #[test]
    fn no_department_is_acted_on_more_often_than_its_budget_has(
        plans in proptest::collection::vec((proptest::collection::btree_set(0..3_i64, 1..4), 0..3_000_i64), 0..60),
        budgets in proptest::collection::vec((0..5_u32, 0..9_u32), 3),
    ) {
        let mut ledger = Ledger::default();
        let mut now = 0;
        let mut acted: Vec<(BTreeSet<i64>, i64)> = Vec::new();
        for (departments, later) in plans {
            now += later;
            let budget = |id: &i64| {
                let (per_hour, per_day) = budgets[usize::try_from(*id).unwrap()];
                (DepartmentId::new(*id), Budget { per_hour, per_day })
            };
            let wanted: Vec<_> = departments.iter().map(budget).collect();
            let drawn = ledger.draw_of_departments(&wanted, at(now));
            ledger.note_departments(&drawn, at(now));
            let is_within = |(drawn, (_, budget)): (&DepartmentSpent, &(DepartmentId, Budget))| {
                drawn.spent.is_some_and(|spent| budget.has(spent))
            };
            if drawn.iter().zip(&wanted).all(is_within) {
                acted.push((departments.clone(), now));
            }
            for id in &departments {
                let (_, budget) = budget(id);
                let within = |span: i64| acted.iter().filter(|(of, at)| of.contains(id) && now - at < span).count() as u32;
                prop_assert!(within(3_600) <= budget.per_hour && within(86_400) <= budget.per_day);
            }
        }
    }
}
