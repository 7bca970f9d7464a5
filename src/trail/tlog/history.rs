//! The checkpoints of every minute, one file a day: what the log said when, also that nothing happened.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::signer::Signer;
use crate::incident::Timestamp;
use crate::trail::durable;

/// The folder in that of the log.
pub(super) const FOLDER: &str = "checkpoints";
/// Parts that make one checkpoint: its text, and its signatures.
const PARTS: usize = 2;
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
        if let Some(last) = history.last_file()? {
            let text = fs::read(&last)?;
            let whole = whole(&text);
            if whole < text.len() {
                let file = File::options().write(true).open(&last)?;
                file.set_len(whole as u64)?;
                file.sync_all()?;
            }
        }
        Ok(history)
    }

    /// The last checkpoint of it that this signer has made.
    pub(super) fn last(&self, signer: &Signer) -> io::Result<Option<Checkpoint>> {
        let Some(last) = self.last_file()? else { return Ok(None) };
        let text = fs::read_to_string(last)?;
        let parts: Vec<&str> = text.trim_end_matches('\n').split(BLANK).collect();
        let Some([text, signatures]) = parts.last_chunk::<PARTS>() else { return Ok(None) };
        Ok(Checkpoint::read(signer, &format!("{text}{BLANK}{signatures}\n")))
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

    fn last_file(&self) -> io::Result<Option<PathBuf>> {
        let mut last = None;
        for entry in fs::read_dir(&self.folder)? {
            last = last.max(Some(entry?.path()));
        }
        Ok(last)
    }
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
