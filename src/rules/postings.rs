//! What rules want of one field: which needs are met by its being there, by a whole value, by a part
//! of one. All parts are looked for at once.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::cover::AtomSort;
use super::grams::Grams;
use super::pattern::Anchor;
use super::tally::NeedNumber;

/// What is wanted, while it is gathered.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    present: Vec<NeedNumber>,
    exactly: HashMap<Box<str>, Vec<NeedNumber>>,
    parts: HashMap<Box<str>, Vec<(Anchor, NeedNumber)>>,
}

/// What is wanted, ready to be looked for.
#[derive(Default)]
pub(super) struct Postings {
    present: Box<[NeedNumber]>,
    exactly: HashMap<Box<str>, Box<[NeedNumber]>, RandomState>,
    parts: Option<Parts>,
}

struct Parts {
    texts: Grams,
    /// For each of the texts where its entries end in `wanted`; they begin where the last one's end.
    ends: Box<[u32]>,
    wanted: Box<[(Anchor, NeedNumber)]>,
}

impl Wanted {
    /// Adds one atom of a need.
    pub(super) fn add(&mut self, sort: AtomSort, need: NeedNumber) {
        match sort {
            AtomSort::Present => self.present.push(need),
            AtomSort::Exactly(text) => self.exactly.entry(text).or_default().push(need),
            AtomSort::Part(text, anchor) => self.parts.entry(text).or_default().push((anchor, need)),
        }
    }
}

impl Postings {
    /// Of what was gathered.
    pub(super) fn of(wanted: Wanted) -> Self {
        let exactly = wanted.exactly.into_iter().map(|(text, needs)| (text, needs.into()));
        Self { present: wanted.present.into(), exactly: exactly.collect(), parts: Parts::of(&wanted.parts) }
    }

    /// Calls `met` with the needs that any value meets.
    pub(super) fn present(&self, met: impl FnMut(NeedNumber)) {
        self.present.iter().copied().for_each(met);
    }

    /// Whether values matter at all.
    pub(super) fn reads_text(&self) -> bool {
        self.parts.is_some() || !self.exactly.is_empty()
    }

    /// Calls `met` with the needs that a value of this text, which is folded, meets; some twice.
    pub(super) fn find(&self, text: &str, mut met: impl FnMut(NeedNumber)) {
        if let Some(needs) = self.exactly.get(text) {
            needs.iter().copied().for_each(&mut met);
        }
        if let Some(parts) = &self.parts {
            parts.find(text, met);
        }
    }
}

impl Parts {
    fn of(parts: &HashMap<Box<str>, Vec<(Anchor, NeedNumber)>>) -> Option<Self> {
        let mut wanted = Vec::new();
        let ends = parts.values().map(|entries| {
            wanted.extend(entries);
            u32::try_from(wanted.len()).unwrap_or(u32::MAX)
        });
        let ends = ends.collect();
        let texts = Grams::of(parts.keys().map(|text| &**text).zip(0..));
        (!parts.is_empty()).then(|| Self { texts, ends, wanted: wanted.into() })
    }

    fn find(&self, text: &str, mut met: impl FnMut(NeedNumber)) {
        self.texts.find(text, |number, from, to| {
            for (anchor, need) in self.wanted(number as usize) {
                let is_there = match anchor {
                    Anchor::Whole => from == 0 && to == text.len(),
                    Anchor::Start => from == 0,
                    Anchor::End => to == text.len(),
                    Anchor::Within => true,
                };
                if is_there {
                    met(*need);
                }
            }
        });
    }

    fn wanted(&self, text: usize) -> &[(Anchor, NeedNumber)] {
        let end = |text: usize| self.ends.get(text).map_or(0, |end| *end as usize);
        let start = text.checked_sub(1).map_or(0, end);
        self.wanted.get(start..end(text)).unwrap_or_default()
    }
}
