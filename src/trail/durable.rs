//! Makes files and folders durable: what is said to be there is there after a power cut, too.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Makes a folder, only for its owner on Unix, with its missing parents; their entries are durable.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
    private_folders().recursive(true).create(path)?;
    missing.into_iter().try_for_each(sync_folder_of)
}

/// Puts `bytes` in the place of the file at `path`, only for its owner on Unix: whoever looks sees the old or the new
/// whole, also after a kill. After a power cut the new only once the folder was synced.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_by(path, |file| file.write_all(bytes))
}

/// The same of whatever `write` writes.
pub(super) fn replace_by(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let unfinished = unfinished(path);
    let mut file = private_files().create(true).truncate(true).open(&unfinished)?;
    let written = write(&mut file).and_then(|()| file.sync_all());
    drop(file);
    if written.is_err() {
        // On a full disk the half of it would be missed most.
        let _ = fs::remove_file(&unfinished);
        return written;
    }
    fs::rename(&unfinished, path)
}

/// The 32 random bytes in the file at `path`, which is made if it is missing. A process that is killed meanwhile leaves
/// no half key, which every later start would refuse, and a power cut takes no key that was used.
///
/// # Errors
/// The file cannot be read or made, or is not 32 bytes long.
pub(super) fn secret(path: &Path) -> io::Result<[u8; 32]> {
    match fs::read(path) {
        Ok(kept) => {
            kept.try_into().map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the key is not 32 bytes long"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut made = [0; 32];
            getrandom::fill(&mut made).map_err(io::Error::other)?;
            replace(path, &made)?;
            sync_folder_of(path)?;
            Ok(made)
        }
        Err(error) => Err(error),
    }
}

/// Makes the entry of the file or folder at `path` durable.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    sync_folder(match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    })
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
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

/// How files are opened for writing.
pub(super) fn private_files() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the entries of a folder durable.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened for this; their entries are the file system's own business.
#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_is_kept_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let first = secret(&path).unwrap();
        assert_eq!(secret(&path).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_secret_whose_making_was_cut_short_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        fs::write(folder.path().join("a.key.new"), b"half").unwrap();
        let first = secret(&path).unwrap();
        assert_eq!(secret(&path).unwrap(), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        fs::write(&path, b"short").unwrap();
        assert_eq!(secret(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
