//! What makes no correlation, and what a correlation cannot mean.

use super::*;

#[test]
fn what_makes_no_correlation_is_refused() {
    for (correlation, problem) in [
        ("rules: [a], timespan: 10s, condition: {gte: 3}", "needs the key `type`"),
        ("type: event_counts, rules: [a], timespan: 10s, condition: {gte: 3}", "type"),
        ("type: event_count, rules: [], timespan: 10s, condition: {gte: 3}", "names 1 to 100 rules"),
        ("type: event_count, rules: [a, a], timespan: 10s, condition: {gte: 3}", "named twice"),
        ("type: temporal, rules: [a, 00000000-0000-4000-8000-000000000001], timespan: 10s", "named twice"),
        ("type: temporal, rules: [a, b], group-by: [u, u], timespan: 10s", "`group-by` has `u` twice"),
        (
            "type: value_count, rules: [a], timespan: 10s, field: v, condition: {gte: 3, field: w}",
            "`field` stands in the condition and beside it",
        ),
        (
            "type: value_percentile, rules: [a], timespan: 10s, percentile: 5, condition: {gte: 3, field: w, percentile: 6}",
            "`percentile` stands in the condition and beside it",
        ),
        ("type: temporal, rules: [a, b], timespan: 10s, condition: a and z", "names `z`, which is no rule of this"),
        ("type: temporal, rules: [a, b], timespan: 10s, condition: 1 of z*", "selects no rule of this correlation"),
        ("type: event_count, rules: [a], timespan: 10, condition: {gte: 3}", "no length of time"),
        ("type: event_count, rules: [a], timespan: 10S, condition: {gte: 3}", "no length of time"),
        ("type: event_count, rules: [a], timespan: 400d, condition: {gte: 3}", "no length of time"),
        ("type: event_count, rules: [a], timespan: 10s", "needs a `condition`"),
        ("type: event_count, rules: [a], timespan: 10s, condition: {gte: 3, gt: 4}", "is no comparison"),
        ("type: event_count, rules: [a], timespan: 10s, condition: {gte: 3, eq: 4}", "is no comparison"),
        ("type: event_count, rules: [a], timespan: 10s, condition: {gtr: 3}", "unknown comparison"),
        ("type: event_count, rules: [a], timespan: 10s, condition: {gte: x}", "expected a number"),
        ("type: event_count, rules: [a], timespan: 10s, condition: {gte: 5000}", "a window holds 1000 entries"),
        ("type: event_count, rules: [a], timespan: 10s, condition: {gte: 3, field: x}", "reads no field"),
        ("type: value_count, rules: [a], timespan: 10s, condition: {gte: 3}", "needs the field"),
        ("type: value_sum, rules: [a], timespan: 10s, condition: {gte: 3, field: [x, y]}", "only value_count"),
        ("type: value_percentile, rules: [a], timespan: 10s, condition: {gte: 3, field: x}", "needs a percentile"),
        (
            "type: value_percentile, rules: [a], timespan: 10s, condition: {gte: 3, field: x, percentile: 101}",
            "0 to 100",
        ),
        (
            "type: value_sum, rules: [a], timespan: 10s, condition: {gte: 3, field: x, percentile: 5}",
            "only value_percentile",
        ),
        ("type: event_count, rules: [a], timespan: 10s, condition: {gte: 3}, generate: yes please", "true or false"),
        ("type: event_count, rules: [a], timespan: 10s, condition: {gte: 3}, window: 5", "window"),
    ] {
        let said = refused(correlation, "");
        assert!(said.contains(problem), "{correlation}: {said}");
    }
}

#[test]
fn keys_of_the_section_stand_in_it() {
    for key in ["type: x", "rules: [a]", "group-by: u", "timespan: 1h", "aliases: {}", "field: v", "generate: true"] {
        let said = refused(COUNT, &format!("{key}\n"));
        let name = key.split(':').next().unwrap();
        assert!(said.contains(&format!("unknown key `{name}`; it belongs into `correlation`")), "{said}");
    }
}

#[test]
fn what_no_window_or_every_one_comes_to_is_refused() {
    for (counts, problem) in [
        ("type: event_count, rules: [a], condition: {lt: 1}", "no window can come to lt 1"),
        ("type: event_count, rules: [a], condition: {lte: 0}", "no window can come to lte 0"),
        ("type: event_count, rules: [a], condition: {eq: 0}", "no window can come to eq 0"),
        ("type: event_count, rules: [a], condition: {eq: 2.5}", "no window can come to eq 2.5"),
        ("type: event_count, rules: [a], condition: {gt: 10, lt: 5}", "no window can come to gt 10 and lt 5"),
        ("type: event_count, rules: [a], condition: {gt: 2, lt: 3}", "no window can come to gt 2 and lt 3"),
        ("type: temporal, rules: [a, b], condition: {gte: 5}", "no window can come to gte 5"),
        ("type: temporal_ordered, rules: [a, b], condition: {gt: 2}", "no window can come to gt 2"),
        ("type: temporal, rules: [a, b], condition: a and b and not a", "no window can come to"),
        ("type: temporal, rules: [a, b], condition: not a and not b", "no window can come to"),
        ("type: value_sum, rules: [a], condition: {field: v, gt: 9, lt: 3}", "no window can come to gt 9 and lt 3"),
        ("type: value_avg, rules: [a], condition: {field: v, gt: 3, lte: 3}", "no window can come to gt 3 and lte 3"),
        ("type: event_count, rules: [a], condition: {gt: 1000}", "no window can come to gt 1000"),
        ("type: event_count, rules: [a], condition: {gte: 1001}", "a window holds 1000 entries"),
        ("type: event_count, rules: [a], condition: {gte: 0}", "every window comes to gte 0"),
        ("type: event_count, rules: [a], condition: {gte: -5}", "every window comes to gte -5"),
        ("type: event_count, rules: [a], condition: {neq: 2.5}", "every window comes to neq 2.5"),
        ("type: value_count, rules: [a], condition: {field: v, gt: -1}", "every window comes to gt -1"),
        ("type: temporal, rules: [a, b], condition: {lte: 2}", "every window comes to lte 2"),
        ("type: temporal, rules: [a, b], condition: a or b or not a", "every window comes to"),
    ] {
        let said = refused(&format!("{counts}, timespan: 1h"), "");
        assert!(said.contains(problem), "{counts}: {said}");
        assert!(!said.contains('\n'), "one problem is told once: {said}");
    }
    for counts in [
        "type: event_count, rules: [a], condition: {gte: 1}",
        "type: event_count, rules: [a], condition: {gt: 0}",
        "type: event_count, rules: [a], condition: {gt: 999}",
        "type: event_count, rules: [a], condition: {gte: 1000}",
        "type: event_count, rules: [a], condition: {gt: 2, lt: 4}",
        "type: temporal, rules: [a, b], condition: {gte: 1}",
        "type: temporal, rules: [a, b], condition: a or b",
        "type: value_sum, rules: [a], condition: {field: v, gt: 3, lt: 4}",
        "type: value_avg, rules: [a], condition: {field: v, gte: 3, lte: 3}",
        "type: value_sum, rules: [a], condition: {field: v, lt: 0}",
    ] {
        load_rule(&files(&format!("{counts}, timespan: 1h"), "")).unwrap_or_else(|errors| panic!("{counts}: {errors}"));
    }
}

/// What lints are told of at load.
fn told(text: &str) -> Vec<Lint> {
    load_rule(text).unwrap().warnings().iter().filter_map(|warning| warning.lint).collect()
}

const BY_ABSENCE: [&str; 10] = [
    "type: event_count, rules: [a], condition: {lt: 3}",
    "type: event_count, rules: [a], condition: {lte: 5}",
    "type: event_count, rules: [a], condition: {neq: 10}",
    "type: event_count, rules: [a], condition: {eq: 1}",
    "type: event_count, rules: [a], condition: {gte: 3, lte: 9}",
    "type: value_count, rules: [a], condition: {field: v, eq: 3}",
    "type: value_sum, rules: [a], condition: {field: v, gte: 0}",
    "type: value_sum, rules: [a], condition: {field: v, lt: 5}",
    "type: temporal, rules: [a, b], condition: b and not a",
    "type: temporal, rules: [a, b], condition: {lt: 2}",
];

#[test]
fn what_holds_by_absence_is_told_and_refused_of_one_that_acts() {
    for counts in BY_ABSENCE {
        let counts = format!("{counts}, group-by: [u], timespan: 1h");
        assert_eq!(told(&files(&counts, "")), [Lint::HoldsByAbsence], "{counts}");
        let said = refused(&counts, &owned());
        assert!(said.contains("may hold with the first event, and the next may undo it"), "{counts}: {said}");
    }
    for counts in [
        "type: event_count, rules: [a], condition: {gte: 1}",
        "type: event_count, rules: [a], condition: {gt: 2.5}",
        "type: value_avg, rules: [a], condition: {field: v, gt: 0}",
        "type: temporal, rules: [a, b], condition: a or b",
        "type: temporal_ordered, rules: [a, b]",
    ] {
        let counts = format!("{counts}, group-by: [u], timespan: 1h");
        assert_eq!(told(&files(&counts, &owned())), [], "{counts}");
    }
    let unused = "type: temporal, rules: [a, b, c], timespan: 1h, condition: a and b";
    assert_eq!(told(&files(unused, "")), [Lint::UnusedSearch]);
}

#[test]
fn a_test_that_tells_nothing_is_refused() {
    let test = |alerts: &str| refused(COUNT, &format!("tests: [{{name: n, expect: none, alerts: {alerts}}}]\n"));
    assert!(test("[]").contains("a test without an alert tells nothing"));
    for times in ["0", "-3", "1.9", "201", "many"] {
        let said = test(&format!("[{{times: {times}, alert: {{k: a}}}}]"));
        assert!(
            said.contains("`times` is a whole number from 1 to 200") || said.contains("expected a number"),
            "{said}"
        );
    }
    assert!(test("[{alert: k}]").contains("alert must be a mapping"));
}

#[test]
fn one_that_acts_says_on_whom_of_its_group() {
    let (response, owned) = (RESPONSE, owned());
    assert!(load_rule(&files(COUNT, &owned)).is_ok());
    assert!(refused(COUNT, response).contains("needs an owner"));
    assert!(refused(&COUNT.replace("group-by: [u], ", ""), &owned).contains("is not part of `group-by`"));
    assert!(refused(COUNT, &owned.replace("  account: {email: u}\n", "")).contains("must say who is meant"));
}
