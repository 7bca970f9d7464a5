//! Why the data keys cannot be used.

use std::io;
use std::path::PathBuf;

use crate::trail::store::StoreError;

/// Why the file with the data keys, or the master key, was refused. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SubjectsError {
    /// Another process works on it.
    #[error("another process has {} open", .0.display())]
    InUse(PathBuf),
    /// The system refused.
    #[error("{} cannot be used", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is something that only its keys can open.
    #[error(
        "{} is missing, although what lies beside the trail's records was encrypted under its keys; put it back from \
         where it was kept",
        .0.display()
    )]
    KeysMissing(PathBuf),
    /// The keys are there, and what wraps them is not.
    #[error("the master key {} is missing, although {} needs it; put it back from where it was kept", .master.display(), .keys.display())]
    MasterMissing {
        /// The master key's file.
        master: PathBuf,
        /// The file with the data keys.
        keys: PathBuf,
    },
    /// Others may use it.
    #[error("the master key {} can be used by others than its owner (mode 0600 or 0400)", .0.display())]
    MasterExposed(PathBuf),
    /// The key that is to follow it is the same.
    #[error("{} has the present master key: destroyed as the old one, it would be gone", .0.display())]
    SameMaster(PathBuf),
    /// It opens nothing.
    #[error(
        "{} does not open with the master key {}: that is another key, or the first line was damaged",
        .keys.display(),
        .master.display()
    )]
    OtherMaster {
        /// The file with the data keys.
        keys: PathBuf,
        /// The master key's file.
        master: PathBuf,
    },
    /// A line is not as it was written.
    #[error("line {line} of {} is damaged; put the file back from where it was kept", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// The store could not be asked, or there are no random bytes.
    #[error(transparent)]
    Store(#[from] StoreError),
}
