//! The parts of a rule as a tree that is put to events, and notes where each part decides.

use serde_json::Value;

use super::condition::Condition;
use super::coverage::{By, Shown};
use super::detection::{Detection, Elements, Search};
use super::item::Item;
use super::quantifier::Quantifier;
use super::value::Test;

/// A part, with what the tests have shown of it so far.
pub(super) struct Part<'d> {
    name: String,
    what: What<'d>,
    /// How it has to decide; `None` for the whole.
    wanted: Option<By>,
    passed: Seen,
    failed: Seen,
    parts: Vec<Self>,
}

enum What<'d> {
    All,
    Any,
    Not,
    Item(&'d Item),
    Value(&'d Item, &'d Test),
    Elements(&'d Elements),
}

/// Whether something happened in a test, and decided there.
#[derive(Default)]
struct Seen {
    happens: bool,
    decides: bool,
}

impl<'d> Part<'d> {
    /// A condition of a detection as a part that has to decide so; `None` for the whole.
    pub(super) fn of_condition(condition: &'d Condition, detection: &'d Detection, wanted: Option<By>) -> Self {
        let each = |parts: &'d [Condition], wanted| {
            parts.iter().map(|part| Self::of_condition(part, detection, Some(wanted))).collect()
        };
        let (what, parts) = match condition {
            Condition::Search(index) => {
                return match detection.searches.get(*index) {
                    Some(named) => Self::of_search(&named.search, named.name.clone(), wanted),
                    None => Self::new(String::new(), What::Any, wanted, Vec::new()),
                };
            }
            // What turns its outcome round, turns round how it has to decide.
            Condition::Not(inner) => {
                (What::Not, vec![Self::of_condition(inner, detection, wanted.map(By::turned_round))])
            }
            Condition::All(parts) => (What::All, each(parts, By::Failing)),
            Condition::Any(parts) => (What::Any, each(parts, By::Passing)),
        };
        Self::new(written(condition, detection), what, wanted, parts)
    }

    fn of_search(search: &'d Search, name: String, wanted: Option<By>) -> Self {
        let (what, parts) = match search {
            Search::All(keys) => {
                let part = |key: &'d Search| Self::of_search(key, format!("{name}: {}", key.what()), Some(By::Failing));
                (What::All, keys.iter().map(part).collect())
            }
            Search::Any(alternatives) => {
                let part = |(number, search): (usize, &'d Search)| {
                    let what = match search {
                        Search::Item(_) | Search::Elements(_) => search.what(),
                        Search::All(_) | Search::Any(_) => format!("alternative {number}"),
                    };
                    Self::of_search(search, format!("{name}: {what}"), Some(By::Passing))
                };
                (What::Any, (1..).zip(alternatives).map(part).collect())
            }
            Search::Item(item) => (What::Item(item), Self::values(item, &name)),
            Search::Elements(elements) => {
                let body = &elements.body;
                // An element has to be there that fails: a missing array says nothing of the body.
                let mut inner = Self::of_condition(&body.condition, body, Some(By::Failing));
                inner.rename(&format!("{name}: "));
                (What::Elements(elements), vec![inner])
            }
        };
        Self::new(name, what, wanted, parts)
    }

    /// The values of a list; a single one is the item itself.
    fn values(item: &'d Item, name: &str) -> Vec<Self> {
        if item.tests.len() < 2 {
            return Vec::new();
        }
        let wanted = if item.modifiers.all { By::Failing } else { By::Passing };
        let part = |test: &'d Test| {
            let value = item.what_of(std::slice::from_ref(test));
            // The name may end in the item's own words, which then are not said again.
            let name = name.strip_suffix(&item.what()).unwrap_or(name).trim_end_matches(": ");
            Self::new(format!("{name}: {value}"), What::Value(item, test), Some(wanted), Vec::new())
        };
        item.tests.iter().map(part).collect()
    }

    fn new(name: String, what: What<'d>, wanted: Option<By>, parts: Vec<Self>) -> Self {
        Self { name, what, wanted, passed: Seen::default(), failed: Seen::default(), parts }
    }

    fn rename(&mut self, before: &str) {
        self.name.insert_str(0, before);
        self.parts.iter_mut().for_each(|part| part.rename(before));
    }

    pub(super) fn passes(&self, event: &Value) -> bool {
        match &self.what {
            What::All => self.parts.iter().all(|part| part.passes(event)),
            What::Any => self.parts.iter().any(|part| part.passes(event)),
            What::Not => !self.parts.iter().any(|part| part.passes(event)),
            What::Item(item) => item.matches(event),
            // Of several fields under `neq` one that is missing is as good as one that is the same.
            What::Value(item, test) if item.modifiers.neq && !item.modifiers.all => item.is_in_the_way(test, event),
            What::Value(item, test) => item.passes(test, event),
            What::Elements(elements) => elements.matches(event),
        }
    }

    /// Notes what a test shows. `decides`: whether the rule would come out otherwise if this did.
    pub(super) fn put(&mut self, event: &Value, decides: bool) {
        let seen = if self.passes(event) { &mut self.passed } else { &mut self.failed };
        seen.happens = true;
        seen.decides |= decides;
        if let What::Elements(elements) = &self.what {
            return elements.put_each(&mut self.parts, event, decides);
        }
        let passes: Vec<bool> = self.parts.iter().map(|part| part.passes(event)).collect();
        let neutral = match &self.what {
            What::All => true,
            What::Item(item) => item.modifiers.all,
            _ => false,
        };
        // What cannot be compared fails under `neq`, whatever its other values do.
        let is_open = match &self.what {
            What::Item(item) => !(item.modifiers.neq && item.modifiers.all && item.is_unknown(event)),
            _ => true,
        };
        for (index, part) in self.parts.iter_mut().enumerate() {
            part.put(event, decides && is_open && is_alone(&passes, index, neutral));
        }
    }

    /// Tells of every part that has to decide.
    pub(super) fn tell(&self, shown: &mut Vec<Shown>) {
        // `not` only turns round what its operand says already.
        if let Some(wanted) = self.wanted.filter(|_| !matches!(self.what, What::Not)) {
            let decides = match wanted {
                By::Passing => self.passed.decides,
                By::Failing => self.failed.decides,
            };
            let (passes, fails) = (self.passed.happens, self.failed.happens);
            shown.push(Shown { part: self.name.clone(), wanted, decides, passes, fails });
        }
        self.parts.iter().for_each(|part| part.tell(shown));
    }
}

/// Whether every other one has the outcome that leaves the decision to this one.
fn is_alone(passes: &[bool], index: usize, neutral: bool) -> bool {
    passes.iter().enumerate().all(|(other, passes)| other == index || *passes == neutral)
}

impl Elements {
    /// Puts each element to the body; it decides when all others leave the decision to it.
    fn put_each(&self, body: &mut [Part<'_>], event: &Value, decides: bool) {
        let mut elements = Vec::new();
        self.field.look_whole(event, |node| {
            match node {
                Value::Array(several) => elements.extend(several.iter().cloned()),
                Value::Null => {}
                single => elements.push(single.clone()),
            }
            false
        });
        let neutral = matches!(self.quantifier, Quantifier::All | Quantifier::AllOrEmpty);
        let passes: Vec<bool> = elements.iter().map(|element| self.body.matches(element)).collect();
        for body in body {
            for (index, element) in elements.iter().enumerate() {
                body.put(element, decides && is_alone(&passes, index, neutral));
            }
        }
    }
}

impl Search {
    /// What a key of a mapping asks for.
    fn what(&self) -> String {
        match self {
            Self::Item(item) => item.what(),
            Self::Elements(elements) => elements.what(),
            Self::All(_) => "all of them".to_owned(),
            Self::Any(_) => "any of them".to_owned(),
        }
    }
}

/// A condition with the names of its searches.
fn written(condition: &Condition, detection: &Detection) -> String {
    let joined = |parts: &[Condition], by: &str| {
        let one = |part: &Condition| match part {
            Condition::All(_) | Condition::Any(_) => format!("({})", written(part, detection)),
            part => written(part, detection),
        };
        parts.iter().map(one).collect::<Vec<_>>().join(by)
    };
    match condition {
        Condition::Search(index) => detection.searches.get(*index).map_or(String::new(), |named| named.name.clone()),
        Condition::Not(inner) => format!("not {}", joined(std::slice::from_ref(inner), "")),
        Condition::All(parts) => joined(parts, " and "),
        Condition::Any(parts) => joined(parts, " or "),
    }
}
