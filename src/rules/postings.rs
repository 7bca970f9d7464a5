//! What rules want of one field: which needs are met by its being there, by a whole value, by a part
//! of one. All parts are looked for at once.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::cover::AtomSort;
use super::edge::{Edge, Edges};
use super::folded::Folded;
use super::grams::Grams;
use super::pattern::Anchor;
use super::tally::NeedNumber;

type Texts = HashMap<Box<str>, Vec<NeedNumber>>;

/// What is wanted, while it is gathered.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    present: Vec<NeedNumber>,
    exactly: Texts,
    starts: Texts,
    ends: Texts,
    within: Texts,
}

/// What is wanted, ready to be looked for.
#[derive(Default)]
pub(super) struct Postings {
    present: Box<[NeedNumber]>,
    exactly: HashMap<Box<[u8]>, Box<[NeedNumber]>, RandomState>,
    /// The lengths that those have, a bit each; the last is for all that are longer.
    lengths: u64,
    starts: Option<Box<Edges>>,
    ends: Option<Box<Edges>>,
    within: Option<Box<Within>>,
}

struct Within {
    texts: Grams,
    /// For each of the texts.
    needs: Box<[Box<[NeedNumber]>]>,
}

impl Wanted {
    /// Adds one atom of a need.
    pub(super) fn add(&mut self, sort: AtomSort, need: NeedNumber) {
        let (texts, text) = match sort {
            AtomSort::Present => return self.present.push(need),
            AtomSort::Exactly(text) | AtomSort::Part(text, Anchor::Whole) => (&mut self.exactly, text),
            AtomSort::Part(text, Anchor::Start) => (&mut self.starts, text),
            AtomSort::Part(text, Anchor::End) => (&mut self.ends, text),
            AtomSort::Part(text, Anchor::Within) => (&mut self.within, text),
        };
        texts.entry(text).or_default().push(need);
    }
}

impl Postings {
    /// Of what was gathered.
    pub(super) fn of(wanted: Wanted) -> Self {
        let lengths = wanted.exactly.keys().fold(0, |lengths, text| lengths | length_bit(text.len()));
        let exactly = wanted.exactly.into_iter().map(|(text, needs)| (text.into_boxed_bytes(), needs.into()));
        Self {
            present: wanted.present.into(),
            exactly: exactly.collect(),
            lengths,
            starts: Edges::of(Edge::Start, wanted.starts).map(Box::new),
            ends: Edges::of(Edge::End, wanted.ends).map(Box::new),
            within: Within::of(wanted.within).map(Box::new),
        }
    }

    /// Calls `met` with the needs that any value meets.
    pub(super) fn present(&self, met: impl FnMut(NeedNumber)) {
        self.present.iter().copied().for_each(met);
    }

    /// Whether values matter at all.
    pub(super) fn reads_text(&self) -> bool {
        self.within.is_some() || !self.exactly.is_empty() || self.starts.is_some() || self.ends.is_some()
    }

    /// Calls `met` with the needs that a value of this text, which is folded, meets; some twice.
    pub(super) fn find(&self, text: &Folded, mut met: impl FnMut(NeedNumber)) {
        if self.lengths & length_bit(text.bytes().len()) != 0
            && let Some(needs) = self.exactly.get(text.bytes())
        {
            needs.iter().copied().for_each(&mut met);
        }
        if let Some(starts) = &self.starts {
            starts.find(Edge::Start, text.bytes(), &mut met);
        }
        if let Some(ends) = &self.ends {
            ends.find(Edge::End, text.bytes(), &mut met);
        }
        if let Some(within) = &self.within {
            within.find(text, met);
        }
    }
}

fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

impl Within {
    fn of(texts: Texts) -> Option<Self> {
        if texts.is_empty() {
            return None;
        }
        let (texts, needs): (Vec<_>, Vec<_>) = texts.into_iter().map(|(text, needs)| (text, needs.into())).unzip();
        Some(Self { texts: Grams::of(texts), needs: needs.into() })
    }

    fn find(&self, text: &Folded, mut met: impl FnMut(NeedNumber)) {
        self.texts.find(text, |number| {
            self.needs.get(number as usize).into_iter().flatten().copied().for_each(&mut met);
        });
    }
}
