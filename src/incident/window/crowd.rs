//! Which windows give way when there are too many. Who invents people makes many windows that are
//! alike: of the same rules, of as many entries, touched at about the same time. So it is the most
//! common kind that gives way, and of that kind the window that was opened last. A window that was there
//! before, one that has come further and one of a rarer rule stay.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashSet};

use super::{Counts, Mark, Window};

/// Into how many parts the time is divided in which an entry can matter.
const SLICES: i64 = 64;

/// What makes windows alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    /// Which of the correlation's rules have matched, each a bit; of rules that count alike none.
    rules: u128,
    /// How often the number of entries can be halved.
    size: u32,
    /// In which part of time the newest entry lies.
    slice: i64,
}

impl Kind {
    /// `None` of a window without entries.
    pub(super) fn of(window: &Window) -> Option<Self> {
        let newest = window.entries().last()?;
        let rules = window.entries().iter().fold(0, |rules, entry| match entry.counts {
            // There are at most a hundred.
            Counts::Rule(number) | Counts::Step(number) => rules | 1_u128.checked_shl(number.into()).unwrap_or(0),
            _ => rules,
        });
        let slice_ms = (i64::try_from(newest.stay().as_millis()).unwrap_or(i64::MAX) / SLICES).max(1);
        let slice = newest.at.as_millisecond().div_euclid(slice_ms);
        Some(Self { rules, size: window.entries().len().ilog2(), slice })
    }
}

/// The windows of one correlation, by their kind.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// Of each kind in the order in which they were opened.
    kinds: BTreeMap<Kind, BTreeSet<(u64, Mark)>>,
    windows: usize,
    entries: usize,
}

impl Crowd {
    /// How many windows there are.
    pub(super) fn windows(&self) -> usize {
        self.windows
    }

    /// How many entries they have.
    pub(super) fn entries(&self) -> usize {
        self.entries
    }

    pub(super) fn insert(&mut self, kind: Kind, opened: u64, group: Mark, entries: usize) {
        if self.kinds.entry(kind).or_default().insert((opened, group)) {
            self.windows += 1;
            self.entries += entries;
        }
    }

    pub(super) fn remove(&mut self, kind: Kind, opened: u64, group: Mark, entries: usize) {
        let Some(alike) = self.kinds.get_mut(&kind) else { return };
        if alike.remove(&(opened, group)) {
            self.windows -= 1;
            self.entries -= entries;
        }
        if alike.is_empty() {
            self.kinds.remove(&kind);
        }
    }

    /// The windows in the order in which they give way, but for some.
    pub(super) fn giving_way<'c>(&'c self, but: &'c HashSet<Mark>) -> GivingWay<'c> {
        let common = self.kinds.iter().map(|(kind, alike)| (alike.len(), Reverse(*kind))).collect();
        let alike = self.kinds.iter().map(|(kind, alike)| (*kind, alike.iter())).collect();
        GivingWay { common, alike, but }
    }
}

/// See [`Crowd::giving_way`].
pub(super) struct GivingWay<'c> {
    /// How many of each kind are left.
    common: BinaryHeap<(usize, Reverse<Kind>)>,
    alike: BTreeMap<Kind, std::collections::btree_set::Iter<'c, (u64, Mark)>>,
    but: &'c HashSet<Mark>,
}

impl Iterator for GivingWay<'_> {
    type Item = Mark;

    fn next(&mut self) -> Option<Mark> {
        while let Some((count, kind)) = self.common.pop() {
            let Some((_, last)) = self.alike.get_mut(&kind.0).and_then(DoubleEndedIterator::next_back) else {
                continue;
            };
            self.common.push((count - 1, kind));
            if !self.but.contains(last) {
                return Some(*last);
            }
        }
        None
    }
}
