//! What lies beside the records of a damaged epoch, as far as it can still be had: from its file, and from its database
//! where that has more.

use std::path::Path;

use super::beside;
use super::epoch::{self, Epoch, Mirrored};
use super::fact::Fact;
use super::{head, read};
use crate::trail::store::StoreError;

/// A fact, and what is private to its record.
pub(super) type Beside = (Fact, Option<Vec<u8>>);

/// What is in the file.
#[derive(Default)]
struct InFile {
    /// Its pieces up to the first that is damaged.
    facts: Vec<Beside>,
    /// How many bytes they are.
    length: u64,
    /// Whether none is damaged.
    is_whole: bool,
}

/// All that there is, in order, and whether nothing is missing that belongs to the first `in_log` records, which the log
/// has, or to what the database has behind them; the epoch begins with record `first`. `size` is how many records the database says the trail has.
pub(super) fn salvage(
    folder: &Path,
    first: u64,
    damaged: Option<&Epoch>,
    in_log: u64,
    size: Option<u64>,
) -> (Vec<Beside>, bool) {
    let told = epoch::told_mirrored(folder).ok().flatten();
    let noted = damaged.and_then(|epoch| epoch::contained(folder, || Ok(epoch.mirrored().ok())).ok().flatten());
    let InFile { facts, length, is_whole } = in_file(&epoch::beside(folder));
    let lengths = told.map(|Mirrored { length, .. }| length).max(noted.map(|(_, length)| length));
    // Where nobody says how long it was, it may have been cut.
    let is_good = is_whole && lengths.is_some_and(|expected| length >= expected);
    let covered = told.filter(|_| is_good).map_or(0, |told| told.size);
    // A database that was cut has fewer records than it had, and all facts of those.
    let is_uncut = size.is_some_and(|size| size >= in_log && told.is_none_or(|told| size >= told.size));
    if !is_good && let Some((all, true)) = damaged.map(|epoch| in_database(epoch, 0)).filter(|_| is_uncut) {
        return (all, true);
    }
    let (more, is_complete) = damaged.map(|epoch| in_database(epoch, facts.len() as u64)).unwrap_or_default();
    // Beside no record lies nothing.
    let is_empty = in_log.max(size.unwrap_or(in_log)) <= first;
    let has_all = is_empty || is_good && (covered >= in_log.max(size.unwrap_or(in_log)) || is_complete && is_uncut);
    (facts.into_iter().chain(more).collect(), has_all)
}

fn in_file(path: &Path) -> InFile {
    let mut found = InFile::default();
    let Ok(pieces) = beside::pieces(path) else { return found };
    for piece in pieces {
        let Ok(piece) = piece else { return found };
        found.length = piece.end;
        found.facts.push((piece.fact, piece.private));
    }
    found.is_whole = true;
    found
}

/// The facts of the database from number `from` on, and whether these are all there were.
fn in_database(epoch: &Epoch, from: u64) -> (Vec<Beside>, bool) {
    let mut found = Vec::new();
    let all = epoch::contained(&epoch.folder, || Ok(read_all(epoch, from, &mut found)));
    (found, matches!(all, Ok(Ok(true))))
}

fn read_all(epoch: &Epoch, from: u64, found: &mut Vec<Beside>) -> Result<bool, StoreError> {
    let (mut next, mut is_all) = (from, true);
    while let Some((_, bytes)) = read::facts(&epoch.db, next, next + 1)?.pop() {
        let fact = Fact::read(&bytes)?.0;
        let private = match &fact {
            Fact::Record { seq, has_private: true, .. } => read::private(&epoch.db, *seq)?,
            _ => None,
        };
        is_all &= private.is_some() || !matches!(fact, Fact::Record { has_private: true, .. });
        found.push((fact, private));
        next += 1;
    }
    Ok(is_all && next >= head::facts(&epoch.db)?)
}
