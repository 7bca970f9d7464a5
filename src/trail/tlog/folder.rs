//! The log's folder: files that are written once and whole, and the few that are replaced.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::tile::{Of, Tile, WIDTH};
use crate::incident::Digest;
use crate::trail::durable;

/// Where the newest checkpoint is.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// Where the public key is.
pub(super) const VERIFIER_KEY: &str = "vkey";
/// Bytes before each record in a bundle.
const LENGTH_BYTES: usize = 2;

/// A folder, and what in it has changed since it was last made durable.
#[derive(Debug)]
pub(super) struct LogFolder {
    path: PathBuf,
    touched: BTreeSet<PathBuf>,
}

impl LogFolder {
    /// The folder at `path`, made if it is missing.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        durable::create_folder(&path)?;
        Ok(Self::at(path))
    }

    /// The folder at `path`, to be read.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, touched: BTreeSet::new() }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes hashes. Durable once [`Self::settle`] has returned.
    pub(super) fn write_hashes(&mut self, tile: Tile, hashes: &[Digest]) -> io::Result<()> {
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        self.write(&tile.path(), &bytes)?;
        self.forget_partials(tile)
    }

    /// Writes a bundle of records. Durable once [`Self::settle`] has returned.
    pub(super) fn write_entries(&mut self, index: u64, bundle: &Bundle) -> io::Result<()> {
        let tile = Tile { of: Of::Entries, index, width: bundle.len() };
        self.write(&tile.path(), &bundle.bytes)?;
        self.forget_partials(tile)
    }

    /// Makes durable what was written.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        std::mem::take(&mut self.touched).iter().try_for_each(|folder| durable::sync_folder(folder))
    }

    /// Puts a checkpoint in the place of the one before; durable when this returns.
    pub(super) fn publish(&mut self, note: &str) -> io::Result<()> {
        self.write(Path::new(CHECKPOINT), note.as_bytes())?;
        self.settle()
    }

    /// The newest checkpoint, if there is one.
    pub(super) fn checkpoint(&self) -> io::Result<Option<String>> {
        self.text(CHECKPOINT)
    }

    /// The public keys that it says are the log's, if it says any.
    pub(super) fn verifier_keys(&self) -> io::Result<Option<String>> {
        self.text(VERIFIER_KEY)
    }

    /// Says whose log it is; durable when this returns.
    pub(super) fn write_verifier_keys(&mut self, keys: &str) -> io::Result<()> {
        self.write(Path::new(VERIFIER_KEY), keys.as_bytes())?;
        self.settle()
    }

    /// The hashes of a tile, if all of them are there.
    pub(super) fn hashes(&self, tile: Tile) -> io::Result<Option<Vec<Digest>>> {
        let Some(bytes) = self.at_least(tile)? else { return Ok(None) };
        let (hashes, odd) = bytes.as_chunks();
        let hashes: Vec<Digest> = hashes.iter().take(tile.width as usize).copied().map(Digest).collect();
        Ok((odd.is_empty() && hashes.len() as u64 == tile.width).then_some(hashes))
    }

    /// The same, also where the tile is only there with more hashes than that: what was not sealed as such a size.
    pub(super) fn first_hashes(&self, tile: Tile) -> io::Result<Option<Vec<Digest>>> {
        if let Some(hashes) = self.hashes(tile)? {
            return Ok(Some(hashes));
        }
        let entries = match fs::read_dir(self.path.join(tile.partial_folder())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            entries => entries?,
        };
        let mut widths = Vec::new();
        for entry in entries {
            widths.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        widths.sort_unstable();
        for width in widths.into_iter().filter(|width| *width > tile.width) {
            if let Some(mut hashes) = self.hashes(Tile { width, ..tile })? {
                hashes.truncate(tile.width as usize);
                return Ok(Some(hashes));
            }
        }
        Ok(None)
    }

    /// The records of a bundle, if all of them are there.
    pub(super) fn entries(&self, index: u64, width: u64) -> io::Result<Option<Bundle>> {
        let tile = Tile { of: Of::Entries, index, width };
        Ok(self.at_least(tile)?.and_then(|bytes| Bundle::read(&bytes, width)))
    }

    /// Whether the bundle is there.
    pub(super) fn has_entries(&self, index: u64, width: u64) -> io::Result<bool> {
        let tile = |width| self.path.join(Tile { of: Of::Entries, index, width }.path()).try_exists();
        Ok(tile(width)? || tile(WIDTH)?)
    }

    /// A tile, or the whole one that took its place.
    fn at_least(&self, tile: Tile) -> io::Result<Option<Vec<u8>>> {
        match self.bytes(&tile.path())? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.bytes(&Tile { width: WIDTH, ..tile }.path()),
        }
    }

    fn text(&self, name: &str) -> io::Result<Option<String>> {
        let bytes = self.bytes(Path::new(name))?;
        bytes.map(|bytes| String::from_utf8(bytes).map_err(io::Error::other)).transpose()
    }

    fn bytes(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let path = self.path.join(path);
        if let Some(parent) = path.parent() {
            if !self.touched.contains(parent) {
                durable::create_folder(parent)?;
            }
            self.touched.insert(parent.to_owned());
        }
        durable::replace(&path, bytes)
    }

    /// What a whole tile stands for is not needed in part any more.
    fn forget_partials(&self, tile: Tile) -> io::Result<()> {
        if tile.width < WIDTH {
            return Ok(());
        }
        match fs::remove_dir_all(self.path.join(tile.partial_folder())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Records, each behind its length: at most [`WIDTH`].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Bundle {
    bytes: Vec<u8>,
    len: u64,
}

impl Bundle {
    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Adds one; `false` when it is too long for a bundle.
    pub(super) fn push(&mut self, record: &[u8]) -> bool {
        let Ok(length) = u16::try_from(record.len()) else { return false };
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend_from_slice(record);
        self.len += 1;
        true
    }

    /// The records one by one.
    pub(super) fn records(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || split(&mut rest))
    }

    /// The first `width` records of a file; `None` when it has not so many.
    fn read(bytes: &[u8], width: u64) -> Option<Self> {
        let mut rest = bytes;
        let mut bundle = Self::default();
        while bundle.len < width {
            bundle.push(split(&mut rest)?);
        }
        Some(bundle)
    }
}

/// Takes the next record off `rest`.
fn split<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, behind) = rest.split_first_chunk::<LENGTH_BYTES>()?;
    let (record, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
    *rest = behind;
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(count: u64) -> Vec<Digest> {
        (0..count).map(|number| Digest::of(&number.to_be_bytes())).collect()
    }

    #[test]
    fn a_whole_tile_takes_the_place_of_its_parts() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogFolder::open(folder.path().join("log")).unwrap();
        let tile = |width| Tile { of: Of::Hashes(0), index: 3, width };
        for width in [1, 200, 256] {
            assert_eq!(log.hashes(tile(width)).unwrap(), None);
            log.write_hashes(tile(width), &hashes(width)).unwrap();
            log.settle().unwrap();
            assert_eq!(log.hashes(tile(width)).unwrap(), Some(hashes(width)));
        }
        assert!(!folder.path().join("log/tile/0/003.p").exists());
        assert_eq!(log.hashes(tile(200)).unwrap(), Some(hashes(200)), "it is in the whole one");
    }

    #[test]
    fn records_come_back_from_a_bundle_and_from_the_whole_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogFolder::open(folder.path().join("log")).unwrap();
        let mut bundle = Bundle::default();
        let records: Vec<Vec<u8>> = (0..256).map(|length| vec![7; length]).collect();
        for record in &records {
            assert!(bundle.push(record));
        }
        assert!(!Bundle::default().push(&vec![0; 65_536]));
        assert_eq!(log.entries(0, 256).unwrap(), None);
        log.write_entries(0, &bundle).unwrap();
        let read = log.entries(0, 9).unwrap().unwrap();
        assert_eq!(read.records().map(<[u8]>::to_vec).collect::<Vec<_>>(), records[..9]);
        assert_eq!(log.entries(0, 256).unwrap(), Some(bundle));
    }

    #[test]
    fn what_is_cut_short_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogFolder::open(folder.path().join("log")).unwrap();
        let tile = Tile { of: Of::Hashes(0), index: 0, width: 2 };
        log.write_hashes(tile, &hashes(2)).unwrap();
        fs::write(folder.path().join("log/tile/0/000.p/2"), [0; 63]).unwrap();
        assert_eq!(log.hashes(tile).unwrap(), None);
        assert_eq!(log.hashes(Tile { width: 3, ..tile }).unwrap(), None);
    }
}
