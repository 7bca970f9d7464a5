//! Which records are taken, and the taking: page by page from what is sealed, so that what was taken is the beginning of
//! what a checkpoint is about, whatever is written meanwhile.

use std::path::Path;

use super::Format;
use crate::incident::{Event, IncidentId, Timestamp, TrailExported};
use crate::trail::record::{InvalidRecord, Record};
use crate::trail::tlog::{ProofError, Sealed};

/// Which records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Selection {
    /// The first sequence number; that of the first record there is, unless said.
    pub from: Option<u64>,
    /// The one behind the last; that of the newest checkpoint, unless said.
    pub to: Option<u64>,
    /// Only those of this time or later.
    pub since: Option<Timestamp>,
    /// Only those before this time.
    pub until: Option<Timestamp>,
}

/// Why records could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log does not have them.
    #[error(transparent)]
    Log(#[from] ProofError),
    /// What comes before the first record there is was pruned.
    #[error("the records before {first} were dropped when their time was over; {first} is the first there is")]
    Pruned {
        /// The first.
        first: u64,
    },
    /// One is none.
    #[error("record {seq} cannot be read: {why}")]
    Record {
        /// Which.
        seq: u64,
        /// Why.
        why: InvalidRecord,
    },
}

/// An export under way.
pub struct Export {
    log: Sealed,
    format: Format,
    selection: Selection,
    from: u64,
    next: u64,
    end: u64,
}

impl Export {
    /// Begins one from the log in `folder`, up to its newest checkpoint at most. Blocks.
    ///
    /// # Errors
    /// There is no checkpoint, or the folder cannot be read.
    pub fn begin(folder: &Path, format: Format, selection: Selection) -> Result<Self, ExportError> {
        let log = Sealed::open(folder)?;
        let end = selection.to.map_or(log.size(), |to| to.min(log.size()));
        let first = log.first()?;
        let from = selection.from.unwrap_or(first);
        if from < first.min(end) {
            return Err(ExportError::Pruned { first });
        }
        // Whoever asks for more than there is thinks of another log.
        if from > log.size() {
            return Err(ProofError::NotSealed { seq: from, size: log.size() }.into());
        }
        let from = from.min(end);
        Ok(Self { log, format, selection, from, next: from, end })
    }

    /// The checkpoint under which all of it is.
    #[must_use]
    pub fn checkpoint(&self) -> &str {
        self.log.checkpoint()
    }

    /// From which record up to, but without, which.
    #[must_use]
    pub fn range(&self) -> (u64, u64) {
        (self.from, self.end)
    }

    /// What has to be on the trail before any of it is given out.
    #[must_use]
    pub fn event(&self, actor: String) -> Event {
        let Selection { since, until, .. } = self.selection;
        let ((from, to), form, incident) = (self.range(), self.format.form(), None::<IncidentId>);
        Event::TrailExported(TrailExported { actor, form, from, to: Some(to), since, until, incident })
    }

    /// What the file begins with.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        self.format.head()
    }

    /// The next records as they are written, perhaps none; nothing at the end. Blocks.
    ///
    /// # Errors
    /// The log does not have them, or one is none.
    pub fn more(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        if self.next >= self.end {
            return Ok(None);
        }
        let mut out = Vec::new();
        for record in
            self.log.page(self.next)?.records().take(usize::try_from(self.end - self.next).unwrap_or(usize::MAX))
        {
            let refused = |why| ExportError::Record { seq: self.next, why };
            if self.selection.takes(record).map_err(refused)? {
                self.format.write(record, &mut out).map_err(refused)?;
            }
            self.next += 1;
        }
        Ok(Some(out))
    }
}

impl Selection {
    /// Whether the record is of the times that are asked for. A clock may have gone back between two records, so each is
    /// looked at.
    fn takes(&self, record: &[u8]) -> Result<bool, InvalidRecord> {
        if self.since.is_none() && self.until.is_none() {
            return Ok(true);
        }
        let at = Record::at(record)?;
        Ok(self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until))
    }
}
