//! Writes values as YAML that the loader reads back as the same values.

use serde_json::Value;

use super::super::scalar::{Scalar, resolve};
use crate::incident::is_direction_mark;

/// A mapping or list as lines in block style; empty ones and single values as one line.
pub(super) fn block(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().flat_map(|(key, value)| below(&format!("{}:", scalar(key)), value)).collect()
        }
        Value::Array(items) if !items.is_empty() => items.iter().flat_map(item).collect(),
        single => vec![flow(single)],
    }
}

/// A key with its value, behind it or below.
fn below(key: &str, value: &Value) -> Vec<String> {
    if is_single(value) {
        return vec![format!("{key} {}", flow(value))];
    }
    let inner = block(value).into_iter().map(|line| format!("    {line}"));
    std::iter::once(key.to_owned()).chain(inner).collect()
}

fn item(value: &Value) -> Vec<String> {
    let lines = block(value).into_iter().enumerate();
    lines.map(|(index, line)| format!("{}{line}", if index == 0 { "- " } else { "  " })).collect()
}

fn is_single(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// A text, in quotes where it needs them.
pub(super) fn scalar(text: &str) -> String {
    let mut characters = text.chars();
    let begins = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '@' | '+' | '-' | ' ');
    if begins && characters.all(is_plain) && !text.ends_with(' ') && matches!(resolve(text), Scalar::Text) {
        return text.to_owned();
    }
    quoted(text)
}

/// A text in quotes: single ones, or double ones with escapes for what cannot be seen.
pub(super) fn quoted(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || is_direction_mark(c)
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    if !text.chars().any(is_hidden) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            hidden if is_hidden(hidden) => format!("\\u{:04X}", u32::from(hidden)),
            other => other.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}
