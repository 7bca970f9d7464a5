//! Where hashes and records lie: c2sp.org/tlog-tiles.

use std::path::PathBuf;

/// The most hashes or records in one tile.
pub(super) const WIDTH: u64 = 256;
/// How many levels of the tree one tile spans.
pub(super) const HEIGHT: u32 = 8;
/// Levels of tiles in the largest tree that can be counted.
pub(super) const LEVELS_MAX: u32 = 8;

/// What a tile has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    /// Hashes of subtrees of 256 to the power of this many leaves.
    Hashes(u32),
    /// Records.
    Entries,
}

/// One file of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tile {
    /// What it has.
    pub(super) of: Of,
    /// How many whole tiles lie before it.
    pub(super) index: u64,
    /// How much it has, from 1 to [`WIDTH`].
    pub(super) width: u64,
}

impl Tile {
    /// Where it lies in the log's folder.
    pub(super) fn path(&self) -> PathBuf {
        let mut path = self.stem();
        if self.width < WIDTH {
            let name = path.pop().unwrap_or_default();
            path.extend([format!("{name}.p"), self.width.to_string()]);
        }
        path.iter().collect()
    }

    /// Where the tiles lie that have less of the same.
    pub(super) fn partial_folder(&self) -> PathBuf {
        let mut path = self.stem();
        let name = path.pop().unwrap_or_default();
        path.push(format!("{name}.p"));
        path.iter().collect()
    }

    /// The parts of the path of the whole tile.
    fn stem(&self) -> Vec<String> {
        let of = match self.of {
            Of::Hashes(level) => level.to_string(),
            Of::Entries => "entries".to_owned(),
        };
        let mut path = vec!["tile".to_owned(), of];
        let mut groups = vec![format!("{:03}", self.index % 1_000)];
        let mut rest = self.index / 1_000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1_000));
            rest /= 1_000;
        }
        path.extend(groups.into_iter().rev());
        path
    }
}

/// How many subtrees of 256 to the power of `level` leaves a tree of `size` has.
pub(super) fn subtrees(size: u64, level: u32) -> u64 {
    size.checked_shr(HEIGHT.saturating_mul(level)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(of: Of, index: u64, width: u64) -> String {
        Tile { of, index, width }.path().display().to_string()
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        assert_eq!(path(Of::Hashes(0), 0, 256), "tile/0/000");
        assert_eq!(path(Of::Hashes(3), 1_234_067, 256), "tile/3/x001/x234/067");
        assert_eq!(path(Of::Hashes(1), 1_000, 17), "tile/1/x001/000.p/17");
        assert_eq!(path(Of::Entries, 273, 112), "tile/entries/273.p/112");
    }

    #[test]
    fn a_tree_has_as_many_subtrees_as_fit() {
        let of_70_000 = [70_000, 273, 1, 0];
        assert_eq!([0, 1, 2, 3].map(|level| subtrees(70_000, level)), of_70_000);
        assert_eq!([7, 8, 9].map(|level| subtrees(u64::MAX, level)), [255, 0, 0]);
    }
}
