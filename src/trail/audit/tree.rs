//! The hashes of RFC 6962 section 2.1, made here a second time: by rows of complete subtrees, each from the one below.

use sha2::{Digest as _, Sha256};

pub(super) type Hash = [u8; 32];

/// The hash of one record.
pub(super) fn leaf(record: &[u8]) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(record).finalize().into()
}

/// The hash of two subtrees side by side.
pub(super) fn node(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    let parts = bytes.iter_mut().skip(1).zip(left.iter().chain(right));
    parts.for_each(|(byte, from)| *byte = *from);
    Sha256::digest(bytes).into()
}

/// The root of a tree without records.
pub(super) fn empty() -> Hash {
    Sha256::digest([]).into()
}

/// Every complete subtree over a row of hashes: row 0 is the hashes, and each row is half as long as the one below it.
pub(super) struct Rows(Vec<Vec<Hash>>);

impl Rows {
    pub(super) fn over(hashes: Vec<Hash>) -> Self {
        let mut rows = Vec::new();
        let mut row = hashes;
        while !row.is_empty() {
            let above = row.as_chunks().0.iter().map(|[left, right]| node(left, right)).collect();
            rows.push(std::mem::replace(&mut row, above));
        }
        Self(rows)
    }

    /// The subtrees over 2 to the power of `height` hashes each.
    pub(super) fn row(&self, height: usize) -> &[Hash] {
        self.0.get(height).map_or(&[], Vec::as_slice)
    }

    /// The root over the first `count` hashes with `rest` behind them, the root of what is less than one more hash.
    /// `None` when there are not so many.
    pub(super) fn root(&self, count: u64, rest: Option<Hash>) -> Option<Hash> {
        let mut joined = rest;
        // Each one-bit of the count is a complete subtree; the smallest is the rightmost.
        for height in (0..u64::BITS).filter(|height| count >> height & 1 == 1) {
            let place = usize::try_from((count >> height) - 1).ok()?;
            let peak = self.0.get(height as usize)?.get(place)?;
            joined = Some(joined.map_or(*peak, |right| node(peak, &right)));
        }
        Some(joined.unwrap_or_else(empty))
    }
}
