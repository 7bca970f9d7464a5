//! What does not act through a correlation, and what a correlation does not disarm.

use super::*;

/// A correlation `t` that acts when a rule with this detection matches, perhaps by way of another.
fn acting_by(detection: &str, is_direct: bool) -> String {
    let (middle, counted) = if is_direct {
        (String::new(), "r")
    } else {
        let counts = "{type: event_count, rules: [r], group-by: [u], timespan: 1h, condition: {gte: 2}}";
        (format!("title: M\nname: m\ncorrelation: {counts}\n---\n"), "m")
    };
    format!(
        "title: R\nname: r\nlogsource: {{product: test}}\ndetection: {detection}\n---\n{middle}title: T\nid: 00000000-0000-4000-8000-000000000009\ncorrelation: {{type: event_count, rules: [{counted}], group-by: [u], timespan: 1h, condition: {{gte: 1}}}}\n{}",
        owned()
    )
}

#[test]
fn what_a_chain_counts_is_part_of_what_it_does() {
    let behaviours = |search: &str| {
        let text = acting_by(&format!("{{s: {{k: {search}}}, condition: s}}"), false);
        let set = load_rule(&text).unwrap();
        set.all_rules().map(|rule| (rule.reference.title.clone(), rule.behaviour)).collect::<Vec<_>>()
    };
    let (one, same, other) = (behaviours("evil"), behaviours("evil"), behaviours("'e*'"));
    assert_eq!(one, same);
    for (one, other) in one.iter().zip(&other) {
        assert_ne!(one.1, other.1, "{}", one.0);
    }
}

#[test]
fn one_that_acts_counts_no_rule_that_matches_whatever_comes_along() {
    for is_direct in [true, false] {
        for loose in
            ["{s: {k: a}, condition: not s}", "{s: {k: null}, condition: s}", "{s: {k|exists: true}, condition: s}"]
        {
            let said = load_rule(&acting_by(loose, is_direct)).unwrap_err().to_string();
            assert!(said.contains("must not count rules that match whatever comes along"), "{loose}: {said}");
        }
        load_rule(&acting_by("{s: {k: a}, condition: s}", is_direct)).unwrap();
    }
}

#[test]
fn a_correlation_disarms_no_rule_that_acts() {
    let acting = |mode: &str, generate: &str| {
        let counted = super::super::ACTING.replace("title: T", "title: R\nname: r").replace("enforce", mode);
        let section = format!("{{type: event_count, rules: [r], timespan: 1h, condition: {{gte: 2}}{generate}}}");
        load_rule(&format!("{counted}---\ntitle: C\ncorrelation: {section}\n"))
    };
    let said = acting("enforce", "").unwrap_err().to_string();
    assert!(said.contains("a correlation only counts it, so its response never acts"), "{said}");
    let warned = acting("shadow", "").unwrap();
    assert_eq!(
        warned.warnings().iter().filter_map(|warning| warning.lint).collect::<Vec<_>>(),
        [Lint::SilencedResponse]
    );
    assert!(acting("enforce", ", generate: true").unwrap().warnings().is_empty());
}

#[test]
fn one_that_acts_builds_on_none_that_holds_by_absence() {
    let chain = |counts: &str| {
        let inner = format!("title: I\nname: i\ncorrelation: {{{counts}, group-by: [u], timespan: 1h}}\n---\n");
        let middle = "title: M\nname: m\ncorrelation: {type: event_count, rules: [i], group-by: [u], timespan: 1h, condition: {gte: 1}}\n---\n";
        let outer = "title: O\nid: 00000000-0000-4000-8000-000000000008\ncorrelation: {type: event_count, rules: [m], group-by: [u], timespan: 1h, condition: {gte: 1}}\n";
        load_rule(&format!("{}---\n{inner}{middle}{outer}{}", files(COUNT, ""), owned()))
    };
    for counts in [
        "type: event_count, rules: [a], condition: {lt: 3}",
        "type: event_count, rules: [a], condition: {neq: 10}",
        "type: value_sum, rules: [a], condition: {field: v, lt: 5}",
        "type: temporal, rules: [a, b], condition: b and not a",
    ] {
        let said = chain(counts).unwrap_err().to_string();
        assert!(said.contains("must not build on one that matches by what is not there yet"), "{counts}: {said}");
    }
    chain("type: event_count, rules: [a], condition: {gte: 2}").unwrap();
}

#[test]
fn no_correlation_is_beyond_what_a_record_holds() {
    let one = |number: usize, rest: &str| {
        let id = format!("00000000-0000-4000-8000-0000000001{number:02}");
        format!(
            "---\ntitle: W{number}\nid: {id}\ncorrelation: {{type: event_count, rules: [a], group-by: [u], timespan: 1h, condition: {{gte: 9}}}}\n{rest}"
        )
    };
    let most = crate::incident::Verdict::COUNTED_MAX;
    // The one of `files` counts the rule as well.
    let set = |more: usize| {
        load_rule(&format!("{}{}", files(COUNT, ""), (0..more).map(|at| one(at, "")).collect::<String>()))
    };
    set(most - 1).unwrap();
    let said = set(most).unwrap_err().to_string();
    assert!(said.contains("an event that matches `a` counts in 13 windows, and a record holds 12"), "{said}");
    // One by way of another counts, too.
    let chain = "---\ntitle: X\ncorrelation: {type: temporal, rules: [t], timespan: 1h}\n";
    let text = format!("{}{}{chain}", files(COUNT, ""), (0..most - 1).map(|at| one(at, "")).collect::<String>());
    assert!(load_rule(&text).is_err());
}

#[test]
fn what_acts_is_counted_first() {
    let watching = "title: A\nid: 00000000-0000-4000-8000-000000000007\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 1h, condition: {gte: 2}}\n";
    let titles = |acting: &str| {
        let set = load_rule(&format!("{watching}---\n{}", files(COUNT, acting))).unwrap();
        set.correlations().iter().map(|one| one.rule.reference.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!(titles(&owned()), ["A", "T"]);
    assert_eq!(titles(&owned().replace("response:\n", "response:\n  mode: enforce\n")), ["T", "A"]);
}

#[test]
fn the_tests_of_all_correlations_have_an_end() {
    let test =
        |number: usize| format!("  - {{name: t{number}, expect: none, alerts: [{{times: 200, alert: {{k: b}}}}]}}\n");
    let tests: String = (0..20).map(test).collect();
    let one = |number: usize| {
        format!(
            "---\ntitle: W{number}\ncorrelation: {{type: event_count, rules: [a], timespan: 1h, condition: {{gte: 9}}}}\ntests:\n{tests}"
        )
    };
    let full: String = (0..5).map(one).collect();
    load_rule(&format!("{}{full}", files(COUNT, ""))).unwrap();
    let said = load_rule(&format!("{}{full}", files(COUNT, &row(&[(0, "k: b")], "none")))).unwrap_err().to_string();
    assert!(said.contains("the tests of correlations have more than 20000 alerts in all"), "{said}");
}
