//! Texts that others begin with, or end with. Each is filed under its outermost eight bytes (four, two
//! or one, if it is short), so a text is put to few of them whatever its length and theirs.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::tally::NeedNumber;

/// At which end of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Start,
    End,
}

/// Texts at one edge, each with the needs it meets.
#[derive(Default)]
pub(super) struct Edges {
    /// By eight, four, two and one byte.
    by_bytes: [Filed; 4],
}

const SIZES: [usize; 4] = [8, 4, 2, 1];

type Filed = HashMap<u64, Box<[Text]>, RandomState>;

struct Text {
    text: Box<str>,
    needs: Box<[NeedNumber]>,
}

impl Edges {
    /// Of texts, none of them empty.
    pub(super) fn of(edge: Edge, texts: HashMap<Box<str>, Vec<NeedNumber>>) -> Option<Self> {
        if texts.is_empty() {
            return None;
        }
        let mut by_bytes: [HashMap<u64, Vec<Text>>; 4] = Default::default();
        for (text, needs) in texts {
            let fits = SIZES
                .iter()
                .zip(&mut by_bytes)
                .find_map(|(size, filed)| Some((key(edge, text.as_bytes(), *size)?, filed)));
            if let Some((key, filed)) = fits {
                filed.entry(key).or_default().push(Text { text, needs: needs.into() });
            }
        }
        Some(Self {
            by_bytes: by_bytes.map(|filed| filed.into_iter().map(|(key, texts)| (key, texts.into())).collect()),
        })
    }

    /// Calls `met` with the needs of every text that stands at this edge of `bytes`.
    pub(super) fn find(&self, edge: Edge, bytes: &[u8], met: &mut impl FnMut(NeedNumber)) {
        for (size, filed) in SIZES.into_iter().zip(&self.by_bytes) {
            if filed.is_empty() {
                continue;
            }
            let texts = key(edge, bytes, size).and_then(|key| filed.get(&key)).into_iter().flatten();
            let standing = texts.filter(|it| match edge {
                Edge::Start => bytes.starts_with(it.text.as_bytes()),
                Edge::End => bytes.ends_with(it.text.as_bytes()),
            });
            standing.flat_map(|it| &it.needs).copied().for_each(&mut *met);
        }
    }
}

/// The outermost bytes, if there are so many.
fn key(edge: Edge, bytes: &[u8], size: usize) -> Option<u64> {
    let outermost = match edge {
        Edge::Start => bytes.get(..size)?,
        Edge::End => bytes.get(bytes.len().checked_sub(size)?..)?,
    };
    Some(outermost.iter().fold(0, |key, byte| key << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn the_texts_at_the_edge_are_found_and_no_other(
            texts in proptest::collection::btree_set("[abé]{1,10}", 0..24),
            text in "[abé]{0,12}",
        ) {
            for edge in [Edge::Start, Edge::End] {
                let stands = |(_, wanted): &(u32, &String)| match edge {
                    Edge::Start => text.starts_with(&**wanted),
                    Edge::End => text.ends_with(&**wanted),
                };
                let standing: BTreeSet<u32> = (0..).zip(&texts).filter(stands).map(|(need, _)| need).collect();
                let wanted = (0..).zip(&texts).map(|(need, wanted)| (wanted.as_str().into(), vec![need])).collect();
                let mut found = BTreeSet::new();
                if let Some(edges) = Edges::of(edge, wanted) {
                    edges.find(edge, text.as_bytes(), &mut |need| {
                        found.insert(need);
                    });
                }
                prop_assert_eq!(&found, &standing);
            }
        }
    }
}
