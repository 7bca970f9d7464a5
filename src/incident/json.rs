//! Reads JSON strictly: whatever two readers could understand differently is refused.
//!
//! `serde_json` does the parsing; this adds what it leaves open. Its own `Value` keeps the last of
//! two equal names and turns large integers into floats, both silently.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// How deep arrays and objects may lie in each other.
pub(super) const DEPTH_MAX: usize = 32;
/// The most members of one object.
pub(super) const MEMBERS_MAX: usize = 2_000;
/// The most elements of one array.
pub(super) const ELEMENTS_MAX: usize = 2_000;
/// The most values in a document: a full batch of events with all their members.
pub(super) const VALUES_MAX: usize = 50_000;
/// The longest name of a member, in bytes.
const NAME_BYTES_MAX: usize = 256;
/// The longest text, in bytes: as long as a body can be. A browser's own words stand in texts, and whoever sends
/// long ones must not be able to have an alert refused.
const TEXT_BYTES_MAX: usize = 512 * 1024;
/// Names by which `serde_json` smuggles other things through its data model. Stored and read again,
/// a member of such a name would come back as something else.
const RESERVED_PREFIX: &str = "$serde_json::private::";
/// From here on, up and down, a number that arrives as a float may have been an integer that was not
/// kept exactly.
const FLOAT_UPPER: f64 = 18_446_744_073_709_551_616.0;
const FLOAT_LOWER: f64 = -9_223_372_036_854_775_808.0;

/// Why a text is not taken as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotStrict {
    /// Not JSON by RFC 8259 in UTF-8, or something after it.
    #[error("it is not one JSON document")]
    Syntax,
    /// An object says the same name twice, so that two readers may see two things.
    #[error("an object has the same name twice")]
    DuplicateKey,
    /// An object uses a name our own parser gives a meaning to.
    #[error("an object uses a reserved name")]
    ReservedKey,
    /// Too deep, too many members, or a name or text that is too long.
    #[error("the document is too deep or too large")]
    Limits,
    /// A number that would be changed by being stored.
    #[error("a number is out of the exact range")]
    Number,
}

/// The one JSON document in `bytes`, as the bodies of alerts are read: with no name twice in an object,
/// no number that would be changed, and neither too deep nor too large.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<Value, NotStrict> {
    // Once for the whole document is quicker than once for each text in it.
    parse_at(str::from_utf8(bytes).map_err(|_| NotStrict::Syntax)?, 0)
}

/// The same of a part that lies so deep in its document.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn parse_at(text: &str, depth: usize) -> Result<Value, NotStrict> {
    let watch = Watch::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let document = Element { watch: &watch, depth }.deserialize(&mut reader);
    let whole = document.and_then(|document| reader.end().map(|()| document));
    whole.map_err(|_| watch.problem.get().unwrap_or(NotStrict::Syntax))
}

/// What is watched over a whole document.
#[derive(Default)]
struct Watch {
    values: Cell<usize>,
    /// Why we stopped, as the parser's error cannot carry it.
    problem: Cell<Option<NotStrict>>,
}

impl Watch {
    fn refuse<T, E: Error>(&self, problem: NotStrict) -> Result<T, E> {
        self.problem.set(Some(problem));
        Err(E::custom(problem))
    }

    fn limit<E: Error>(&self, count: usize, max: usize) -> Result<(), E> {
        if count > max { self.refuse(NotStrict::Limits) } else { Ok(()) }
    }
}

/// One value at some depth.
#[derive(Clone, Copy)]
struct Element<'w> {
    watch: &'w Watch,
    depth: usize,
}

impl Element<'_> {
    fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.watch.values.set(self.watch.values.get() + 1);
        self.watch.limit(self.watch.values.get(), VALUES_MAX)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let safe = value > FLOAT_LOWER && value < FLOAT_UPPER;
        match Number::from_f64(value).filter(|_| safe) {
            Some(number) => Ok(Value::Number(number)),
            None => self.watch.refuse(NotStrict::Number),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.watch.limit(text.len(), TEXT_BYTES_MAX)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let element = self.inside();
        self.watch.limit(element.depth, DEPTH_MAX)?;
        let mut array = Vec::new();
        while let Some(value) = elements.next_element_seed(element)? {
            array.push(value);
            self.watch.limit(array.len(), ELEMENTS_MAX)?;
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let element = self.inside();
        self.watch.limit(element.depth, DEPTH_MAX)?;
        let mut object = Map::new();
        while let Some(name) = members.next_key_seed(Name(self.watch))? {
            let count = object.len() + 1;
            let Entry::Vacant(place) = object.entry(name) else {
                return self.watch.refuse(NotStrict::DuplicateKey);
            };
            self.watch.limit(count, MEMBERS_MAX)?;
            place.insert(members.next_value_seed(element)?);
        }
        Ok(Value::Object(object))
    }
}

/// A member's name, with its escapes resolved.
struct Name<'w>(&'w Watch);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<String, E> {
        match check_name(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(problem) => self.0.refuse(problem),
        }
    }
}

/// # Errors
/// No member may have this name.
pub(super) fn check_name(name: &str) -> Result<(), NotStrict> {
    match name {
        _ if name.len() > NAME_BYTES_MAX => Err(NotStrict::Limits),
        _ if name.starts_with(RESERVED_PREFIX) => Err(NotStrict::ReservedKey),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: impl AsRef<[u8]>) -> NotStrict {
        let text = text.as_ref();
        match parse(text) {
            Err(problem) => problem,
            Ok(value) => panic!("{:?} was taken as {value}", String::from_utf8_lossy(text)),
        }
    }

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn c10_a_duplicate_name_is_refused_at_every_depth() {
        for text in
            [r#"{"user":"alice","user":"bob"}"#, r#"{"user":1,"user":1}"#, r#"{"a":[{"b":{"user":1,"x":2,"user":3}}]}"#]
        {
            assert_eq!(refused(text), NotStrict::DuplicateKey, "{text}");
        }
        assert!(parse(br#"{"a":{"user":1},"b":{"user":2}}"#).is_ok());
    }

    #[test]
    fn c11_a_duplicate_name_hidden_by_an_escape_is_refused() {
        assert_eq!(refused(r#"{"user":"alice","\u0075ser":"bob"}"#), NotStrict::DuplicateKey);
    }

    #[test]
    fn c12_names_are_never_compared_without_case() {
        let value = parse(br#"{"user":"alice","User":"bob"}"#).unwrap();
        assert_eq!(value["user"], "alice");
    }

    #[test]
    fn c15_c16_what_is_not_one_document_is_refused() {
        for text in [
            "",
            " \n",
            "{}{}",
            "{} x",
            "[1,]",
            r#"{"a":1,}"#,
            "{'a':1}",
            "// c\n{}",
            "/* c */{}",
            "NaN",
            "Infinity",
            "-Infinity",
            "nul",
            "tru",
            "+1",
            "01",
            ".5",
            "1.",
            "0x1",
            "\"\n\"",
            "\"\t\"",
            r#""\x""#,
            "{1:2}",
            "{\"a\"}",
        ] {
            assert_eq!(refused(text), NotStrict::Syntax, "{text:?}");
        }
    }

    #[test]
    fn c17_bytes_that_are_not_utf_8_are_refused() {
        let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [
            b"\xef\xbb\xbf{}".as_slice(),
            &utf16,
            b"\"\xff\"",
            b"\"\xc0\xaf\"",
            b"\"\xed\xa0\x80\"",
            br#""\ud800""#,
            br#""\ud800x""#,
            br#""\udc00\ud800""#,
            br#"{"\ud800":1}"#,
            b"{\"\xff\":1}",
        ] {
            assert_eq!(refused(bytes), NotStrict::Syntax, "{bytes:x?}");
        }
        assert_eq!(parse(br#""\ud83d\ude00""#), Ok("😀".into()));
    }

    #[test]
    fn c18_depth_is_bounded_without_a_deep_stack() {
        assert!(parse(nested(32).as_bytes()).is_ok());
        for depth in [33, 128, 200, 100_000] {
            assert_eq!(refused(nested(depth)), NotStrict::Limits, "{depth}");
            assert_eq!(refused("[".repeat(depth)), NotStrict::Limits, "{depth}");
            assert_eq!(refused(r#"{"a":"#.repeat(depth)), NotStrict::Limits, "{depth}");
        }
    }

    #[test]
    fn c19_members_elements_names_and_texts_are_bounded() {
        let object = |members: usize| {
            let members: Vec<_> = (0..members).map(|number| format!("\"{number}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        let array = |elements: usize| format!("[{}]", vec!["0"; elements].join(","));
        let name = |bytes: usize| format!("{{\"{}\":0}}", "n".repeat(bytes));
        let text = |bytes: usize| format!("\"{}\"", "t".repeat(bytes));
        for good in [object(2_000), array(2_000), name(256), text(524_288)] {
            assert!(parse(good.as_bytes()).is_ok());
        }
        for bad in
            [object(2_001), object(100_000), array(2_001), array(100_000), name(257), name(1 << 20), text(524_289)]
        {
            assert_eq!(refused(bad), NotStrict::Limits);
        }
    }

    #[test]
    fn c19_the_values_of_a_document_are_bounded_together() {
        let rows = |rows: usize| format!("[{}]", vec![format!("[{}]", vec!["0"; 1_999].join(",")); rows].join(","));
        assert!(parse(rows(24).as_bytes()).is_ok());
        assert_eq!(refused(rows(26)), NotStrict::Limits);
    }

    #[test]
    fn c20_names_made_to_collide_are_kept_in_order_and_never_hashed() {
        // No hash, no collisions: the worst that names can do is to be alike for as long as they may be.
        let alike = |number: usize| format!("{:a<250}{number:06}", "");
        let members: Vec<_> = (0..MEMBERS_MAX).rev().map(|number| format!("\"{}\":0", alike(number))).collect();
        let text = format!("{{{}}}", members.join(","));
        let begun = std::time::Instant::now();
        let value = parse(text.as_bytes()).unwrap();
        assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{:?}", begun.elapsed());
        let names = value.as_object().unwrap().keys().cloned();
        assert!(names.eq((0..MEMBERS_MAX).map(alike)), "the map is ordered");
    }

    #[test]
    fn c21_integers_stay_exact_or_are_refused() {
        for exact in ["9007199254740993", "18446744073709551615", "-9223372036854775808", "0", "-1"] {
            assert_eq!(parse(exact.as_bytes()).unwrap().to_string(), exact);
        }
        for inexact in
            ["18446744073709551616", "-9223372036854775809", "1e20", "-1e19", "100000000000000000000000000000"]
        {
            assert_eq!(refused(inexact), NotStrict::Number, "{inexact}");
        }
        assert_eq!(refused("1e400"), NotStrict::Syntax);
        assert_eq!(parse(b"1.0").unwrap().to_string(), "1.0");
        assert_eq!(parse(b"-0").unwrap().as_f64(), Some(0.0));
    }

    #[test]
    fn a_name_with_a_meaning_to_our_own_parser_is_refused() {
        for name in ["RawValue", "Number", ""] {
            let text = format!(r#"{{"$serde_json::private::{name}":"{{\"user\":\"bob\"}}"}}"#);
            assert_eq!(refused(text), NotStrict::ReservedKey);
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e18..1e18_f64).prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(".{0,8}", inner, 0..8).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn documents_without_duplicates_are_read_as_serde_json_reads_them(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let expected: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(parse(text.as_bytes()), Ok(expected));
        }

        #[test]
        fn k13_arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            let _ = parse(&bytes);
        }

        /// Near-JSON gets further into the parser than noise, and is never taken unless `serde_json`
        /// takes it too, as the same value.
        #[test]
        fn k13_nothing_is_taken_that_serde_json_refuses(text in r#"[\[\]{}":, 0-9a-f.eE+\-\\untrls]{0,64}"#) {
            if let Ok(value) = parse(text.as_bytes()) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }
}
