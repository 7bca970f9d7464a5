//! What a rule does, as a digest: what it detects and would do, without its mode and without what is
//! only for people. While it stays the same, what is known of a rule holds.

use super::reader::Fields;
use super::yaml::{Node, Yaml};
use crate::incident::Digest;

/// The parts of a rule that decide what it does.
const PARTS: [&str; 5] = ["sigma-version", "logsource", "detection", "correlation", "response"];
/// Whether it does that is another question than what it does.
const MODE: &str = "mode";

/// Of a rule that depends on these lists.
pub(super) fn of(fields: &Fields<'_>, lists: &[(String, Digest)]) -> Digest {
    let mut parts = Vec::new();
    for name in PARTS {
        let mut text = String::new();
        if let Some(node) = fields.get(name) {
            write(node, if name == "response" { &[MODE] } else { &[] }, &mut text);
        }
        parts.push(text);
    }
    let parts = parts.iter().map(String::as_bytes);
    let lists = lists.iter().flat_map(|(name, digest)| [name.as_bytes(), digest.0.as_slice()]);
    Digest::of_parts(&parts.chain(lists).collect::<Vec<_>>())
}

/// One text for each value: keys sorted, since their order decides nothing; every text in quotes, so
/// that it is no number.
fn write(node: &Node, without: &[&str], text: &mut String) {
    match &node.value {
        Yaml::Null => text.push('~'),
        Yaml::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Yaml::Number(number) => text.push_str(&number.text),
        Yaml::Text(value) => quote(value, text),
        Yaml::List(items) => {
            text.push('[');
            for item in items {
                write(item, &[], text);
                text.push(',');
            }
            text.push(']');
        }
        Yaml::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().filter(|entry| !without.contains(&entry.key.as_str())).collect();
            entries.sort_by(|left, right| left.key.cmp(&right.key));
            text.push('{');
            for entry in entries {
                quote(&entry.key, text);
                text.push(':');
                write(&entry.value, &[], text);
                text.push(',');
            }
            text.push('}');
        }
    }
}

fn quote(value: &str, text: &mut String) {
    text.push('"');
    text.extend(value.chars().flat_map(char::escape_default));
    text.push('"');
}
