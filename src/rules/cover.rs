//! What an event must have for a rule to match at all: for each of a few needs, at least one of its
//! atoms. The index looks for atoms only, and puts the event to the rules whose needs it found met.

use super::condition::Condition;
use super::detection::{Detection, Elements, Search};
use super::field::Field;
use super::fold;
use super::item::Item;
use super::pattern::Anchor;
use super::quantifier::Quantifier;
use super::scalar::{Number, NumberValue};
use super::value::Test;

/// A text shorter than this is looked for only if a rule needs nothing else.
const TELLING_BYTES_MIN: usize = 4;
/// What an atom costs that many events have.
const COST_OF_PRESENCE: u64 = 1_000;

/// Something that can be looked for in an event without regard to the rest of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Atom {
    /// The field, or `None` for any value of the event.
    pub(super) field: Option<Box<str>>,
    pub(super) sort: AtomSort,
}

/// What has to be there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum AtomSort {
    /// The field.
    Present,
    /// This value, folded.
    Exactly(Box<str>),
    /// A value with this in it, folded, at this place.
    Part(Box<str>, Anchor),
}

/// Atoms of which at least one has to be there.
pub(super) type Need = Vec<Atom>;

/// What an event must have to match: something of each need. Tests that can pass on what is not there
/// are no need, so a rule may have none.
pub(super) fn needs(detection: &Detection) -> Vec<Need> {
    let needs = of_condition(detection, &detection.condition);
    let (telling, rest): (Vec<_>, Vec<_>) = needs.into_iter().partition(|need| need.iter().all(Atom::is_telling));
    if telling.is_empty() { rest } else { telling }
}

fn of_condition(detection: &Detection, condition: &Condition) -> Vec<Need> {
    match condition {
        Condition::Search(index) => detection.searches.get(*index).map_or(Vec::new(), |named| of_search(&named.search)),
        Condition::Not(_) => Vec::new(),
        Condition::All(parts) => parts.iter().flat_map(|part| of_condition(detection, part)).collect(),
        Condition::Any(parts) => any(parts.iter().map(|part| of_condition(detection, part))),
    }
}

fn of_search(search: &Search) -> Vec<Need> {
    match search {
        Search::All(parts) => parts.iter().flat_map(of_search).collect(),
        Search::Any(parts) => any(parts.iter().map(of_search)),
        Search::Item(item) => of_item(item),
        Search::Elements(elements) => of_elements(elements),
    }
}

/// What one element must have, the event must have below the array's name.
fn of_elements(elements: &Elements) -> Vec<Need> {
    let Field::Named(array) = &elements.field else { return Vec::new() };
    match elements.quantifier {
        Quantifier::Any | Quantifier::All => {}
        Quantifier::AllOrEmpty | Quantifier::None => return Vec::new(),
    }
    let below = |atom: Atom| Some(Atom { field: Some(format!("{array}.{}", atom.field?).into()), ..atom });
    let needs = needs(&elements.body).into_iter();
    needs.filter_map(|need| need.into_iter().map(below).collect()).collect()
}

fn of_item(item: &Item) -> Vec<Need> {
    if item.modifiers.neq {
        return Vec::new();
    }
    let field = match &item.field {
        Field::Everywhere => None,
        Field::Named(name) => Some(&**name),
        Field::Itself | Field::Steps(_) => return Vec::new(),
    };
    let each = item.tests.iter().map(|test| of_test(test, field));
    if item.modifiers.all { each.flatten().collect() } else { union(each).into_iter().collect() }
}

/// Of alternatives, one must have all it needs, so one has its rarest need.
fn any(alternatives: impl Iterator<Item = Vec<Need>>) -> Vec<Need> {
    let rarest = alternatives.map(|needs| needs.into_iter().min_by_key(|need| cost(need)));
    union(rarest).into_iter().collect()
}

/// What a value that passes must have; `None` when that cannot be said.
fn of_test(test: &Test, field: Option<&str>) -> Option<Need> {
    let atom = |sort| Some(vec![Atom { field: field.map(Box::from), sort }]);
    let present = || field.and_then(|_| atom(AtomSort::Present));
    match test {
        Test::Null | Test::Exists(false) => None,
        Test::Bool(value) => atom(AtomSort::Exactly(value.to_string().into())),
        Test::Number(number) => Some(numbers(number).map(|sort| Atom { field: field.map(Box::from), sort }).collect()),
        Test::Text(pattern) => match pattern.needed() {
            Some((text, Anchor::Whole)) => atom(AtomSort::Exactly(fold::folded(&text).into())),
            Some((text, anchor)) => atom(AtomSort::Part(fold::folded(&text).into(), anchor)),
            None => present(),
        },
        Test::Any(tests) => union(tests.iter().map(|test| of_test(test, field))),
        Test::Exists(true)
        | Test::Expression(_)
        | Test::Network(_)
        | Test::Compare(..)
        | Test::Date(..)
        | Test::Same(_) => present(),
    }
}

/// The texts that an equal number, or the same text, can have.
fn numbers(number: &Number) -> impl Iterator<Item = AtomSort> {
    let canonical = match number.value {
        NumberValue::Integer(value) => value.to_string(),
        NumberValue::Float(0.0) => "0".to_owned(),
        NumberValue::Float(value) => value.to_string(),
    };
    let written = fold::folded(&number.text);
    let second = (written != canonical).then_some(written);
    std::iter::once(canonical).chain(second).map(|text| AtomSort::Exactly(text.into()))
}

fn union(needs: impl Iterator<Item = Option<Need>>) -> Option<Need> {
    let mut all = Vec::new();
    for need in needs {
        all.extend(need?);
    }
    Some(all)
}

/// How many events one of the atoms will be found in, roughly.
fn cost(need: &[Atom]) -> u64 {
    need.iter().map(|atom| atom.cost()).sum()
}

impl Atom {
    /// Short texts stand in most long values, so looking for them takes time and tells little.
    fn is_telling(&self) -> bool {
        !matches!(&self.sort, AtomSort::Part(text, Anchor::Within) if text.len() < TELLING_BYTES_MIN)
    }

    fn cost(&self) -> u64 {
        let rare = |text: &str| 2_000 / (text.len() as u64 + 1).pow(3);
        let of_sort = match &self.sort {
            AtomSort::Present => COST_OF_PRESENCE,
            AtomSort::Exactly(text) => 2 + rare(text),
            AtomSort::Part(text, Anchor::Within) => 4 + 2 * rare(text),
            AtomSort::Part(text, _) => 3 + rare(text),
        };
        if self.field.is_some() { of_sort } else { 2 * of_sort }
    }
}
