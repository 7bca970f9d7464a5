//! Reads a JSON document of which parts are not strict: they are marked, so that what stands beside them can be read.

use std::cmp::Reverse;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::json::{DEPTH_MAX, ELEMENTS_MAX, MEMBERS_MAX, NotStrict, VALUES_MAX, check_name, parse_at};

/// The only member of a mark. No document has such a name, as it is one that our parser gives a meaning to.
const MARK: &str = "$serde_json::private::NotStrict";

/// The document with each part that is not strict replaced by a mark of its text, and how many those are: as small
/// parts as there can be, such as one number or text, or the object that says a name twice.
///
/// # Errors
/// It is no JSON by RFC 8259, nothing of it is strict, or it is too large as a whole.
pub fn parse_around(bytes: &[u8]) -> Result<(Value, usize), NotStrict> {
    let text = str::from_utf8(bytes).map_err(|_| NotStrict::Syntax)?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| NotStrict::Syntax)?;
    let document = around(raw, 0);
    if let Some(reason) = first_flaw(&document).filter(|_| is_mark(&document)) {
        return Err(reason);
    }
    let document = with_few_values(document)?;
    let flaws = flaws(&document);
    Ok((document, flaws))
}

/// Marks what makes a document too large: the smallest part without which it is not, or, where that is a list, the
/// largest of its elements.
///
/// # Errors
/// There is no such part but the whole.
fn with_few_values(mut document: Value) -> Result<Value, NotStrict> {
    let excess = counts(&document).0.saturating_sub(VALUES_MAX);
    if excess == 0 || mark_smallest(&mut document, excess) { Ok(document) } else { Err(NotStrict::Limits) }
}

/// Marks as little of what is inside a part as makes it so many values less; `false` when only the whole does.
fn mark_smallest(part: &mut Value, excess: usize) -> bool {
    let is_list = part.is_array();
    let inside: Box<dyn Iterator<Item = &mut Value>> = match part {
        Value::Array(elements) => Box::new(elements.iter_mut()),
        Value::Object(members) => Box::new(members.values_mut()),
        _ => return false,
    };
    // A mark counts as one value.
    let mut inside: Vec<(usize, &mut Value)> = inside.map(|part| (counts(part).0 - 1, part)).collect();
    inside.sort_by_key(|(saves, _)| Reverse(*saves));
    let enough = inside.iter().scan(0, |saved, (saves, _)| {
        *saved += saves;
        Some(*saved)
    });
    match enough.take_while(|saved| *saved < excess).count() {
        few if few >= inside.len() => false,
        0 => {
            for (_, largest) in inside.into_iter().take(1) {
                if !mark_smallest(largest, excess) {
                    mark_whole(largest);
                }
            }
            true
        }
        _ if !is_list => false,
        several => {
            inside.into_iter().take(several + 1).for_each(|(_, part)| mark_whole(part));
            true
        }
    }
}

fn mark_whole(part: &mut Value) {
    *part = mark(NotStrict::Limits, &part.to_string());
}

/// How many marked parts there are in a document that was read so.
#[must_use]
pub fn flaws(document: &Value) -> usize {
    counts(document).1
}

/// What is wrong with the first marked part of a document that was read so, if it has one.
#[must_use]
pub fn first_flaw(document: &Value) -> Option<NotStrict> {
    match document {
        Value::Object(members) => match members.get(MARK) {
            Some(reason) => reason.as_str().and_then(|reason| reason.split(' ').next()).and_then(of_code),
            None => members.values().find_map(first_flaw),
        },
        Value::Array(elements) => elements.iter().find_map(first_flaw),
        _ => None,
    }
}

/// A part that lies so deep. What is strict is taken as it is, what is not is taken apart.
fn around(raw: &RawValue, depth: usize) -> Value {
    let text = raw.get();
    let reason = match parse_at(text, depth) {
        Ok(value) => return value,
        Err(reason) => reason,
    };
    let (inside, too_deep) = (depth + 1, depth >= DEPTH_MAX);
    match text.as_bytes().first() {
        Some(b'[' | b'{') if too_deep => mark(NotStrict::Limits, text),
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(elements) if elements.len() <= ELEMENTS_MAX => {
                Value::Array(elements.into_iter().map(|element| around(element, inside)).collect())
            }
            Ok(_) => mark(NotStrict::Limits, text),
            Err(_) => mark(reason, text),
        },
        Some(b'{') => match serde_json::from_str::<Members<'_>>(text) {
            Ok(Members(members)) => match named(members) {
                Ok(members) => {
                    let members = members.into_iter().map(|(name, value)| (name, around(value, inside)));
                    Value::Object(members.collect())
                }
                Err(reason) => mark(reason, text),
            },
            // A name that no text can be.
            Err(_) => mark(reason, text),
        },
        _ => mark(reason, text),
    }
}

/// An object's members as they stand there.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = members.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Pairs).map(Self)
    }
}

/// # Errors
/// A name is there twice, or is none that an object may have.
fn named(members: Vec<(String, &RawValue)>) -> Result<Vec<(String, &RawValue)>, NotStrict> {
    if members.len() > MEMBERS_MAX {
        return Err(NotStrict::Limits);
    }
    let mut names = std::collections::BTreeSet::new();
    for (name, _) in &members {
        check_name(name)?;
        if !names.insert(name.as_str()) {
            return Err(NotStrict::DuplicateKey);
        }
    }
    Ok(members)
}

/// Its text stands there, so that nothing of it is lost, and two that are not the same do not look it.
fn mark(reason: NotStrict, text: &str) -> Value {
    Value::Object(Map::from_iter([(MARK.to_owned(), Value::String(format!("{} {text}", code(reason))))]))
}

fn is_mark(value: &Value) -> bool {
    value.get(MARK).is_some()
}

/// How many values there are, and how many marks.
fn counts(value: &Value) -> (usize, usize) {
    let sum = |(values, flaws): (usize, usize), of: (usize, usize)| (values + of.0, flaws + of.1);
    match value {
        _ if is_mark(value) => (1, 1),
        Value::Array(elements) => elements.iter().map(counts).fold((1, 0), sum),
        Value::Object(members) => members.values().map(counts).fold((1, 0), sum),
        _ => (1, 0),
    }
}

const ALL: [NotStrict; 5] =
    [NotStrict::Syntax, NotStrict::DuplicateKey, NotStrict::ReservedKey, NotStrict::Limits, NotStrict::Number];

fn code(reason: NotStrict) -> &'static str {
    match reason {
        NotStrict::Syntax => "syntax",
        NotStrict::DuplicateKey => "duplicate_key",
        NotStrict::ReservedKey => "reserved_key",
        NotStrict::Limits => "limits",
        NotStrict::Number => "number",
    }
}

fn of_code(text: &str) -> Option<NotStrict> {
    ALL.into_iter().find(|reason| code(*reason) == text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json::parse;
    use super::*;

    const GOOD: &str = r#"{"a":1}"#;

    fn reasons(document: &Value) -> Vec<NotStrict> {
        match document {
            Value::Array(elements) => elements.iter().filter_map(first_flaw).collect(),
            _ => first_flaw(document).into_iter().collect(),
        }
    }

    #[test]
    fn c10_c19_c20_what_is_odd_in_one_element_takes_nothing_from_the_others() {
        let many = format!("{{{}}}", (0..2_001).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(","));
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        for (odd, reason) in [
            ("1e30", NotStrict::Number),
            ("18446744073709551616", NotStrict::Number),
            (r#"{"b":[1e30]}"#, NotStrict::Number),
            (r#"{"b":"\ud800"}"#, NotStrict::Syntax),
            (r#"{"\ud800":1}"#, NotStrict::Syntax),
            (r#"{"b":{"c":1,"\u0063":2}}"#, NotStrict::DuplicateKey),
            (r#"{"$serde_json::private::NotStrict":"number x"}"#, NotStrict::ReservedKey),
            (&deep, NotStrict::Limits),
            (&many, NotStrict::Limits),
            (&format!("{{\"{}\":1}}", "n".repeat(257)), NotStrict::Limits),
            (&format!("[{}]", vec!["0"; 2_001].join(",")), NotStrict::Limits),
        ] {
            let (document, flaws) = parse_around(format!("[{GOOD},{odd},{GOOD}]").as_bytes()).unwrap();
            assert_eq!((flaws, reasons(&document)), (1, vec![reason]), "{odd:.60}");
            assert_eq!((&document[0], &document[2]), (&parse(GOOD.as_bytes()).unwrap(), &document[0]), "{odd:.60}");
            let (beside, _) = parse_around(format!("{{\"x\":{odd},\"y\":{GOOD}}}").as_bytes()).unwrap();
            assert_eq!(beside["y"], document[0], "{odd:.60}");
        }
    }

    #[test]
    fn two_flaws_that_are_not_the_same_do_not_look_it() {
        let read = |text: &str| parse_around(text.as_bytes()).unwrap().0;
        assert_ne!(read("[1e30]"), read("[1e31]"));
        assert_eq!(read("[1e30]"), read(" [ 1e30 ] "));
    }

    #[test]
    fn what_is_no_json_is_none_in_any_part() {
        for text in ["", "[1,", "[1e30", "{}{}", "[1,]", "[nul]", "[\"\n\"]", "{\"a\" 1}", r#"["\x"]"#] {
            assert_eq!(parse_around(text.as_bytes()), Err(NotStrict::Syntax), "{text:?}");
        }
        assert_eq!(parse_around(b"[\"\xff\"]"), Err(NotStrict::Syntax));
        assert_eq!(parse_around(b"1e30"), Err(NotStrict::Number), "nothing of it is strict");
        assert_eq!(parse_around(br#"{"a":1,"a":2}"#), Err(NotStrict::DuplicateKey));
        let small = format!("[{},1e30]", vec!["[0,0]"; 1_999].join(","));
        assert!(parse_around(small.as_bytes()).is_ok());
        let many = format!("[{}]", vec![format!("[{}]", vec!["[0,0]"; 100].join(",")); 200].join(","));
        assert_eq!(
            parse_around(format!("{{\"a\":{many},\"b\":{many}}}").as_bytes()),
            Err(NotStrict::Limits),
            "as a whole"
        );
        let deep = "[".repeat(100_000);
        assert_eq!(parse_around(deep.as_bytes()), Err(NotStrict::Syntax));
    }

    /// Events with so many values in rows of 1,000.
    fn large(rows: usize) -> String {
        format!("{{\"rows\":[{}]}}", vec![format!("[{}]", vec!["0"; 1_000].join(",")); rows].join(","))
    }

    #[test]
    fn the_largest_are_marked_where_all_together_are_too_many() {
        let wrap = |list: &str| [list.to_owned(), format!("{{\"data\":{{\"events\":{list}}}}}")];
        for (sizes, marked) in [
            (vec![52], vec![0]),
            (vec![26, 27], vec![1]),
            (vec![30, 45, 30, 14], vec![0, 1]),
            (vec![20, 20, 20, 20, 20], vec![0, 1, 2]),
        ] {
            let events: Vec<String> = sizes.into_iter().map(large).collect();
            for text in wrap(&format!("[{},{GOOD}]", events.join(","))) {
                let (document, _) = parse_around(text.as_bytes()).unwrap();
                let list = document.pointer("/data/events").unwrap_or(&document).as_array().unwrap();
                let is_flawed = |at: &usize| flaws(&list[*at]) > 0;
                assert_eq!((0..list.len()).filter(is_flawed).collect::<Vec<_>>(), marked, "{text:.30}");
                assert!(counts(&document).0 <= VALUES_MAX);
            }
        }
    }

    proptest! {
        /// What is strict is read as it always is, and what is marked is not strict.
        #[test]
        fn a_strict_document_has_no_flaw_and_any_other_has(text in "[\\[\\]{}:,\"a1e90\\\\ud]{0,40}") {
            match (parse(text.as_bytes()), parse_around(text.as_bytes())) {
                (Ok(strict), around) => prop_assert_eq!(around, Ok((strict, 0))),
                (Err(_), Ok((_, flaws))) => prop_assert!(flaws > 0),
                (Err(_), Err(_)) => {}
            }
        }
    }
}
