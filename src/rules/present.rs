//! What a rule without other needs still needs: that a field is there which its filters must not find
//! missing. `not` a search for null is such a filter.

use super::condition::Condition;
use super::cover::{Atom, AtomSort, Need};
use super::detection::{Detection, Search};
use super::field::Field;
use super::item::Item;
use super::value::Test;

/// Fields, one of each need, that an event must have to match.
pub(super) fn needs(detection: &Detection) -> Vec<Need> {
    of_condition(detection, &detection.condition, true)
}

/// What an event needs for the condition to hold, or not to.
fn of_condition(detection: &Detection, condition: &Condition, holds: bool) -> Vec<Need> {
    let each = |parts: &[Condition]| parts.iter().map(|part| of_condition(detection, part, holds)).collect();
    match condition {
        Condition::Not(inner) => of_condition(detection, inner, !holds),
        Condition::Search(_) if holds => Vec::new(),
        Condition::Search(index) => detection.searches.get(*index).map_or(Vec::new(), |named| to_fail(&named.search)),
        Condition::All(parts) if holds => all(each(parts)),
        Condition::Any(parts) if !holds => all(each(parts)),
        Condition::All(parts) | Condition::Any(parts) => any(each(parts)),
    }
}

/// What an event needs to fail the search.
fn to_fail(search: &Search) -> Vec<Need> {
    match search {
        Search::Any(parts) => all(parts.iter().map(to_fail).collect()),
        Search::All(parts) => any(parts.iter().map(to_fail).collect()),
        Search::Item(item) if passes_without_field(item) => match &item.field {
            Field::Named(name) => vec![vec![Atom { field: Some(name.clone()), sort: AtomSort::Present }]],
            Field::Everywhere | Field::Itself | Field::Steps(_) => Vec::new(),
        },
        Search::Item(_) | Search::Elements(_) => Vec::new(),
    }
}

fn passes_without_field(item: &Item) -> bool {
    let mut tests = item.tests.iter().map(|test| matches!(test, Test::Null | Test::Exists(false)));
    !item.modifiers.neq && if item.modifiers.all { tests.all(|passes| passes) } else { tests.any(|passes| passes) }
}

fn all(parts: Vec<Vec<Need>>) -> Vec<Need> {
    parts.into_iter().flatten().collect()
}

/// Of alternatives, something of each.
fn any(parts: Vec<Vec<Need>>) -> Vec<Need> {
    let first_of_each: Option<Vec<Need>> = parts.into_iter().map(|needs| needs.into_iter().next()).collect();
    first_of_each.map(|needs| needs.into_iter().flatten().collect()).into_iter().collect()
}
