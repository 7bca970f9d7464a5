//! The law that the index obeys: it finds exactly what putting the event to every rule finds, whatever
//! the order of rules, keys and values.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::{RuleSet, compile};
use super::*;

const FIELDS: [&str; 7] = ["a", "b", "a.b", "a.b.c", "c", "d e", ".b"];

fn field() -> impl Strategy<Value = String> {
    proptest::sample::select(&FIELDS[..]).prop_map(str::to_owned)
}

/// Texts of few characters, so that they meet; some with wildcards, some that are numbers, one that
/// folds to another length.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[xyXY]{0,4}",
        "[xy*?]{1,4}",
        proptest::sample::select(vec![
            "5",
            "5.0",
            "05",
            "true",
            "-x",
            "/x y",
            "\u{212a}",
            "k",
            "ß",
            "İx",
            "2026-11-21T04:05:06Z",
            "10.17.2.3",
            "::FFFF:10.17.2.3",
            "0:0:0:0:0:FfFf:0a11:203"
        ])
        .prop_map(str::to_owned),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-2_i64..8).prop_map(Value::from),
        1 => proptest::sample::select(vec![5.0, 1.5, 0.0, -0.0, 1_152_921_504_606_846_976.0]).prop_map(Value::from),
        1 => proptest::sample::select(vec![1_i64 << 60, (1 << 60) + 1, i64::MIN]).prop_map(Value::from),
    ]
}

fn texts() -> impl Strategy<Value = Value> {
    proptest::collection::vec(text(), 1..3).prop_map(Value::from)
}

/// Some with texts that have to be there.
const EXPRESSIONS: &[&str] =
    &["xyx+", "(?i)[xz]yX", "/x y|true", r"2026-(11|12)-\d\d", "^11529215046068[0-9]{5}$", "(?i)\u{212a}|x.x", "10.17"];

const NETWORKS: &[&str] = &["10.0.0.0/8", "10.16.0.0/12", "10.17.2.3", "::/0", "::ffff:10.17.0.0/112"];

/// A key of a search with values that its modifiers take.
fn item() -> impl Strategy<Value = (String, Value)> {
    let plain =
        (field(), proptest::collection::vec(scalar(), 0..3)).prop_map(|(field, values)| (field, Value::from(values)));
    let worded = proptest::sample::select(vec![
        "|contains",
        "|startswith",
        "|endswith",
        "|contains|all",
        "|cased",
        "|neq",
        "|contains|neq",
        "|windash|contains",
        "|base64offset|contains",
    ]);
    let worded = (field(), worded, texts()).prop_map(|(field, modifier, texts)| (format!("{field}{modifier}"), texts));
    let special = prop_oneof![
        (field(), -1_i64..7).prop_map(|(field, number)| (format!("{field}|gte"), json!(number))),
        (field(), any::<bool>()).prop_map(|(field, is_there)| (format!("{field}|exists"), json!(is_there))),
        (field(), "[xy]{1,2}").prop_map(|(field, text)| (format!("{field}|re"), json!(text))),
        (field(), proptest::sample::select(EXPRESSIONS)).prop_map(|(field, text)| (format!("{field}|re"), json!(text))),
        proptest::sample::select(EXPRESSIONS).prop_map(|text| ("|re".to_owned(), json!(text))),
        (field(), proptest::sample::select(NETWORKS)).prop_map(|(field, text)| (format!("{field}|cidr"), json!(text))),
        (field(), field()).prop_map(|(field, other)| (format!("{field}|fieldref"), json!(other))),
        (field(), 3_i64..6).prop_map(|(field, hour)| (format!("{field}|hour"), json!(hour))),
        (texts()).prop_map(|texts| ("|all".to_owned(), texts)),
        ("[ab]", field(), text()).prop_map(|(array, field, text)| (format!("{array}[any]"), json!({ field: text }))),
        ("[ab]", field(), text()).prop_map(|(array, field, text)| (format!("{array}[none]"), json!({ field: text }))),
        ("[ab]", text()).prop_map(|(array, text)| (format!("{array}[all]|contains"), json!(text))),
    ];
    prop_oneof![3 => plain, 3 => worded, 2 => special]
}

fn search() -> impl Strategy<Value = Value> {
    let map = || {
        proptest::collection::vec(item(), 1..4)
            .prop_map(|items| Value::Object(items.into_iter().collect::<Map<_, _>>()))
    };
    prop_oneof![
        4 => map(),
        1 => proptest::collection::vec(map(), 1..3).prop_map(Value::from),
        1 => proptest::collection::vec("[xy]{1,3}", 1..3).prop_map(Value::from),
    ]
}

fn rule() -> impl Strategy<Value = String> {
    let condition = proptest::sample::select(vec![
        "s1",
        "s1 and s2",
        "s1 or s2",
        "s1 and not s2",
        "not s1",
        "1 of them",
        "all of them",
        "not (s1 and s2)",
        "(s1 or s2) and not (s1 and s2)",
    ]);
    (search(), search(), condition)
        .prop_map(|(first, second, condition)| json!({ "s1": first, "s2": second, "condition": condition }).to_string())
}

fn event() -> impl Strategy<Value = Value> {
    let leaf = scalar();
    let tree = leaf.prop_recursive(3, 24, 4, |inner| {
        let key = prop_oneof![8 => "[abc]", 2 => field(), 1 => Just(String::new())];
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            2 => proptest::collection::vec((key, inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    });
    proptest::collection::vec((field(), tree), 1..5)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

/// Rules that load; those with a value that means nothing under its modifiers are left out.
fn set(rules: &[String]) -> RuleSet {
    let text = |(number, detection): (usize, &String)| {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let rule = format!(
            "title: R{number}\nid: {id}\nsigma-version: 3\nlogsource: {{product: test}}\ndetection: {detection}\n"
        );
        load_rule(&rule).is_ok().then(|| (format!("{number}.yml"), rule))
    };
    let good: Vec<(String, String)> = rules.iter().enumerate().filter_map(text).collect();
    let files: Vec<(&str, &str)> = good.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    compile(&folder(&files)).unwrap()
}

fn titles<'r>(rules: impl IntoIterator<Item = &'r super::super::Rule>) -> Vec<String> {
    let mut titles: Vec<String> = rules.into_iter().map(|rule| rule.reference.title.clone()).collect();
    titles.sort();
    titles
}

/// Corners that chance seldom finds.
#[test]
fn the_index_finds_numbers_foreign_letters_and_ends() {
    for (search, event) in [
        (json!({ "a": 5.0 }), json!({ "a": "5.0" })),
        (json!({ "a": 5.0 }), json!({ "a": 5 })),
        (json!({ "a": 5 }), json!({ "a": 5.0 })),
        (json!({ "a|contains": "ΟΔΟΣ" }), json!({ "a": "ΟΔΟΣ" })),
        (json!({ "a": "İstanbul" }), json!({ "a": "İSTANBUL" })),
        (json!({ "a|endswith": "y" }), json!({ "a": "xy" })),
        (json!({ "a|startswith": "x" }), json!({ "a": "xy" })),
        (json!({ "a.b": "x" }), json!({ "a": [{ "b": ["y", "x"] }] })),
        (json!({ "a[any]": { "b": "x" } }), json!({ "a": [{ "b": "x" }] })),
        (json!({ "a": 0 }), json!({ "a": -0.0 })),
        (json!({ "a": -0.0 }), json!({ "a": 0 })),
        (json!({ "a": 1_152_921_504_606_846_976_i64 }), json!({ "a": 1_152_921_504_606_846_976.0 })),
        (json!({ "a": 1_152_921_504_606_846_976.0 }), json!({ "a": 1_152_921_504_606_846_976_i64 })),
        (json!({ "a": 0.0 }), json!({ "a": "0.0" })),
        (json!({ ".b": "x" }), json!({ "": { "b": "x" } })),
        (json!({ "..b": "x" }), json!({ "": { "": { "b": "x" } } })),
        (json!({ ".b[any]": { "c": "x" } }), json!({ "": { "b": [{ "c": "x" }] } })),
        (json!({ "a": "" }), json!({ "a": "" })),
        (json!({ "a|contains": "" }), json!({ "a": "x" })),
        (json!({ "a|exists": true }), json!({ "a": [] })),
    ] {
        let set = set(&[json!({ "s": search, "condition": "s" }).to_string()]);
        assert_eq!(set.detectors().len(), 1, "{search}");
        assert!(set.detectors()[0].matches(&event), "{search} on {event}");
        assert_eq!(set.matching(&event).len(), 1, "{search} on {event}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_index_finds_what_a_walk_of_every_rule_finds(
        rules in proptest::collection::vec(rule(), 1..12),
        events in proptest::collection::vec(event(), 1..12),
    ) {
        let set = set(&rules);
        for event in &events {
            let walked = set.detectors().iter().filter(|detector| detector.matches(event));
            let walked = titles(walked.map(|detector| &detector.rule));
            prop_assert_eq!(titles(set.matching(event)), walked.clone(), "{}", event);
            let evaluated = set.evaluate(&alert(event.clone()));
            prop_assert_eq!(titles(evaluated.matches.iter().map(|found| found.rule)), walked);
        }
    }

    #[test]
    fn f15_the_order_of_rules_and_another_rule_change_nothing(
        mut rules in proptest::collection::vec(rule(), 2..8),
        event in event(),
    ) {
        let id_of = |rules: &[String]| set(rules).matching(&event).len();
        let all = id_of(&rules);
        let last = rules.pop().unwrap();
        let without = id_of(&rules);
        prop_assert_eq!(all, without + id_of(std::slice::from_ref(&last)));
        rules.insert(0, last);
        rules.reverse();
        prop_assert_eq!(all, id_of(&rules));
    }
}
