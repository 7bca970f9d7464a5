//! Arbitrary bytes as a rule file: loaded or refused with reasons, never more.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(set) = portcullis_fuzz::load(bytes) {
        for event in [json!({}), json!({ "a": "x" }), json!({ "a": [{ "b": "x" }, null, 5] })] {
            portcullis_fuzz::assert_index_walks(&set, &event);
        }
    }
});
