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
