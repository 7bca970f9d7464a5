//! The Merkle tree over the records: one root stands for all of them, in their order.
//!
//! Hashing is that of RFC 6962 section 2.1, so that the verifiers of transparency logs fit.

use sha2::{Digest as _, Sha256};

use crate::incident::Digest;

/// The hash of one record: SHA-256 of a zero byte and the record.
#[must_use]
pub fn leaf_hash(record: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update([0]).chain_update(record).finalize().into())
}

/// The hash of an inner node: SHA-256 of a one byte and both children. The first byte keeps a
/// record from passing as a node.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root over `leaves` as the RFC defines it, by halves. Takes time in proportion to the leaves.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at_checked(split(leaves.len())).unwrap_or((leaves, &[]));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The largest power of two below `size`, which is at least two.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// A tree of which only the roots of its largest complete subtrees are kept: enough to append and
/// to give the root, at most 64 hashes for any size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// From left to right, one for each one-bit of `size`, the largest first.
    peaks: Vec<Digest>,
}

impl Frontier {
    /// How many leaves were appended.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its largest complete subtrees from left to right, one for each one-bit of the size, the largest
    /// first.
    #[must_use]
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    /// Appends a leaf. It joins with one peak for each trailing one-bit of the size.
    pub fn append(&mut self, leaf: Digest) {
        let mut joined = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                joined = node_hash(&left, &joined);
            }
        }
        self.peaks.push(joined);
        self.size += 1;
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Digest {
        let from_the_right = self.peaks.iter().rev().copied();
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(|| Digest::of(&[]))
    }

    /// The frontier as bytes: the size in eight bytes, big-endian, and the peaks.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.peaks.iter().flat_map(|peak| peak.0));
        bytes
    }

    /// Reads [`Self::to_bytes`] back; `None` when the number of peaks does not fit the size.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk()?;
        let size = u64::from_be_bytes(*size);
        let (peaks, odd) = rest.as_chunks();
        let fits = odd.is_empty() && peaks.len() == size.count_ones() as usize;
        fits.then(|| Self { size, peaks: peaks.iter().copied().map(Digest).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of the certificate transparency reference implementation.
    const VECTOR_LEAVES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const VECTOR_ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn leaves(count: usize) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    #[test]
    fn the_published_vectors_come_out() {
        let leaves: Vec<_> = VECTOR_LEAVES.iter().map(|leaf| leaf_hash(&hex::decode(leaf).unwrap())).collect();
        let mut frontier = Frontier::default();
        for (size, expected) in VECTOR_ROOTS.iter().enumerate() {
            assert_eq!(root(&leaves[..size]).to_string(), *expected, "size {size}");
            assert_eq!(frontier.root().to_string(), *expected, "size {size}");
            leaves.get(size).into_iter().for_each(|leaf| frontier.append(*leaf));
        }
    }

    #[test]
    fn the_frontier_gives_the_root_of_every_size_also_after_a_round_trip() {
        let leaves = leaves(300);
        let mut frontier = Frontier::default();
        for size in 0..=leaves.len() {
            frontier = Frontier::from_bytes(&frontier.to_bytes()).unwrap();
            assert_eq!(frontier.size(), size as u64);
            assert_eq!(frontier.root(), root(&leaves[..size]), "size {size}");
            leaves.get(size).into_iter().for_each(|leaf| frontier.append(*leaf));
        }
    }

    #[test]
    fn bytes_that_do_not_fit_their_size_are_no_frontier() {
        let mut frontier = Frontier::default();
        leaves(3).into_iter().for_each(|leaf| frontier.append(leaf));
        let good = frontier.to_bytes();
        assert_eq!(good.len(), 8 + 2 * 32);
        for cut in 0..good.len() {
            assert_eq!(Frontier::from_bytes(&good[..cut]), None, "{cut}");
        }
        assert_eq!(Frontier::from_bytes(&[&good[..], &[0; 32]].concat()), None);
        assert_eq!(Frontier::from_bytes(&[&good[..], &[0]].concat()), None);
    }

    #[test]
    fn a_record_cannot_pass_as_a_node() {
        let [left, right] = leaves(2)[..] else { unreachable!() };
        let forged = [&[1][..], &left.0, &right.0].concat();
        assert_ne!(leaf_hash(&forged), node_hash(&left, &right));
        assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
    }
}
