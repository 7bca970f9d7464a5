//! Looks for many texts in one at once. Each text is filed under a few sequences of its bytes that
//! follow each other, its grams, those that the fewest others have. One of as many places that follow
//! each other is always looked at, so a text that stands there is met by one of its grams, and most
//! looks are at a table that says whether any text is filed under a gram (Wu and Manber 1994 skip by
//! such blocks; Karp and Rabin 1987 verify by them). Over texts of rules this takes a fraction of the
//! time of an Aho-Corasick automaton (benches/rules), whose states do not fit into the cache.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use foldhash::fast::RandomState;

use super::folded::Folded;
use super::needle::{self, Needle};
use super::taken::{Places, Taken};

/// Grams that are looked at together: whether any of them is filed is one question.
const BLOCK: usize = 8;
/// Fewer texts of like lengths than this are not worth a table.
const FEW: usize = 2;
/// The bytes that those grams take at most.
const BLOCK_BYTES: usize = BLOCK * 4 + 7;

/// Texts to look for, each by its place in the list they were given in.
pub(super) struct Grams {
    texts: Box<[Box<str>]>,
    /// Of eight bytes or more: every fourth place is looked at.
    long: Table<5, 4>,
    /// Of four to seven: every second.
    middle: Table<3, 2>,
    /// Of two or three: every one.
    short: Table<2, 1>,
    /// Too few of a length, or too short, for a table: one after the other.
    few: Box<[(Needle, u32)]>,
}

/// Texts by grams of so many bytes, so many grams each.
struct Table<const BYTES: usize, const GRAMS: usize> {
    taken: Taken,
    filed: HashMap<u64, Box<[Filed]>, RandomState>,
}

#[derive(Debug, Clone, Copy)]
struct Filed {
    text: u32,
    /// Where in the text the gram stands.
    gram_at: u32,
}

impl Grams {
    /// Of texts, none of them empty.
    pub(super) fn of(texts: Vec<Box<str>>) -> Self {
        let mut few = Vec::new();
        let mut of = |lengths: RangeInclusive<usize>, least: usize| {
            let numbered = texts.iter().map(|text| &**text).zip(0..);
            let some: Vec<_> = numbered.filter(|(text, _)| lengths.contains(&text.len())).collect();
            if some.len() >= least {
                return some;
            }
            few.extend(some.into_iter().map(|(text, number)| (Needle::of(text.into()), number)));
            Vec::new()
        };
        of(1..=1, usize::MAX);
        let (short, middle, long) = (of(2..=3, FEW), of(4..=7, FEW), of(8..=usize::MAX, FEW));
        Self {
            long: Table::of(long),
            middle: Table::of(middle),
            short: Table::of(short),
            few: few.into(),
            texts: texts.into(),
        }
    }

    /// Calls `found` with the place of every text that stands in `text`, as often as it does.
    pub(super) fn find(&self, text: &Folded, mut found: impl FnMut(u32)) {
        let bytes = text.bytes();
        let mut verify = |filed: Filed, gram_at: usize| {
            let is_there = || {
                let wanted = self.texts.get(filed.text as usize)?.as_bytes();
                let from = gram_at.checked_sub(filed.gram_at as usize)?;
                Some(bytes.get(from..from + wanted.len())? == wanted)
            };
            if is_there() == Some(true) {
                found(filed.text);
            }
        };
        self.long.find(text, &mut verify);
        self.middle.find(text, &mut verify);
        self.short.find(text, &mut verify);
        for (needle, number) in &self.few {
            if needle.is_in_folded(bytes) {
                found(*number);
            }
        }
    }
}

impl<const BYTES: usize, const GRAMS: usize> Table<BYTES, GRAMS> {
    fn of(texts: Vec<(&str, u32)>) -> Self {
        let mut counts: HashMap<u64, u32, RandomState> = HashMap::default();
        let all_grams = texts.iter().flat_map(|(text, _)| text.as_bytes().windows(BYTES)).map(gram);
        all_grams.for_each(|gram| *counts.entry(gram).or_default() += 1);
        // Of equally rare ones, that of the rarest bytes.
        let rarity = |gram: u64| (counts.get(&gram).copied().unwrap_or_default(), commonness(gram));

        let mut filed: HashMap<u64, Vec<Filed>> = HashMap::new();
        for (text, number) in texts {
            let grams: Vec<_> = text.as_bytes().windows(BYTES).map(gram).map(|gram| (rarity(gram), gram)).collect();
            let runs = grams.windows(GRAMS).enumerate();
            let Some((from, run)) = runs.min_by_key(|(_, run)| run.iter().map(|(rarity, _)| *rarity).max()) else {
                continue;
            };
            for (gram_at, (_, gram)) in (from as u32..).zip(run) {
                filed.entry(*gram).or_default().push(Filed { text: number, gram_at });
            }
        }
        let taken = Taken::of(filed.keys().copied());
        let filed = filed.into_iter().map(|(gram, filed)| (gram, filed.into()));
        Self { taken, filed: filed.collect() }
    }

    /// The bits of eight bytes that are not of the gram.
    const REST: u32 = 64 - 8 * BYTES as u32;

    fn find(&self, text: &Folded, found: &mut impl FnMut(Filed, usize)) {
        match &self.taken {
            // All of its texts are longer.
            _ if text.bytes().len() < BYTES + GRAMS - 1 => {}
            Taken::None => {}
            Taken::Few(places) => self.find_by(places, text, found),
            Taken::Some(places) => self.find_by(places, text, found),
            Taken::Many(places) => self.find_by(places, text, found),
            Taken::Most(places) => self.find_by(places, text, found),
        }
    }

    fn find_by<const COUNT: usize>(&self, places: &Places<COUNT>, text: &Folded, found: &mut impl FnMut(Filed, usize)) {
        for from in (0..text.bytes().len()).step_by(BLOCK * GRAMS) {
            let Some(block) = text.block::<BLOCK_BYTES>(from) else { return };
            // Without a branch for each, so that the processor looks at several at a time.
            if Self::grams(block).iter().fold(0, |taken, gram| taken | places.has(*gram)) != 0 {
                self.look(places, block, from, found);
            }
        }
    }

    /// Those of a block that are looked at.
    #[inline]
    fn grams(block: &[u8; BLOCK_BYTES]) -> [u64; BLOCK] {
        std::array::from_fn(|at| block.get(at * GRAMS..).map_or(0, word) << Self::REST)
    }

    /// Looks for what is filed under each gram of a block. Few blocks get here.
    #[inline(never)]
    fn look<const COUNT: usize>(
        &self,
        places: &Places<COUNT>,
        block: &[u8; BLOCK_BYTES],
        from: usize,
        found: &mut impl FnMut(Filed, usize),
    ) {
        for (at, gram) in (from..).step_by(GRAMS).zip(Self::grams(block)) {
            if places.has(gram) == 1 {
                self.filed.get(&gram).into_iter().flatten().for_each(|filed| found(*filed, at));
            }
        }
    }
}

/// Bytes as a number, at its upper end, the first of them lowest.
#[inline]
fn gram(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |gram, byte| gram << 8 | u64::from(*byte)) << (64 - 8 * bytes.len())
}

/// The first of eight bytes lowest.
#[inline]
fn word(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// How common a gram's bytes are together.
fn commonness(gram: u64) -> usize {
    gram.to_le_bytes().into_iter().map(needle::commonness).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn every_text_that_stands_there_is_found_and_no_other(
            texts in proptest::collection::btree_set("[abé]{1,14}", 0..24),
            text in "[abé]{0,90}",
        ) {
            let standing: BTreeSet<&String> = texts.iter().filter(|wanted| text.contains(&***wanted)).collect();
            let list: Vec<&String> = texts.iter().collect();
            let grams = Grams::of(texts.iter().map(|text| text.as_str().into()).collect());
            let mut folded = Folded::default();
            folded.set(&text);
            let mut found = BTreeSet::new();
            grams.find(&folded, |number| {
                found.insert(list[number as usize]);
            });
            prop_assert_eq!(found, standing);
        }
    }
}
