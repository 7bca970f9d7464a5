//! The law of the index on events that look like real ones: those of the shipped rules' own tests, and
//! what comes of them when letters change their case, values are cut or extended by a character, a field is
//! left out, and two events are merged.

use std::path::Path;

use serde_json::Value;

use super::super::{Detector, Rule, RuleSet, Statuses, load};
use super::*;

/// The rules that come with the program, and the events of their own tests.
fn shipped() -> (RuleSet, Vec<Value>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let untested = load::untested(&folder, Statuses::default()).unwrap();
    let events = untested.tests.iter().flatten().map(|test| test.event.clone()).collect();
    (untested.set, events)
}

/// The event with each of its texts changed, one at a time.
fn with_each_text(event: &Value, change: &dyn Fn(&str) -> String) -> Vec<Value> {
    let mut variants = Vec::new();
    for number in 0.. {
        let (mut variant, mut left) = (event.clone(), number);
        if !change_text(&mut variant, &mut left, change) {
            return variants;
        }
        variants.push(variant);
    }
    variants
}

/// Changes the text number `left`, in the order of the walk; whether there is one.
fn change_text(value: &mut Value, left: &mut usize, change: &dyn Fn(&str) -> String) -> bool {
    match value {
        Value::String(text) if *left == 0 => {
            *text = change(text);
            true
        }
        Value::String(_) => {
            *left -= 1;
            false
        }
        Value::Array(items) => items.iter_mut().any(|item| change_text(item, left, change)),
        Value::Object(members) => members.values_mut().any(|member| change_text(member, left, change)),
        _ => false,
    }
}

/// The event without each of its members, one at a time, at any depth.
fn without_each_member(event: &Value) -> Vec<Value> {
    match event {
        Value::Object(members) => {
            let mut variants = Vec::new();
            for (name, member) in members {
                let mut without = members.clone();
                without.remove(name);
                variants.push(Value::Object(without));
                for inner in without_each_member(member) {
                    let mut with = members.clone();
                    with.insert(name.clone(), inner);
                    variants.push(Value::Object(with));
                }
            }
            variants
        }
        Value::Array(items) => {
            let mut variants = Vec::new();
            for (index, item) in items.iter().enumerate() {
                for inner in without_each_member(item) {
                    let mut with = items.clone();
                    with[index] = inner;
                    variants.push(Value::Array(with));
                }
            }
            variants
        }
        _ => Vec::new(),
    }
}

fn flipped(text: &str) -> String {
    let flip = |c: char| if c.is_lowercase() { c.to_uppercase().to_string() } else { c.to_lowercase().to_string() };
    text.chars().map(flip).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(text.chars().count().saturating_sub(1)).collect()
}

/// The second event laid over the first; lists are joined.
fn merged(first: &Value, second: &Value) -> Value {
    match (first, second) {
        (Value::Object(first), Value::Object(second)) => {
            let mut both = first.clone();
            for (name, value) in second {
                let value = both.get(name).map_or_else(|| value.clone(), |old| merged(old, value));
                both.insert(name.clone(), value);
            }
            Value::Object(both)
        }
        (Value::Array(first), Value::Array(second)) => first.iter().chain(second).cloned().collect(),
        (_, second) => second.clone(),
    }
}

/// What the index finds, for any log source and for each, is what a walk of every rule finds.
fn check(set: &RuleSet, event: &Value) -> usize {
    let ids = |rules: Vec<&Rule>| rules.into_iter().map(|rule| rule.reference.id.clone()).collect::<Vec<_>>();
    let walked: Vec<&Detector> = set.detectors().iter().filter(|detector| detector.matches(event)).collect();
    for Detector { log_source, .. } in &walked {
        let evaluation = set.evaluate(&alert_from(event.clone(), std::slice::from_ref(log_source)));
        let routed = ids(evaluation.matches.iter().map(|found| found.rule).collect());
        let is_for = |other: &&&Detector| other.log_source.has(log_source);
        assert_eq!(routed, ids(walked.iter().filter(is_for).map(|detector| &detector.rule).collect()), "{event}");
    }
    assert_eq!(ids(set.matching(event)), ids(walked.iter().map(|detector| &detector.rule).collect()), "{event}");
    walked.len()
}

#[test]
fn the_index_agrees_on_what_is_made_of_the_shipped_rules_events() {
    let (set, events) = shipped();
    let (mut variants, mut matches) = (0, 0);
    let mut put = |event: &Value| {
        variants += 1;
        matches += check(&set, event);
    };
    let changes: [&dyn Fn(&str) -> String; 3] = [&flipped, &cut, &|text| format!("{text}x")];
    for (number, event) in events.iter().enumerate() {
        put(event);
        changes.iter().flat_map(|change| with_each_text(event, change)).for_each(|event| put(&event));
        without_each_member(event).iter().for_each(&mut put);
        // With its neighbours, which are often of the same sender, and with one from afar.
        for other in [1, 2, events.len() / 2].iter().filter_map(|step| events.get((number + step) % events.len())) {
            put(&merged(event, other));
        }
    }
    println!("{} events, {variants} made of them, {matches} matches", events.len());
    assert!(events.len() > 80 && variants > 4_000 && matches > 1_000, "{} {variants} {matches}", events.len());
}
