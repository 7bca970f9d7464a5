//! Takes typed values out of the YAML tree and says what was expected when it finds something else.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::problem::{Place, Report};
use super::spelling;
use super::yaml::{Entry, Node, Yaml};
use crate::incident::{is_direction_mark, shows_nothing};

/// A mapping under reading. Ask for the keys it may have; [`Fields::only`] reports the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'n> {
    /// What the mapping is, for messages: `response`, `guardrails.yml`.
    pub(super) name: &'n str,
    pub(super) at: Place,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    /// The node as a mapping called `name`, or a report that it is none.
    pub(super) fn of(node: &'n Node, name: &'n str, report: &mut Report) -> Option<Self> {
        let fields = Self::if_map(node, name);
        if fields.is_none() {
            report.error(node.at, format!("{name} must be a mapping, not {}", node.what()));
        }
        fields
    }

    /// The node as a mapping, if it is one.
    pub(super) fn if_map(node: &'n Node, name: &'n str) -> Option<Self> {
        match &node.value {
            Yaml::Map(entries) => Some(Self { name, at: node.at, entries }),
            _ => None,
        }
    }

    pub(super) fn entries(&self) -> &'n [Entry] {
        self.entries
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str, report: &mut Report) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            report.error(self.at, format!("{} needs the key `{key}`", self.name));
        }
        found
    }

    /// Reports every key that is not among `known`.
    pub(super) fn only(&self, known: &[&str], report: &mut Report) {
        for entry in self.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let what = format!("unknown key `{}` in {}", entry.key, self.name);
            let advice = match known {
                [] => format!("{} takes no keys", self.name),
                known => spelling::advice(&entry.key, known),
            };
            report.error_with(entry.at, what, advice);
        }
    }

    /// An optional text on one line.
    pub(super) fn line(&self, key: &str, report: &mut Report) -> Option<&'n str> {
        self.get(key).and_then(|node| line(node, key, report))
    }
}

/// The node as text.
pub(super) fn text<'n>(node: &'n Node, name: &str, report: &mut Report) -> Option<&'n str> {
    match &node.value {
        Yaml::Text(text) => Some(text),
        Yaml::Bool(_) | Yaml::Number(_) => {
            report.error_with(node.at, format!("`{name}` must be a text, not {}", node.what()), "quote it");
            None
        }
        _ => {
            report.error(node.at, format!("`{name}` must be a text, not {}", node.what()));
            None
        }
    }
}

/// The node as text on one line, as it is shown to people: with something to see, without control characters and
/// without marks that make it read otherwise.
pub(super) fn line<'n>(node: &'n Node, name: &str, report: &mut Report) -> Option<&'n str> {
    let text = text(node, name, report)?;
    if let Some(why) = no_line(text) {
        report.error(node.at, format!("`{name}` {why}"));
        return None;
    }
    Some(text)
}

/// Why the text is not such a line, if it is none.
pub(super) fn no_line(text: &str) -> Option<&'static str> {
    let is_hidden = |character: char| character.is_control() || is_direction_mark(character);
    match text {
        empty if empty.trim().is_empty() => Some("is empty"),
        hiding if hiding.chars().any(is_hidden) => Some("must be one line without control characters"),
        unseen if shows_nothing(unseen) => Some("shows nothing"),
        _ => None,
    }
}

/// The node's items, or a report that it is no list.
pub(super) fn list<'n>(node: &'n Node, name: &str, report: &mut Report) -> &'n [Node] {
    match &node.value {
        Yaml::List(items) => items,
        _ => {
            report.error(node.at, format!("`{name}` must be a list, not {}", node.what()));
            &[]
        }
    }
}

/// As [`list`], where a single text is a list of itself.
pub(super) fn list_or_text<'n>(node: &'n Node, name: &str, report: &mut Report) -> &'n [Node] {
    match &node.value {
        Yaml::Text(_) => std::slice::from_ref(node),
        _ => list(node, name, report),
    }
}

/// The texts of a list.
pub(super) fn lines(node: &Node, name: &str, report: &mut Report) -> Vec<String> {
    list(node, name, report).iter().filter_map(|item| line(item, name, report)).map(str::to_owned).collect()
}

/// The node as a number of `range`, in digits and not quoted.
pub(super) fn number<N>(node: &Node, name: &str, range: RangeInclusive<N>, report: &mut Report) -> Option<N>
where
    N: FromStr + PartialOrd + Display,
{
    let number = match &node.value {
        Yaml::Number(number) => number.text.parse().ok().filter(|number| range.contains(number)),
        _ => None,
    };
    if number.is_none() {
        report.error(node.at, format!("`{name}` is a number from {} to {}", range.start(), range.end()));
    }
    number
}

/// The one of `words` that the node names, as its index would be too easy to mix up: as its value.
pub(super) fn choice<V: Copy>(node: &Node, name: &str, words: &[(&str, V)], report: &mut Report) -> Option<V> {
    let word = text(node, name, report)?;
    let found = words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        report.error_with(node.at, format!("`{word}` is no {name}"), spelling::advice(word, &known));
    }
    found
}
