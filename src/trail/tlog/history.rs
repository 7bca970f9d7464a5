//! The checkpoints of every minute, one file a day: what the log said when, also that nothing happened.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::checkpoint::Checkpoint;
use super::signer::Signer;
use crate::incident::Timestamp;
use crate::trail::durable;

/// The folder in that of the log.
pub(super) const FOLDER: &str = "checkpoints";
/// Parts that make one checkpoint: its text, and its signatures.
const PARTS: usize = 2;
/// The name of a day's file has so many bytes.
const DAY_BYTES: usize = "2026-01-31".len();
/// More than a checkpoint has with both keys of a rotation, and names of any length, twice.
const TAIL_BYTES: u64 = 16 * 1024;
/// What parts them.
const BLANK: &str = "\n\n";

/// Where the history is.
#[derive(Debug)]
pub(super) struct History {
    folder: PathBuf,
}

impl History {
    /// The history of the log in a folder. What a power cut left of a last checkpoint is taken away.
    pub(super) fn open(log: &Path) -> io::Result<Self> {
        let history = Self { folder: log.join(FOLDER) };
        durable::create_folder(&history.folder)?;
        for day in history.days()? {
            if is_ended(&tail(&day)?) {
                continue;
            }
            let text = fs::read(&day)?;
            let file = File::options().write(true).open(&day)?;
            file.set_len(whole(&text) as u64)?;
            file.sync_all()?;
        }
        Ok(history)
    }

    /// The checkpoint of it with the most records that ends a day and that this signer has made. The days are named by the
    /// clock, which may have been wrong: the last of them by name need not be that of today.
    pub(super) fn last(&self, signer: &Signer) -> io::Result<Option<Checkpoint>> {
        let mut last: Option<Checkpoint> = None;
        for day in self.days()? {
            let tail = tail(&day)?;
            let tail = String::from_utf8_lossy(&tail);
            let parts: Vec<&str> = tail.trim_end_matches('\n').split(BLANK).collect();
            let Some([text, signatures]) = parts.last_chunk::<PARTS>() else { continue };
            let read = Checkpoint::read(signer, &format!("{text}{BLANK}{signatures}\n"));
            last = last.into_iter().chain(read).max_by_key(|checkpoint| checkpoint.size);
        }
        Ok(last)
    }

    /// Adds a checkpoint; durable when this returns.
    pub(super) fn add(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let path = self.folder.join(checkpoint.at.strftime("%Y-%m-%d").to_string());
        let is_new = !path.exists();
        let mut file = durable::private_files().append(true).create(true).open(&path)?;
        file.write_all(format!("{}\n", checkpoint.note).as_bytes())?;
        file.sync_data()?;
        if is_new { durable::sync_folder(&self.folder) } else { Ok(()) }
    }

    fn days(&self) -> io::Result<Vec<PathBuf>> {
        Ok(in_folder(&self.folder)?.into_iter().map(|(_, path)| path).collect())
    }
}

/// The days on which the log in a folder has signed anything, in order, each with its file.
pub(super) fn days(log: &Path) -> io::Result<Vec<(Date, PathBuf)>> {
    match in_folder(&log.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        days => days,
    }
}

/// What has another name than a day is none of the history's.
fn in_folder(folder: &Path) -> io::Result<Vec<(Date, PathBuf)>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let day = entry.file_name().to_str().filter(|name| name.len() == DAY_BYTES).and_then(|name| name.parse().ok());
        days.extend(day.map(|day| (day, entry.path())));
    }
    days.sort_unstable();
    Ok(days)
}

/// Whether the end of a file is that of a checkpoint: its signatures, and an empty line.
fn is_ended(tail: &[u8]) -> bool {
    let tail = String::from_utf8_lossy(tail);
    let last = tail.strip_suffix(BLANK).and_then(|parts| parts.rsplit(BLANK).next());
    tail.is_empty() || last.is_some_and(|last| last.starts_with('\u{2014}'))
}

/// The end of a file, with more than one checkpoint in it.
fn tail(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    Ok(tail)
}

/// The minute of a time, counted from 1970.
pub(super) fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

/// How many bytes of a file are whole checkpoints.
pub(super) fn whole(text: &[u8]) -> usize {
    let blanks = (0..text.len()).filter(|at| text.get(*at..at + BLANK.len()) == Some(BLANK.as_bytes()));
    let ends: Vec<usize> = blanks.map(|at| at + BLANK.len()).skip(PARTS - 1).step_by(PARTS).collect();
    ends.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Digest;
    use crate::trail::store::Head;
    use crate::trail::tlog::Origin;

    fn signer() -> Signer {
        Signer::new(Origin::try_from("example.com/log".to_owned()).unwrap(), &[7; 32])
    }

    fn checkpoint(size: u64, second: i64) -> Checkpoint {
        let head = Head { size, root: Digest::of(&size.to_be_bytes()) };
        Checkpoint::sign(&signer(), head, Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn the_last_one_is_found_on_the_last_day() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        assert_eq!(history.last(&signer()).unwrap(), None);
        for (size, second) in [(1, 86_390), (2, 86_399), (3, 86_400), (3, 86_460)] {
            history.add(&checkpoint(size, second)).unwrap();
            assert_eq!(history.last(&signer()).unwrap(), Some(checkpoint(size, second)));
        }
        let days: Vec<_> = fs::read_dir(folder.path().join("checkpoints")).unwrap().collect();
        assert_eq!(days.len(), 2);
    }

    #[test]
    fn a_clock_that_was_wrong_and_files_that_are_none_of_its_own_do_not_hide_what_was_signed() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        for (size, second) in [(1, 0), (2, 40_000_000), (3, 60), (4, 120)] {
            history.add(&checkpoint(size, second)).unwrap();
        }
        let days = folder.path().join("checkpoints");
        for (name, text) in [("9999-note", "nothing"), ("9999-12-31", ""), ("2000-01-01", "torn"), (".swp", "\n\n")] {
            fs::write(days.join(name), text).unwrap();
        }
        let history = History::open(folder.path()).unwrap();
        assert_eq!(history.last(&signer()).unwrap(), Some(checkpoint(4, 120)));
        assert_eq!(fs::read(days.join("9999-note")).unwrap(), b"nothing");
        assert_eq!(fs::read(days.join("2000-01-01")).unwrap(), b"");
    }

    #[test]
    fn what_a_power_cut_left_of_the_last_one_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        history.add(&checkpoint(1, 0)).unwrap();
        history.add(&checkpoint(2, 60)).unwrap();
        let path = folder.path().join("checkpoints/1970-01-01");
        let both = fs::read(&path).unwrap();
        let first = both.len() / 2;
        for cut in first..both.len() {
            fs::write(&path, &both[..cut]).unwrap();
            let history = History::open(folder.path()).unwrap();
            assert_eq!(history.last(&signer()).unwrap(), Some(checkpoint(1, 0)), "{cut}");
            history.add(&checkpoint(2, 60)).unwrap();
            assert_eq!(fs::read(&path).unwrap(), both);
        }
    }
}
