//! Checkpoints in a file elsewhere, one after the other.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::signer::Signer;
use crate::trail::durable;

/// The most that is read from its end: more than any checkpoint has.
const TAIL_BYTES: u64 = 64 * 1024;

/// Adds a checkpoint to the file at `path`, which is made if it is missing. Durable when this returns.
///
/// # Errors
/// The file cannot be written.
pub fn anchor(path: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let is_new = !is_there(path)?;
    let mut file = durable::private_files().append(true).create(true).open(path)?;
    // The empty line before it ends whatever a power cut has left.
    file.write_all(format!("\n\n{}", checkpoint.note).as_bytes())?;
    file.sync_data()?;
    if is_new { durable::sync_folder_of(path) } else { Ok(()) }
}

/// The newest checkpoint in the file that this signer has made, if it is there and has one.
pub(super) fn last_anchored(path: &Path, signer: &Signer) -> io::Result<Option<Checkpoint>> {
    if !is_there(path)? {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    let tail = String::from_utf8_lossy(&tail);
    let begins = format!("{}\n", signer.origin());
    let notes = tail.match_indices(&begins).filter_map(|(at, _)| tail.get(at..));
    let read = notes.filter_map(|note| Checkpoint::read(signer, note));
    Ok(read.max_by_key(|checkpoint| checkpoint.size))
}

/// Whether there is a file. A pipe in its place would keep whoever opens it waiting for another to do so.
fn is_there(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Digest, Timestamp};
    use crate::trail::store::Head;
    use crate::trail::tlog::Origin;

    fn checkpoint(seed: u8, size: u64) -> (Signer, Checkpoint) {
        let signer = Signer::new(Origin::try_from("example.com/log".to_owned()).unwrap(), &[seed; 32]);
        let head = Head { size, root: Digest::of(&size.to_be_bytes()) };
        let checkpoint = Checkpoint::sign(&signer, head, Timestamp::UNIX_EPOCH);
        (signer, checkpoint)
    }

    #[cfg(unix)]
    #[test]
    fn what_would_keep_the_program_waiting_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (signer, checkpoint) = checkpoint(1, 1);
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        assert_eq!(last_anchored(&pipe, &signer).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(anchor(&pipe, &checkpoint).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(anchor(folder.path(), &checkpoint).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn the_newest_of_ours_is_found_whatever_stands_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anchored");
        let (signer, _) = checkpoint(1, 0);
        assert_eq!(last_anchored(&path, &signer).unwrap(), None);
        for size in 0..400 {
            anchor(&path, &checkpoint(1, size).1).unwrap();
        }
        anchor(&path, &checkpoint(2, 1_000).1).unwrap();
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend_from_slice(&checkpoint(1, 500).1.note.as_bytes()[..100]);
        std::fs::write(&path, torn).unwrap();
        assert_eq!(last_anchored(&path, &signer).unwrap().map(|last| last.size), Some(399));
        anchor(&path, &checkpoint(1, 400).1).unwrap();
        assert_eq!(last_anchored(&path, &signer).unwrap().map(|last| last.size), Some(400));
    }
}
