//! Finds the few rules that an event can match at all, by what they cannot do without. Which of them
//! do match is for the rules themselves to say; the index may name too many, never too few.

use std::cell::RefCell;
use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use serde_json::Value;

use super::cover::{self, Atom, AtomSort};
use super::field::DEPTH_MAX;
use super::fold;
use super::pattern::Anchor;
use super::rule::Rule;
use super::value::with_text;

/// Rules are numbered by their place in the set.
type RuleNumber = u32;

/// The index over a set of rules.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    fields: HashMap<Box<str>, Postings>,
    anywhere: Postings,
    /// Rules that an event may match whatever it has.
    always: Vec<RuleNumber>,
    rules: usize,
}

/// Which rules want what of one field.
#[derive(Debug, Clone, Default)]
struct Postings {
    present: Vec<RuleNumber>,
    exactly: HashMap<Box<str>, Vec<RuleNumber>>,
    parts: Option<Parts>,
}

/// Which rules want which parts, and where.
type Wanted = HashMap<Box<str>, Vec<(Anchor, RuleNumber)>>;

/// Parts of values, all looked for at once.
#[derive(Debug, Clone)]
struct Parts {
    automaton: AhoCorasick,
    /// For each of its patterns: where it has to stand, and for whom.
    wanted: Vec<Vec<(Anchor, RuleNumber)>>,
}

/// Buffers that are used again from event to event.
#[derive(Default)]
struct Scratch {
    name: String,
    folded: String,
    marks: Marks,
}

/// The rules found, each once.
#[derive(Default)]
struct Marks {
    seen: Vec<u32>,
    round: u32,
    found: Vec<RuleNumber>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Index {
    /// Over these rules.
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut index = Self { rules: rules.len(), ..Self::default() };
        let mut parts: HashMap<Option<Box<str>>, Wanted> = HashMap::new();
        for (number, rule) in (0..).zip(rules) {
            let Some(atoms) = cover::of(&rule.detection) else {
                index.always.push(number);
                continue;
            };
            for Atom { field, sort } in atoms {
                match sort {
                    AtomSort::Part(text, anchor) => {
                        parts.entry(field).or_default().entry(text).or_default().push((anchor, number));
                    }
                    AtomSort::Present => index.postings(field).present.push(number),
                    AtomSort::Exactly(text) => {
                        index.postings(field).exactly.entry(text).or_default().push(number);
                    }
                }
            }
        }
        for (field, texts) in parts {
            match Parts::of(&texts) {
                Some(parts) => index.postings(field).parts = Some(parts),
                // An automaton that cannot be built looks for nothing, so its rules are always asked.
                None => index.always.extend(texts.values().flatten().map(|(_, number)| number)),
            }
        }
        index
    }

    /// Calls `ask` with each rule that the event may match, each once, in no order.
    pub(super) fn candidates(&self, event: &Value, mut ask: impl FnMut(usize)) {
        // Taken out, so that `ask` may come back here.
        let mut scratch = SCRATCH.take();
        scratch.marks.begin(self.rules);
        scratch.marks.add(&self.always);
        self.visit(event, 0, &mut scratch);
        for number in &scratch.marks.found {
            ask(*number as usize);
        }
        SCRATCH.set(scratch);
    }

    fn postings(&mut self, field: Option<Box<str>>) -> &mut Postings {
        match field {
            Some(name) => self.fields.entry(name).or_default(),
            None => &mut self.anywhere,
        }
    }

    /// Every value under every name that leads to it. A name is what stands between dots on the way,
    /// so it is that of any field which finds the value there.
    fn visit(&self, value: &Value, depth: usize, scratch: &mut Scratch) {
        if depth > DEPTH_MAX {
            return;
        }
        if depth > 0
            && let Some(postings) = self.fields.get(scratch.name.as_str())
        {
            scratch.marks.add(&postings.present);
            postings.find(value, scratch);
        }
        match value {
            Value::Array(elements) => elements.iter().for_each(|element| self.visit(element, depth + 1, scratch)),
            Value::Object(members) => {
                let length = scratch.name.len();
                for (name, member) in members {
                    if length > 0 {
                        scratch.name.push('.');
                    }
                    scratch.name.push_str(name);
                    self.visit(member, depth + 1, scratch);
                    scratch.name.truncate(length);
                }
            }
            _ => self.anywhere.find(value, scratch),
        }
    }
}

impl Postings {
    fn find(&self, value: &Value, scratch: &mut Scratch) {
        if self.exactly.is_empty() && self.parts.is_none() {
            return;
        }
        let Scratch { folded, marks, .. } = scratch;
        with_text(value, |text| {
            fold_into(text, folded);
            if let Some(rules) = self.exactly.get(folded.as_str()) {
                marks.add(rules);
            }
            if let Some(parts) = &self.parts {
                parts.find(folded, marks);
            }
        });
    }
}

impl Parts {
    fn of(texts: &Wanted) -> Option<Self> {
        let (patterns, wanted): (Vec<&str>, Vec<_>) =
            texts.iter().map(|(text, wanted)| (&**text, wanted.clone())).unzip();
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::Standard).kind(Some(AhoCorasickKind::ContiguousNFA));
        builder.build(patterns).ok().map(|automaton| Self { automaton, wanted })
    }

    fn find(&self, text: &str, marks: &mut Marks) {
        for found in self.automaton.find_overlapping_iter(text) {
            for (anchor, number) in self.wanted.get(found.pattern().as_usize()).into_iter().flatten() {
                let is_there = match anchor {
                    Anchor::Whole => found.len() == text.len(),
                    Anchor::Start => found.start() == 0,
                    Anchor::End => found.end() == text.len(),
                    Anchor::Within => true,
                };
                if is_there {
                    marks.add(&[*number]);
                }
            }
        }
    }
}

impl Marks {
    fn begin(&mut self, rules: usize) {
        self.found.clear();
        self.round = self.round.wrapping_add(1);
        if self.seen.len() < rules || self.round == 0 {
            self.seen.clear();
            self.seen.resize(rules, 0);
            self.round = 1;
        }
    }

    fn add(&mut self, numbers: &[RuleNumber]) {
        for number in numbers {
            if let Some(seen) = self.seen.get_mut(*number as usize)
                && *seen != self.round
            {
                *seen = self.round;
                self.found.push(*number);
            }
        }
    }
}

fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        folded.extend(text.chars().map(fold::fold));
    }
}
