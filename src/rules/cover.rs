//! What an event must have for a rule to match at all: for each of a few needs, at least one of its
//! atoms. The index looks for atoms only, and puts the event to the rules whose needs it found met:
//! to what of them is not settled by that.

use super::condition::Condition;
use super::conjunct::{Conjunct, Settled};
use super::detection::{Detection, Elements, Search};
use super::field::Field;
use super::fold;
use super::item::Item;
use super::network::MAPPED;
use super::pattern::Anchor;
use super::present;
use super::quantifier::Quantifier;
use super::scalar::{Number, NumberValue};
use super::value::Test;

/// A text shorter than this is looked for only if a rule needs nothing else.
const TELLING_BYTES_MIN: usize = 4;
/// What an atom costs that many events have.
const COST_OF_PRESENCE: u64 = 1_000;
/// Up to here a floating point number of the same text is the same number.
const EXACT_MAX: i128 = 1 << 53;

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

/// What an index can look for of a rule.
#[derive(Debug)]
pub(super) struct Cover {
    /// What an event must have to match: something of each. Tests that can pass on what is not there are
    /// no need, so a rule may have none.
    pub(super) needs: Vec<Need>,
    /// What of the rule holds once they are met.
    pub(super) settled: Settled,
}

impl Cover {
    /// Of a rule, or of the body of an array block.
    pub(super) fn of(detection: &Detection) -> Self {
        let mut parts = Vec::new();
        detection.conjuncts(&mut |conjunct| {
            parts.push(match conjunct {
                Conjunct::Condition(condition) => of_condition(detection, condition),
                Conjunct::Search(search) => of_search(search),
            });
            true
        });
        let is_telling = |need: &Need| need.iter().all(Atom::is_telling);
        if parts.iter().flat_map(|part| &part.needs).any(is_telling) {
            parts.iter_mut().for_each(|part| part.keep(is_telling));
        }
        let settled = Settled::of(&parts.iter().map(|part| part.is_all).collect::<Vec<_>>());
        let mut needs: Vec<_> = parts.into_iter().flat_map(|part| part.needs).collect();
        if needs.is_empty() {
            needs = present::needs(detection);
        }
        Self { needs, settled }
    }
}

/// What a part of a rule asks for.
#[derive(Debug, Default)]
struct Asked {
    needs: Vec<Need>,
    /// Whether it holds once they are met, so that this is all that it asks for.
    is_all: bool,
}

impl Asked {
    /// Drops the other needs.
    fn keep(&mut self, wanted: impl Fn(&Need) -> bool) {
        let before = self.needs.len();
        self.needs.retain(wanted);
        self.is_all &= self.needs.len() == before;
    }

    /// What all of them need.
    fn all(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self { needs: Vec::new(), is_all: true }, |mut all, part| {
            all.needs.extend(part.needs);
            Self { is_all: all.is_all && part.is_all, ..all }
        })
    }

    /// Of alternatives, one must have all it needs, so one has its rarest need.
    fn any(alternatives: impl Iterator<Item = Self>) -> Self {
        let mut any = Self { needs: Vec::new(), is_all: true };
        let mut union = Vec::new();
        for mut part in alternatives {
            any.is_all &= part.is_all && part.needs.len() == 1;
            let rarest = (0..part.needs.len()).min_by_key(|at| part.needs.get(*at).map(|need| cost(need)));
            // One that needs nothing leaves nothing to be needed by all.
            let Some(rarest) = rarest else { return Self::default() };
            union.append(&mut part.needs.swap_remove(rarest));
        }
        any.needs.push(union);
        any
    }
}

fn of_condition(detection: &Detection, condition: &Condition) -> Asked {
    match condition {
        Condition::Search(index) => {
            detection.searches.get(*index).map_or_else(Asked::default, |named| of_search(&named.search))
        }
        Condition::Not(_) => Asked::default(),
        Condition::All(parts) => Asked::all(parts.iter().map(|part| of_condition(detection, part))),
        Condition::Any(parts) => Asked::any(parts.iter().map(|part| of_condition(detection, part))),
    }
}

fn of_search(search: &Search) -> Asked {
    match search {
        Search::All(parts) => Asked::all(parts.iter().map(of_search)),
        Search::Any(parts) => Asked::any(parts.iter().map(of_search)),
        Search::Item(item) => of_item(item),
        Search::Elements(elements) => Asked { needs: of_elements(elements), is_all: false },
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
    let needs = Cover::of(&elements.body).needs.into_iter();
    needs.filter_map(|need| need.into_iter().map(below).collect()).collect()
}

fn of_item(item: &Item) -> Asked {
    if item.modifiers.neq {
        return Asked::default();
    }
    let field = match &item.field {
        Field::Everywhere => None,
        Field::Named(name) => Some(&**name),
        Field::Itself | Field::Steps(_) => return Asked::default(),
    };
    // Several keys can lead to a name with dots, and a test takes only one of them.
    let is_one = field.is_none_or(|name| !name.contains('.'));
    let each = item.tests.iter().map(|test| match of_test(test, field) {
        Some(need) => Asked { needs: vec![need], is_all: is_one && is_all_of_test(test) },
        None => Asked::default(),
    });
    if item.modifiers.all { Asked::all(each) } else { Asked::any(each) }
}

/// What a value that passes must have; `None` when that cannot be said.
fn of_test(test: &Test, field: Option<&str>) -> Option<Need> {
    let atom = |sort| Some(vec![Atom { field: field.map(Box::from), sort }]);
    let present = || field.and_then(|_| atom(AtomSort::Present));
    let parts = |texts: Vec<String>, anchor| -> Need {
        let sorts = texts.into_iter().map(|text| AtomSort::Part(text.into(), anchor));
        sorts.map(|sort| Atom { field: field.map(Box::from), sort }).collect()
    };
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
        Test::Expression(expression) => {
            expression.literals().map(|texts| parts(texts, Anchor::Within)).or_else(present)
        }
        Test::Network(network) => match network.beginnings() {
            Some(texts) => Some([parts(texts, Anchor::Start), parts(vec![MAPPED.to_owned()], Anchor::Within)].concat()),
            None => present(),
        },
        Test::Exists(true) | Test::Compare(..) | Test::Date(..) | Test::Same(_) => present(),
    }
}

/// Whether a value passes just when it has what the test needs.
fn is_all_of_test(test: &Test) -> bool {
    match test {
        Test::Text(pattern) => pattern.is_as_needed(),
        Test::Number(number) => {
            let is_exact = matches!(number.value, NumberValue::Integer(value) if value.abs() <= EXACT_MAX);
            is_exact && numbers(number).count() == 1
        }
        Test::Any(tests) => tests.iter().all(is_all_of_test),
        _ => false,
    }
}

/// The texts that an equal number, or the same text, can have. A large number has two: as a float it is
/// written with as few digits as tell it from others.
fn numbers(number: &Number) -> impl Iterator<Item = AtomSort> {
    let of_float = |value: f64| if value == 0.0 { "0".to_owned() } else { value.to_string() };
    let (integer, float) = match number.value {
        NumberValue::Integer(value) => (Some(value), Some(value as f64).filter(|float| *float as i128 == value)),
        NumberValue::Float(value) => (Some(value as i128).filter(|integer| *integer as f64 == value), Some(value)),
    };
    let mut texts = vec![fold::folded(&number.text)];
    texts.extend(integer.map(|value| value.to_string()));
    texts.extend(float.map(of_float));
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().map(|text| AtomSort::Exactly(text.into()))
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
