//! Arbitrary events against the shipped rules and one rule for each corner of the language: the index
//! finds what a walk finds, and nothing panics, whatever the event holds.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use portcullis::rules::{RuleSet, load};
use serde_json::{Map, Value};

/// Searches on few fields and values, so that events meet them.
const SEARCHES: [&str; 24] = [
    "{a: x}",
    "{a: ['x*', '*y', 'x?y']}",
    "{a: null}",
    "{a: ''}",
    "{a: 5}",
    "{a: 5.5}",
    "{a: true}",
    "{a|contains: xy}",
    "{a|contains|all: [x, y]}",
    "{a|startswith: ß, b|endswith: İ}",
    "{a|cased: K}",
    "{a|neq: x, b: y}",
    "{a.b|exists: true}",
    "{a.b.c|re: '^x+$'}",
    "{a.b|cidr: '10.0.0.0/8'}",
    "{a|gte: 5}",
    "{a|fieldref: b}",
    "{a|base64offset|contains: xyz}",
    "{a|windash|contains: ' -x'}",
    "{a|hour: 4}",
    "[xy, 'y*x']",
    "{'a[any]': {b: x, c: y}}",
    "{'a[all]|contains': x}",
    "{'a[none]': {b: x}, b: y}",
];
const KEYS: [&str; 9] = ["a", "b", "c", "a.b", "target", "type", "alternateId", "eventType", "debugContext"];
const TEXTS: [&str; 14] =
    ["x", "y", "xy", "xxy", "X", "ß", "SS", "İ", "\u{212a}", "5", "5.5", "10.1.2.3", "2026-11-21T04:05:06Z", "a /x"];
const DEPTH_MAX: u32 = 6;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Unstructured::new(bytes);
    if let Ok(event) = event(&mut bytes, 0) {
        let (shipped, corners) = sets();
        portcullis_fuzz::assert_index_walks(shipped, &event);
        portcullis_fuzz::assert_index_walks(corners, &event);
    }
});

fn sets() -> &'static (RuleSet, RuleSet) {
    static SETS: OnceLock<(RuleSet, RuleSet)> = OnceLock::new();
    SETS.get_or_init(|| {
        let shipped = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules")).expect("the shipped rules load");
        let rule = |(number, search): (usize, &&str)| {
            format!(
                "title: T{number}\nsigma-version: 3\nlogsource: {{product: test}}\ndetection:\n  s: {search}\n  condition: s\n"
            )
        };
        let corners: Vec<String> = SEARCHES.iter().enumerate().map(rule).collect();
        let corners = portcullis_fuzz::load(corners.join("---\n").as_bytes()).expect("the corners load");
        (shipped, corners)
    })
}

fn event(bytes: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    Ok(match bytes.int_in_range(0..=if depth < DEPTH_MAX { 9 } else { 6 })? {
        0 => Value::Null,
        1 => bytes.arbitrary::<bool>()?.into(),
        2 => bytes.int_in_range(-2_i64..=8)?.into(),
        3 => bytes.arbitrary::<f64>()?.into(),
        4 => bytes.arbitrary::<&str>()?.into(),
        5 | 6 => (*bytes.choose(&TEXTS)?).into(),
        7 => {
            let length = bytes.int_in_range(0..=4)?;
            (0..length).map(|_| event(bytes, depth + 1)).collect::<Result<Vec<_>>>()?.into()
        }
        _ => {
            let mut members = Map::new();
            for _ in 0..bytes.int_in_range(0..=5)? {
                let key = match bytes.int_in_range(0..=15)? {
                    0 => bytes.arbitrary::<&str>()?,
                    _ => bytes.choose(&KEYS)?,
                };
                members.insert(key.to_owned(), event(bytes, depth + 1)?);
            }
            members.into()
        }
    })
}
