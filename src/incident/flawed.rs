//! Reads a JSON document of which parts are not strict: they are marked, so that what stands beside them can be read.

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

/// Marks what alone makes a document too large, if anything does: each of its other parts is small enough.
///
/// # Errors
/// Nothing does, or the whole.
fn with_few_values(mut document: Value) -> Result<Value, NotStrict> {
    loop {
        let (values, _) = counts(&document);
        let Some(excess) = values.checked_sub(VALUES_MAX + 1) else { return Ok(document) };
        let part = largest(&mut document, excess).ok_or(NotStrict::Limits)?;
        let text = part.to_string();
        *part = mark(NotStrict::Limits, &text);
    }
}

/// The smallest part without which a document has that many values less, if it is not the whole.
fn largest(whole: &mut Value, excess: usize) -> Option<&mut Value> {
    let parts: Box<dyn Iterator<Item = &mut Value>> = match whole {
        Value::Array(elements) => Box::new(elements.iter_mut()),
        Value::Object(members) => Box::new(members.values_mut()),
        _ => return None,
    };
    // A mark counts as one value.
    let is_enough = |part: &Value| counts(part).0 > excess + 1;
    let part = parts.max_by_key(|part| counts(part).0).filter(|part| is_enough(part))?;
    let is_any_smaller = match &*part {
        Value::Array(elements) => elements.iter().any(is_enough),
        Value::Object(members) => members.values().any(is_enough),
        _ => false,
    };
    if is_any_smaller { largest(part, excess) } else { Some(part) }
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
        let rows = vec![format!("[{}]", vec!["0"; 1_999].join(",")); 26].join(",");
        let small = format!("[{},1e30]", vec!["[0,0]"; 1_999].join(","));
        assert!(parse_around(small.as_bytes()).is_ok());
        let many = format!("[{}]", vec![format!("[{}]", vec!["[0,0]"; 100].join(",")); 200].join(","));
        assert_eq!(parse_around(many.as_bytes()), Err(NotStrict::Limits), "too large as a whole");
        // Too large by one part alone, which is marked.
        let (document, flaws) = parse_around(format!("[{GOOD},{{\"rows\":[{rows}]}},{GOOD}]").as_bytes()).unwrap();
        assert_eq!((flaws, reasons(&document)), (1, vec![NotStrict::Limits]));
        assert_eq!(document[0], document[2]);
        let deep = "[".repeat(100_000);
        assert_eq!(parse_around(deep.as_bytes()), Err(NotStrict::Syntax));
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
