//! Whether every event that one detection finds is found by another, as far as their shape proves it.
//!
//! Names of searches say nothing here, their contents do. "Yes" is a proof; "no" only means that none
//! was found.

use super::super::condition::Condition;
use super::super::detection::{Detection, Search};
use super::super::item::Item;
use super::super::value::Test;

/// The most comparisons that one proof may take.
const STEPS_MAX: usize = 20_000;

/// Whether whatever `narrow` finds is found by `wide`, too.
pub(super) fn implies(narrow: &Detection, wide: &Detection) -> bool {
    let mut steps = 0;
    proves(Part::of(narrow), Part::of(wide), &mut steps)
}

/// Whether no event can pass: something that every match has to pass is also what no match may pass. As
/// above, "no" proves nothing.
pub(super) fn excludes_itself(detection: &Detection) -> bool {
    let whole = Part::of(detection);
    let (mut waiting, mut steps) = (vec![(whole, true)], 0);
    while let Some((part, is_required)) = waiting.pop() {
        steps += 1;
        match (part.shape(), is_required) {
            _ if steps > STEPS_MAX => return false,
            (Some(Shape::All(parts)), true) | (Some(Shape::Any(parts)), false) => {
                waiting.extend(parts.into_iter().map(|part| (part, is_required)));
            }
            (Some(Shape::Not(inner)), _) => waiting.push((inner, !is_required)),
            // Every match passes what it implies, and this one no match passes.
            (Some(_), false) if proves(whole, part, &mut steps) => return true,
            _ => {}
        }
    }
    false
}

/// A part of a detection, across conditions and searches.
#[derive(Debug, Clone, Copy)]
enum Part<'d> {
    Condition(&'d Detection, &'d Condition),
    Search(&'d Search),
}

/// What a part is made of.
enum Shape<'d> {
    All(Vec<Part<'d>>),
    Any(Vec<Part<'d>>),
    Not(Part<'d>),
    Leaf(&'d Search),
}

impl<'d> Part<'d> {
    fn of(detection: &'d Detection) -> Self {
        Self::Condition(detection, &detection.condition)
    }

    fn shape(self) -> Option<Shape<'d>> {
        let conditions =
            |detection, parts: &'d [Condition]| parts.iter().map(|part| Self::Condition(detection, part)).collect();
        let searches = |parts: &'d [Search]| parts.iter().map(Self::Search).collect();
        match self {
            Self::Condition(detection, Condition::Search(index)) => {
                Self::Search(&detection.searches.get(*index)?.search).shape()
            }
            Self::Condition(detection, Condition::Not(inner)) => Some(Shape::Not(Self::Condition(detection, inner))),
            Self::Condition(detection, Condition::All(parts)) => Some(Shape::All(conditions(detection, parts))),
            Self::Condition(detection, Condition::Any(parts)) => Some(Shape::Any(conditions(detection, parts))),
            Self::Search(Search::All(parts)) => Some(Shape::All(searches(parts))),
            Self::Search(Search::Any(parts)) => Some(Shape::Any(searches(parts))),
            Self::Search(leaf) => Some(Shape::Leaf(leaf)),
        }
    }
}

fn proves(narrow: Part<'_>, wide: Part<'_>, steps: &mut usize) -> bool {
    *steps += 1;
    let (Some(left), Some(right)) = (narrow.shape(), wide.shape()) else { return false };
    if *steps > STEPS_MAX {
        return false;
    }
    match (&left, &right) {
        (_, Shape::All(parts)) => parts.iter().all(|part| proves(narrow, *part, steps)),
        (Shape::Any(parts), _) => parts.iter().all(|part| proves(*part, wide, steps)),
        (Shape::All(narrows), Shape::Any(wides)) => {
            wides.iter().any(|part| proves(narrow, *part, steps))
                || narrows.iter().any(|part| proves(*part, wide, steps))
        }
        (Shape::All(parts), _) => parts.iter().any(|part| proves(*part, wide, steps)),
        (_, Shape::Any(parts)) => parts.iter().any(|part| proves(narrow, *part, steps)),
        (Shape::Not(left), Shape::Not(right)) => proves(*right, *left, steps),
        (Shape::Leaf(Search::Item(left)), Shape::Leaf(Search::Item(right))) => item_proves(left, right),
        (Shape::Leaf(left), Shape::Leaf(right)) => left == right,
        (Shape::Not(_), Shape::Leaf(_)) | (Shape::Leaf(_), Shape::Not(_)) => false,
    }
}

/// Values are alternatives: fewer of them find less. `all` and `neq` each turn that round.
fn item_proves(narrow: &Item, wide: &Item) -> bool {
    if narrow.field != wide.field || narrow.modifiers != wide.modifiers {
        return false;
    }
    let has_all = |some: &[Test], of: &[Test]| some.iter().all(|test| of.contains(test));
    if narrow.modifiers.all == narrow.modifiers.neq {
        has_all(&narrow.tests, &wide.tests)
    } else {
        has_all(&wide.tests, &narrow.tests)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::tests::folder;
    use super::super::super::{Detector, RuleSet, compile};
    use super::*;

    const SEARCHES: [&str; 10] = [
        "{a: x}",
        "{a: [x, y]}",
        "{a|contains|all: [x, y]}",
        "{a|contains|all: [x, y, z]}",
        "{a|neq: x}",
        "{a|neq: [x, y]}",
        "{a|contains|all|neq: [x, y]}",
        "{a|contains|all|neq: [x, y, z]}",
        "{a: x, b: x}",
        "[{a: x}, {b: y}]",
    ];
    const CONDITIONS: [&str; 4] = ["s and t", "s or not t", "s and not t", "not (s or t)"];

    /// A rule for each two searches and each condition over them.
    fn every_rule() -> RuleSet {
        let mut rules = Vec::new();
        for (s, t) in SEARCHES.iter().flat_map(|s| SEARCHES.iter().map(move |t| (s, t))) {
            for condition in CONDITIONS {
                let searches = format!("  s: {s}\n  t: {t}\n  condition: {condition}\n");
                let rule = format!("title: T\nlogsource: {{product: test}}\ndetection:\n{searches}");
                rules.push((format!("{:04}.yml", rules.len()), rule));
            }
        }
        let rules: Vec<(&str, &str)> = rules.iter().map(|(name, rule)| (name.as_str(), rule.as_str())).collect();
        compile(&folder(&rules)).unwrap_or_else(|errors| panic!("{errors}"))
    }

    fn every_event() -> Vec<Value> {
        let values = [json!(null), json!("x"), json!("y"), json!("xyz"), json!(["x", "y"]), json!(["q", "z"])];
        values.iter().flat_map(|a| values.iter().map(move |b| json!({ "a": a, "b": b }))).collect()
    }

    #[test]
    fn what_excludes_itself_finds_no_event() {
        let (set, events) = (every_rule(), every_event());
        let never: Vec<&Detector> = set.detectors().iter().filter(|one| excludes_itself(&one.detection)).collect();
        for one in &never {
            assert!(!events.iter().any(|event| one.matches(event)), "{:?}", one.detection);
        }
        // At least `s and not t` of every two that are one, and of those of which one has more values.
        assert!(never.len() > SEARCHES.len(), "only {}", never.len());
    }

    #[test]
    fn what_is_proven_holds_for_every_event() {
        let (set, events) = (every_rule(), every_event());
        let found: Vec<(&Detection, Vec<bool>)> = set
            .detectors()
            .iter()
            .map(|one| (&one.detection, events.iter().map(|event| one.matches(event)).collect()))
            .collect();
        let mut proven = 0;
        for (index, (narrow, of_narrow)) in found.iter().enumerate() {
            assert!(implies(narrow, narrow), "{:?}", set.detectors()[index].rule.file);
            for (wide, of_wide) in &found {
                if implies(narrow, wide) {
                    proven += 1;
                    assert!(
                        of_narrow.iter().zip(of_wide).all(|(narrow, wide)| !narrow || *wide),
                        "{narrow:?}\n{wide:?}"
                    );
                }
            }
        }
        assert!(proven > 10_000, "only {proven} of {} are proven", found.len() * found.len());
    }
}
