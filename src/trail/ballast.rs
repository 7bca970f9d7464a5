//! Room that is taken on the trail's disk before anything else can take it, to be given back when the disk is full: what
//! is under way can then be recorded, and the store can be opened, which it cannot on a full disk.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::durable::private_files;
use super::settings::Settings;

/// Its name in the trail's folder.
const NAME: &str = "ballast";
/// In what `st_blocks` counts, whatever the file system has, in bytes.
const BLOCK_BYTES: u64 = 512;
/// As much is written at a time where room cannot be taken otherwise, in bytes.
const CHUNK_BYTES: usize = 1024 * 1024;

/// The file that holds the room.
#[derive(Debug, Clone)]
pub struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    /// That of the trail that `settings` name.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self::within(&settings.path, settings.ballast_bytes)
    }

    /// That of the trail in `folder`, which is to be so large.
    #[must_use]
    pub fn within(folder: &Path, bytes: u64) -> Self {
        Self { path: folder.join(NAME), bytes }
    }

    /// How much room it holds, in bytes. What a file is long says nothing about that: it may have holes.
    ///
    /// # Errors
    /// The file cannot be looked at.
    pub fn held_bytes(&self) -> io::Result<u64> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) => Ok(found.blocks().saturating_mul(BLOCK_BYTES)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// How much more room it would take to hold what it is to hold, in bytes.
    ///
    /// # Errors
    /// The file cannot be looked at.
    pub fn missing_bytes(&self) -> io::Result<u64> {
        Ok(self.bytes.saturating_sub(self.held_bytes()?))
    }

    /// Takes the room, all of it or none. Blocks.
    ///
    /// # Errors
    /// There is not so much, or the file system takes none for what is written.
    pub fn take(&self) -> io::Result<()> {
        let taken = self.try_take();
        if taken.is_err() {
            // A part of it would be room that nobody knows to give back.
            let _ = fs::remove_file(&self.path);
        }
        taken
    }

    fn try_take(&self) -> io::Result<()> {
        let mut file = private_files().create(true).truncate(true).open(&self.path)?;
        fill(&mut file, self.bytes)?;
        file.sync_all()?;
        if self.missing_bytes()? > 0 {
            return Err(io::Error::other("the file system takes no room for it"));
        }
        Ok(())
    }

    /// Gives all room back that it holds, and says how much that was, in bytes. Blocks.
    ///
    /// # Errors
    /// The file cannot be cut off, or that cannot be made durable.
    pub fn release(&self) -> io::Result<u64> {
        let held = self.held_bytes()?;
        if held > 0 {
            // Cut off and kept: a name that goes would have the folder written, for which there may be no room.
            let file = private_files().truncate(true).open(&self.path)?;
            file.sync_all()?;
        }
        Ok(held)
    }
}

/// Takes room for so many bytes. Where the file system has no way to do that, it is written: of chance, as zeros may be
/// kept as holes.
fn fill(file: &mut File, bytes: u64) -> io::Result<()> {
    match fallocate(&*file, FallocateFlags::empty(), 0, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => write(file, bytes),
        taken => Ok(taken?),
    }
}

fn write(file: &mut File, bytes: u64) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut left = bytes;
    while left > 0 {
        getrandom::fill(&mut chunk).map_err(io::Error::other)?;
        let part = chunk.get(..usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES)).unwrap_or(&chunk);
        file.write_all(part)?;
        left = left.saturating_sub(part.len() as u64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const BYTES: u64 = 3 * 1024 * 1024 + 4096;

    #[test]
    fn what_is_taken_is_really_taken_and_given_back_and_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::within(folder.path(), BYTES);
        assert_eq!((ballast.held_bytes().unwrap(), ballast.missing_bytes().unwrap()), (0, BYTES));
        assert_eq!(ballast.release().unwrap(), 0, "there is none");
        for _ in 0..2 {
            ballast.take().unwrap();
            assert_eq!(ballast.missing_bytes().unwrap(), 0);
            let mode = fs::metadata(folder.path().join(NAME)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            assert!(ballast.release().unwrap() >= BYTES);
            assert_eq!(ballast.held_bytes().unwrap(), 0);
        }
    }

    #[test]
    fn written_room_is_room_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::within(folder.path(), BYTES);
        let mut file = File::create(folder.path().join(NAME)).unwrap();
        write(&mut file, BYTES).unwrap();
        file.sync_all().unwrap();
        assert_eq!(file.metadata().unwrap().len(), BYTES);
        assert_eq!(ballast.missing_bytes().unwrap(), 0);
    }

    #[test]
    fn a_file_with_holes_is_no_ballast() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::within(folder.path(), BYTES);
        File::create(folder.path().join(NAME)).unwrap().set_len(BYTES).unwrap();
        assert_eq!(ballast.missing_bytes().unwrap(), BYTES);
    }

    #[test]
    fn of_what_cannot_be_taken_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::within(folder.path(), u64::MAX / 4);
        assert!(ballast.take().is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
