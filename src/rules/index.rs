//! Finds the few rules that an event can match at all, by what they cannot do without, and of the
//! others how much of that the event has. Which of the first do match is for the rules themselves to
//! say, where that settles not all of it: the index may name too many of them, never too few. A need that
//! settles a part of a rule must be met only by what passes that part, so no look-up may find too much.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use foldhash::fast::RandomState;
use serde_json::Value;

use super::conjunct::Settled;
use super::cover::{Atom, Cover};
use super::detector::Detector;
use super::field::DEPTH_MAX;
use super::folded::Folded;
use super::postings::{Postings, Wanted};
use super::tally::{NeedNumber, Tally};
use super::value::with_text;

/// The index over a set of rules.
#[derive(Default)]
pub(super) struct Index {
    fields: HashMap<Box<str>, Postings, RandomState>,
    anywhere: Postings,
    /// The rule of each need, by its place in the index.
    rule_of: Vec<u32>,
    rules: Vec<Indexed>,
    /// Places of rules that an event may match whatever it has.
    always: Vec<u32>,
}

/// One rule of the index.
#[derive(Debug, Clone, Copy)]
struct Indexed {
    number: usize,
    needs: u32,
    settled: Settled,
}

/// A rule that an event has something of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The rule's number.
    pub(super) number: usize,
    /// How many of its needs are met.
    pub(super) met: u32,
    /// How many it has.
    pub(super) needs: u32,
    /// What of it holds when all of them are met.
    pub(super) settled: Settled,
}

/// Whether a value has a name yet. The name itself may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name<'e> {
    None,
    /// The event's own key, and nothing else.
    Key(&'e str),
    /// In the buffer.
    Gathered,
}

/// Buffers that are used again from event to event.
#[derive(Default)]
struct Scratch {
    name: String,
    folded: Folded,
    tally: Tally,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Found {
    /// Whether the event can match the rule.
    pub(super) fn is_candidate(self) -> bool {
        self.met == self.needs
    }
}

impl Index {
    /// Over these rules and their numbers.
    pub(super) fn of<'r>(rules: impl Iterator<Item = (usize, &'r Detector)>) -> Self {
        let mut index = Self::default();
        let (mut fields, mut anywhere): (HashMap<Box<str>, Wanted>, Wanted) = Default::default();
        for (place, (number, detector)) in (0..).zip(rules) {
            let Cover { needs, settled } = Cover::of(&detector.detection);
            if needs.is_empty() {
                index.always.push(place);
            }
            let first = index.rule_of.len();
            for (need, atoms) in (NeedNumber::try_from(first).unwrap_or(NeedNumber::MAX)..).zip(needs) {
                index.rule_of.push(place);
                for Atom { field, sort } in atoms {
                    let wanted = match field {
                        Some(name) => fields.entry(name).or_default(),
                        None => &mut anywhere,
                    };
                    wanted.add(sort, need);
                }
            }
            let needs = u32::try_from(index.rule_of.len() - first).unwrap_or(u32::MAX);
            index.rules.push(Indexed { number, needs, settled });
        }
        index.fields = fields.into_iter().map(|(name, wanted)| (name, Postings::of(wanted))).collect();
        index.anywhere = Postings::of(anywhere);
        index
    }

    /// Calls `each` with every rule that the event has something of or that needs nothing, each once,
    /// in no order.
    pub(super) fn find(&self, event: &Value, mut each: impl FnMut(Found)) {
        // Taken out, so that `each` may come back here.
        let mut scratch = SCRATCH.take();
        scratch.tally.begin(self.rule_of.len(), self.rules.len());
        scratch.name.clear();
        self.visit(event, Name::None, 0, &mut scratch);
        let of = |place: u32, met: u32| {
            let Indexed { number, needs, settled } = *self.rules.get(place as usize)?;
            Some(Found { number, met, needs, settled })
        };
        self.always.iter().filter_map(|place| of(*place, 0)).for_each(&mut each);
        scratch.tally.each(|place, met| of(place, met).into_iter().for_each(&mut each));
        SCRATCH.set(scratch);
    }

    /// Every value under every name that leads to it. A name is what stands between dots on the way,
    /// so it is that of any field which finds the value there.
    fn visit(&self, value: &Value, name: Name<'_>, depth: usize, scratch: &mut Scratch) {
        if depth > DEPTH_MAX {
            return;
        }
        let named = match name {
            Name::None => None,
            Name::Key(key) => self.fields.get(key),
            Name::Gathered => self.fields.get(scratch.name.as_str()),
        };
        if let Some(postings) = named {
            postings.present(|need| self.met(need, &mut scratch.tally));
        }
        match value {
            Value::Array(elements) => elements.iter().for_each(|element| self.visit(element, name, depth + 1, scratch)),
            Value::Object(members) if name == Name::None => {
                members.iter().for_each(|(key, member)| self.visit(member, Name::Key(key), depth + 1, scratch));
            }
            Value::Object(members) => {
                let before = scratch.name.len();
                if let Name::Key(key) = name {
                    scratch.name.push_str(key);
                }
                scratch.name.push('.');
                let length = scratch.name.len();
                for (key, member) in members {
                    scratch.name.push_str(key);
                    self.visit(member, Name::Gathered, depth + 1, scratch);
                    scratch.name.truncate(length);
                }
                scratch.name.truncate(before);
            }
            _ => {
                let named = named.filter(|postings| postings.reads_text());
                let is_read = named.is_some() || self.anywhere.reads_text();
                if is_read && with_text(value, |text| scratch.folded.set(text)).is_some() {
                    let Scratch { folded, tally, .. } = scratch;
                    if let Some(postings) = named {
                        postings.find(folded, |need| self.met(need, tally));
                    }
                    self.anywhere.find(folded, |need| self.met(need, tally));
                }
            }
        }
    }

    fn met(&self, need: NeedNumber, tally: &mut Tally) {
        if let Some(place) = self.rule_of.get(need as usize) {
            tally.met(need, *place);
        }
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("rules", &self.rules.len()).field("needs", &self.rule_of.len()).finish()
    }
}
