//! Looks for many texts in one at once. Each text is filed under one sequence of four of its bytes (of
//! two, if it is short), its gram, the one that the fewest others have; a table says whether any text is filed under a gram, so
//! most places of the text that is searched cost one look at it (Wu and Manber 1994 skip by such
//! blocks; Karp and Rabin 1987 verify by them). Over texts of rules this takes a third of the time of
//! an Aho-Corasick automaton (benches/rules), whose states do not fit into the cache.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// Places of a table for each of its texts, so that few are taken.
const PLACES_PER_TEXT: usize = 32;
/// The fewest and the most places, of a byte each: what the fastest and the second cache hold.
const PLACES_MIN: usize = 1 << 11;
const PLACES_MAX: usize = 1 << 17;
/// Grams that are looked at together: whether any of them is filed is one question.
const BLOCK: usize = 16;
/// The bytes that those grams take.
const BLOCK_BYTES: usize = BLOCK + 3;

/// Texts to look for, each with its number.
pub(super) struct Grams {
    long: Table<4>,
    short: Table<2>,
    /// Too short for any gram.
    bytes: Box<[(u8, u32)]>,
}

/// Texts by a gram of so many bytes, 4 at most.
struct Table<const BYTES: usize> {
    /// Whether a gram is filed at this place.
    taken: Box<[bool]>,
    /// From a hash's 32 bits to a place.
    shift: u32,
    filed: HashMap<u32, Box<[Filed]>, RandomState>,
}

struct Filed {
    text: Box<str>,
    /// Where in the text its gram stands.
    gram_at: usize,
    number: u32,
}

impl Grams {
    /// Of texts, none of them empty.
    pub(super) fn of<'t>(texts: impl Iterator<Item = (&'t str, u32)>) -> Self {
        let (long, rest): (Vec<_>, Vec<_>) = texts.partition(|(text, _)| text.len() >= 4);
        let (short, bytes): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(text, _)| text.len() >= 2);
        let bytes = bytes.into_iter().filter_map(|(text, number)| Some((*text.as_bytes().first()?, number)));
        Self { long: Table::of(long), short: Table::of(short), bytes: bytes.collect() }
    }

    /// Calls `found` with the number of every text that stands in `text`, and where: from and to, in
    /// bytes. Of a text of one byte only the first and the last place.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(u32, usize, usize)) {
        let bytes = text.as_bytes();
        self.long.find(bytes, &mut found);
        self.short.find(bytes, &mut found);
        for (byte, number) in &self.bytes {
            let places = [memchr::memchr(*byte, bytes), memchr::memrchr(*byte, bytes)];
            places.into_iter().flatten().for_each(|at| found(*number, at, at + 1));
        }
    }
}

impl<const BYTES: usize> Table<BYTES> {
    fn of(texts: Vec<(&str, u32)>) -> Self {
        let mut counts: HashMap<u32, u32, RandomState> = HashMap::default();
        let all_grams = texts.iter().flat_map(|(text, _)| Self::grams(text.as_bytes()));
        all_grams.for_each(|gram| *counts.entry(gram).or_default() += 1);

        let count = (texts.len() * PLACES_PER_TEXT).next_power_of_two().clamp(PLACES_MIN, PLACES_MAX);
        let shift = u32::BITS - count.trailing_zeros();
        let mut taken = vec![false; if texts.is_empty() { 0 } else { count }];
        let mut filed: HashMap<u32, Vec<Filed>> = HashMap::new();
        for (text, number) in texts {
            let count_of = |gram: &u32| counts.get(gram).copied().unwrap_or_default();
            let grams = Self::grams(text.as_bytes()).enumerate();
            // Of equally rare ones, that of the rarest bytes.
            let rarity = |(_, gram): &(usize, u32)| (count_of(gram), commonness(*gram));
            let Some((gram_at, gram)) = grams.min_by_key(rarity) else { continue };
            if let Some(taken) = taken.get_mut(place(gram, shift)) {
                *taken = true;
            }
            filed.entry(gram).or_default().push(Filed { text: text.into(), gram_at, number });
        }
        let filed = filed.into_iter().map(|(gram, filed)| (gram, filed.into()));
        Self { taken: taken.into(), shift, filed: filed.collect() }
    }

    fn find(&self, bytes: &[u8], found: &mut impl FnMut(u32, usize, usize)) {
        if self.filed.is_empty() || bytes.len() < BYTES {
            return;
        }
        for from in (0..bytes.len()).step_by(BLOCK) {
            let rest = bytes.get(from..).unwrap_or_default();
            // The last ones have zeros behind them; what is found in those is not in `bytes`.
            let mut last = [0; BLOCK_BYTES];
            let block = rest.first_chunk().unwrap_or_else(|| {
                last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
                &last
            });
            if self.is_any_filed(block) {
                self.verify(block, bytes, from, found);
            }
        }
    }

    fn is_any_filed(&self, block: &[u8; BLOCK_BYTES]) -> bool {
        // Without a branch for each, so that the processor looks at several at a time.
        self.places(block).fold(false, |any, place| any | self.taken.get(place).copied().unwrap_or_default())
    }

    #[cold]
    fn verify(&self, block: &[u8; BLOCK_BYTES], bytes: &[u8], from: usize, found: &mut impl FnMut(u32, usize, usize)) {
        for ((at, gram), place) in (from..).zip(Self::grams(block)).zip(self.places(block)) {
            if self.taken.get(place) == Some(&true) {
                let filed = self.filed.get(&gram).into_iter().flatten();
                filed.for_each(|filed| filed.verify(bytes, at, found));
            }
        }
    }

    fn places(&self, block: &[u8; BLOCK_BYTES]) -> impl Iterator<Item = usize> {
        Self::grams(block).take(BLOCK).map(|gram| place(gram, self.shift))
    }

    /// Every gram of these bytes, one after the other.
    fn grams(bytes: &[u8]) -> impl Iterator<Item = u32> {
        bytes.windows(BYTES).map(|window| {
            let gram: [u8; BYTES] = window.try_into().unwrap_or([0; BYTES]);
            gram.iter().rev().fold(0, |gram, byte| gram << 8 | u32::from(*byte))
        })
    }
}

impl Filed {
    fn verify(&self, bytes: &[u8], gram_at: usize, found: &mut impl FnMut(u32, usize, usize)) {
        let Some(from) = gram_at.checked_sub(self.gram_at) else { return };
        let to = from + self.text.len();
        if bytes.get(from..to) == Some(self.text.as_bytes()) {
            found(self.number, from, to);
        }
    }
}

/// How common a gram's bytes are in paths, names and prose.
fn commonness(gram: u32) -> u32 {
    const COMMONEST_FIRST: &[u8] = b"eiostnarclmdpu\\.hwgfbxvy-_0123 /k";
    let of = |byte: u8| COMMONEST_FIRST.iter().position(|common| *common == byte).unwrap_or(COMMONEST_FIRST.len());
    gram.to_le_bytes().iter().map(|byte| 64 - of(*byte) as u32).sum()
}

/// A gram's place by multiplicative hashing (Knuth, volume 3, section 6.4).
fn place(gram: u32, shift: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn every_place_of_every_text_is_found(
            texts in proptest::collection::btree_set("[abé]{1,9}", 0..12),
            text in "[abé]{0,24}",
        ) {
            let grams = Grams::of(texts.iter().map(String::as_str).zip(0..));
            let mut found = BTreeSet::new();
            grams.find(&text, |number, from, to| {
                found.insert((number, from, to));
            });
            let places = |(wanted, number): (&String, u32)| {
                let starts = (0..text.len()).filter(|from| text.as_bytes()[*from..].starts_with(wanted.as_bytes()));
                starts.map(|from| (number, from, from + wanted.len())).collect::<Vec<_>>()
            };
            let all: BTreeSet<_> = texts.iter().zip(0..).flat_map(places).collect();
            let is_end = |place: &(u32, usize, usize), all: &BTreeSet<_>| {
                let of_text = || all.iter().filter(|other: &&(u32, usize, usize)| other.0 == place.0);
                of_text().min() == Some(place) || of_text().max() == Some(place)
            };
            let expected = all.iter().filter(|place| place.2 - place.1 > 1 || is_end(place, &all));
            prop_assert_eq!(expected.copied().collect::<BTreeSet<_>>(), found);
        }
    }
}
