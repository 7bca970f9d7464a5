//! Answers a query, newest first, a page at a time: by the index, and where that is not so far by reading.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::cursor::Cursor;
use super::file::{self, FILE, FileError, SEGMENT, View};
use super::index::Index;
use super::query::Query;
use super::terms::Terms;
use crate::incident::Timestamp;
use crate::trail::Record;
use crate::trail::store::{Store, StoreError, Stored};

/// The most records on one page.
pub const LIMIT_MAX: usize = 1_000;
/// The most records that are read for a page because they are not indexed yet.
const READ_MAX: u64 = 16_384;
/// Records read at a time.
const PAGE: u64 = 512;

/// A page of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The records, newest first.
    pub records: Vec<Stored>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
    /// Everything before this record was indexed. What is behind it was read.
    pub indexed_to: u64,
}

/// What is looked for, and what there is of it so far.
struct Search<'s> {
    store: &'s dyn Store,
    query: &'s Query,
    limit: usize,
    found: Vec<Stored>,
    /// How many records may still be read without the index.
    left: u64,
}

/// Whether there is room for more on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    HasRoom,
    /// Everything from this record on was looked at.
    Full(u64),
}

impl Index {
    /// The newest records of those before the cursor that the query asks for. Whatever is durable by now is found,
    /// indexed or not: of what is not, so much is read for one page, which then may have fewer records than it could.
    /// Blocks.
    ///
    /// # Errors
    /// The trail cannot be read.
    pub fn find(
        &self,
        store: &dyn Store,
        query: &Query,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let before = from.map_or(u64::MAX, |cursor| cursor.before).min(store.head().size);
        let limit = limit.clamp(1, LIMIT_MAX);
        let mut search = Search { store, query, limit, found: Vec::new(), left: READ_MAX };
        let indexed_to = self.indexed_to(store)?;
        let first = store.first();
        let mut page = Page::HasRoom;
        if first < before {
            for number in (file::number_of(first)..=file::number_of(before - 1)).rev() {
                let base = number.saturating_mul(FILE);
                let range = base.max(first)..base.saturating_add(FILE).min(before);
                page = search.file(self, number, range)?;
                if page != Page::HasRoom {
                    break;
                }
            }
        }
        let next = match page {
            Page::Full(before) if before > first => Some(Cursor { before }),
            Page::Full(_) | Page::HasRoom => None,
        };
        Ok(Found { records: search.found, next, indexed_to })
    }
}

impl Search<'_> {
    fn file(&mut self, index: &Index, number: u64, range: Range<u64>) -> Result<Page, StoreError> {
        let view = index.view(number);
        let whole_to = view.as_ref().map_or(range.start, |view| view.next.clamp(range.start, range.end));
        if let full @ Page::Full(_) = self.read(whole_to..range.end)? {
            return Ok(full);
        }
        let Some(view) = view else { return Ok(Page::HasRoom) };
        let (kept, mut end) = (self.found.len(), whole_to);
        while end > range.start {
            let start = ((end - 1) / SEGMENT * SEGMENT).max(range.start);
            match self.segment(&view, start..end) {
                Ok(Page::HasRoom) => end = start,
                Ok(full) => return Ok(full),
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::File(error)) => {
                    index.not_readable(number, &error);
                    self.found.truncate(kept);
                    return self.read(range.start..whole_to);
                }
            }
        }
        Ok(Page::HasRoom)
    }

    /// Reads records one by one, the last first.
    fn read(&mut self, range: Range<u64>) -> Result<Page, StoreError> {
        let mut end = range.end;
        while end > range.start {
            let start = end.saturating_sub(PAGE).max(range.start);
            if self.left < end - start {
                return Ok(Page::Full(end));
            }
            self.left -= end - start;
            let limit = usize::try_from(end - start).unwrap_or_default();
            for stored in self.store.read(start, limit)?.into_iter().rev().filter(|stored| stored.seq < end) {
                if let full @ Page::Full(_) = self.take(stored)? {
                    return Ok(full);
                }
            }
            end = start;
        }
        Ok(Page::HasRoom)
    }

    /// The records of this range, which is in one segment, by the index.
    fn segment(&mut self, view: &View, range: Range<u64>) -> Result<Page, Trouble> {
        let base = range.start / SEGMENT * SEGMENT;
        let segment = u8::try_from(base % FILE / SEGMENT).unwrap_or(u8::MAX);
        let (earliest, latest) = view.span(segment)?.unwrap_or((i64::MAX, i64::MIN));
        let since = self.query.since.map_or(i64::MIN, ceiling);
        let until = self.query.until.map_or(i64::MAX, ceiling);
        if latest < since || earliest >= until {
            return Ok(Page::HasRoom);
        }
        let place = |seq: u64| u32::try_from(seq - base).unwrap_or(u32::MAX);
        let mut places = RoaringBitmap::new();
        places.insert_range(place(range.start)..place(range.end));
        for group in &self.query.groups {
            places &= view.any(segment, group)?;
            if places.is_empty() {
                return Ok(Page::HasRoom);
            }
        }
        let is_inside = since <= earliest && latest < until;
        let mut block = (u64::MAX, Vec::new());
        for place in places.iter().rev() {
            let seq = base + u64::from(place);
            if !is_inside {
                let (number, at) = file::in_block(seq);
                if block.0 != number {
                    block = (number, view.times(seq)?);
                }
                let time = block.1.get(at).copied().unwrap_or_default();
                if time < since || time >= until {
                    continue;
                }
            }
            let read = self.store.read(seq, 1).map_err(Trouble::Store)?;
            if let Some(stored) = read.into_iter().next().filter(|stored| stored.seq == seq)
                && let full @ Page::Full(_) = self.take(stored).map_err(Trouble::Store)?
            {
                return Ok(full);
            }
        }
        Ok(Page::HasRoom)
    }

    /// Takes a record if it is meant. What the index says of it is not taken on trust, since the record is at hand.
    fn take(&mut self, stored: Stored) -> Result<Page, StoreError> {
        let seq = stored.seq;
        if self.query.is_met_by(self.store, &stored)? {
            self.found.push(stored);
        }
        Ok(if self.found.len() >= self.limit { Page::Full(seq) } else { Page::HasRoom })
    }
}

impl Query {
    /// Whether it asks for this record of the store. Blocks.
    ///
    /// # Errors
    /// The record is none.
    pub fn is_met_by(&self, store: &dyn Store, stored: &Stored) -> Result<bool, StoreError> {
        let damaged = || StoreError::Damaged(format!("record {} is none", stored.seq));
        let at = Record::at(&stored.record).map_err(|_| damaged())?;
        let beside = if self.asks_for_subjects() { store.private(stored.seq).unwrap_or_default() } else { None };
        let terms = Terms::of(&stored.record).ok_or_else(damaged)?.with_beside(beside.as_deref());
        Ok(self.meets(&terms, at))
    }
}

/// What keeps a segment from being looked at.
enum Trouble {
    Store(StoreError),
    File(FileError),
}

impl From<FileError> for Trouble {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// Records have whole milliseconds: the first of them that is not before this.
fn ceiling(at: Timestamp) -> i64 {
    let millis = at.as_millisecond();
    let whole = Timestamp::from_millisecond(millis).unwrap_or(at);
    if whole < at { millis.saturating_add(1) } else { millis }
}
