//! Reads one file of a rules folder through one handle, so that what was checked is what is read, and
//! remembers enough of it to tell whether it has changed since.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

/// One file, read whole.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) bytes: Vec<u8>,
    pub(super) state: State,
}

/// What tells one state of a file from another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State {
    identity: (u64, u64),
    length: u64,
    modified: Option<SystemTime>,
}

/// What is wrong with a file, and what to do.
pub(super) struct Unreadable(pub(super) String, pub(super) &'static str);

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self(format!("cannot be read: {error}"), "check the file's permissions")
    }
}

impl Opened {
    /// Reads the file at `path` below `root`, if one of `owners` keeps it and nobody else may write it.
    pub(super) fn read(path: &Path, root: &Path, bytes_max: u64, owners: &[u32]) -> Result<Self, Unreadable> {
        // Asked before opening: opening a pipe would wait for somebody to write into it.
        check_regular(&fs::metadata(path)?)?;
        let file = without_waiting().open(path)?;
        let about = file.metadata()?;
        check_regular(&about)?;
        check_place(path, root, &about)?;
        check_hands(&about, owners)?;
        let mut bytes = Vec::new();
        file.take(bytes_max + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > bytes_max {
            return Err(Unreadable(format!("is larger than {bytes_max} bytes"), "split it"));
        }
        if bytes.len() as u64 != about.len() {
            return Err(changed());
        }
        Ok(Self { bytes, state: State::of(&about) })
    }
}

impl State {
    fn of(about: &fs::Metadata) -> Self {
        Self { identity: identity(about), length: about.len(), modified: about.modified().ok() }
    }

    /// Whether the file at `path` is in this state now.
    pub(super) fn is_that_of(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|about| Self::of(&about) == *self)
    }
}

/// A set of which one file changed under reading may be half an old one and half a new one.
pub(super) fn changed() -> Unreadable {
    Unreadable("changed while it was read".to_owned(), "load again when it is written")
}

/// Whether everybody may write.
#[cfg(unix)]
pub(super) fn is_world_writable(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o002 != 0
}

#[cfg(not(unix))]
pub(super) fn is_world_writable(_about: &fs::Metadata) -> bool {
    false
}

/// The administrator, the owner of the folder, and who runs this: whoever else put a file here did
/// so behind their backs.
pub(super) fn owners(folder: &Path) -> Vec<u32> {
    // On Linux this folder belongs to the process; elsewhere there is none, and one owner less.
    let places = [folder, Path::new("/proc/self")];
    let known = places.iter().filter_map(|place| fs::metadata(place).ok()).map(|about| owner(&about));
    std::iter::once(0).chain(known).collect()
}

/// For reading, without waiting for somebody to write into a pipe that was put in a file's place.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn without_waiting() -> fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    /// Linux's `O_NONBLOCK` on these machines.
    const NONBLOCK: i32 = 0o4000;
    fs::OpenOptions::new().read(true).custom_flags(NONBLOCK).to_owned()
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(super) fn without_waiting() -> fs::OpenOptions {
    fs::OpenOptions::new().read(true).to_owned()
}

fn check_regular(about: &fs::Metadata) -> Result<(), Unreadable> {
    if about.is_file() { Ok(()) } else { Err(Unreadable("is not a regular file".to_owned(), "remove it")) }
}

/// A link may stay within the folder (container volumes swap whole sets that way), not leave it. The
/// path is followed after opening and compared with what was opened, so that a link that is turned
/// between the two is found.
fn check_place(path: &Path, root: &Path, about: &fs::Metadata) -> Result<(), Unreadable> {
    let real = path.canonicalize()?;
    if !real.starts_with(root) {
        return Err(Unreadable("it leads out of the rules folder".to_owned(), "copy the file into the folder"));
    }
    if identity(&fs::symlink_metadata(&real)?) == identity(about) { Ok(()) } else { Err(changed()) }
}

fn check_hands(about: &fs::Metadata, owners: &[u32]) -> Result<(), Unreadable> {
    if is_world_writable(about) {
        return Err(Unreadable("everybody may write to this file".to_owned(), "chmod o-w"));
    }
    if !owners.contains(&owner(about)) {
        let advice = "chown it to the folder's owner, if it belongs here";
        return Err(Unreadable("belongs to somebody else than the folder".to_owned(), advice));
    }
    Ok(())
}

#[cfg(unix)]
fn owner(about: &fs::Metadata) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    about.uid()
}

#[cfg(not(unix))]
fn owner(_about: &fs::Metadata) -> u32 {
    0
}

#[cfg(unix)]
fn identity(about: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (about.dev(), about.ino())
}

#[cfg(not(unix))]
fn identity(_about: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn read(path: &Path, root: &Path) -> Result<Opened, String> {
        Opened::read(path, root, 100, &owners(root)).map_err(|Unreadable(what, _)| what)
    }

    #[test]
    fn a_file_in_its_state_is_told_from_every_other() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let path = root.join("a.yml");
        fs::write(&path, "a: 1").unwrap();
        let opened = read(&path, &root).unwrap();
        assert_eq!(opened.bytes, b"a: 1");
        assert!(opened.state.is_that_of(&path));
        let at = fs::metadata(&path).unwrap().modified().unwrap() + std::time::Duration::from_secs(1);
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        assert!(!opened.state.is_that_of(&path), "written at another time");
        let opened = read(&path, &root).unwrap();
        fs::write(root.join("b"), "a: 2").unwrap();
        fs::rename(root.join("b"), &path).unwrap();
        assert!(!opened.state.is_that_of(&path), "another file in its place");
        fs::remove_file(&path).unwrap();
        assert!(!opened.state.is_that_of(&path));
    }

    #[test]
    fn f10_a_link_that_is_turned_between_opening_and_looking_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("own.yml"), "a: 1").unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        symlink(root.join("own.yml"), root.join("link.yml")).unwrap();
        let elsewhere = outside.as_file().metadata().unwrap();
        let Err(Unreadable(what, _)) = check_place(&root.join("link.yml"), &root, &elsewhere) else {
            panic!("what was opened is not what the path names")
        };
        assert_eq!(what, "changed while it was read");
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let pipe = root.join("a.yml");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe, &root).unwrap_err(), "is not a regular file");
    }
}
