//! Whether a database has all that was put in it: sled drops some in silence, or gives it changed, where its file is
//! damaged. A record that is gone or changed shows by its hash, and an index by the facts that it follows from; without
//! its key an alert that comes again would be acted on again.

use ::sled::Db;

use super::fact::Fact;
use super::{head, keys, read, store_error};
use crate::trail::store::StoreError;

/// What is looked at in one go, of records or of facts.
const PAGE: u64 = 256;

/// How far the look at one epoch is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    record: u64,
    end: u64,
    fact: u64,
    facts: u64,
}

impl Look {
    /// At the records from `first` up to but without `end`, and at all facts there are.
    ///
    /// # Errors
    /// How many facts there are cannot be read, or is missing.
    pub(super) fn at(db: &Db, first: u64, end: u64) -> Result<Self, StoreError> {
        let facts = head::facts(db)?;
        // Asked again, as the first one may have come meanwhile.
        if facts == 0 && !read::facts(db, 0, 1)?.is_empty() && head::facts(db)? == 0 {
            return Err(StoreError::Damaged("how many facts there are is missing".to_owned()));
        }
        Ok(Self { record: first, end, fact: 0, facts })
    }

    /// Looks at some more; `None` once nothing is left.
    ///
    /// # Errors
    /// Something is missing, or was changed.
    pub(super) fn go_on(mut self, db: &Db) -> Result<Option<Self>, StoreError> {
        if self.record < self.end {
            let to = self.end.min(self.record + PAGE);
            if let Some(changed) = read::records(db, self.record, to)?.iter().find(|record| !record.is_whole()) {
                return Err(StoreError::Damaged(format!("record {} was changed", changed.seq)));
            }
            self.record = to;
        } else if self.fact < self.facts {
            let to = self.facts.min(self.fact + PAGE);
            let mut found = read::facts(db, self.fact, to)?.into_iter();
            for number in self.fact..to {
                let bytes = found.next().filter(|(is, _)| *is == number).map(|(_, bytes)| bytes);
                let bytes = bytes.ok_or_else(|| StoreError::Damaged(format!("fact {number} is missing")))?;
                is_indexed(db, &Fact::read(&bytes)?.0)?;
            }
            self.fact = to;
        } else {
            return Ok(None);
        }
        Ok(Some(self))
    }

    /// How many records it has seen, counted from the trail's first.
    pub(super) fn records(&self) -> u64 {
        self.record
    }
}

/// That the indexes have what follows from a fact.
fn is_indexed(db: &Db, fact: &Fact) -> Result<(), StoreError> {
    let (is_there, of) = match fact {
        Fact::Record { seq, keys, incidents, has_private } => {
            let mut is_there = !has_private || read::private(db, *seq)?.is_some();
            for key in keys {
                is_there &= read::find(db, key)? == Some(*seq);
            }
            for incident in incidents {
                is_there &= db.contains_key(keys::of_incident(incident, *seq)).map_err(store_error)?;
            }
            (is_there, *seq)
        }
        Fact::Delivery { key, first } => (read::delivery(db, &key.key)? == Some((*first, key.content)), *first),
    };
    if is_there { Ok(()) } else { Err(StoreError::Damaged(format!("the index lacks what belongs to record {of}"))) }
}
