//! Compares numbers exactly: an integer is never turned into a float, which would merge neighbours
//! beyond 2^53.

use std::cmp::Ordering;

use serde_json::Value;

use super::scalar::NumberValue;

/// What a comparison asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// The comparison of this modifier.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "lt" => Self::Less,
            "lte" => Self::LessOrEqual,
            "gt" => Self::Greater,
            "gte" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// The modifier's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Equal => "equals",
            Self::Less => "lt",
            Self::LessOrEqual => "lte",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "gte",
        }
    }

    /// Whether a number that compares so with the wanted one passes.
    pub(super) fn holds(self, found: Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::Less => found.is_lt(),
            Self::LessOrEqual => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::GreaterOrEqual => found.is_ge(),
        }
    }
}

/// The number that a JSON value is: a number, or a text that is nothing but one.
pub(super) fn number(value: &Value) -> Option<NumberValue> {
    match value {
        Value::Number(number) => of_json(number),
        Value::String(text) => of_text(text),
        _ => None,
    }
}

/// A JSON number's value.
pub(super) fn of_json(number: &serde_json::Number) -> Option<NumberValue> {
    let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    integer.map(NumberValue::Integer).or_else(|| number.as_f64().map(NumberValue::Float))
}

fn of_text(text: &str) -> Option<NumberValue> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let integer = text.parse::<i128>().ok().map(NumberValue::Integer);
    integer.or_else(|| text.parse::<f64>().ok().filter(|float| float.is_finite()).map(NumberValue::Float))
}

/// How `found` compares with `wanted`; `None` only for what is no number.
pub(super) fn compare(found: NumberValue, wanted: NumberValue) -> Option<Ordering> {
    match (found, wanted) {
        (NumberValue::Integer(found), NumberValue::Integer(wanted)) => Some(found.cmp(&wanted)),
        (NumberValue::Float(found), NumberValue::Float(wanted)) => found.partial_cmp(&wanted),
        (NumberValue::Integer(found), NumberValue::Float(wanted)) => with_float(found, wanted),
        (NumberValue::Float(found), NumberValue::Integer(wanted)) => with_float(wanted, found).map(Ordering::reverse),
    }
}

/// 2^127: from here on, and below its contrary, no float is one of the integers.
const BEYOND_INTEGERS: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

/// The integer that the float is, if it is one.
pub(super) fn whole(float: f64) -> Option<i128> {
    let is_whole = float.fract() == 0.0 && (-BEYOND_INTEGERS..BEYOND_INTEGERS).contains(&float);
    is_whole.then_some(float as i128)
}

/// Whole parts first; only between equals does the fraction decide.
fn with_float(integer: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float >= BEYOND_INTEGERS {
        return Some(Ordering::Less);
    }
    if float < -BEYOND_INTEGERS {
        return Some(Ordering::Greater);
    }
    let whole = float.floor();
    let fraction = if float > whole { Ordering::Less } else { Ordering::Equal };
    Some(integer.cmp(&(whole as i128)).then(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: &Value, wanted: NumberValue, expected: Option<Ordering>) {
        assert_eq!(number(value).and_then(|found| compare(found, wanted)), expected, "{value} {wanted:?}");
    }

    #[test]
    fn numbers_and_numeric_texts_compare_exactly() {
        use NumberValue::{Float, Integer};
        use Ordering::{Equal, Greater, Less};
        check(&json!(9_007_199_254_740_993_u64), Integer(9_007_199_254_740_992), Some(Greater));
        check(&json!(9_007_199_254_740_993_u64), Float(9_007_199_254_740_992.0), Some(Greater));
        check(&json!(10.0), Integer(10), Some(Equal));
        check(&json!(1.4), Float(1.5), Some(Less));
        check(&json!(-1.5), Integer(-1), Some(Less));
        check(&json!(-1), Float(-1.5), Some(Greater));
        check(&json!(u64::MAX), Float(1e40), Some(Less));
        let beyond = "120000000000000000000000000000000000000";
        check(&json!(beyond), Float(1e38), Some(Greater));
        check(&json!(beyond), Float(1.2e38), Some(beyond.parse::<i128>().unwrap().cmp(&(1.2e38 as i128))));
        check(&json!(format!("-{beyond}")), Float(-1e38), Some(Less));
        check(&json!(beyond), Float(1.5e38), Some(Less));
        check(&json!(i128::MAX.to_string()), Float(-BEYOND_INTEGERS), Some(Greater));
        check(&json!(i128::MIN.to_string()), Float(-BEYOND_INTEGERS), Some(Equal));
        check(&json!(i128::MIN.to_string()), Float(-1e39), Some(Greater));
        check(&json!(i128::MAX.to_string()), Float(BEYOND_INTEGERS), Some(Less));
        check(&json!("11"), Integer(10), Some(Greater));
        check(&json!("1e2"), Integer(100), Some(Equal));
        check(&json!(" 11"), Integer(10), None);
        check(&json!("11 apples"), Integer(10), None);
        check(&json!("inf"), Integer(10), None);
        check(&json!(""), Integer(10), None);
        check(&json!(true), Integer(1), None);
        check(&json!(null), Integer(0), None);
    }
}
