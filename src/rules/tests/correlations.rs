//! Correlations: what each type counts, how windows slide, and what is refused. Rules `a`, `b` and `c`
//! match events whose `k` is their name; a row of events is put to the correlation as its own test.

mod refused;
mod safety;

use super::super::Lint;
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

/// What a correlation needs to act.
fn owned() -> String {
    format!("owner: me\n{RESPONSE}")
}

const RESPONSE: &str =
    "response:\n  account: {email: u}\n  steps:\n    - sign_out: {reason: x, employee_reason: account-takeover}\n";

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
        ("{lt: 2}", "match"),
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
    check(&with("value_sum", "eq: 0"), &[(0, "k: a, v: -0.0")], "match");
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
    let two = "type: temporal_ordered, rules: [a, b, c], timespan: 10s, condition: {gte: 2}";
    check(two, &[(0, "k: a"), (1, "k: c")], "match");
    check(two, &[(0, "k: b"), (1, "k: a")], "none");
    check(two, &[(0, "k: a"), (11, "k: c")], "none");
}

#[test]
fn each_test_begins_without_what_the_one_before_it_left() {
    let two = "expect: none, alerts: [{times: 2, alert: {k: a, u: x}}]";
    let tests = format!("tests:\n  - {{name: first, {two}}}\n  - {{name: second, {two}}}\n");
    load_rule(&files(COUNT, &tests)).unwrap();
}

#[test]
fn steps_of_one_time_are_in_order_whichever_came_first() {
    let ordered = "type: temporal_ordered, rules: [a, b, c], timespan: 10s";
    check(ordered, &[(0, "k: c"), (0, "k: a"), (0, "k: b")], "match");
    check(ordered, &[(0, "k: a"), (3, "k: c"), (0, "k: b")], "match");
    check(ordered, &[(0, "k: a"), (3, "k: c"), (1, "k: b")], "none");
}

#[test]
fn what_another_search_has_found_counts_no_more() {
    let windows = |search: &str| {
        let set = load_rule(&files(COUNT, "").replacen("{k: a}", search, 1)).unwrap();
        let id = set.detectors()[0].rule.reference.id.clone();
        let mut windows = Vec::new();
        set.walk([&id], &serde_json::json!({"u": "x"}), |signal| {
            windows.push(signal.window().concat());
            true
        });
        windows
    };
    assert_eq!(windows("{k: a}"), windows("{k: a}"));
    assert_ne!(windows("{k: a}"), windows("{k: [a, z]}"));
}

#[test]
fn a_timespan_counts_in_its_unit() {
    const DAY: u64 = 86_400;
    for (unit, seconds) in [("m", 60), ("h", 3_600), ("d", DAY), ("w", 7 * DAY), ("M", 30 * DAY), ("y", 365 * DAY)] {
        let count = format!("type: event_count, rules: [a], timespan: 1{unit}, condition: {{gte: 2}}");
        check(&count, &[(0, "k: a"), (seconds - 1, "k: a")], "match");
        check(&count, &[(0, "k: a"), (seconds + 1, "k: a")], "none");
    }
}

#[test]
fn an_alias_is_another_field_in_each_rule() {
    let alias = "type: temporal, rules: [a, b], group-by: [who], timespan: 10s, aliases: {who: {a: actor.id, b: user}}";
    check(alias, &[(0, "k: a, actor: {id: x}"), (1, "k: b, user: x")], "match");
    check(alias, &[(0, "k: a, actor: {id: x}"), (1, "k: b, user: y")], "none");
    assert!(refused(&alias.replace(", b: user", ""), "").contains("says no field for `b`"));
    for rule in ["z", "c"] {
        let stray = alias.replace("b: user", &format!("b: user, {rule}: user"));
        assert!(refused(&stray, "").contains("which `rules` does not name"), "{rule}");
    }
    // A rule has a name and an id, and an alias may use the other one.
    let by_id = alias.replace("b: user", "00000000-0000-4000-8000-000000000002: user");
    check(&by_id, &[(0, "k: a, actor: {id: x}"), (1, "k: b, user: x")], "match");
    let twice = alias.replace("b: user", "b: user, 00000000-0000-4000-8000-000000000002: other");
    assert!(refused(&twice, "").contains("the alias `who` says a field of `b` twice"));
    let unused = alias.replace("group-by: [who]", "group-by: [user]");
    assert!(refused(&unused, "").contains("nothing uses the alias `who`"));
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
