//! Compiles a rule's `detection` into searches over events and the condition that joins them.

use std::sync::Arc;

use super::allowance::Cost;
use super::condition::Condition;
use super::field::Field;
use super::item::Item;
use super::key::{self, Key};
use super::lint::Lint;
use super::lists::Context;
use super::modifier::Modifiers;
use super::problem::{Place, Report};
use super::quantifier::Quantifier;
use super::reader::{self, Fields};
use super::yaml::{Node, Yaml};

/// The most search identifiers in one rule.
const SEARCHES_MAX: usize = 100;
/// The longest name of a search identifier, in bytes; names of those that matched are recorded.
const NAME_BYTES_MAX: usize = 64;
/// The most parts of one rule's conditions together, selectors written out.
const CONDITION_PARTS_MAX: usize = 10_000;
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
    /// Shared with all rules that a filter narrows.
    pub(super) search: Arc<Search>,
}

/// A compiled search.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Search {
    All(Vec<Self>),
    Any(Vec<Self>),
    Item(Item),
    Elements(Box<Elements>),
}

/// A body that elements of an array must pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Elements {
    pub(super) field: Field,
    pub(super) quantifier: Quantifier,
    /// Put to each element as if it were an event.
    pub(super) body: Detection,
}

impl Detection {
    /// Reads the `detection` section.
    pub(super) fn read(node: &Node, context: &Context<'_>, report: &mut Report) -> Option<Self> {
        let errors_before = report.errors();
        let fields = Fields::of(node, "detection", report)?;
        let mut searches = Vec::new();
        for entry in fields.entries().iter().filter(|entry| entry.key != "condition") {
            if check_name(&entry.key, entry.at, context.acts, report).is_some() {
                let search = Search::read(&entry.value, context, report);
                searches.extend(search.map(|search| Named { name: entry.key.clone(), search: Arc::new(search) }));
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
        let detection = Self { condition: read_condition(condition, &searches, context, report)?, searches };
        detection.warn_of_unused(condition.at, report);
        Some(detection)
    }

    /// Adds what must hold besides, and is called so. The searches of the other one keep a namespace of
    /// their own: no selector is written out over both, and on the record each is known by its owner.
    pub(super) fn narrow(&mut self, other: &Self, called: &str) {
        let other_condition = other.condition.moved(self.searches.len());
        let owned = |named: &Named| Named { name: format!("{called}: {}", named.name), search: named.search.clone() };
        self.searches.extend(other.searches.iter().map(owned));
        let own = std::mem::replace(&mut self.condition, Condition::All(Vec::new()));
        self.condition = Condition::All(vec![own, other_condition]);
    }

    /// How many searches, and parts of conditions, narrowing adds to a rule.
    pub(super) fn parts(&self) -> usize {
        self.searches.len() + self.condition.parts()
    }

    /// Whether every match must pass at least one positive test. A rule without that matches
    /// whatever happens not to be excluded.
    pub(super) fn is_anchored(&self) -> bool {
        self.always_passes(&Item::is_positive)
    }

    /// Whether every match must pass at least one of the tests that `counts`, which are positive ones.
    pub(super) fn always_passes(&self, counts: &dyn Fn(&Item) -> bool) -> bool {
        self.requires(&self.condition, true, counts)
    }

    /// Whether `condition` (or its contrary, if not `is_positive`) can only hold when a test that
    /// `counts` passed.
    fn requires(&self, condition: &Condition, is_positive: bool, counts: &dyn Fn(&Item) -> bool) -> bool {
        let requires = |part: &Condition| self.requires(part, is_positive, counts);
        match condition {
            Condition::Search(index) => {
                is_positive && self.searches.get(*index).is_some_and(|named| named.search.requires(counts))
            }
            Condition::Not(inner) => self.requires(inner, !is_positive, counts),
            Condition::All(parts) if is_positive => parts.iter().any(requires),
            Condition::Any(parts) if is_positive => parts.iter().all(requires),
            Condition::All(parts) => parts.iter().all(requires),
            Condition::Any(parts) => parts.iter().any(requires),
        }
    }

    fn warn_of_unused(&self, at: Place, report: &mut Report) {
        let mut used = vec![false; self.searches.len()];
        self.condition.mark_used(&mut used);
        for (named, _) in self.searches.iter().zip(used).filter(|(_, used)| !used) {
            report.warn(
                Lint::UnusedSearch,
                at,
                format!("the condition does not use `{}`", named.name),
                "use it or remove it",
            );
        }
    }
}

/// A condition, or a list of them of which any may hold.
fn read_condition(node: &Node, searches: &[Named], context: &Context<'_>, report: &mut Report) -> Option<Condition> {
    let names: Vec<&str> = searches.iter().map(|named| named.name.as_str()).collect();
    let (items, is_list) = match &node.value {
        Yaml::List(items) => (items.as_slice(), true),
        _ => (std::slice::from_ref(node), false),
    };
    if items.is_empty() {
        report.error(node.at, "the condition is an empty list");
        return None;
    }
    let (mut conditions, mut parts) = (Vec::new(), 0_usize);
    for item in items {
        let condition = Condition::parse(reader::text(item, "condition", report)?, &names, item.at, report)?;
        parts += condition.parts();
        if parts > CONDITION_PARTS_MAX {
            let what = format!("the condition has more than {CONDITION_PARTS_MAX} parts, selectors written out");
            report.error_with(item.at, what, "name fewer searches in it");
            return None;
        }
        conditions.push(condition);
    }
    context.allowance().spend(Cost::ConditionParts, parts, node.at, report)?;
    if is_list { Some(Condition::Any(conditions)) } else { conditions.pop() }
}

fn check_name(name: &str, at: Place, acts: bool, report: &mut Report) -> Option<()> {
    if name == "timeframe" {
        report.error_with(
            at,
            "`timeframe` is old Sigma and not supported",
            "time windows are correlations in today's Sigma",
        );
        report.last_error_is(Lint::OldAggregation);
        return None;
    }
    // A name with a dot or a bar can be chosen by a pattern, though not be written in a condition.
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'|'));
    if name.is_empty() || !is_plain || name.len() > NAME_BYTES_MAX {
        report.error_with(
            at,
            format!("`{name}` is no search identifier"),
            "use 1 to 64 letters, digits, `_`, `-` and `.`",
        );
        return None;
    }
    if name.contains('|') {
        let advice = "modifiers belong to the fields below it";
        let what = format!("the bar in `{name}` is taken as a part of the name");
        if acts {
            // Whoever wrote `|all` would be acting on any of the words.
            report.error_with(at, what, advice);
            return None;
        }
        report.warn(Lint::BarInName, at, what, advice);
    }
    if RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word)) {
        report.error_with(at, format!("`{name}` means something else in a condition"), "choose another name");
        return None;
    }
    Some(())
}

impl Search {
    fn read(node: &Node, context: &Context<'_>, report: &mut Report) -> Option<Self> {
        match &node.value {
            Yaml::Map(_) => Self::read_map(node, context, report),
            Yaml::List(items) => Self::read_list(items, node.at, context, report),
            _ => Self::keywords(std::slice::from_ref(node), node.at, context, report),
        }
    }

    /// A mapping: every key must pass.
    fn read_map(node: &Node, context: &Context<'_>, report: &mut Report) -> Option<Self> {
        let fields = Fields::of(node, "a search", report)?;
        if fields.entries().is_empty() {
            report.error(node.at, "an empty search matches everything");
            return None;
        }
        let mut parts = Vec::new();
        for entry in fields.entries() {
            let key = Key::parse(&entry.key, context.version, entry.at, report);
            let key = key.filter(|own| key::check_parts(&own.field, context, entry.at, report).is_some());
            parts.extend(key.and_then(|key| Self::read_key(key, &entry.value, context, report)));
        }
        (parts.len() == fields.entries().len()).then(|| single_or(parts, Self::All))
    }

    /// A list: any element may pass; mappings are searches, scalars are keywords.
    fn read_list(items: &[Node], at: Place, context: &Context<'_>, report: &mut Report) -> Option<Self> {
        let (maps, words): (Vec<_>, Vec<_>) =
            items.iter().cloned().partition(|item| matches!(item.value, Yaml::Map(_)));
        let mut parts: Vec<Option<Self>> = maps.iter().map(|map| Self::read_map(map, context, report)).collect();
        if !words.is_empty() || items.is_empty() {
            parts.push(Self::keywords(&words, at, context, report));
        }
        Some(single_or(parts.into_iter().collect::<Option<Vec<_>>>()?, Self::Any))
    }

    fn keywords(values: &[Node], at: Place, context: &Context<'_>, report: &mut Report) -> Option<Self> {
        Item::keywords(values, Modifiers::default(), context, at, report).map(Self::Item)
    }

    /// A key with its values, or with the body that elements of its array must pass.
    fn read_key(key: Key, value: &Node, context: &Context<'_>, report: &mut Report) -> Option<Self> {
        let Some(quantifier) = key.quantifier else {
            return Item::read(key, value, context, report).map(Self::Item);
        };
        let field = key.field.clone();
        let body = context.within_block(|| Self::read_body(&key, value, context, report))?;
        Some(Self::Elements(Box::new(Elements { field, quantifier, body })))
    }

    /// What elements must pass: a search, several with a condition, or values of their own.
    fn read_body(key: &Key, value: &Node, context: &Context<'_>, report: &mut Report) -> Option<Detection> {
        Some(match &value.value {
            Yaml::Map(_) if key.modifiers != Modifiers::default() => {
                report.error(value.at, "the body of an array block takes no modifiers");
                return None;
            }
            Yaml::Map(entries) if entries.iter().any(|entry| entry.key == "condition") => {
                Detection::read(value, context, report)?
            }
            _ => {
                let has_maps = |items: &[Node]| items.iter().any(|item| matches!(item.value, Yaml::Map(_)));
                let search = match &value.value {
                    Yaml::Map(_) => Self::read_map(value, context, report)?,
                    Yaml::List(items) if has_maps(items) && key.modifiers == Modifiers::default() => {
                        check_alike(items, value.at, report)?;
                        Self::read_list(items, value.at, context, report)?
                    }
                    _ => {
                        let own = Key { field: Field::Itself, quantifier: None, modifiers: key.modifiers };
                        Self::Item(Item::read(own, value, context, report)?)
                    }
                };
                Detection {
                    searches: vec![Named { name: "element".to_owned(), search: Arc::new(search) }],
                    condition: Condition::Search(0),
                }
            }
        })
    }

    /// Whether it can only pass when a test that `counts` did.
    fn requires(&self, counts: &dyn Fn(&Item) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().any(|part| part.requires(counts)),
            Self::Any(parts) => parts.iter().all(|part| part.requires(counts)),
            Self::Item(item) => counts(item),
            Self::Elements(elements) => match elements.quantifier {
                Quantifier::Any | Quantifier::All => elements.body.always_passes(counts),
                Quantifier::AllOrEmpty | Quantifier::None => false,
            },
        }
    }
}

/// Beside mappings a value would be a keyword, found anywhere in the element; without them it is the
/// whole element. Sigma does not say which, so a list that mixes them is refused.
fn check_alike(items: &[Node], at: Place, report: &mut Report) -> Option<()> {
    if items.iter().all(|item| matches!(item.value, Yaml::Map(_))) {
        return Some(());
    }
    let advice = "write `{.: value}` for an element that is this value";
    report.error_with(at, "the list of an array block holds mappings or values, not both", advice);
    None
}

fn single_or(mut parts: Vec<Search>, join: fn(Vec<Search>) -> Search) -> Search {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => join(parts.into_iter().chain(last).collect()),
    }
}
