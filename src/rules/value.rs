//! One test of one value: what a value of a rule, with its modifiers, says to a JSON value.

use std::fmt::{self, Write};

use serde_json::Value;

use super::compare::{self, Order};
use super::date_part::DatePart;
use super::expression::Expression;
use super::network::Network;
use super::other_field::OtherField;
use super::pattern::Pattern;
use super::scalar::{Number, NumberValue};

/// The longest decimal text of a JSON number: a subnormal with all its zeros and digits.
const NUMBER_BYTES_MAX: usize = 352;

/// The least and the most of what is counted and scored; a threshold that both pass sorts nothing out.
const ORDINARY_NUMBERS: [i128; 2] = [0, u32::MAX as i128];

/// One value of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// The field is missing, or all its values are null.
    Null,
    /// The field is there, or is not.
    Exists(bool),
    /// JSON `true` or `false`, or their text.
    Bool(bool),
    /// The same number, or the same text.
    Number(Number),
    /// A text that matches; numbers and truth values count as their text.
    Text(Pattern),
    /// A text in which the expression is found.
    Expression(Expression),
    /// The text of an address in the network.
    Network(Network),
    /// A number that compares so.
    Compare(Order, NumberValue),
    /// The text of a date whose part compares so.
    Date(DatePart, Order, NumberValue),
    /// The value of another field, within the same event or element.
    Same(OtherField),
    /// Any of these: what one written value stands for.
    Any(Box<[Self]>),
}

impl Test {
    /// Whether one value passes. `Null`, `Exists` and `Same` are decided over all values of a field, so
    /// never here.
    pub(super) fn passes(&self, value: &Value) -> bool {
        match self {
            Self::Null | Self::Exists(_) | Self::Same(_) => false,
            Self::Bool(wanted) => match value {
                Value::Bool(found) => wanted == found,
                Value::String(found) => found.eq_ignore_ascii_case(bool_text(*wanted)),
                _ => false,
            },
            Self::Number(wanted) => match value {
                Value::Number(found) => is_same(wanted.value, found),
                Value::String(found) => found.eq_ignore_ascii_case(&wanted.text),
                _ => false,
            },
            Self::Text(pattern) => has_text(value, |text| pattern.matches(text)),
            Self::Expression(expression) => has_text(value, |text| expression.is_in(text)),
            Self::Network(network) => has_text(value, |text| network.has(text)),
            Self::Compare(order, wanted) => compare::number(value).is_some_and(|found| holds(*order, found, *wanted)),
            Self::Date(part, order, wanted) => {
                let part = value.as_str().and_then(|text| part.of(text));
                part.is_some_and(|found| holds(*order, NumberValue::Integer(found), *wanted))
            }
            Self::Any(tests) => tests.iter().any(|test| test.passes(value)),
        }
    }
}

impl Test {
    /// Whether it is decided over all values of a field, not by one.
    pub(super) fn is_of_field(&self) -> bool {
        matches!(self, Self::Null | Self::Exists(_) | Self::Same(_))
    }

    /// Whether some values pass and others do not: what passes because there is a value, or none, says
    /// nothing of the event.
    pub(super) fn is_telling(&self) -> bool {
        match self {
            Self::Null | Self::Exists(_) => false,
            // A text that may be empty asks for as little as a field that may be missing.
            Self::Text(pattern) => !pattern.is_only_wildcards() && !pattern.matches(""),
            Self::Compare(order, wanted) => {
                !ORDINARY_NUMBERS.iter().all(|found| holds(*order, NumberValue::Integer(*found), *wanted))
            }
            Self::Expression(expression) => !expression.is_in_anything(),
            Self::Network(network) => !network.is_everything(),
            Self::Any(tests) => tests.iter().all(Self::is_telling),
            Self::Date(..) => !Self::cover_dates(std::slice::from_ref(self)),
            Self::Bool(_) | Self::Number(_) | Self::Same(_) => true,
        }
    }

    /// Whether any date passes one of the tests of its part.
    pub(super) fn cover_dates(tests: &[Self]) -> bool {
        let Some(Self::Date(part, ..)) = tests.first() else { return false };
        let passes = |found: i128| {
            tests.iter().any(|test| match test {
                Self::Date(_, order, wanted) => holds(*order, NumberValue::Integer(found), *wanted),
                _ => false,
            })
        };
        part.range().all(passes)
    }
}

/// As an author would write it, lower-cased where case does not count.
impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Exists(wanted) | Self::Bool(wanted) => write!(f, "{wanted}"),
            Self::Number(number) => f.write_str(&number.text),
            Self::Text(pattern) => write!(f, "'{pattern}'"),
            Self::Expression(expression) => write!(f, "/{expression}/"),
            Self::Network(network) => write!(f, "{network}"),
            Self::Compare(_, number) => write!(f, "{number}"),
            Self::Date(_, order, number) => match order {
                Order::Equal => write!(f, "{number}"),
                order => write!(f, "{} {number}", order.name()),
            },
            Self::Same(other) => f.write_str(&other.field().name()),
            Self::Any(tests) => {
                for (index, test) in tests.iter().enumerate() {
                    write!(f, "{}{test}", if index == 0 { "" } else { " or " })?;
                }
                Ok(())
            }
        }
    }
}

fn holds(order: Order, found: NumberValue, wanted: NumberValue) -> bool {
    compare::compare(found, wanted).is_some_and(|ordering| order.holds(ordering))
}

fn is_same(wanted: NumberValue, found: &serde_json::Number) -> bool {
    compare::of_json(found).is_some_and(|found| holds(Order::Equal, found, wanted))
}

fn has_text(value: &Value, test: impl FnOnce(&str) -> bool) -> bool {
    with_text(value, test).unwrap_or(false)
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
                // Zero has one text, whatever its sign: it equals itself.
                Some(0.0) => write!(text, "0"),
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
