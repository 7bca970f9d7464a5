//! The files of a log that are for everybody who may read it, by their paths.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{CHECKPOINT, VERIFIER_KEY};
use super::history;
use super::tile::{Of, Tile, WIDTH};

/// One file of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile(Is);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Is {
    Checkpoint,
    VerifierKey,
    /// The checkpoints of a day, `YYYY-MM-DD`.
    Day(String),
    Tile(Tile),
}

impl LogFile {
    /// The file at `path`, which is written as in c2sp.org/tlog-tiles and in no other way.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let is = match path {
            CHECKPOINT => Is::Checkpoint,
            VERIFIER_KEY => Is::VerifierKey,
            path => match path.strip_prefix("checkpoints/") {
                Some(day) if is_day(day) => Is::Day(day.to_owned()),
                Some(_) => return None,
                None => Is::Tile(tile(path)?),
            },
        };
        Some(Self(is))
    }

    /// What it has, if it is in the log at `folder`. Of a tile that is whole by now, what had less is not there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, folder: &Path) -> io::Result<Option<Vec<u8>>> {
        match fs::read(folder.join(self.path())) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The first of the records that it has, and how many; none if it has no records.
    #[must_use]
    pub fn records(&self) -> Option<(u64, u32)> {
        match self.0 {
            Is::Tile(Tile { of: Of::Entries, index, width }) => Some((index * WIDTH, u32::try_from(width).ok()?)),
            _ => None,
        }
    }

    /// Whether it is text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        !matches!(self.0, Is::Tile(_))
    }

    fn path(&self) -> PathBuf {
        match &self.0 {
            Is::Checkpoint => CHECKPOINT.into(),
            Is::VerifierKey => VERIFIER_KEY.into(),
            Is::Day(day) => Path::new(history::FOLDER).join(day),
            Is::Tile(tile) => tile.path(),
        }
    }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// The tile at a path, if that is how its path is written.
fn tile(path: &str) -> Option<Tile> {
    let (of, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let of = match of {
        "entries" => Of::Entries,
        level => Of::Hashes(level.parse().ok()?),
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (rest, WIDTH),
    };
    let digits: String = index.chars().filter(|character| !matches!(character, '/' | 'x')).collect();
    let tile = Tile { of, index: digits.parse().ok().filter(|index| *index < u64::MAX / WIDTH)?, width };
    let is_canonical = tile.path().to_str() == Some(path) && (1..=WIDTH).contains(&width);
    is_canonical.then_some(tile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_log_is_found_by_its_path() {
        for (path, records) in [
            ("checkpoint", None),
            ("vkey", None),
            ("checkpoints/2026-11-22", None),
            ("tile/0/000", None),
            ("tile/7/x001/x234/067.p/255", None),
            ("tile/entries/000", Some((0, 256))),
            ("tile/entries/x001/002.p/3", Some((256_512, 3))),
        ] {
            let file = LogFile::parse(path).unwrap();
            assert_eq!((file.path().to_str(), file.records()), (Some(path), records));
        }
    }

    #[test]
    fn nothing_else_is() {
        for path in [
            "",
            "/",
            "..",
            "checkpoint/",
            "checkpoint.new",
            "signing.key",
            "../signing.key",
            "checkpoints/",
            "checkpoints/2026-13-01",
            "checkpoints/../vkey",
            "checkpoints/20261122",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/00/000",
            "tile/+1/000",
            "tile/a/000",
            "tile/0/001/002",
            "tile/0/000.p",
            "tile/0/000.p/",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/1/",
            "tile/0/000/",
            "tile/../vkey",
            "tile/entries/../../vkey",
            "tile/0/x18/446/744/073/709/551/615",
            "tile/0/000.new",
            "tile//000",
        ] {
            assert_eq!(LogFile::parse(path), None, "{path}");
        }
    }
}
