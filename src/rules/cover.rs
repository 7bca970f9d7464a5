//! What an event must have for a rule to match at all: a few atoms of which at least one has to be
//! there. The index looks for atoms only, and puts the event to the rules whose atoms it found.

use super::condition::Condition;
use super::detection::{Detection, Elements, Search};
use super::field::Field;
use super::fold;
use super::item::Item;
use super::pattern::Anchor;
use super::quantifier::Quantifier;
use super::scalar::{Number, NumberValue};
use super::value::Test;

/// Atoms that cost more than this in sum are worse than none.
const COST_MAX: u64 = 1 << 40;
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

/// Atoms of which at least one has to be there; `None` when that cannot be said.
type Cover = Option<Vec<Atom>>;

/// The cheapest atoms of which an event must have one to match.
pub(super) fn of(detection: &Detection) -> Cover {
    of_condition(detection, &detection.condition)
}

fn of_condition(detection: &Detection, condition: &Condition) -> Cover {
    match condition {
        Condition::Search(index) => of_search(&detection.searches.get(*index)?.search),
        Condition::Not(_) => None,
        Condition::All(parts) => cheapest(parts.iter().map(|part| of_condition(detection, part))),
        Condition::Any(parts) => union(parts.iter().map(|part| of_condition(detection, part))),
    }
}

fn of_search(search: &Search) -> Cover {
    match search {
        Search::All(parts) => cheapest(parts.iter().map(of_search)),
        Search::Any(parts) => union(parts.iter().map(of_search)),
        Search::Item(item) => of_item(item),
        Search::Elements(elements) => of_elements(elements),
    }
}

/// What one element must have, the event must have below the array's name.
fn of_elements(elements: &Elements) -> Cover {
    let Field::Named(array) = &elements.field else { return None };
    match elements.quantifier {
        Quantifier::Any | Quantifier::All => {}
        Quantifier::AllOrEmpty | Quantifier::None => return None,
    }
    let below = |atom: Atom| Some(Atom { field: Some(format!("{array}.{}", atom.field?).into()), ..atom });
    of(&elements.body)?.into_iter().map(below).collect()
}

fn of_item(item: &Item) -> Cover {
    if item.modifiers.neq {
        return None;
    }
    let field = match &item.field {
        Field::Everywhere => None,
        Field::Named(name) => Some(&**name),
        Field::Itself | Field::Steps(_) => return None,
    };
    let each = item.tests.iter().map(|test| of_test(test, field));
    if item.modifiers.all { cheapest(each) } else { union(each) }
}

fn of_test(test: &Test, field: Option<&str>) -> Cover {
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
        NumberValue::Float(value) => value.to_string(),
    };
    let written = fold::folded(&number.text);
    let second = (written != canonical).then_some(written);
    std::iter::once(canonical).chain(second).map(|text| AtomSort::Exactly(text.into()))
}

fn union(covers: impl Iterator<Item = Cover>) -> Cover {
    let mut all = Vec::new();
    for cover in covers {
        all.extend(cover?);
    }
    Some(all)
}

fn cheapest(covers: impl Iterator<Item = Cover>) -> Cover {
    covers.flatten().min_by_key(|cover| cost(cover)).filter(|cover| cost(cover) < COST_MAX)
}

/// How many events one of the atoms will be found in, roughly.
fn cost(cover: &[Atom]) -> u64 {
    cover.iter().map(|atom| atom.cost()).sum()
}

impl Atom {
    fn cost(&self) -> u64 {
        let rare = |text: &str| 200 / (text.len() as u64 + 1).pow(2);
        let of_sort = match &self.sort {
            AtomSort::Present => COST_OF_PRESENCE,
            AtomSort::Exactly(text) => 2 + rare(text),
            AtomSort::Part(text, Anchor::Within) => 4 + 2 * rare(text),
            AtomSort::Part(text, _) => 3 + rare(text),
        };
        if self.field.is_some() { of_sort } else { 2 * of_sort }
    }
}
