//! What a lint looks at: one rule or correlation as it was compiled and as it is written.

use super::super::problem::Place;
use super::super::rule::Rule;
use super::super::yaml::{Entry, Node, Yaml};

/// One rule or correlation under inspection.
#[derive(Debug)]
pub(super) struct Subject<'s> {
    pub(super) rule: &'s Rule,
    /// For each of its own tests whether that is one of a match.
    pub(super) tests: Vec<bool>,
    /// Its document.
    pub(super) root: &'s Node,
}

impl<'s> Subject<'s> {
    /// One of the document's own keys.
    pub(super) fn entry(&self, key: &str) -> Option<&'s Entry> {
        entries(self.root).iter().find(|entry| entry.key == key)
    }

    /// Where one of the document's own keys stands, or else where the document begins.
    pub(super) fn at(&self, key: &str) -> Place {
        self.entry(key).map_or(self.root.at, |entry| entry.at)
    }
}

/// The keys of a mapping; of anything else none.
pub(super) fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Yaml::Map(entries) => entries,
        _ => &[],
    }
}

/// Every key below `node` at any depth, the outer ones first.
pub(super) fn all_entries(node: &Node) -> Vec<&Entry> {
    let mut found = Vec::new();
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        match &node.value {
            Yaml::Map(entries) => {
                found.extend(entries);
                waiting.extend(entries.iter().map(|entry| &entry.value));
            }
            Yaml::List(items) => waiting.extend(items),
            _ => {}
        }
    }
    found
}

/// The items of a list; anything else is its own only item.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.value {
        Yaml::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}
