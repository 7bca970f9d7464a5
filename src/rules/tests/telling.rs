//! What a rule that acts must not rest on: a threshold or a date that everything passes, a text that may be
//! empty, a name that no event has.

use super::*;

/// What is said of a rule that acts on this search alone, without tests of its own.
fn alone(search: &str) -> String {
    let rule = ACTING.replace("selection: {a: x}", &format!("selection: {search}")).replace("enforce", "shadow");
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

/// What excludes by a name that no event has excludes nobody.
#[test]
fn a_field_name_with_an_empty_part_is_refused_where_a_rule_acts() {
    let acting =
        |key: &str| problems(&format!("sigma-version: 3\n{}", ACTING.replace("{a: x}", &format!("{{a: x, {key}}}"))));
    for key in ["a..b: y", ".a: y", "a.: y", ".: y", "..: y", "a|fieldref: b..c", "a|fieldref: ."] {
        let refused = acting(key);
        assert!(refused.contains("has an empty part; write one dot between two names"), "{key}: {refused}");
    }
    for key in ["a.b: x", "'f[any]': {.: x}", "'f[any]': {a|fieldref: .}"] {
        assert!(!acting(key).contains("empty part"), "{key}: {}", acting(key));
    }
    assert!(problems(&ACTING.replace("{a: x}", "{a: x, .: y}")).contains("`.` has an empty part"));
    let set = load_rule(&detecting("  s: {a..b: y}\n  condition: s\n")).unwrap();
    let found = "x.yml:5:7: the field name `a..b` has an empty part";
    assert!(set.warnings()[0].to_string().starts_with(found), "{:?}", set.warnings());
}
