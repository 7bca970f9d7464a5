//! What lies beside an epoch's records, in a file that is only ever appended to: one fact after the other, each with what
//! is private to its record. It is what indexes are made from, and what is left when sled's file is damaged.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::fact::Fact;
use crate::incident::Digest;
use crate::trail::durable;
use crate::trail::store::{PRIVATE_BYTES_MAX, StoreError};

/// Bytes of the length before each piece.
const LENGTH_BYTES: usize = 4;
/// Bytes of SHA-256 of each piece, against what disks do.
const CHECK_BYTES: usize = 8;
/// The longest piece: far more than a fact and its private part can have.
const PIECE_BYTES_MAX: usize = 2 * PRIVATE_BYTES_MAX;

/// A fact as it is in the file.
pub(super) struct Piece {
    /// Where it begins.
    pub(super) at: u64,
    /// Where the next one does.
    pub(super) end: u64,
    pub(super) fact: Fact,
    /// What is private to its record.
    pub(super) private: Option<Vec<u8>>,
}

/// The file, to be appended to.
pub(super) struct Writer {
    file: File,
    length: u64,
    buffer: Vec<u8>,
}

impl Writer {
    /// The file at `path`, of which what is behind `length` is not wanted.
    pub(super) fn open(path: &Path, length: u64) -> io::Result<Self> {
        let mut file = durable::private_files().create(true).truncate(false).open(path)?;
        if file.metadata()?.len() < length {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is shorter than it was"));
        }
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, length, buffer: Vec::new() })
    }

    /// Appends a fact, and what is private to its record. Durable once [`Self::settle`] has returned.
    pub(super) fn add(&mut self, fact: &[u8], private: Option<&[u8]>) -> io::Result<()> {
        let private = private.unwrap_or_default();
        let length = u32::try_from(fact.len() + private.len()).map_err(io::Error::other)?;
        self.buffer.clear();
        self.buffer.extend(length.to_be_bytes());
        self.buffer.extend([0; CHECK_BYTES]);
        self.buffer.extend_from_slice(fact);
        self.buffer.extend_from_slice(private);
        let check = check(self.buffer.get(LENGTH_BYTES + CHECK_BYTES..).unwrap_or_default());
        if let Some(place) = self.buffer.get_mut(LENGTH_BYTES..LENGTH_BYTES + CHECK_BYTES) {
            place.copy_from_slice(&check);
        }
        self.file.write_all(&self.buffer)?;
        self.length += self.buffer.len() as u64;
        Ok(())
    }

    /// How long the file is, with what was appended.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Makes durable what was appended, and says how long the file is.
    pub(super) fn settle(&mut self) -> io::Result<u64> {
        self.file.sync_data()?;
        Ok(self.length)
    }
}

/// All pieces of a file, in order. What is cut off at its end was not settled, and ends it.
pub(super) fn pieces(path: &Path) -> Result<impl Iterator<Item = Result<Piece, StoreError>> + use<>, StoreError> {
    let mut file = BufReader::new(File::open(path).map_err(|error| unreadable(&error))?);
    let mut at = 0;
    Ok(std::iter::from_fn(move || {
        let read = next(&mut file, at).transpose()?;
        if let Ok(piece) = &read {
            at = piece.end;
        }
        Some(read)
    }))
}

/// How many bytes of the file are whole pieces; none if one of them is damaged, or it cannot be read.
pub(super) fn whole(path: &Path) -> Option<u64> {
    pieces(path).ok()?.try_fold(0, |_, piece| piece.map(|piece| piece.end).ok())
}

/// What is private to a record whose piece begins at `at`.
pub(super) fn private_at(path: &Path, at: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    file.seek(SeekFrom::Start(at)).map_err(|error| unreadable(&error))?;
    let piece = next(&mut file, at)?.ok_or_else(|| damaged(at))?;
    Ok(piece.private)
}

/// The next piece, which begins at `at`; none at the file's end.
fn next(file: &mut impl Read, at: u64) -> Result<Option<Piece>, StoreError> {
    let Some(head) = exactly(file, LENGTH_BYTES + CHECK_BYTES)? else { return Ok(None) };
    let (length, expected) = head.split_first_chunk::<LENGTH_BYTES>().ok_or_else(|| damaged(at))?;
    let length = u32::from_be_bytes(*length) as usize;
    if length > PIECE_BYTES_MAX {
        return Err(damaged(at));
    }
    let Some(bytes) = exactly(file, length)? else { return Ok(None) };
    if check(&bytes) != expected {
        return Err(damaged(at));
    }
    let (fact, private) = Fact::read(&bytes)?;
    let has_private = matches!(fact, Fact::Record { has_private: true, .. });
    let private = has_private.then(|| private.to_vec());
    let end = at + (head.len() + length) as u64;
    Ok(Some(Piece { at, end, fact, private }))
}

/// So many bytes, unless the file ends before.
fn exactly(file: &mut impl Read, count: usize) -> Result<Option<Vec<u8>>, StoreError> {
    let mut bytes = vec![0; count];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(unreadable(&error)),
    }
}

fn check(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.iter_mut().zip(Digest::of(bytes).0).for_each(|(place, byte)| *place = byte);
    check
}

fn damaged(at: u64) -> StoreError {
    StoreError::Damaged(format!("what lies beside the records is not as it was written, at byte {at}"))
}

fn unreadable(error: &io::Error) -> StoreError {
    StoreError::Damaged(format!("what lies beside the records cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::store::UniqueKey;

    fn fact(seq: u64, has_private: bool) -> Fact {
        Fact::Record { seq, keys: vec![UniqueKey(Digest::of(&seq.to_be_bytes()))], incidents: Vec::new(), has_private }
    }

    fn written(path: &Path) -> u64 {
        let mut writer = Writer::open(path, 0).unwrap();
        writer.add(&fact(0, true).to_bytes(), Some(b"private")).unwrap();
        writer.add(&fact(1, false).to_bytes(), None).unwrap();
        writer.settle().unwrap()
    }

    fn read(path: &Path) -> Vec<Result<Piece, StoreError>> {
        pieces(path).unwrap().collect()
    }

    #[test]
    fn what_was_written_is_read_in_order_and_by_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("beside");
        let length = written(&path);
        let found: Vec<Piece> = read(&path).into_iter().map(Result::unwrap).collect();
        assert_eq!(found.iter().map(|piece| piece.fact.clone()).collect::<Vec<_>>(), [fact(0, true), fact(1, false)]);
        let private: Vec<_> = found.iter().map(|piece| private_at(&path, piece.at).unwrap()).collect();
        assert_eq!(private, [Some(b"private".to_vec()), None]);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), length);
    }

    #[test]
    fn what_was_not_settled_is_cut_off_and_a_shorter_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("beside");
        let length = written(&path);
        Writer::open(&path, length).unwrap().add(b"junk", None).unwrap();
        Writer::open(&path, length).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), length);
        assert!(Writer::open(&path, length + 1).is_err());
    }

    #[test]
    fn no_flipped_byte_goes_unseen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("beside");
        written(&path);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            std::fs::write(&path, flipped).unwrap();
            let found = read(&path);
            assert!(found.len() < 2 || found.iter().any(Result::is_err), "byte {at}");
        }
    }
}
