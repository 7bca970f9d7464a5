//! One file of the index: what leads from terms to places, and up to which record it is whole, in one transaction.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::{Builder, Database, Durability, ReadOnlyTable, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use roaring::RoaringBitmap;

use super::postings;
use super::query::Wanted;
use super::terms::Terms;
use crate::incident::{Digest, Timestamp};

/// Records of one file.
pub(super) const FILE: u64 = 1 << 20;
/// Records of one segment: places within it are 16 bits.
pub(super) const SEGMENT: u64 = 1 << 16;
/// Records whose times are kept together.
const BLOCK: u64 = 256;
const TIME_BYTES: usize = 8;
/// What is kept in memory of each file, in bytes.
const CACHE_BYTES: usize = 8 * 1024 * 1024;
/// A file of another number is made anew.
const FORMAT: u8 = 2;

/// What holds of the file as a whole: its format, where it ends, and the leaf of the last record in it.
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// The places of a term: under the segment, the field and the text.
const POSTINGS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("postings");
/// When records were made, in milliseconds, a block each.
const TIMES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("times");
/// The earliest and the latest time of a segment.
const SPANS: TableDefinition<'_, u8, (i64, i64)> = TableDefinition::new("spans");

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    /// It can be made anew: what is in it is damaged, or of another format.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// Nothing is wrong with it: the disk is full, say, or another process has it.
    #[error(transparent)]
    Cannot(Box<redb::Error>),
}

/// Up to where a file is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// The record after the last one in it.
    pub(super) next: u64,
    /// The leaf of that last one.
    pub(super) leaf: Digest,
}

/// A record as it is added.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) terms: Terms,
}

/// One file, open.
pub(super) struct File {
    number: u64,
    db: Database,
}

/// A file as it was at one moment.
pub(super) struct View {
    base: u64,
    postings: ReadOnlyTable<&'static [u8], &'static [u8]>,
    times: ReadOnlyTable<u32, &'static [u8]>,
    spans: ReadOnlyTable<u8, (i64, i64)>,
    /// Up to where it is whole.
    pub(super) next: u64,
}

/// Which file has a record.
pub(super) fn number_of(seq: u64) -> u64 {
    seq / FILE
}

/// The files there are in `folder`, by their numbers.
pub(super) fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".redb"));
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Where a file is.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number}.redb"))
}

impl File {
    /// Opens a file, or begins one.
    pub(super) fn open(folder: &Path, number: u64) -> Result<Self, FileError> {
        let path = path(folder, number);
        contained(|| {
            let db = Builder::new().set_cache_size(CACHE_BYTES).create(&path)?;
            let write = db.begin_write()?;
            {
                let mut meta = write.open_table(META)?;
                let format = meta.get("format")?.map(|format| format.value().to_vec());
                match format.as_deref() {
                    Some([FORMAT]) => {}
                    Some(_) => return Err(redb::Error::Corrupted("it has another format".to_owned())),
                    None => drop(meta.insert("format", &[FORMAT][..])?),
                }
                write.open_table(POSTINGS)?;
                write.open_table(TIMES)?;
                write.open_table(SPANS)?;
            }
            write.commit()?;
            Ok(Self { number, db })
        })
    }

    /// Its first record.
    fn base(&self) -> u64 {
        self.number.saturating_mul(FILE)
    }

    /// Up to where it is whole; none if it is empty.
    pub(super) fn extent(&self) -> Result<Option<Extent>, FileError> {
        contained(|| {
            let meta = self.db.begin_read()?.open_table(META)?;
            let (Some(next), Some(leaf)) = (meta.get("next")?, meta.get("leaf")?) else { return Ok(None) };
            let damaged = || redb::Error::Corrupted("its extent is none".to_owned());
            let next = next.value().try_into().map(u64::from_be_bytes).map_err(|_| damaged())?;
            let leaf = leaf.value().try_into().map(Digest).map_err(|_| damaged())?;
            if next <= self.base() || next > self.base().saturating_add(FILE) {
                return Err(damaged());
            }
            Ok(Some(Extent { next, leaf }))
        })
    }

    /// Adds records that follow on what it has, all or none. What is not made durable may be gone after a power cut,
    /// and then all that was added since with it.
    pub(super) fn add(&self, added: &[Added], extent: Extent, is_durable: bool) -> Result<(), FileError> {
        contained(|| {
            let mut write = self.db.begin_write()?;
            write.set_durability(if is_durable { Durability::Immediate } else { Durability::None })?;
            // Or a start after a crash would read the whole file.
            write.set_quick_repair(is_durable);
            {
                let mut table = write.open_table(POSTINGS)?;
                for (key, places) in self.places(added) {
                    let known = table.get(&key[..])?.map(|known| known.value().to_vec());
                    let places = match known {
                        Some(known) => places | posting(&known)?,
                        None => places,
                    };
                    table.insert(&key[..], &postings::encode(&places)[..])?;
                }
                self.add_times(&mut write.open_table(TIMES)?, &mut write.open_table(SPANS)?, added)?;
                let mut meta = write.open_table(META)?;
                meta.insert("next", &extent.next.to_be_bytes()[..])?;
                meta.insert("leaf", &extent.leaf.0[..])?;
            }
            write.commit()?;
            Ok(())
        })
    }

    /// Makes durable what was added.
    pub(super) fn sync(&self) -> Result<(), FileError> {
        contained(|| {
            let mut write = self.db.begin_write()?;
            write.set_quick_repair(true);
            write.commit()?;
            Ok(())
        })
    }

    fn places(&self, added: &[Added]) -> BTreeMap<Vec<u8>, RoaringBitmap> {
        let mut places: BTreeMap<Vec<u8>, RoaringBitmap> = BTreeMap::new();
        for record in added {
            let (segment, place) = place_of(record.seq, self.base());
            for term in &record.terms.0 {
                places.entry(key(segment, term)).or_default().insert(place);
            }
        }
        places
    }

    fn add_times(
        &self,
        times: &mut redb::Table<'_, u32, &'static [u8]>,
        spans: &mut redb::Table<'_, u8, (i64, i64)>,
        added: &[Added],
    ) -> Result<(), redb::Error> {
        for block in added.chunk_by(|one, other| one.seq / BLOCK == other.seq / BLOCK) {
            let Some(first) = block.first() else { continue };
            let number = block_of(first.seq, self.base());
            let mut bytes = times.get(number)?.map(|bytes| bytes.value().to_vec()).unwrap_or_default();
            for record in block {
                let at = usize::try_from(record.seq % BLOCK).unwrap_or_default() * TIME_BYTES;
                // Records that are not there any more leave room for themselves.
                bytes.resize(at, 0);
                bytes.extend(record.at.as_millisecond().to_be_bytes());
            }
            times.insert(number, &bytes[..])?;
        }
        for segment in added.chunk_by(|one, other| one.seq / SEGMENT == other.seq / SEGMENT) {
            let Some(first) = segment.first() else { continue };
            let (number, _) = place_of(first.seq, self.base());
            let known = spans.get(number)?.map(|span| span.value());
            let all = segment.iter().map(|record| record.at.as_millisecond());
            let (earliest, latest) = known.unwrap_or((i64::MAX, i64::MIN));
            let (earliest, latest) = all.fold((earliest, latest), |(min, max), at| (min.min(at), max.max(at)));
            spans.insert(number, (earliest, latest))?;
        }
        Ok(())
    }

    /// It as it is now; none while it is empty.
    pub(super) fn view(&self) -> Result<Option<View>, FileError> {
        let Some(Extent { next, .. }) = self.extent()? else { return Ok(None) };
        contained(|| {
            let read = self.db.begin_read()?;
            let (postings, times, spans) =
                (read.open_table(POSTINGS)?, read.open_table(TIMES)?, read.open_table(SPANS)?);
            Ok(Some(View { base: self.base(), postings, times, spans, next }))
        })
    }
}

impl View {
    /// The places of a segment that have one of these terms.
    pub(super) fn any<'w>(
        &self,
        segment: u8,
        wanted: impl IntoIterator<Item = &'w Wanted>,
    ) -> Result<RoaringBitmap, FileError> {
        contained(|| {
            let mut found = RoaringBitmap::new();
            for wanted in wanted {
                let key = key(segment, &wanted.term);
                if !wanted.is_prefix {
                    if let Some(places) = self.postings.get(&key[..])? {
                        found |= posting(places.value())?;
                    }
                    continue;
                }
                for entry in self.postings.range(&key[..]..)? {
                    let (term, places) = entry?;
                    if !term.value().starts_with(&key) {
                        break;
                    }
                    found |= posting(places.value())?;
                }
            }
            Ok(found)
        })
    }

    /// The earliest and the latest time of a segment.
    pub(super) fn span(&self, segment: u8) -> Result<Option<(i64, i64)>, FileError> {
        contained(|| Ok(self.spans.get(segment)?.map(|span| span.value())))
    }

    /// When the records of the block were made that this one is in.
    pub(super) fn times(&self, seq: u64) -> Result<Vec<i64>, FileError> {
        contained(|| {
            let bytes = self.times.get(block_of(seq, self.base))?;
            let bytes = bytes.ok_or_else(|| redb::Error::Corrupted("times are missing".to_owned()))?;
            let each = bytes.value().chunks_exact(TIME_BYTES).filter_map(|time| time.first_chunk().copied());
            Ok(each.map(i64::from_be_bytes).collect())
        })
    }
}

/// Where a record stands in [`View::times`].
pub(super) fn in_block(seq: u64) -> (u64, usize) {
    (seq / BLOCK, usize::try_from(seq % BLOCK).unwrap_or_default())
}

/// Segment and place of a record in the file that begins at `base`.
fn place_of(seq: u64, base: u64) -> (u8, u32) {
    let within = seq.saturating_sub(base);
    (u8::try_from(within / SEGMENT).unwrap_or(u8::MAX), u32::try_from(within % SEGMENT).unwrap_or(u32::MAX))
}

fn block_of(seq: u64, base: u64) -> u32 {
    u32::try_from(seq.saturating_sub(base) / BLOCK).unwrap_or(u32::MAX)
}

fn key(segment: u8, term: &[u8]) -> Vec<u8> {
    std::iter::once(segment).chain(term.iter().copied()).collect()
}

fn posting(bytes: &[u8]) -> Result<RoaringBitmap, redb::Error> {
    postings::decode(bytes).ok_or_else(|| redb::Error::Corrupted("places are none".to_owned()))
}

/// Takes a panic over pages that are not what they should be for damage.
fn contained<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, FileError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(FileError::from),
        Err(panic) => Err(FileError::Damaged(text_of(panic.as_ref()))),
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

impl From<redb::Error> for FileError {
    fn from(error: redb::Error) -> Self {
        match &error {
            redb::Error::Io(io)
                if io.kind() != io::ErrorKind::InvalidData && io.kind() != io::ErrorKind::UnexpectedEof =>
            {
                Self::Cannot(Box::new(error))
            }
            redb::Error::DatabaseAlreadyOpen | redb::Error::PreviousIo => Self::Cannot(Box::new(error)),
            _ => Self::Damaged(error.to_string()),
        }
    }
}
