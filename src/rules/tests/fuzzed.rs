//! The laws of the fuzz targets in `fuzz/`, on what chance finds in a moment, so that every run of
//! the tests asks them too.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::load;
use super::*;

/// The condition's searches; each asks for a field of its own name.
const SEARCHES: [&str; 4] = ["sel", "sel_b", "_own", "other"];

/// Checks what must hold of any file's bytes, and gives the set if they load.
fn loaded(rule: &[u8]) -> Option<RuleSet> {
    let mut files = folder(&[]);
    files.push(SourceFile { name: "x.yml".to_owned(), bytes: rule.to_vec() });
    match compile(&files) {
        Ok(set) => {
            let acting = set.detectors().iter().filter(|detector| detector.rule.response.is_some());
            acting.for_each(|detector| assert!(!detector.matches(&json!({})), "acts on the empty event"));
            Some(set)
        }
        Err(errors) => {
            assert!(!errors.problems().is_empty(), "refused without a problem");
            None
        }
    }
}

fn assert_index_walks(set: &RuleSet, event: &Value) {
    let id = |rule: &super::super::Rule| rule.reference.id.clone();
    let found: Vec<_> = set.matching(event).into_iter().map(id).collect();
    let walked = set.detectors().iter().filter(|detector| detector.matches(event));
    assert_eq!(found, walked.map(|detector| id(&detector.rule)).collect::<Vec<_>>(), "{event}");
    for detector in set.detectors() {
        let title = &detector.rule.reference.title;
        assert_eq!(detector.explain(event).passes, detector.matches(event), "{title} on {event}");
    }
}

/// The good rule with some bytes replaced, left out or put in.
fn spoilt() -> impl Strategy<Value = Vec<u8>> {
    let edit = (0..ACTING.len(), 0..8_usize, proptest::collection::vec(any::<u8>(), 0..6));
    let token =
        proptest::sample::select(vec!["{", "}", "[", "]", ": ", "- ", "|", "'", "\n", "%", "*", "\\", "&a", "*a"]);
    let edits = prop_oneof![
        edit.clone(),
        (0..ACTING.len(), 0..8_usize, token).prop_map(|(at, cut, token)| (at, cut, token.as_bytes().to_vec())),
    ];
    proptest::collection::vec(edits, 1..4).prop_map(|edits| {
        let mut bytes = ACTING.as_bytes().to_vec();
        for (at, cut, put) in edits {
            let at = at.min(bytes.len());
            bytes.splice(at..(at + cut).min(bytes.len()), put);
        }
        bytes
    })
}

fn condition() -> impl Strategy<Value = String> {
    let words = [
        "and", "or", "not", "NOT", "of", "1", "all", "any", "them", "(", ")", "sel", "sel_b", "_own", "other", "sel*",
        "_*", "*", "x", "|", "2 of",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 1..9).prop_map(|words| words.join(" "))
}

fn event() -> impl Strategy<Value = Value> {
    let names = [
        "eventType",
        "target",
        "type",
        "alternateId",
        "debugContext",
        "debugData",
        "risk",
        "outcome",
        "result",
        "actor",
    ];
    let texts = ["user.risk.detect", "User", "ann@example.com", "{level=HIGH, Anomalous Geo-Distance}", "SUCCESS", ""];
    let leaf = prop_oneof![
        4 => proptest::sample::select(texts.to_vec()).prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 32, 5, move |inner| {
        let key = proptest::sample::select(names.to_vec()).prop_map(str::to_owned);
        let member = (key, inner.clone());
        prop_oneof![
            1 => proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            3 => proptest::collection::vec(member, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Every event that the searches of a condition can tell apart.
fn told_apart() -> impl Iterator<Item = Value> {
    (0..1_u8 << SEARCHES.len()).map(|bits| {
        let has = |index: usize| bits & (1 << index) != 0;
        let members = SEARCHES.iter().enumerate().filter(|(index, _)| has(*index));
        members.map(|(_, name)| ((*name).to_owned(), json!("x"))).collect::<Map<_, _>>().into()
    })
}

proptest! {
    #[test]
    fn no_bytes_of_a_rule_file_make_the_loader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = loaded(&bytes);
    }

    #[test]
    fn a_spoilt_rule_is_refused_or_still_safe(bytes in spoilt()) {
        if let Some(set) = loaded(&bytes) {
            assert_index_walks(&set, &json!({ "a": "x", "who": "a@example.com" }));
        }
    }

    #[test]
    fn a_condition_that_loads_means_the_same_to_all_who_read_it(condition in condition()) {
        let mut detection: Map<String, Value> =
            SEARCHES.iter().map(|name| ((*name).to_owned(), json!({ *name: "x" }))).collect();
        detection.insert("condition".to_owned(), condition.into());
        let rule = json!({ "title": "T", "logsource": { "product": "test" }, "detection": detection });
        if let Some(set) = loaded(rule.to_string().as_bytes()) {
            told_apart().for_each(|event| assert_index_walks(&set, &event));
        }
    }
}

/// Loaded once for many events.
#[test]
fn the_index_walks_any_event_through_the_shipped_rules() {
    let set = load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    proptest!(|(event in event())| assert_index_walks(&set, &event));
}
