//! Makes files and folders durable, which sled leaves to us: on Linux its flush is
//! `sync_file_range(2)`, which survives a killed process but not a power cut.

use std::fs::{DirBuilder, File};
use std::io;
use std::path::Path;

/// What makes sled's file durable. A function and not the file itself, so that a test can watch the
/// call or let it fail.
pub(super) type SyncFile = Box<dyn FnMut() -> io::Result<()> + Send>;

/// The sync of the file at `path`, through a descriptor opened now: a descriptor learns of every
/// write that failed since it was opened, also of one that sled has seen and dropped.
pub(super) fn of_file(path: &Path) -> io::Result<SyncFile> {
    let file = File::options().write(true).open(path)?;
    Ok(Box::new(move || file.sync_data()))
}

/// Makes a folder, only for its owner on Unix, with its missing parents; their entries are durable.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
    private_folders().recursive(true).create(path)?;
    missing.into_iter().try_for_each(|made| sync_folder(parent(made)))
}

/// Makes the entries of what sled made in `folder` durable, and its settings file.
pub(super) fn sync_contents(folder: &Path) -> io::Result<()> {
    File::options().write(true).open(folder.join("conf"))?.sync_all()?;
    sync_folder(folder)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn private_folders() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_folders() -> DirBuilder {
    DirBuilder::new()
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened for this; their entries are the file system's own business.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
