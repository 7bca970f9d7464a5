//! The configuration, as `source` changes it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::random;
use crate::cli::refused::refused;

/// Puts a text in a file's place at one stroke. A link stays one, and the file goes on being whose it was.
pub(super) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = || format!("{} cannot be written", path.display());
    let path = fs::canonicalize(path).with_context(written)?;
    let before = fs::metadata(&path).with_context(written)?;
    let beside = beside(&path)?;
    let mut file = options().open(&beside).with_context(|| format!("{} cannot be written", beside.display()))?;
    let replaced = fill(&mut file, text, &before, &path)
        .and_then(|()| fs::rename(&beside, &path).with_context(|| format!("{} cannot be written", path.display())));
    // Nothing is left that nobody has asked for.
    replaced.inspect_err(|_| _ = fs::remove_file(&beside))
}

/// A name in the same folder that nobody else uses.
fn beside(path: &Path) -> anyhow::Result<PathBuf> {
    let random = random::bytes::<8>()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(path.with_file_name(format!(".{name}.{}.new", hex::encode(random))))
}

/// For a file that is not there yet, of its owner only.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

fn fill(file: &mut File, text: &str, before: &Metadata, path: &Path) -> anyhow::Result<()> {
    file.write_all(text.as_bytes())?;
    give(file, before).map_err(|error| {
        refused(anyhow::anyhow!(
            "{} would not belong any more to whom it belongs ({error}); call this as its owner or as root",
            path.display()
        ))
    })?;
    file.set_permissions(before.permissions())?;
    file.sync_all()?;
    Ok(())
}

/// Lets a new file belong to whom the one before does.
#[cfg(unix)]
fn give(file: &File, before: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let now = file.metadata()?;
    let changed = |is: u32, was: u32| (is != was).then_some(was);
    match (changed(now.uid(), before.uid()), changed(now.gid(), before.gid())) {
        (None, None) => Ok(()),
        (owner, group) => fchown(file, owner, group),
    }
}

/// Other systems have no such owners.
#[cfg(not(unix))]
fn give(_file: &File, _before: &Metadata) -> io::Result<()> {
    Ok(())
}
