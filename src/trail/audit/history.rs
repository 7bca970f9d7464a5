//! The log's own history of checkpoints: what it has signed minute by minute, and the minutes in which it was silent.

use super::checkpoint::Checkpoint;
use super::fault::{Fault, Place};
use super::folder::Folder;
use super::keys::Keys;
use super::note::InvalidNote;
use super::report::{Gap, HistoryReport};
use super::spread::{Spread, spread};
use crate::incident::{Digest, Timestamp};

const FOLDER: &str = "checkpoints";
/// The largest file of one day: a note a minute, each with more witnesses than anybody asks.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What the history says, as far as it can be read.
#[derive(Default)]
pub(super) struct History {
    /// What was signed, in order; of several in a row that say the same, the first.
    pub(super) stamps: Vec<Stamp>,
    pub(super) report: HistoryReport,
    /// What is wrong with it first.
    pub(super) fault: Option<Fault>,
}

/// What one checkpoint says, and where it stands.
pub(super) struct Stamp {
    pub(super) place: Place,
    pub(super) size: u64,
    pub(super) root: Digest,
}

/// One file of the history.
struct Day {
    stamps: Vec<Stamp>,
    times: Vec<Timestamp>,
    checkpoints: u64,
    /// The note that is not whole, if there is one at the end.
    torn: Option<Place>,
}

impl History {
    /// Reads all of it. `last` is the checkpoint that the log stands at, which ends the silence before it.
    pub(super) fn read(folder: Folder, keys: &Keys, last: &Checkpoint) -> Self {
        let days = match folder.names(FOLDER) {
            Ok(names) => names.into_iter().filter(|name| is_day(name)).collect::<Vec<_>>(),
            Err(fault) => return Self { fault: Some(fault), ..Self::default() },
        };
        let Spread { done, failed } = spread(days.len() as u64, |index| {
            let name = usize::try_from(index).ok().and_then(|index| days.get(index));
            read_day(folder, name.map(String::as_str).unwrap_or_default(), keys)
        });
        let mut history = Self { fault: failed.map(|(_, fault)| fault), ..Self::default() };
        let mut silence = Silence::default();
        let last_day = days.len() as u64;
        for (index, day) in done {
            history.report.checkpoints += day.checkpoints;
            history.stamps.extend(day.stamps);
            day.times.into_iter().for_each(|at| silence.broken(at, &mut history.report));
            match day.torn {
                Some(note) if index + 1 < last_day => {
                    // A file before one that could not be read.
                    history.fault = Some(Fault::HistoryTorn { note });
                    return history;
                }
                torn => history.report.torn |= torn.is_some(),
            }
        }
        last.at().into_iter().for_each(|at| silence.broken(at, &mut history.report));
        history
    }
}

/// Whether the file is one of a day; others are none of the history's.
fn is_day(name: &str) -> bool {
    let shape = |(place, b): (usize, u8)| if matches!(place, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
    name.len() == 10 && name.bytes().enumerate().all(shape)
}

fn read_day(folder: Folder, name: &str, keys: &Keys) -> Result<Day, Fault> {
    let file = format!("{FOLDER}/{name}");
    let bytes = folder.read(&file, FILE_BYTES_MAX)?.unwrap_or_default();
    let place = |number| Place { file: file.clone(), number };
    let mut day = Day { stamps: Vec::new(), times: Vec::new(), checkpoints: 0, torn: None };
    let mut rest = bytes.as_slice();
    for number in 1.. {
        let Some((note, behind)) = note(rest) else {
            let is_torn = is_torn(rest).map_err(|why| Fault::History { note: place(number), why: why.into() })?;
            day.torn = is_torn.then(|| place(number));
            break;
        };
        rest = behind;
        let checkpoint = Checkpoint::open(note, keys).map_err(|why| Fault::History { note: place(number), why })?;
        let (size, root) = (checkpoint.size(), checkpoint.root());
        // Only within a file, where the order is that of writing: it is the clock that names the files.
        match day.stamps.last() {
            Some(before) if before.size > size => {
                return Err(Fault::HistoryShrinks { note: place(number), size, before: before.size });
            }
            Some(before) if (before.size, before.root) == (size, root) => {}
            _ => day.stamps.push(Stamp { place: place(number), size, root }),
        }
        day.checkpoints += 1;
        day.times.extend(checkpoint.at());
    }
    Ok(day)
}

/// The first note and what is behind it: a text, an empty line, signatures, and an empty line.
fn note(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = empty_line(bytes)?;
    let signatures = empty_line(bytes.get(text..)?)?;
    let (note, rest) = bytes.split_at_checked(text + signatures - 1)?;
    Some((note, rest.get(1..)?))
}

/// Whether a note is begun and not ended, which a power cut does. It leaves what was written, or zeroes in the place of
/// that; anything else that keeps a note from ending was put there.
fn is_torn(rest: &[u8]) -> Result<bool, InvalidNote> {
    let written = rest.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    let is_control = |b: &u8| *b < b' ' && *b != b'\n';
    let is_changed = rest.iter().take(written).any(is_control);
    if is_changed { Err(InvalidNote::Control) } else { Ok(!rest.is_empty()) }
}

/// Where what follows the first empty line begins.
fn empty_line(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, b"\n\n").map(|at| at + 2)
}

/// The minutes between checkpoints.
#[derive(Default)]
struct Silence {
    latest: Option<Timestamp>,
}

impl Silence {
    /// Counts the whole minutes since the latest checkpoint. A clock that went back makes none.
    fn broken(&mut self, at: Timestamp, report: &mut HistoryReport) {
        let minute = |at: Timestamp| at.as_second().div_euclid(60);
        report.first_at = report.first_at.or(Some(at));
        let latest = *self.latest.get_or_insert(at);
        let minutes = u64::try_from(minute(at) - minute(latest) - 1).unwrap_or(0);
        if minutes > 0 {
            report.gaps += 1;
            report.missing_minutes += minutes;
            if report.longest.is_none_or(|longest| minutes > longest.minutes) {
                report.longest = Some(Gap { minutes, after: latest });
            }
        }
        self.latest = Some(latest.max(at));
        report.last_at = self.latest;
    }
}
