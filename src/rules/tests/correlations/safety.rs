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
