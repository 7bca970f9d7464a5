//! Reads values of the legacy API, whose documentation shows strings where live answers carry
//! booleans, numbers and arrays.

use serde_json::Value;

/// A boolean, native or as text.
pub(super) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(native) => Some(*native),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A whole number of 64 bits, native or as text.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(native) => native.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Text that is not empty; a whole number counts as its digits, as an id may be written.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// A list: an array, an array written into a string, or one element alone. `None` when a string
/// begins like an array and is none.
pub(super) fn list(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(elements) => Some(elements.clone()),
        Value::String(text) if text.trim().is_empty() => Some(Vec::new()),
        Value::String(text) if text.trim_start().starts_with('[') => serde_json::from_str(text).ok(),
        single => Some(vec![single.clone()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn booleans_are_native_or_text_and_nothing_else() {
        for (value, read) in [
            (json!(true), Some(true)),
            (json!("false"), Some(false)),
            (json!("True"), Some(true)),
            (json!("yes"), None),
            (json!(""), None),
            (json!(1), None),
            (json!(null), None),
        ] {
            assert_eq!(boolean(&value), read, "{value}");
        }
    }

    #[test]
    fn an_order_needs_all_its_64_bits() {
        assert_eq!(integer(&json!(176_294_576_350_761_512_i64)), Some(176_294_576_350_761_512));
        assert_eq!(integer(&json!("176294576350761512")), Some(176_294_576_350_761_512));
        for bad in [json!(1.5), json!("1.5"), json!(true), json!(u64::MAX), json!("")] {
            assert_eq!(integer(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_list_may_be_an_array_a_string_or_one_element() {
        assert_eq!(list(&json!([2, 3])), Some(vec![json!(2), json!(3)]));
        assert_eq!(list(&json!("[2,3,4]")), Some(vec![json!(2), json!(3), json!(4)]));
        assert_eq!(list(&json!({"dept_id": 1})), Some(vec![json!({"dept_id": 1})]));
        assert_eq!(list(&json!("user1")), Some(vec![json!("user1")]));
        assert_eq!(list(&json!("")), Some(vec![]));
        assert_eq!(list(&json!("[2,")), None);
    }

    proptest! {
        #[test]
        fn native_and_written_numbers_read_alike(number: i64) {
            prop_assert_eq!(integer(&json!(number)), integer(&json!(number.to_string())));
            prop_assert_eq!(text(&json!(number)), text(&json!(number.to_string())));
        }
    }
}
