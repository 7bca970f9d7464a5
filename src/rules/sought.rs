//! What a rule looks for, in words of the rule, for those who read that it matched and not the event: [`super::explain`]
//! tells its author the same beside what an event has.

use super::condition::Condition;
use super::detection::{Named, Search};
use super::detector::Detector;

/// What a search asks for, and the parts it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// In words of the rule: `all of`, `any of`, or a test of one field.
    pub what: String,
    /// Its parts.
    pub parts: Vec<Self>,
}

impl Detector {
    /// Each search with its identifier, in the order of the file.
    pub fn sought(&self) -> impl Iterator<Item = (&str, Sought)> {
        self.detection.searches.iter().map(|Named { name, search }| (name.as_str(), search.sought()))
    }
}

impl Detector {
    /// How they are joined, by their identifiers.
    #[must_use]
    pub fn condition(&self) -> String {
        said(&self.detection.condition, &self.detection.searches)
    }
}

fn said(condition: &Condition, searches: &[Named]) -> String {
    let joined = |parts: &[Condition], by: &str| {
        let each = parts.iter().map(|part| match part {
            Condition::All(_) | Condition::Any(_) => format!("({})", said(part, searches)),
            _ => said(part, searches),
        });
        each.collect::<Vec<_>>().join(by)
    };
    match condition {
        Condition::Search(index) => searches.get(*index).map(|named| named.name.clone()).unwrap_or_default(),
        Condition::Not(inner) if matches!(**inner, Condition::Search(_)) => format!("not {}", said(inner, searches)),
        Condition::Not(inner) => format!("not ({})", said(inner, searches)),
        Condition::All(parts) => joined(parts, " and "),
        Condition::Any(parts) => joined(parts, " or "),
    }
}

impl Search {
    fn sought(&self) -> Sought {
        let joined = |what: &str, parts: &[Self]| match parts {
            [one] => one.sought(),
            parts => Sought { what: what.to_owned(), parts: parts.iter().map(Self::sought).collect() },
        };
        match self {
            Self::All(parts) => joined("all of", parts),
            Self::Any(parts) => joined("any of", parts),
            Self::Item(item) => Sought { what: item.what(), parts: Vec::new() },
            Self::Elements(elements) => {
                let parts = elements.body.searches.iter().map(|named| named.search.sought()).collect();
                Sought { what: elements.what(), parts }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::{detecting, load_rule};

    fn lines(sought: &Sought, depth: usize, into: &mut Vec<String>) {
        into.push(format!("{}{}", " ".repeat(depth), sought.what));
        sought.parts.iter().for_each(|part| lines(part, depth + 1, into));
    }

    #[test]
    fn each_search_says_what_it_asks_for() {
        let detection = "  s: {a.b: [X, 'y*'], n|gt: 5}\n  bad: {u|contains|all: [p, q]}\n  condition: s and not bad\n";
        let set = load_rule(&detecting(detection)).unwrap();
        let mut found = Vec::new();
        for (name, sought) in set.detectors()[0].sought() {
            found.push(name.to_owned());
            lines(&sought, 1, &mut found);
        }
        assert_eq!(found, ["s", " all of", "  a.b is 'x' or 'y*'", "  n gt 5", "bad", " u is '*p*' and '*q*'"]);
    }

    #[test]
    fn the_condition_is_said_by_the_names_of_its_searches() {
        let searches = "  a: {x: 1}\n  b: {x: 2}\n  c: {x: 3}\n";
        for (condition, expected) in [
            ("a", "a"),
            ("a and not b", "a and not b"),
            ("a and (b or c)", "a and (b or c)"),
            ("not (a or b) or c", "not (a or b) or c"),
            ("1 of them", "a or b or c"),
        ] {
            let set = load_rule(&detecting(&format!("{searches}  condition: {condition}\n"))).unwrap();
            assert_eq!(set.detectors()[0].condition(), expected);
        }
    }
}
