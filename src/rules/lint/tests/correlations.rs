//! Each lint that looks at correlations, with some that have it and some that nearly do.

use super::*;

/// Rules `a` (telling), `u` (what strangers choose), `o` and `p` (what ordinary events have).
fn rules() -> String {
    let rule = |name: &str, number: u8, search: &str| {
        format!(
            "title: {name}\nid: 00000000-0000-4000-8000-00000000000{number}\nname: {name}\nlogsource: {{product: test}}\ndetection:\n  s: {search}\n  condition: s\n---\n"
        )
    };
    [
        ("a", 1, "{k: a}"),
        ("u", 2, "{userAgent: evil}"),
        ("o", 3, "{eventType: user.session.start}"),
        ("p", 4, "{eventType: user.authentication.sso}"),
    ]
    .map(|(name, number, search)| rule(name, number, search))
    .concat()
}

const COUNT: &str = "{type: event_count, rules: [a], group-by: [who], timespan: 1h, condition: {gte: 2}}";

/// A correlation that nothing is wrong with, but for what it counts.
fn correlation(counts: &str) -> String {
    format!(
        "title: C
id: 00000000-0000-4000-8000-000000000009
correlation: {counts}
description: Because.
falsepositives: [A test.]
owner: me
response:
  mode: enforce
  account: {{email: who}}
  steps:
    - sign_out: {{reason: r, employee_reason: account-takeover}}
    - disable: {{reason: r, expires_in: 8h}}
"
    )
}

const TESTS: &str = "tests:
  - name: two
    alerts: [{times: 2, alert: {k: a, who: x}}]
    expect: match
  - name: one
    alerts: [{alert: {k: a, who: x}}]
    expect: none
";

/// What is found in the correlation, without what it says of tests.
fn of(counts: &str) -> Vec<String> {
    let text = format!("{}{}", rules(), correlation(counts));
    let told = shown(&linted(&[("x.yml", &text)])).into_iter().filter(|told| !told.contains("-test "));
    told.map(|told| told.split_once(' ').unwrap().1.to_owned()).collect()
}

/// What is found in the clean correlation with something else in it.
fn with(from: &str, to: &str) -> Vec<String> {
    let text = format!("{}{}{TESTS}", rules(), correlation(COUNT));
    assert!(text.contains(from), "{from}");
    let told = shown(&linted(&[("x.yml", &text.replace(from, to))]));
    told.into_iter().map(|told| told.split_once(' ').unwrap().1.to_owned()).collect()
}

#[test]
fn the_clean_correlation_is_clean() {
    assert_eq!(with("title: C", "title: C"), [""; 0]);
}

#[test]
fn what_it_lacks_is_told_as_of_a_rule() {
    assert_eq!(with("description: Because.\n", ""), ["missing-description warning"]);
    assert_eq!(with("falsepositives: [A test.]\n", ""), ["missing-falsepositives warning"]);
    assert_eq!(with("expires_in: 8h", "permanent: true"), ["permanent-disable warning"]);
    assert_eq!(with("owner: me", "date: 2023/01/02\nowner: me"), ["old-date info"]);
}

#[test]
fn tests_of_both_outcomes_are_asked_for() {
    assert_eq!(with(TESTS, ""), ["missing-match-test warning"]);
    let watching = correlation(COUNT).replace("enforce", "shadow");
    let found = |tests: &str| shown(&linted(&[("x.yml", &format!("{}{watching}{tests}", rules()))]));
    assert_eq!(found(TESTS), [""; 0]);
    assert_eq!(found("").len(), 2);
    let (first, second) = TESTS.split_once("  - name: one").unwrap();
    assert!(found(first)[0].ends_with("missing-near-miss-test warning"), "{:?}", found(first));
    let second = format!("tests:\n  - name: one{second}");
    assert!(found(&second)[0].ends_with("missing-match-test warning"), "{:?}", found(&second));
    let allowed = format!("{second}lint: {{allow: [missing-match-test], reason: r}}\n");
    assert_eq!(found(&allowed), [""; 0]);
    let needless = format!("{TESTS}lint: {{allow: [missing-match-test], reason: r}}\n");
    assert!(found(&needless)[0].ends_with("unused-allowance info"));
}

#[test]
fn whom_it_can_reach_is_what_its_events_can_do() {
    let counting = |rules: &str, more: &str| of(&format!("{{{rules}, group-by: [who], timespan: 1h{more}}}"));
    let everyone = ["can-hit-everyone warning"];
    let chosen = ["attacker-controlled-only warning"];
    for (rules, more) in [
        ("type: event_count, rules: [o]", ", condition: {gte: 1}"),
        ("type: event_count, rules: [a, o]", ", condition: {gt: 0}"),
        ("type: value_count, rules: [o]", ", condition: {gt: 0, field: v}"),
        ("type: temporal, rules: [a, o]", ", condition: {gte: 1}"),
        ("type: temporal, rules: [a, o]", ", condition: a or o"),
    ] {
        assert_eq!(counting(rules, more), everyone, "{rules}{more}");
    }
    for (rules, more) in [
        ("type: event_count, rules: [u]", ", condition: {gte: 50}"),
        ("type: event_count, rules: [a, u]", ", condition: {gte: 50}"),
        ("type: value_sum, rules: [u]", ", condition: {gte: 50, field: v}"),
        ("type: temporal, rules: [u, o]", ""),
        ("type: temporal_ordered, rules: [o, u]", ""),
        ("type: temporal, rules: [a, u, o]", ", condition: {gte: 2}"),
    ] {
        assert_eq!(counting(rules, more), chosen, "{rules}{more}");
    }
    for (rules, more) in [
        ("type: event_count, rules: [o]", ", condition: {gte: 2}"),
        ("type: event_count, rules: [o, p]", ", condition: {gte: 2}"),
        ("type: event_count, rules: [a]", ", condition: {gte: 1}"),
        ("type: temporal, rules: [a, u, o]", ""),
        ("type: temporal, rules: [a, u, o]", ", condition: {gte: 3}"),
        ("type: temporal, rules: [a, u, o]", ", condition: a and (u or o)"),
    ] {
        assert_eq!(counting(rules, more), [""; 0], "{rules}{more}");
    }
}

#[test]
fn a_correlation_of_correlations_reaches_as_far_as_they_do() {
    let lower = "title: L\nid: 00000000-0000-4000-8000-000000000008\nname: l\ncorrelation: {type: event_count, rules: [u], group-by: [who], timespan: 1h, condition: {gte: 5}}\n---\n";
    let upper = correlation("{type: temporal, rules: [l, o], group-by: [who], timespan: 1h}");
    let told = shown(&linted(&[("x.yml", &format!("{}{lower}{upper}", rules()))]));
    assert!(told.iter().any(|told| told.ends_with("attacker-controlled-only warning")), "{told:?}");
}

#[test]
fn a_response_that_is_only_counted_is_told() {
    let acting = clean().replace("title: T", "title: T\nname: t").replace("mode: enforce", "mode: shadow");
    let counting = |more: &str| {
        format!(
            "title: C\nid: {OTHER}\ncorrelation: {{type: event_count, rules: [t], timespan: 1h, condition: {{gte: 2}}{more}}}\n"
        )
    };
    let found = |more: &str| shown(&linted(&[("a.yml", &acting), ("b.yml", &counting(more))]));
    assert_eq!(found(""), ["a.yml:1 silenced-response warning"]);
    assert_eq!(found(", generate: true"), [""; 0]);
    // It is said at every load, and of correlations that others count, too.
    let upper = format!(
        "title: U\nid: {OTHER}\ncorrelation: {{type: event_count, rules: [c], timespan: 1h, condition: {{gte: 2}}}}\n"
    );
    let lower = format!("{}{}name: c\n{TESTS}", rules(), correlation(COUNT).replace("enforce", "shadow"));
    let set = super::super::super::compile(&folder(&[("a.yml", &lower), ("b.yml", &upper)])).unwrap();
    let told: Vec<_> = set.warnings().iter().filter_map(|warning| warning.lint).collect();
    assert_eq!(told, [Lint::SilencedResponse]);
}

#[test]
fn one_that_only_says_again_what_another_says_is_told() {
    let second = |from: &str, to: &str| {
        let one = format!("{}{}{TESTS}", rules(), correlation(COUNT));
        let other = format!("{}{TESTS}", correlation(COUNT)).replace("000000000009", "000000000008");
        assert!(other.contains(from), "{from}");
        shown(&linted(&[("a.yml", &one), ("b.yml", &other.replace(from, to))]))
    };
    assert_eq!(second("title: C", "title: D"), ["b.yml:1 duplicate-rule warning"]);
    let more = TESTS.replace("times: 2", "times: 3");
    assert_eq!(second(TESTS, &more), ["b.yml:1 duplicate-rule warning"]);
    let narrow = correlation(COUNT).replace("gte: 2", "gte: 3").replace("000000000009", "000000000008");
    let one = format!("{}{}{TESTS}", rules(), correlation(COUNT));
    let both = |second: &str| shown(&linted(&[("a.yml", &one), ("b.yml", &format!("{second}{more}"))]));
    assert_eq!(both(&narrow), ["b.yml:1 shadowed-rule warning"]);
    assert_eq!(both(&narrow.replace("gte: 3", "gt: 2")), ["b.yml:1 shadowed-rule warning"]);
    for (from, to) in
        [("8h", "9h"), ("1h", "2h"), ("group-by: [who]", "group-by: [who, ip]"), ("{email: who}", "{user_id: who}")]
    {
        let other = narrow.replace(from, to);
        let other = if from.starts_with("group") { other.replace("tests:", "other:") } else { other };
        let told = shown(&linted(&[("a.yml", &one), ("b.yml", &other)]));
        assert!(!told.iter().any(|told| told.contains("shadowed") || told.contains("duplicate")), "{to}: {told:?}");
    }
    let wider = shown(&linted(&[("b.yml", &one), ("a.yml", &format!("{narrow}{more}"))]));
    assert_eq!(wider, ["a.yml:1 shadowed-rule warning"]);
}

#[test]
fn a_reason_that_is_not_there_in_a_language_is_an_error_of_correlations_too() {
    let text = format!("{}{}", rules(), correlation(COUNT)).replace("account-takeover", "no-such-reason");
    let errors = lint_files("", &folder(&[("x.yml", &text)]), Vec::new(), Statuses::default()).unwrap_err();
    assert!(errors.to_string().contains("no-such-reason"), "{errors}");
}
