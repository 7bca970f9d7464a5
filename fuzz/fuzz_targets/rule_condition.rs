//! Arbitrary text as the condition of a rule with four searches: what loads means the same to the
//! index, to the evaluator and to its explanation, on every event that those searches can tell apart.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

const SEARCHES: [&str; 4] = ["sel", "sel_b", "_own", "other"];

fuzz_target!(|condition: &str| {
    let mut detection: Map<String, Value> =
        SEARCHES.iter().map(|name| ((*name).to_owned(), json!({ *name: "x" }))).collect();
    detection.insert("condition".to_owned(), condition.into());
    let rule = json!({ "title": "T", "logsource": { "product": "test" }, "detection": detection });
    let Ok(set) = portcullis_fuzz::load(rule.to_string().as_bytes()) else { return };
    for bits in 0..1_u8 << SEARCHES.len() {
        let has = |index: usize| bits & (1 << index) != 0;
        let event: Map<String, Value> = SEARCHES
            .iter()
            .enumerate()
            .filter(|(index, _)| has(*index))
            .map(|(_, name)| ((*name).to_owned(), "x".into()))
            .collect();
        portcullis_fuzz::assert_index_walks(&set, &event.into());
    }
});
