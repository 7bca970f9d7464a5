//! The right edge of the tree: what is not in whole tiles yet, which is all that the next record needs.

use super::tile::{LEVELS_MAX, Of, Tile, WIDTH, subtrees};
use crate::incident::Digest;
use crate::trail::merkle;

/// For each level of tiles the hashes of the one that is not whole: at most 255 each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spine {
    size: u64,
    levels: Vec<Vec<Digest>>,
}

impl Spine {
    /// The edge of a tree of `size`, from the hashes in its last tile of each level; `None` when one has another
    /// number of them.
    pub(super) fn of(size: u64, levels: Vec<Vec<Digest>>) -> Option<Self> {
        let expected = widths(size);
        let fits =
            levels.len() == expected.len() && levels.iter().zip(expected).all(|(has, of)| has.len() as u64 == of);
        fits.then_some(Self { size, levels })
    }

    /// How many leaves were appended.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf, and gives every tile that it makes whole.
    pub(super) fn append(&mut self, leaf: Digest) -> Vec<(Tile, Vec<Digest>)> {
        self.size += 1;
        let mut whole = Vec::new();
        let mut carried = leaf;
        for level in 0..LEVELS_MAX {
            let index = level as usize;
            if self.levels.len() <= index {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(index) else { break };
            hashes.push(carried);
            if (hashes.len() as u64) < WIDTH {
                break;
            }
            let hashes = std::mem::take(hashes);
            carried = merkle::root(&hashes);
            let index = subtrees(self.size, level + 1).saturating_sub(1);
            whole.push((Tile { of: Of::Hashes(level), index, width: WIDTH }, hashes));
        }
        whole
    }

    /// The last tile of each level that has one which is not whole.
    pub(super) fn partials(&self) -> impl Iterator<Item = (Tile, &[Digest])> {
        (0..).zip(&self.levels).filter(|(_, hashes)| !hashes.is_empty()).map(|(level, hashes)| {
            let (index, width) = (subtrees(self.size, level + 1), hashes.len() as u64);
            (Tile { of: Of::Hashes(level), index, width }, hashes.as_slice())
        })
    }

    /// The root over all leaves: that of the largest whole subtrees, joined from the right.
    pub(super) fn root(&self) -> Digest {
        let mut joined: Option<Digest> = None;
        for hashes in &self.levels {
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                // The lowest bit of the number is the subtree furthest to the right.
                let (left, right) = rest.split_at(rest.len() & (rest.len() - 1));
                let peak = merkle::root(right);
                joined = Some(joined.map_or(peak, |right| merkle::node_hash(&peak, &right)));
                rest = left;
            }
        }
        joined.unwrap_or_else(|| merkle::root(&[]))
    }
}

/// How many hashes the last tile of each level has that is not whole.
pub(super) fn widths(size: u64) -> Vec<u64> {
    let of_level = |level| (subtrees(size, level) > 0).then(|| subtrees(size, level) % WIDTH);
    (0..LEVELS_MAX).map_while(of_level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(number: u64) -> Digest {
        merkle::leaf_hash(&number.to_be_bytes())
    }

    #[test]
    fn the_root_and_the_tiles_are_those_of_the_tree() {
        let mut spine = Spine::default();
        let leaves: Vec<Digest> = (0..70_000).map(leaf).collect();
        let mut whole = Vec::new();
        for (size, leaf) in (1..).zip(&leaves) {
            whole.extend(spine.append(*leaf));
            if [1, 2, 3, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000].contains(&size) {
                assert_eq!(spine.root(), merkle::root(&leaves[..size]), "{size}");
            }
        }
        let of_level = |level| whole.iter().filter(|(tile, _)| tile.of == Of::Hashes(level)).collect::<Vec<_>>();
        assert_eq!((of_level(0).len(), of_level(1).len()), (273, 1));
        for (place, (tile, hashes)) in (0..).zip(of_level(0)) {
            assert_eq!((tile.index, hashes.as_slice()), (place, &leaves[place as usize * 256..][..256]));
        }
        assert_eq!(of_level(1)[0].1[255], merkle::root(&leaves[255 * 256..][..256]));
        let partials: Vec<_> = spine.partials().map(|(tile, hashes)| (tile, hashes.len())).collect();
        let tile = |level, index, width| Tile { of: Of::Hashes(level), index, width };
        assert_eq!(partials, [(tile(0, 273, 112), 112), (tile(1, 1, 17), 17), (tile(2, 0, 1), 1)]);
    }

    #[test]
    fn an_edge_is_taken_up_again() {
        let mut spine = Spine::default();
        assert_eq!(spine.root(), Digest::of(b""));
        for size in 0..1_000 {
            let levels = spine.levels.clone();
            assert_eq!(Spine::of(size, levels.clone()).as_ref(), Some(&spine), "{size}");
            assert_eq!(Spine::of(size + 1, levels), None, "{size}");
            spine.append(leaf(size));
        }
    }
}
