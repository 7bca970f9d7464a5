//! Reads the files of a log's folder, each under a limit: where they are, and what may stand in for what.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::note::NOTE_BYTES_MAX;

/// How many hashes or records a full tile or bundle has.
pub(super) const WIDTH: u64 = 256;
/// How many bytes a hash has.
pub(super) const HASH_BYTES: usize = 32;
/// The largest bundle: 256 times two bytes of length and as many bytes as they can say.
const BUNDLE_BYTES_MAX: usize = 256 * (2 + 0xffff);
/// A full tile, and a byte more, so that a longer one shows.
const TILE_BYTES_MAX: usize = 256 * HASH_BYTES;

/// The folder of a log.
#[derive(Clone, Copy)]
pub(super) struct Folder<'a>(pub(super) &'a Path);

/// What the folder has tiles of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bundles of records.
    Entries,
    /// Hashes of this level.
    Hashes(u32),
}

/// A file that holds a tile, and perhaps more than what is asked for.
pub(super) struct Piece {
    /// Where, from the folder.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    /// How many hashes or records it holds.
    pub(super) width: u64,
}

impl Folder<'_> {
    /// The bytes of a note.
    pub(super) fn note(self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.read(path, NOTE_BYTES_MAX)
    }

    /// The tile with at least the first `width` hashes or records. A partial one may be gone once the full one is there.
    pub(super) fn piece(self, kind: Kind, index: u64, width: u64) -> Result<Option<Piece>, Fault> {
        let bytes_max = if kind == Kind::Entries { BUNDLE_BYTES_MAX } else { TILE_BYTES_MAX };
        let widths: &[u64] = if width == WIDTH { &[WIDTH] } else { &[width, WIDTH] };
        for width in widths.iter().copied() {
            let path = path(kind, index, width);
            if let Some(bytes) = self.read(&path, bytes_max)? {
                return Ok(Some(Piece { path, bytes, width }));
            }
        }
        Ok(None)
    }

    /// A file's bytes; `None` when it is not there.
    pub(super) fn read(self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Fault> {
        match read(&self.0.join(path), bytes_max) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Fault::Unreadable { path: path.to_owned(), why: error.to_string() }),
        }
    }

    /// Whether there is something at a path.
    pub(super) fn has(self, path: &str) -> bool {
        self.0.join(path).exists()
    }

    /// The names in a folder inside, in their order; none when it is not there.
    pub(super) fn names(self, path: &str) -> Result<Vec<String>, Fault> {
        let unreadable = |error: io::Error| Fault::Unreadable { path: path.to_owned(), why: error.to_string() };
        let entries = match self.0.join(path).read_dir() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(unreadable)?,
        };
        let name = |entry: io::Result<std::fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        let mut names = entries.map(name).collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
        names.sort_unstable();
        Ok(names)
    }
}

fn read(path: &PathBuf, bytes_max: usize) -> io::Result<Vec<u8>> {
    // A pipe in its place would keep whoever opens it waiting for ever.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    let file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(bytes_max);
    let mut bytes = Vec::with_capacity(length.min(bytes_max) + 1);
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// `tile/<L>/<N>[.p/<W>]`, N in groups of three digits of which all but the last have an x before them.
pub(super) fn path(kind: Kind, index: u64, width: u64) -> String {
    let level = match kind {
        Kind::Entries => "entries".to_owned(),
        Kind::Hashes(level) => level.to_string(),
    };
    let mut place = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        place = format!("x{:03}/{place}", rest % 1000);
        rest /= 1000;
    }
    let part = if width == WIDTH { String::new() } else { format!(".p/{width}") };
    format!("tile/{level}/{place}{part}")
}

/// How many hashes the row of tiles at `level` has in all.
pub(super) fn hashes_at(level: u32, size: u64) -> u64 {
    size.checked_shr(8 * level).unwrap_or(0)
}

/// How many of `count` are in the tile or bundle at `index`.
pub(super) fn width_at(index: u64, count: u64) -> u64 {
    count.saturating_sub(index.saturating_mul(WIDTH)).min(WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        assert_eq!(path(Kind::Hashes(0), 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(path(Kind::Entries, 0, 1), "tile/entries/000.p/1");
        assert_eq!(path(Kind::Hashes(3), 1000, 255), "tile/3/x001/000.p/255");
    }

    #[test]
    fn the_tiles_of_70_000_records_are_those_of_the_specification() {
        let widths = |level| {
            let count = hashes_at(level, 70_000);
            (count / WIDTH, width_at(count / WIDTH, count))
        };
        assert_eq!([0, 1, 2, 3, 9].map(widths), [(273, 112), (1, 17), (0, 1), (0, 0), (0, 0)]);
    }
}
