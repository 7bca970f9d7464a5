//! What tests hold of a rule: named for people, and true as measured by leaving parts out.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Gap, Statuses, TestedRule, coverage, test};
use super::*;

/// Runs the tests of a folder with these files in it.
fn tested(files: &[(&str, &str)]) -> TestedRule {
    let place = tempfile::tempdir().unwrap();
    for SourceFile { name, bytes } in folder(files) {
        let path = place.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    test(place.path(), Statuses::default()).unwrap_or_else(|errors| panic!("{errors}")).remove(0)
}

/// A rule with this head and detection, and tests with these events.
fn rule(head: &str, detection: &str, events: &[Value]) -> String {
    let mut text = format!("{head}{}", detecting(detection));
    text.push_str(if events.is_empty() { "" } else { "tests:\n" });
    for (number, event) in events.iter().enumerate() {
        // What they expect is not what is looked at here.
        writeln!(text, "  - {{name: '{number}', alert: {event}, expect: none}}").unwrap();
    }
    text
}

fn check(detection: &str, events: &[Value], percent: usize, expected: &[&str]) {
    let tested = tested(&[("x.yml", &rule("sigma-version: 3\n", detection, events))]);
    let gaps: Vec<String> = tested.gaps.iter().map(Gap::text).collect();
    let gaps: Vec<&str> = gaps.iter().map(String::as_str).collect();
    assert_eq!((gaps.as_slice(), tested.coverage.percent()), (expected, percent), "{detection}");
}

const ALONE_PASSES: &str = "is never what decides: no test has an event for which it alone passes";
const ALONE_FAILS: &str = "is never what decides: no test has an event for which it alone fails";

#[test]
fn an_operand_of_and_has_to_fail_alone() {
    let detection = "  one: {a: x}\n  two: {b: x}\n  condition: one and two\n";
    let (both, first, second, none) = (json!({"a": "x", "b": "x"}), json!({"a": "x"}), json!({"b": "x"}), json!({}));
    check(detection, &[both.clone(), first.clone(), second], 100, &[]);
    check(detection, &[both.clone(), first.clone()], 75, &["`one` fails in no test"]);
    check(detection, &[both.clone(), first, none.clone()], 75, &[&format!("`one` {ALONE_FAILS}")]);
    let each = [format!("`one` {ALONE_FAILS}"), format!("`two` {ALONE_FAILS}")];
    check(detection, &[both, none], 50, &[&each[0], &each[1]]);
}

#[test]
fn an_operand_of_or_has_to_pass_alone() {
    let detection = "  one: {a: x}\n  two: {b: x}\n  condition: 1 of them\n";
    let (both, first, second, none) = (json!({"a": "x", "b": "x"}), json!({"a": "x"}), json!({"b": "x"}), json!({}));
    check(detection, &[none.clone(), first.clone(), second], 100, &[]);
    check(detection, &[none.clone(), first.clone()], 75, &["`two` passes in no test"]);
    check(detection, &[none, first, both], 75, &[&format!("`two` {ALONE_PASSES}")]);
}

#[test]
fn what_is_excluded_has_to_be_what_excludes() {
    let detection = "  one: {a: x}\n  bad: {b: x}\n  condition: one and not bad\n";
    let (good, bad, other) = (json!({"a": "x"}), json!({"a": "x", "b": "x"}), json!({"b": "x"}));
    check(detection, &[good.clone(), bad.clone(), json!({})], 100, &[]);
    check(detection, &[good.clone(), json!({})], 75, &["`bad` passes in no test"]);
    check(detection, &[good, json!({}), other], 75, &[&format!("`bad` {ALONE_PASSES}")]);
}

#[test]
fn a_group_is_named_as_it_is_written() {
    let detection = "  a: {a: x}\n  b: {b: x}\n  c: {c: x}\n  condition: (a or b) and c\n";
    let events = [json!({"a": "x", "c": "x"}), json!({"b": "x", "c": "x"}), json!({"b": "x"})];
    check(detection, &events, 83, &["`a or b` fails in no test"]);
    let all = [events.as_slice(), &[json!({"c": "x"})]].concat();
    check(detection, &all, 100, &[]);
}

#[test]
fn a_search_that_is_used_twice_may_decide_in_either_place() {
    let detection = "  a: {a: x}\n  b: {b: x}\n  c: {c: x}\n  condition: (a and b) or (a and c)\n";
    let events = [json!({"a": "x", "c": "x"}), json!({"c": "x"}), json!({"a": "x", "b": "x"}), json!({"a": "x"})];
    check(detection, &events, 100, &[]);
    check(detection, &[events[0].clone(), events[2].clone(), events[3].clone()], 85, &["`a` fails in no test"]);
}

#[test]
fn keys_values_and_alternatives_are_parts() {
    let keys = "  s: {a: x, b: y}\n  condition: s\n";
    check(keys, &[json!({"a": "x", "b": "y"}), json!({"a": "x"})], 75, &["`s: a is 'x'` fails in no test"]);
    let values = "  s: {a: [x, y]}\n  condition: s\n";
    check(values, &[json!({"a": "x"}), json!({})], 75, &["`s: a is 'y'` passes in no test"]);
    check(
        values,
        &[json!({"a": "x"}), json!({}), json!({"a": ["x", "y"]})],
        75,
        &[&format!("`s: a is 'y'` {ALONE_PASSES}")],
    );
    let all = "  s: {a|contains|all: [x, y], b: z}\n  condition: s\n";
    let events = [json!({"a": "xy", "b": "z"}), json!({"a": "x", "b": "z"}), json!({"a": "xy"})];
    check(all, &events, 83, &["`s: a is '*x*'` fails in no test"]);
    let alternatives = "  s: [{a: x}, {b: y, c: z}]\n  condition: s\n";
    let events = [json!({"a": "x", "b": "y", "c": "z"}), json!({"a": "x", "c": "z"}), json!({"c": "z"})];
    let alone = format!("`s: alternative 2` {ALONE_PASSES}");
    check(alternatives, &events, 66, &[&alone, "`s: alternative 2: c is 'z'` fails in no test"]);
    let keywords = "  s: [x, y]\n  condition: s\n";
    check(keywords, &[json!({"a": "ax"}), json!({"a": "b"})], 75, &["`s: keywords is '*y*'` passes in no test"]);
}

#[test]
fn what_is_not_wanted_is_a_part_too() {
    let detection = "  s: {a: x, b|neq: [y, z]}\n  condition: s\n";
    let events = [json!({"a": "x"}), json!({"a": "x", "b": "y"}), json!({})];
    check(detection, &events, 83, &["`s: b not is 'z'` passes in no test"]);
    check(detection, &[events.as_slice(), &[json!({"a": "x", "b": "z"})]].concat(), 100, &[]);
}

#[test]
fn the_body_of_an_array_block_is_held_by_elements() {
    let detection = "  s: {'t[any]': {k: User, id: a}}\n  condition: s\n";
    let (user, app) = (json!({"k": "User", "id": "a"}), json!({"k": "App", "id": "a"}));
    let matching = json!({"t": [app, user]});
    let open = [
        format!("`s: element` {ALONE_FAILS}"),
        format!("`s: element: k is 'user'` {ALONE_FAILS}"),
        "`s: element: id is 'a'` fails in no test".to_owned(),
    ];
    check(detection, &[matching.clone(), json!({})], 40, &[&open[0], &open[1], &open[2]]);
    let near = [json!({"t": [{"k": "App", "id": "a"}]}), json!({"t": [{"k": "User", "id": "b"}, {"k": "X"}]})];
    check(detection, &[&[matching][..], &near].concat(), 100, &[]);
    let every = "  s: {'t[all]': {k: User}, b: x}\n  condition: s\n";
    let events = [
        json!({"t": [{"k": "User"}, {"k": "User"}], "b": "x"}),
        json!({"t": [{"k": "User"}, {"k": "App"}], "b": "x"}),
        json!({"t": [{"k": "User"}]}),
    ];
    check(every, &events, 100, &[]);
    check(
        every,
        &[events[0].clone(), events[2].clone(), json!({"b": "x"})],
        80,
        &["`s: t[all]: element` fails in no test"],
    );
}

#[test]
fn a_rule_without_tests_holds_nothing_and_says_so_briefly() {
    let two = ["no test has an event that matches", "no test has an event that nearly matches"];
    check("  s: {a: x, b: y}\n  condition: s\n", &[], 0, &two);
}

#[test]
fn a_filter_is_not_the_rules_to_test() {
    let events = [json!({"a": "x"}), json!({})];
    let text = rule("", "  s: {a: x}\n  condition: s\n", &events);
    let filter =
        "title: F\nlogsource: {product: test}\nfilter:\n  rules: any\n  known: {b: y}\n  condition: not known\n";
    let tested = tested(&[("x.yml", &text), ("y.yml", filter), ("z.yml", &filter.replace("known", "other"))]);
    assert_eq!((tested.gaps.as_slice(), tested.coverage.percent()), (&[][..], 100));
}

#[test]
fn an_event_that_a_filter_takes_out_holds_nothing() {
    let events = [json!({"a": "x"}), json!({}), json!({"a": "y", "b": "y"})];
    let text = rule("", "  s: {a: [x, y]}\n  condition: s\n", &events);
    let filter =
        "title: F\nlogsource: {product: test}\nfilter:\n  rules: any\n  known: {b: y}\n  condition: not known\n";
    let tested = tested(&[("x.yml", &text), ("y.yml", filter)]);
    let gaps: Vec<String> = tested.gaps.iter().map(Gap::text).collect();
    assert_eq!(gaps, [format!("`s: a is 'y'` {ALONE_PASSES}")]);
}

/// A condition over the searches `s0`, `s1`, …, each used once.
#[derive(Debug, Clone)]
enum Tree {
    Leaf(usize),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

/// What joins operands.
type Join = fn(Vec<Tree>) -> Tree;

impl Tree {
    /// As it is written; groups in parentheses within others.
    fn text(&self) -> String {
        let joined = |parts: &[Self], by: &str| parts.iter().map(Self::grouped).collect::<Vec<_>>().join(by);
        match self {
            Self::Leaf(number) => format!("s{number}"),
            Self::Not(inner) => format!("not {}", inner.grouped()),
            Self::And(parts) => joined(parts, " and "),
            Self::Or(parts) => joined(parts, " or "),
        }
    }

    fn grouped(&self) -> String {
        match self {
            Self::And(_) | Self::Or(_) => format!("({})", self.text()),
            _ => self.text(),
        }
    }

    fn holds(&self, event: &[bool]) -> bool {
        match self {
            Self::Leaf(number) => event[*number],
            Self::Not(inner) => !inner.holds(event),
            Self::And(parts) => parts.iter().all(|part| part.holds(event)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(event)),
        }
    }

    /// Numbers the leaves from left to right.
    fn numbered(&mut self, next: &mut usize) {
        match self {
            Self::Leaf(number) => {
                *number = *next;
                *next += 1;
            }
            Self::Not(inner) => inner.numbered(next),
            Self::And(parts) | Self::Or(parts) => parts.iter_mut().for_each(|part| part.numbered(next)),
        }
    }

    /// Every tree in which one operand is left out, with the operand's name.
    fn without_one(&self) -> Vec<(String, Self)> {
        let (parts, make): (&Vec<Self>, Join) = match self {
            Self::Leaf(_) => return Vec::new(),
            Self::Not(inner) => {
                let inner = inner.without_one().into_iter();
                return inner.map(|(name, rest)| (name, Self::Not(Box::new(rest)))).collect();
            }
            Self::And(parts) => (parts, Self::And),
            Self::Or(parts) => (parts, Self::Or),
        };
        let mut all = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let mut rest = parts.to_vec();
            rest.remove(index);
            all.push((part.bare().text(), make(rest)));
            for (name, instead) in part.without_one() {
                let mut rest = parts.to_vec();
                rest[index] = instead;
                all.push((name, make(rest)));
            }
        }
        all
    }

    /// Without the negations around it, which are no parts of their own.
    fn bare(&self) -> &Self {
        match self {
            Self::Not(inner) => inner.bare(),
            other => other,
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = Just(Tree::Leaf(0));
    let tree = leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Not(Box::new(tree))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::And),
            prop::collection::vec(inner, 2..4).prop_map(Tree::Or),
        ]
    });
    tree.prop_map(|mut tree| {
        tree.numbered(&mut 0);
        tree
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The law: a part that is said to be held cannot be left out without a test coming out
    /// otherwise, and one that is not can.
    #[test]
    fn a_part_is_held_if_and_only_if_leaving_it_out_is_noticed(
        tree in trees(),
        events in prop::collection::vec(prop::collection::vec(any::<bool>(), 32), 1..8),
    ) {
        let mut leaves = 0;
        tree.clone().numbered(&mut leaves);
        let mut detection = String::new();
        (0..leaves).for_each(|n| writeln!(detection, "  s{n}: {{f{n}: x}}").unwrap());
        writeln!(detection, "  condition: {}", tree.text()).unwrap();
        let json = |event: &Vec<bool>| {
            let set = (0..leaves).filter(|n| event[*n]).map(|n| (format!("f{n}"), json!("x")));
            Value::Object(set.collect())
        };
        let all: Vec<Value> = events.iter().map(json).collect();
        let tested = tested(&[("x.yml", &rule("", &detection, &all))]);
        let open: Vec<String> = tested.gaps.iter().map(Gap::text).collect();
        for (name, mutant) in tree.without_one() {
            let is_noticed = events.iter().any(|event| mutant.holds(event) != tree.holds(event));
            let is_held = !open.iter().any(|gap| gap.starts_with(&format!("`{name}` ")));
            // What is noticed may still never pass or never fail, which is said as well.
            prop_assert!(is_noticed || !is_held, "{name} of {}: {open:?}", tree.text());
            prop_assert!(!is_noticed || !open.contains(&format!("`{name}` {ALONE_FAILS}")), "{name}: {open:?}");
            prop_assert!(!is_noticed || !open.contains(&format!("`{name}` {ALONE_PASSES}")), "{name}: {open:?}");
        }
        prop_assert_eq!(open.is_empty(), tested.coverage.percent() == 100);
    }
}

/// The same law for lists of fields, where what cannot be compared is an outcome of its own: every event
/// in which each of the fields is the same, another, or missing.
#[test]
fn a_field_of_a_list_is_held_if_and_only_if_leaving_it_out_is_noticed() {
    let fields = ["b", "c", "d"];
    let event = |number: usize| {
        let states = fields.iter().zip([number % 3, number / 3 % 3, number / 9 % 3]);
        let there = states.filter_map(|(field, state)| Some((*field, ["x", "y"].get(state)?)));
        let mut event: serde_json::Map<String, Value> =
            there.map(|(field, value)| (field.to_owned(), json!(value))).collect();
        if number < 27 {
            event.insert("a".to_owned(), json!("x"));
        }
        Value::Object(event)
    };
    for modifiers in ["fieldref", "fieldref|neq", "fieldref|all", "fieldref|all|neq"] {
        let load = |fields: &str| {
            load_rule(&detecting(&format!("  s: {{a|{modifiers}: [{fields}]}}\n  condition: s\n"))).unwrap()
        };
        let (whole, without) = (load("b, c, d"), load("c, d"));
        let (whole, without) = (&whole.detectors()[0], &without.detectors()[0]);
        for number in 0..54 {
            let event = event(number);
            let is_noticed = whole.matches(&event) != without.matches(&event);
            let shown = coverage::of(whole, std::iter::once(&event));
            let part = shown.iter().find(|shown| shown.part.contains("'b'") || shown.part.ends_with(" b"));
            let part = part.unwrap_or_else(|| panic!("{shown:?}"));
            assert!(!part.decides || is_noticed, "{modifiers} {event}: {part:?}");
            // Under `all` with `neq` a missing field is noticed and no test of what the field is.
            let is_missing = event.get("a").is_none() || event.get("b").is_none();
            assert!(
                part.decides || !is_noticed || (modifiers == "fieldref|all|neq" && is_missing),
                "{modifiers} {event}"
            );
        }
    }
}
