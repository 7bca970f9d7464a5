//! What a rule that acts must not rest on: a threshold or a date that everything passes, a text that may be
//! empty, a name that no event has.

use super::*;

/// What is said of a rule that acts on this search alone, without tests of its own.
fn alone(search: &str) -> String {
    let rule = ACTING.replace("selection: {a: x}", &format!("selection: {search}"));
    let (head, rest) = rule.split_once("tests:\n").unwrap();
    let (_, owner) = rest.split_once("owner").unwrap();
    problems(&format!("{head}owner{owner}"))
}

#[test]
fn a_rule_that_acts_on_what_everything_passes_is_refused() {
    for search in [
        "{who: ''}",
        "{who|cased: ''}",
        "{who: ['', x]}",
        "{n|gte: 0}",
        "{n|gt: -1}",
        "{n|lt: 99999999999}",
        "{n|lte: 1e12}",
        "{n|gte: [5, 0]}",
        "{t|hour|gte: 0}",
        "{t|hour|lte: 23}",
        "{t|hour|gt: -1, t|minute|lt: 60}",
        "{t|day|gte: 1}",
        "{t|week|lte: 53}",
        "{t|month|lt: 13}",
        "{t|year|gt: 2020}",
        "{t|hour|gte: [12, 0]}",
        "{t|month: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}",
    ] {
        let refused = alone(search);
        assert!(refused.contains("needs a positive test that every match passes"), "{search}: {refused}");
    }
}

#[test]
fn a_rule_may_act_on_a_threshold_or_a_date_that_sorts_out() {
    for search in [
        "{n|gte: 1}",
        "{n|lt: 100}",
        "{n|lte: 0}",
        "{n|gte|all: [0, 80]}",
        "{t|hour|gte: 22}",
        "{t|hour: [22, 23, 0, 1, 2]}",
        "{t|week|lte: 52}",
        "{t|year: 2027}",
    ] {
        assert_eq!(alone(search), "", "{search}");
    }
}
