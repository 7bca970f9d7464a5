//! Correlations: what each type counts, how windows slide, and what is refused. Rules `a`, `b` and `c`
//! match events whose `k` is their name; a row of events is put to the correlation as its own test.

use super::*;

/// The rules, and a correlation with these lines and tests.
pub(super) fn files(correlation: &str, rest: &str) -> String {
    let rule = |name: &str, number: u8| {
        format!(
            "title: {name}\nid: 00000000-0000-4000-8000-00000000000{number}\nname: {name}\nlogsource: {{product: test}}\ndetection:\n  s: {{k: {name}}}\n  condition: s\n---\n"
        )
    };
    let rules = [("a", 1), ("b", 2), ("c", 3)].map(|(name, number)| rule(name, number)).concat();
    format!(
        "{rules}title: T\nid: 00000000-0000-4000-8000-000000000009\nname: t\ncorrelation: {{{correlation}}}\n{rest}"
    )
}

/// A row: for each event the seconds since the one before, and the event.
fn row(events: &[(u64, &str)], expected: &str) -> String {
    let alerts = events.iter().map(|(after, event)| format!("      - {{after: {after}s, alert: {{{event}}}}}\n"));
    format!("tests:\n  - name: row\n    expect: {expected}\n    alerts:\n{}", alerts.collect::<String>())
}

fn check(correlation: &str, events: &[(u64, &str)], expected: &str) {
    let text = files(correlation, &row(events, expected));
    if let Err(errors) = load_rule(&text) {
        panic!("{correlation} on {events:?}: {errors}");
    }
}

fn refused(correlation: &str, rest: &str) -> String {
    load_rule(&files(correlation, rest)).unwrap_err().to_string()
}

const COUNT: &str = "type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {gte: 3}";

#[test]
fn events_are_counted_for_each_group_in_a_window_that_slides() {
    let one = "k: a, u: x";
    check(COUNT, &[(0, one), (4, one), (4, one)], "match");
    check(COUNT, &[(0, one), (4, one)], "none");
    check(COUNT, &[(0, one), (4, one), (4, "k: a, u: y")], "none");
    check(COUNT, &[(0, one), (6, one), (6, one)], "none");
    // No boundary of a fixed window stands between these.
    check(COUNT, &[(9, one), (2, one), (2, one)], "match");
    check(COUNT, &[(0, one), (1, "k: b, u: x"), (1, one), (1, "k: a"), (1, "k: a, u: [x, y]")], "none");
}

#[test]
fn numbers_group_as_their_text_and_no_group_is_one_group() {
    check(COUNT, &[(0, "k: a, u: 5"), (1, "k: a, u: '5'"), (1, "k: a, u: 5.0")], "match");
    let all = "type: event_count, rules: [a], timespan: 10s, condition: {gte: 2}";
    check(all, &[(0, "k: a, u: x"), (1, "k: a, u: y")], "match");
}

#[test]
fn ranges_and_every_comparison_hold() {
    let with = |condition: &str| format!("type: event_count, rules: [a], timespan: 10s, condition: {condition}");
    let events = [(0, "k: a"), (1, "k: a"), (1, "k: a")];
    for (condition, expected) in [
        ("{gt: 2}", "match"),
        ("{gt: 3}", "none"),
        ("{lt: 1}", "none"),
        ("{lte: 1}", "match"),
        ("{eq: 3}", "match"),
        ("{eq: 4}", "none"),
        ("{neq: 1}", "match"),
        ("{gte: 2, lte: 5}", "match"),
        ("{gt: 3, lte: 5}", "none"),
    ] {
        check(&with(condition), &events, expected);
    }
}

#[test]
fn different_values_are_counted_and_several_fields_make_one_value() {
    let one = "type: value_count, rules: [a], timespan: 10s, condition: {field: v, gte: 2}";
    check(one, &[(0, "k: a, v: 1"), (1, "k: a, v: 1"), (1, "k: a")], "none");
    check(one, &[(0, "k: a, v: 1"), (1, "k: a, v: 2")], "match");
    let two = "type: value_count, rules: [a], timespan: 10s, condition: {field: [v, w], gte: 2}";
    check(two, &[(0, "k: a, v: 1, w: 1"), (1, "k: a, v: 1, w: 2")], "match");
    check(two, &[(0, "k: a, v: 1, w: 1"), (1, "k: a, v: 1, w: 1")], "none");
}

#[test]
fn sums_means_and_percentiles_are_of_the_windows_numbers() {
    let with = |sort: &str, condition: &str| {
        format!("type: {sort}, rules: [a], timespan: 10s, condition: {{field: v, {condition}}}")
    };
    let events = [(0, "k: a, v: 1"), (1, "k: a, v: '2.5'"), (1, "k: a, v: many"), (1, "k: a, v: 10")];
    for (sort, condition, expected) in [
        ("value_sum", "gte: 13.5", "match"),
        ("value_sum", "gt: 13.5", "none"),
        ("value_avg", "gte: 4.5", "match"),
        ("value_avg", "gt: 4.5", "none"),
        ("value_median", "gte: 2.5", "match"),
        ("value_median", "gt: 2.5", "none"),
        ("value_percentile", "gte: 6.25, percentile: 75", "match"),
        ("value_percentile", "gt: 6.25, percentile: 75", "none"),
    ] {
        check(&with(sort, condition), &events, expected);
    }
    check(&with("value_percentile", "gte: 0, percentile: 50"), &[(0, "k: a, v: many")], "none");
}

#[test]
fn rules_match_together_in_any_order_or_in_theirs() {
    let any = "type: temporal, rules: [a, b], group-by: u, timespan: 10s";
    check(any, &[(0, "k: b, u: x"), (5, "k: a, u: x")], "match");
    check(any, &[(0, "k: b, u: x"), (11, "k: a, u: x")], "none");
    check(any, &[(0, "k: a, u: x"), (1, "k: a, u: x")], "none");
    let some = "type: temporal, rules: [a, b, c], timespan: 10s, condition: {gte: 2}";
    check(some, &[(0, "k: c"), (1, "k: a")], "match");
    let words = "type: temporal, rules: [a, b, c], timespan: 10s, condition: a and (b or c)";
    check(words, &[(0, "k: c"), (1, "k: a")], "match");
    check(words, &[(0, "k: c"), (1, "k: b")], "none");
    let ordered = "type: temporal_ordered, rules: [a, b, c], timespan: 10s";
    check(ordered, &[(0, "k: a"), (1, "k: b"), (1, "k: c")], "match");
    check(ordered, &[(0, "k: a"), (1, "k: c"), (1, "k: b")], "none");
    check(ordered, &[(0, "k: b"), (0, "k: a"), (0, "k: b"), (0, "k: a"), (1, "k: c")], "match");
}

#[test]
fn an_alias_is_another_field_in_each_rule() {
    let alias = "type: temporal, rules: [a, b], group-by: [who], timespan: 10s, aliases: {who: {a: actor.id, b: user}}";
    check(alias, &[(0, "k: a, actor: {id: x}"), (1, "k: b, user: x")], "match");
    check(alias, &[(0, "k: a, actor: {id: x}"), (1, "k: b, user: y")], "none");
    assert!(refused(&alias.replace(", b: user", ""), "").contains("says no field for `b`"));
    assert!(refused(&alias.replace("b: user", "b: user, z: user"), "").contains("which `rules` does not name"));
}

#[test]
fn correlations_build_on_correlations_but_not_on_themselves() {
    let chain = files(
        COUNT,
        "---\ntitle: U\nname: u\ncorrelation: {type: temporal_ordered, rules: [t, b], group-by: [u], timespan: 20s}\n",
    );
    let with =
        |events: &[(u64, &str)], expected: &str| load_rule(&format!("{chain}{}", row(events, expected))).map(drop);
    let one = "k: a, u: x";
    with(&[(0, one), (1, one), (1, one), (9, "k: b, u: x")], "match").unwrap();
    with(&[(0, one), (1, one), (9, "k: b, u: x")], "none").unwrap();
    with(&[(0, "k: b, u: x"), (1, one), (1, one), (1, one)], "none").unwrap();
    let circle = "type: temporal, rules: [t, a], timespan: 10s";
    assert!(refused(circle, "").contains("lead back to it"));
    assert!(refused("type: temporal, rules: [nobody, a], timespan: 10s", "").contains("no rule is called `nobody`"));
}

#[test]
fn a_correlation_feeds_the_one_that_builds_on_it_as_long_as_it_holds() {
    let chain = files(
        COUNT,
        "---\ntitle: U\nname: u\ncorrelation: {type: temporal_ordered, rules: [t, b], group-by: [u], timespan: 20s}\n",
    );
    let with =
        |events: &[(u64, &str)], expected: &str| load_rule(&format!("{chain}{}", row(events, expected))).map(drop);
    let one = "k: a, u: x";
    // It fires at the third, and still holds a minute later.
    let long: Vec<(u64, &str)> = std::iter::repeat_n((4, one), 18).collect();
    with(&[long.as_slice(), &[(9, "k: b, u: x")]].concat(), "match").unwrap();
    // It holds no more by the one that is told: twenty seconds after the last that held.
    with(&[long.as_slice(), &[(15, one), (6, "k: b, u: x")]].concat(), "none").unwrap();
}

#[test]
fn an_event_that_two_rules_of_a_count_match_counts_once() {
    let count = "type: event_count, rules: [a, b], group-by: [u], timespan: 10s, condition: {gte: 3}";
    let both =
        "title: both\nname: d\nlogsource: {product: test}\ndetection:\n  s: {k: [a, b], u: x}\n  condition: s\n---\n";
    let of = |events: &[(u64, &str)], expected: &str| {
        let text = files(&count.replace("[a, b]", "[a, d]"), &row(events, expected));
        load_rule(&format!("{both}{text}")).map(drop)
    };
    of(&[(0, "k: a, u: x"), (1, "k: a, u: x")], "none").unwrap();
    of(&[(0, "k: a, u: x"), (1, "k: b, u: x"), (1, "k: a, u: x")], "match").unwrap();
    // Of rules in time it is both.
    let time =
        format!("{both}{}", files("type: temporal, rules: [a, d], timespan: 10s", &row(&[(0, "k: a, u: x")], "match")));
    load_rule(&time).map(drop).unwrap();
}

#[test]
fn the_steps_of_one_event_are_in_the_order_of_the_correlation_and_not_of_the_files() {
    let both = |name: &str| {
        format!(
            "title: {name}\nname: {name}\nlogsource: {{product: test}}\ndetection:\n  s: {{k: both}}\n  condition: s\n---\n"
        )
    };
    for rules in ["[d, e]", "[e, d]"] {
        let correlation = format!("type: temporal_ordered, rules: {rules}, timespan: 10s");
        let text = format!("{}{}{}", both("d"), both("e"), files(&correlation, &row(&[(0, "k: both")], "match")));
        load_rule(&text).map(drop).unwrap();
    }
}

#[test]
fn what_makes_no_correlation_is_refused() {
    for (correlation, problem) in [
        ("rules: [a], timespan: 10s, condition: {gte: 3}", "needs the key `type`"),
        ("type: event_counts, rules: [a], timespan: 10s, condition: {gte: 3}", "type"),
        ("type: event_count, rules: [], timespan: 10s, condition: {gte: 3}", "names 1 to 100 rules"),
        ("type: event_count, rules: [a, a], timespan: 10s, condition: {gte: 3}", "named twice"),
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
fn one_that_acts_says_on_whom_of_its_group() {
    let response =
        "response:\n  account: {email: u}\n  steps:\n    - sign_out: {reason: x, employee_reason: account-takeover}\n";
    let owned = format!("owner: me\n{response}");
    assert!(load_rule(&files(COUNT, &owned)).is_ok());
    assert!(refused(COUNT, response).contains("needs an owner"));
    assert!(refused(&COUNT.replace("group-by: [u], ", ""), &owned).contains("is not part of `group-by`"));
    assert!(refused(COUNT, &owned.replace("  account: {email: u}\n", "")).contains("must say who is meant"));
}

/// The response of the tests below.
const ACTS: &str = "owner: o\nresponse: {mode: enforce, account: {login_id: u}, steps: [{sign_out: {reason: x, employee_reason: account-takeover}}]}\n";

#[test]
fn one_that_acts_counts_only_what_has_to_be_there() {
    let with = |condition: &str| {
        format!("type: event_count, rules: [a], group-by: [u], timespan: 10s, condition: {condition}")
    };
    let said = "a condition that only what is there can meet";
    for condition in ["{lt: 3}", "{lte: 5}", "{neq: 10}", "{eq: 2}", "{gte: 0}", "{gte: -5}", "{gte: 2, lt: 5}"] {
        assert!(refused(&with(condition), ACTS).contains(said), "{condition}");
    }
    let words = "type: temporal, rules: [a, b], group-by: [u], timespan: 10s, condition: a and not b";
    assert!(refused(words, ACTS).contains(said));
    for condition in ["{gte: 1}", "{gt: 0}"] {
        load_rule(&files(&with(condition), ACTS)).unwrap();
    }
}

#[test]
fn one_that_acts_counts_no_rule_that_matches_whatever_comes_along() {
    let one = |rule: &str, rest: &str| {
        format!("title: {rule}\nid: 00000000-0000-4000-8000-00000000000{}\nname: {rule}\n{rest}", rule.len())
    };
    let count = |rule: &str| {
        format!(
            "correlation: {{type: event_count, rules: [{rule}], group-by: [u], timespan: 10s, condition: {{gte: 1}}}}\n"
        )
    };
    for (condition, is_safe) in [("not s", false), ("s", true)] {
        let rule =
            one("r", &format!("logsource: {{product: test}}\ndetection:\n  s: {{k: a}}\n  condition: {condition}\n"));
        let direct = format!("{rule}---\n{}{ACTS}", one("dd", &count("r")));
        let inner = one("iii", &count("r"));
        let through = format!("{rule}---\n{}---\n{inner}", one("oooo", &format!("{}{ACTS}", count("iii"))));
        for text in [direct, through] {
            let loaded = load_rule(&text).map_err(|errors| errors.to_string());
            let said = "must not count rules that match whatever comes along";
            assert_eq!(loaded.as_ref().is_err_and(|errors| errors.contains(said)), !is_safe, "{text}: {loaded:?}");
            assert_eq!(loaded.is_ok(), is_safe, "{text}");
        }
    }
}

#[test]
fn what_a_correlation_does_changes_with_every_rule_that_it_builds_on() {
    let behaviour = |of_a: &str| {
        let outer = "title: O\nid: 00000000-0000-4000-8000-000000000008\ncorrelation: {type: event_count, rules: [t], timespan: 10s, condition: {gte: 2}}\n";
        let text = format!("{}---\n{outer}", files(COUNT, "")).replacen("{k: a}", of_a, 1);
        let set = load_rule(&text).unwrap();
        set.correlations().iter().find(|one| one.rule.reference.title == "O").map(|one| one.rule.behaviour).unwrap()
    };
    assert_eq!(behaviour("{k: a}"), behaviour("{k: a}"));
    assert_ne!(behaviour("{k: a}"), behaviour("{k: other}"));
}

#[test]
fn rules_that_are_only_counted_are_no_matches_of_their_own() {
    let set = load_rule(&files(COUNT, "")).unwrap();
    let id =
        |number: u8| crate::incident::RuleId::parse(&format!("00000000-0000-4000-8000-00000000000{number}")).unwrap();
    assert!(set.is_silent(&id(1)) && !set.is_silent(&id(2)) && !set.is_silent(&id(9)));
    let set = load_rule(&files(&format!("{COUNT}, generate: true"), "")).unwrap();
    assert!(!set.is_silent(&id(1)));
}

/// What a correlation makes of an event, a line for each part, with a mark for whether it passes.
fn explained(correlation: &str, event: &Value) -> Vec<String> {
    fn show(part: &crate::rules::Explained, depth: usize, lines: &mut Vec<String>) {
        let mark = if part.passes { "+" } else { "-" };
        let saw = part.saw.as_ref().map_or(String::new(), |saw| format!(" <- {saw}"));
        lines.push(format!("{}{mark} {}{saw}", " ".repeat(depth), part.what));
        part.parts.iter().for_each(|part| show(part, depth + 1, lines));
    }
    let set = load_rule(&files(correlation, "")).unwrap();
    let mut lines = Vec::new();
    show(&set.correlations()[0].explain(&set, event), 0, &mut lines);
    lines
}

#[test]
fn one_event_is_told_what_it_adds_and_what_the_window_wants() {
    let event = serde_json::json!({"k": "a", "actor": {"id": "x"}, "v": [1, 2]});
    let alias = "type: value_sum, rules: [a, b], group-by: [who], timespan: 90m, aliases: {who: {a: actor.id, b: user}}, condition: {field: v, gte: 2, lt: 9}";
    let expected = [
        "- value_sum gte 2 and lt 9 within 90m, for each who",
        " - counts `a`",
        "  + s",
        "   + k is 'a' <- \"a\"",
        "  + group by who from actor.id, one value <- \"x\"",
        "  - take the number from v, one value <- 1, 2",
        " - counts `b`",
        "  - s",
        "   - k is 'b' <- \"a\"",
        "  - group by who from user, one value <- nothing: the event does not have it",
        "  - take the number from v, one value <- 1, 2",
    ];
    assert_eq!(explained(alias, &event), expected);
    let event = serde_json::json!({"k": "a", "actor": {"id": "x"}, "v": "7"});
    let lines = explained(alias, &event);
    assert!(lines[0].starts_with("+ ") && lines[1].starts_with(" + "), "{lines:#?}");
    let words = "type: temporal, rules: [a, b, c], timespan: 2d, condition: a and not (b or c)";
    assert_eq!(explained(words, &event)[0], "+ temporal (`a` and not (`b` or `c`)) within 2d");
    let percentile = "type: value_median, rules: [a], timespan: 2s, condition: {field: v, eq: 2}";
    assert_eq!(explained(percentile, &event)[0], "+ value_percentile 50 eq 2 within 2s");
}

#[test]
fn a_correlation_of_correlations_tells_what_may_come_of_the_event() {
    let chain = files(
        COUNT,
        "---\ntitle: U\nid: 00000000-0000-4000-8000-000000000008\nname: u\ncorrelation: {type: temporal_ordered, rules: [t, b], group-by: [u], timespan: 20s}\n",
    );
    let set = load_rule(&chain).unwrap();
    let upper = &set.correlations()[1];
    let tell = |event: &Value| upper.explain(&set, event).parts.iter().map(|part| part.passes).collect::<Vec<_>>();
    assert_eq!(tell(&serde_json::json!({"k": "a", "u": "x"})), [true, false]);
    assert_eq!(tell(&serde_json::json!({"k": "a"})), [false, false]);
    assert_eq!(tell(&serde_json::json!({"k": "b", "u": "x"})), [false, true]);
}
