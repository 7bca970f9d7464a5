//! Compiles a rule's `detection` into searches over events and the condition that joins them.

use super::condition::Condition;
use super::modifier::{Key, Modifiers};
use super::pattern::Written;
use super::problem::{Place, Report};
use super::reader::{self, Fields};
use super::value::Test;
use super::yaml::{Node, Yaml};

/// The most search identifiers in one rule.
const SEARCHES_MAX: usize = 100;
/// The longest name of a search identifier, in bytes; names of those that matched are recorded.
const NAME_BYTES_MAX: usize = 64;
/// The longest text value, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;
/// Words that mean something in a condition.
const RESERVED: [&str; 5] = ["and", "or", "not", "of", "them"];

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Detection {
    pub(super) searches: Vec<Named>,
    pub(super) condition: Condition,
}

/// A search identifier with its search.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) search: Search,
}

/// A compiled search.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Search {
    All(Vec<Self>),
    Any(Vec<Self>),
    Item(Item),
}

/// One key with its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// The field, or `None` to look in every value of the event.
    pub(super) field: Option<Box<str>>,
    pub(super) modifiers: Modifiers,
    pub(super) tests: Vec<Test>,
}

impl Detection {
    /// Reads the `detection` section.
    pub(super) fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let errors_before = report.errors();
        let fields = Fields::of(node, "detection", report)?;
        let mut searches = Vec::new();
        for entry in fields.entries().iter().filter(|entry| entry.key != "condition") {
            if check_name(&entry.key, entry.at, report).is_some() {
                let search = Search::read(&entry.value, report);
                searches.extend(search.map(|search| Named { name: entry.key.clone(), search }));
            }
        }
        if fields.entries().len() > SEARCHES_MAX {
            report.error(node.at, format!("more than {SEARCHES_MAX} search identifiers"));
        }
        let condition = fields.need("condition", report)?;
        // With a broken search left out, the condition's complaints about its name would mislead.
        if report.errors() > errors_before {
            return None;
        }
        if searches.is_empty() {
            report.error(node.at, "detection needs at least one search identifier beside `condition`");
            return None;
        }
        let detection = Self { condition: read_condition(condition, &searches, report)?, searches };
        detection.warn_of_unused(condition.at, report);
        Some(detection)
    }

    /// Whether every match must pass at least one positive test. A rule without that matches
    /// whatever happens not to be excluded.
    pub(super) fn is_anchored(&self) -> bool {
        self.requires(&self.condition, true)
    }

    /// Whether `condition` (or its contrary, if not `is_positive`) can only hold when a positive
    /// test passed.
    fn requires(&self, condition: &Condition, is_positive: bool) -> bool {
        match condition {
            Condition::Search(index) => is_positive && self.searches.get(*index).is_some_and(|s| s.search.requires()),
            Condition::Not(inner) => self.requires(inner, !is_positive),
            Condition::All(parts) if is_positive => parts.iter().any(|part| self.requires(part, true)),
            Condition::Any(parts) if is_positive => parts.iter().all(|part| self.requires(part, true)),
            Condition::All(parts) => parts.iter().all(|part| self.requires(part, false)),
            Condition::Any(parts) => parts.iter().any(|part| self.requires(part, false)),
        }
    }

    fn warn_of_unused(&self, at: Place, report: &mut Report) {
        let mut used = vec![false; self.searches.len()];
        self.condition.mark_used(&mut used);
        for (named, _) in self.searches.iter().zip(used).filter(|(_, used)| !used) {
            report.warn(at, format!("the condition does not use `{}`", named.name), "use it or remove it");
        }
    }
}

fn read_condition(node: &Node, searches: &[Named], report: &mut Report) -> Option<Condition> {
    let names: Vec<&str> = searches.iter().map(|named| named.name.as_str()).collect();
    if let Yaml::List(items) = &node.value {
        if items.is_empty() {
            report.error(node.at, "the condition is an empty list");
            return None;
        }
        let parts = items
            .iter()
            .map(|item| Condition::parse(reader::text(item, "condition", report)?, &names, item.at, report));
        return parts.collect::<Option<Vec<_>>>().map(Condition::Any);
    }
    Condition::parse(reader::text(node, "condition", report)?, &names, node.at, report)
}

fn check_name(name: &str, at: Place, report: &mut Report) -> Option<()> {
    if name == "timeframe" {
        report.error_with(
            at,
            "`timeframe` is old Sigma and not supported",
            "time windows are correlations in today's Sigma",
        );
        return None;
    }
    // A name with a dot can be chosen by a pattern, though not be written in a condition.
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if name.is_empty() || !is_plain || name.len() > NAME_BYTES_MAX {
        report.error_with(
            at,
            format!("`{name}` is no search identifier"),
            "use 1 to 64 letters, digits, `_`, `-` and `.`",
        );
        return None;
    }
    if RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word)) {
        report.error_with(at, format!("`{name}` means something else in a condition"), "choose another name");
        return None;
    }
    Some(())
}

impl Search {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        match &node.value {
            Yaml::Map(_) => Self::read_map(node, report),
            Yaml::List(items) => Self::read_list(items, node.at, report),
            _ => keywords(std::slice::from_ref(node), Modifiers::default(), node.at, report).map(Self::Item),
        }
    }

    /// A mapping: every key must pass.
    fn read_map(node: &Node, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(node, "a search", report)?;
        if fields.entries().is_empty() {
            report.error(node.at, "an empty search matches everything");
            return None;
        }
        let mut items = Vec::new();
        for entry in fields.entries() {
            let item = Key::parse(&entry.key, entry.at, report).and_then(|key| Item::read(key, &entry.value, report));
            items.extend(item.map(Self::Item));
        }
        (items.len() == fields.entries().len()).then(|| single_or(items, Self::All))
    }

    /// A list: any element may pass; mappings are searches, scalars are keywords.
    fn read_list(items: &[Node], at: Place, report: &mut Report) -> Option<Self> {
        let (maps, words): (Vec<_>, Vec<_>) =
            items.iter().cloned().partition(|item| matches!(item.value, Yaml::Map(_)));
        let mut parts: Vec<Option<Self>> = maps.iter().map(|map| Self::read_map(map, report)).collect();
        if !words.is_empty() || items.is_empty() {
            parts.push(keywords(&words, Modifiers::default(), at, report).map(Self::Item));
        }
        Some(single_or(parts.into_iter().collect::<Option<Vec<_>>>()?, Self::Any))
    }

    /// Whether it can only pass when a positive test did.
    fn requires(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().any(Self::requires),
            Self::Any(parts) => parts.iter().all(Self::requires),
            Self::Item(item) => !item.tests.contains(&Test::Null),
        }
    }
}

fn single_or(mut parts: Vec<Search>, join: fn(Vec<Search>) -> Search) -> Search {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => join(parts.into_iter().chain(last).collect()),
    }
}

impl Item {
    fn read(key: Key, value: &Node, report: &mut Report) -> Option<Self> {
        let values = match &value.value {
            Yaml::List(items) => items.as_slice(),
            _ => std::slice::from_ref(value),
        };
        if key.modifiers.all && values.len() == 1 {
            report.warn(value.at, "`all` with a single value changes nothing", "leave it out or list the values");
        }
        let Some(field) = key.field else { return keywords(values, key.modifiers, value.at, report) };
        let mut tests: Vec<Option<Test>> = values.iter().map(|node| test(node, key.modifiers, report)).collect();
        if values.is_empty() {
            if key.modifiers != Modifiers::default() {
                report.error(value.at, "an empty list has nothing for the modifiers to work on");
                return None;
            }
            report.warn(value.at, "an empty list means null", "write `null` if that is meant");
            tests.push(Some(Test::Null));
        }
        let has_null = values.iter().any(|node| matches!(node.value, Yaml::Null));
        if has_null && key.modifiers.all {
            report.error(value.at, "`all` cannot be used with null");
            return None;
        }
        if has_null && values.len() > 1 {
            report.warn(value.at, "null in a list is one more alternative", "write a search of its own for it");
        }
        let tests = tests.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Self { field: Some(field.into_boxed_str()), modifiers: key.modifiers, tests })
    }
}

/// One value of a field.
fn test(node: &Node, modifiers: Modifiers, report: &mut Report) -> Option<Test> {
    match &node.value {
        Yaml::Text(text) => Some(Test::Text(modifiers.pattern(written(text, node.at, report)?))),
        Yaml::List(_) | Yaml::Map(_) => {
            report.error(node.at, format!("{} cannot be the value of a field", node.what()));
            None
        }
        _ if modifiers.wants_text() => {
            report.error_with(node.at, format!("the modifiers want a text, not {}", node.what()), "quote it");
            None
        }
        Yaml::Null => Some(Test::Null),
        Yaml::Bool(value) => Some(Test::Bool(*value)),
        Yaml::Number(number) => Some(Test::Number(number.clone())),
    }
}

/// Keywords: each is found anywhere in any value of the event.
fn keywords(values: &[Node], modifiers: Modifiers, at: Place, report: &mut Report) -> Option<Item> {
    let keyword = |node: &Node, report: &mut Report| {
        let written = match &node.value {
            Yaml::Text(text) => written(text, node.at, report)?,
            Yaml::Number(number) if !modifiers.wants_text() => Written::literal(&number.text),
            Yaml::Bool(value) if !modifiers.wants_text() => Written::literal(if *value { "true" } else { "false" }),
            _ => {
                report.error(node.at, format!("{} is no keyword", node.what()));
                return None;
            }
        };
        let written = written.after_anything().before_anything();
        if written.is_anything() {
            report.error(node.at, "this keyword matches everything");
            return None;
        }
        Some(Test::Text(modifiers.pattern(written)))
    };
    if values.is_empty() {
        report.error(at, "an empty list of keywords matches nothing");
        return None;
    }
    let tests: Vec<Option<Test>> = values.iter().map(|node| keyword(node, report)).collect();
    Some(Item { field: None, modifiers, tests: tests.into_iter().collect::<Option<Vec<_>>>()? })
}

fn written(text: &str, at: Place, report: &mut Report) -> Option<Written> {
    if text.len() > TEXT_BYTES_MAX {
        report.error(at, format!("the value is longer than {TEXT_BYTES_MAX} bytes"));
        return None;
    }
    Some(Written::parse(text))
}
