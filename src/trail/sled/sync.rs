//! Makes what sled writes durable, which it leaves to us: on Linux its flush is
//! `sync_file_range(2)`, which survives a killed process but not a power cut.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::trail::durable;

/// What makes sled's file durable. A function and not the file itself, so that a test can watch the
/// call or let it fail.
pub(super) type SyncFile = Box<dyn FnMut() -> io::Result<()> + Send>;

/// The sync of the file at `path`, through a descriptor opened now: a descriptor learns of every
/// write that failed since it was opened, also of one that sled has seen and dropped.
pub(super) fn of_file(path: &Path) -> io::Result<SyncFile> {
    let file = File::options().write(true).open(path)?;
    Ok(Box::new(move || file.sync_data()))
}

/// Makes the entries of what sled made in `folder` durable, and its settings file.
pub(super) fn sync_contents(folder: &Path) -> io::Result<()> {
    File::options().write(true).open(folder.join("conf"))?.sync_all()?;
    durable::sync_folder(folder)
}
