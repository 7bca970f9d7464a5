//! One test of one value: what a rule's text, number, truth value or null says to a JSON value.

use std::fmt::{self, Write};

use serde_json::Value;

use super::pattern::Pattern;
use super::scalar::{Number, NumberValue};

/// The longest decimal text of a JSON number: a subnormal with all its zeros and digits.
const NUMBER_BYTES_MAX: usize = 352;

/// One value of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// The field is missing, or all its values are null.
    Null,
    /// JSON `true` or `false`, or their text.
    Bool(bool),
    /// The same number, or the same text.
    Number(Number),
    /// A text that matches; numbers and truth values count as their text.
    Text(Pattern),
}

impl Test {
    /// Whether one value passes. `Null` is decided over all values of a field, so never here.
    pub(super) fn passes(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, _) => false,
            (Self::Bool(wanted), Value::Bool(found)) => wanted == found,
            (Self::Bool(wanted), Value::String(found)) => found.eq_ignore_ascii_case(bool_text(*wanted)),
            (Self::Bool(_), _) => false,
            (Self::Number(wanted), Value::Number(found)) => is_same(wanted.value, found),
            (Self::Number(wanted), Value::String(found)) => found.eq_ignore_ascii_case(&wanted.text),
            (Self::Number(_), _) => false,
            (Self::Text(pattern), _) => with_text(value, |text| pattern.matches(text)).unwrap_or(false),
        }
    }
}

/// Gives the value's text to `read`: a string as it is, a truth value by its name, a number by its
/// shortest decimal text. Lists, objects and null have none. Allocates nothing.
pub(super) fn with_text<R>(value: &Value, read: impl FnOnce(&str) -> R) -> Option<R> {
    match value {
        Value::String(text) => Some(read(text)),
        Value::Bool(value) => Some(read(bool_text(*value))),
        Value::Number(number) => {
            let mut text = NumberText { bytes: [0; NUMBER_BYTES_MAX], length: 0 };
            let written = match number.as_f64() {
                Some(float) if number.is_f64() => write!(text, "{float}"),
                _ => write!(text, "{number}"),
            };
            written.ok().and_then(|()| text.as_str().map(read))
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Compares exactly: an integer is never turned into a float, which would merge neighbours beyond 2^53.
fn is_same(wanted: NumberValue, found: &serde_json::Number) -> bool {
    let found_integer = found.as_i64().map(i128::from).or_else(|| found.as_u64().map(i128::from));
    match (wanted, found_integer, found.as_f64()) {
        (NumberValue::Integer(wanted), Some(found), _) => wanted == found,
        (NumberValue::Integer(wanted), None, Some(found)) => whole(found) == Some(wanted),
        (NumberValue::Float(wanted), Some(found), _) => whole(wanted) == Some(found),
        (NumberValue::Float(wanted), None, Some(found)) => wanted == found,
        (_, None, None) => false,
    }
}

/// The float as an integer, if it is a whole number that fits.
fn whole(float: f64) -> Option<i128> {
    (float.fract() == 0.0 && float.abs() < 1e38).then_some(float as i128)
}

struct NumberText {
    bytes: [u8; NUMBER_BYTES_MAX],
    length: usize,
}

impl NumberText {
    fn as_str(&self) -> Option<&str> {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }
}

impl Write for NumberText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::{Case, Written};
    use super::super::scalar::{Scalar, resolve};
    use super::*;
    use serde_json::json;

    fn plain(text: &str) -> Test {
        match resolve(text) {
            Scalar::Bool(value) => Test::Bool(value),
            Scalar::Number(number) => Test::Number(number),
            other => panic!("{other:?}"),
        }
    }

    fn quoted(text: &str) -> Test {
        Test::Text(Written::parse(text).compile(Case::Ignored))
    }

    #[test]
    fn numbers_and_texts_compare_as_text_and_numbers_as_numbers() {
        for (test, value, expected) in [
            (plain("4625"), json!(4625), true),
            (plain("4625"), json!("4625"), true),
            (quoted("4625"), json!(4625), true),
            (quoted("007"), json!(7), false),
            (plain("5"), json!(5.0), true),
            (plain("5.0"), json!(5), true),
            (plain("1.50"), json!(1.5), true),
            (plain("1.50"), json!("1.50"), true),
            (plain("9007199254740993"), json!(9_007_199_254_740_992_u64), false),
            (plain("9007199254740993"), json!(9_007_199_254_740_993_u64), true),
            (plain("9007199254740993"), json!(9_007_199_254_740_992.0), false),
            (plain("18446744073709551615"), json!(u64::MAX), true),
            (plain("-1"), json!(u64::MAX), false),
            (plain("1"), json!(true), false),
            (quoted("*62*"), json!(4625), true),
            (quoted("1.5"), json!(1.5), true),
            (quoted("5"), json!(5.0), true),
            (quoted("?*"), json!(f64::MIN_POSITIVE / 3.0), true),
            (quoted("?*"), json!(f64::MIN), true),
        ] {
            assert_eq!(test.passes(&value), expected, "{test:?} on {value}");
        }
    }

    #[test]
    fn truth_values_are_their_texts_but_not_numbers() {
        for (test, value, expected) in [
            (plain("true"), json!(true), true),
            (plain("true"), json!("True"), true),
            (quoted("true"), json!(true), true),
            (quoted("TRUE"), json!(true), true),
            (plain("true"), json!(1), false),
            (plain("true"), json!("1"), false),
            (plain("false"), json!(true), false),
        ] {
            assert_eq!(test.passes(&value), expected, "{test:?} on {value}");
        }
    }

    #[test]
    fn nothing_matches_an_object_or_null() {
        for value in [json!(null), json!({}), json!({"a": "x"})] {
            assert!(!quoted("*").passes(&value) && !quoted("").passes(&value), "{value}");
        }
        assert!(quoted("").passes(&json!("")) && !quoted("").passes(&json!("x")));
    }
}
