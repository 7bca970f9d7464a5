//! The file with the data keys: read at the start, appended to, and written anew when a key is destroyed.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::SubjectsError;
use super::key::KEY_BYTES;
use super::line::{Line, Wrap};
use crate::trail::durable;

/// Zeros that are written at a time.
const ZEROS: [u8; 4096] = [0; 4096];

/// Where the keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFiles {
    /// The data keys.
    pub keys: PathBuf,
    /// What wraps them: 32 bytes.
    pub master: PathBuf,
}

/// The lines of a file, and how much of it they are.
pub(super) struct Read {
    pub(super) lines: Vec<Line>,
    /// Up to where the file is good; behind it stands what was being written when the power went.
    pub(super) good_bytes: u64,
    /// How much stands there.
    pub(super) torn_bytes: u64,
}

/// The file, open for this process alone.
pub(super) struct KeyFile {
    path: PathBuf,
    file: File,
    wrap: Wrap,
    _lock: File,
}

impl KeyFiles {
    /// The master key, which has to be there.
    pub(super) fn wrap(&self) -> Result<Wrap, SubjectsError> {
        let missing = || SubjectsError::MasterMissing { master: self.master.clone(), keys: self.keys.clone() };
        let refused = |source| file_error(&self.master, source);
        let bytes = match fs::read(&self.master) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            Err(error) => return Err(refused(error)),
        };
        if is_exposed(&self.master).map_err(refused)? {
            return Err(SubjectsError::MasterExposed(self.master.clone()));
        }
        let key: [u8; KEY_BYTES] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| refused(io::Error::new(io::ErrorKind::InvalidData, "the key is not 32 bytes long")))?;
        Ok(Wrap::by(&Zeroizing::new(key))?)
    }

    /// Reads all lines.
    pub(super) fn read(&self, wrap: &Wrap) -> Result<Read, SubjectsError> {
        let bytes = fs::read(&self.keys).map_err(|source| file_error(&self.keys, source))?;
        let other = || SubjectsError::OtherMaster { keys: self.keys.clone(), master: self.master.clone() };
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(other)?;
        let (title, rest) = bytes.split_at_checked(end).ok_or_else(other)?;
        if !wrap.is_title(title) {
            return Err(other());
        }
        judge(wrap, rest.get(1..).unwrap_or_default(), end + 1)
            .map_err(|line| SubjectsError::Damaged { path: self.keys.clone(), line })
    }

    /// Opens the file for this process alone, and makes both if there is none: whoever calls has seen that nothing
    /// was encrypted yet. What was cut short is cut off.
    pub(super) fn open(&self) -> Result<(KeyFile, Vec<Line>), SubjectsError> {
        let lock = self.lock()?;
        if !self.keys.try_exists().map_err(|source| file_error(&self.keys, source))? {
            self.make()?;
        }
        let wrap = self.wrap()?;
        let Read { lines, good_bytes, torn_bytes } = self.read(&wrap)?;
        let refused = |source| file_error(&self.keys, source);
        let mut file = File::options().read(true).write(true).open(&self.keys).map_err(refused)?;
        if torn_bytes > 0 {
            tracing::warn!(bytes = torn_bytes, "the last lines of the data keys were cut short, and are cut off");
            file.set_len(good_bytes).map_err(refused)?;
        }
        // A predecessor that was killed may have written without syncing.
        file.sync_all().and_then(|()| file.seek(SeekFrom::End(0)).map(drop)).map_err(refused)?;
        Ok((KeyFile { path: self.keys.clone(), file, wrap, _lock: lock }, lines))
    }

    fn lock(&self) -> Result<File, SubjectsError> {
        let mut path = self.keys.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            durable::create_folder(folder).map_err(|source| file_error(folder, source))?;
        }
        let refused = |source| file_error(&path, source);
        let file = durable::private_files().create(true).truncate(false).open(&path).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(SubjectsError::InUse(self.keys.clone())),
            Err(TryLockError::Error(source)) => Err(refused(source)),
        }
    }

    fn make(&self) -> Result<(), SubjectsError> {
        // Made beside the trail, or wherever the operator wants it; one that is handed over is there already.
        durable::secret(&self.master).map_err(|source| file_error(&self.master, source))?;
        self.put(&self.wrap()?, &[])
    }

    /// Puts these lines in the place of the file.
    fn put(&self, wrap: &Wrap, lines: &[Line]) -> Result<(), SubjectsError> {
        let mut text = wrap.title()?;
        for line in lines {
            text.push_str(&wrap.write(line)?);
        }
        let put = durable::replace(&self.keys, text.as_bytes());
        put.and_then(|()| durable::sync_folder_of(&self.keys)).map_err(|source| file_error(&self.keys, source))
    }

    /// Wraps all keys anew by the master key at `to`, which is made if it is missing, and says how many they are. The
    /// file is as it was, or whole under the new one, also after a kill.
    pub(super) fn rewrap(&self, to: &Path) -> Result<usize, SubjectsError> {
        let _lock = self.lock()?;
        let lines = self.read(&self.wrap()?)?.lines;
        self.check_new_master(to)?;
        let new = Self { keys: self.keys.clone(), master: to.to_owned() };
        new.put(&new.wrap()?, &lines)?;
        Ok(lines.len())
    }

    /// Makes the master key in the file `to` if it is missing, and refuses it where it is the present one, under whatever
    /// name: whoever destroyed the old one would destroy it.
    pub(super) fn check_new_master(&self, to: &Path) -> Result<(), SubjectsError> {
        let present = fs::read(&self.master).map_err(|source| file_error(&self.master, source))?;
        let new = durable::secret(to).map_err(|source| file_error(to, source))?;
        if new == *present { Err(SubjectsError::SameMaster(to.to_owned())) } else { Ok(()) }
    }
}

impl KeyFile {
    /// Appends lines and makes them durable.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all(lines)?;
        self.file.sync_data()
    }

    /// Writes the file anew without the lines that `goes` names, and what was there with zeros: on most disks nothing
    /// is left of it then.
    pub(super) fn rewrite(&mut self, goes: impl Fn(&Line) -> bool) -> io::Result<()> {
        let bytes = fs::read(&self.path)?;
        let is_kept = |line: &&[u8]| self.wrap.read(line.strip_suffix(b"\n").unwrap_or(line)).is_none_or(|l| !goes(&l));
        let kept: Vec<u8> = bytes.split_inclusive(|byte| *byte == b'\n').filter(is_kept).flatten().copied().collect();
        durable::replace(&self.path, &kept)?;
        durable::sync_folder_of(&self.path)?;
        let mut new = File::options().read(true).write(true).open(&self.path)?;
        new.seek(SeekFrom::End(0))?;
        let mut old = std::mem::replace(&mut self.file, new);
        old.seek(SeekFrom::Start(0))?;
        let mut left = bytes.len();
        while left > 0 {
            let zeros = ZEROS.get(..left.min(ZEROS.len())).unwrap_or(&ZEROS);
            old.write_all(zeros)?;
            left -= zeros.len();
        }
        old.sync_data()
    }
}

/// Reads lines that begin at the file's byte `from`; refuses with the number of the first that is damaged.
///
/// What stands behind the last durable line may be there in part, in any order of its blocks, with zeros for what is
/// not. A line that does not open is of that kind only if no later line was made when more than the one before it was
/// durable, and if something is missing to be seen: zeros, or the end.
fn judge(wrap: &Wrap, bytes: &[u8], from: usize) -> Result<Read, usize> {
    let (mut lines, mut good, mut broken) = (Vec::new(), 0, None);
    let mut known = 0;
    for (number, text) in (2..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        // Where a block never came, its zeros stand before the line that did.
        let came = text.rsplit(|byte| *byte == 0).next().unwrap_or(text);
        let line = came.strip_suffix(b"\n").and_then(|line| wrap.read(line));
        match line {
            Some(line) if broken.is_none() && came.len() == text.len() && line.number > known => {
                known = line.number;
                good += text.len();
                lines.push(line);
            }
            line => {
                let broken = *broken.get_or_insert(number);
                if line.is_some_and(|line| line.durable > known) {
                    return Err(broken);
                }
            }
        }
    }
    let rest = bytes.get(good..).unwrap_or_default();
    if let Some(broken) = broken
        && rest.ends_with(b"\n")
        && !rest.contains(&0)
    {
        return Err(broken);
    }
    let (good_bytes, torn_bytes) = ((from + good) as u64, rest.len() as u64);
    Ok(Read { lines, good_bytes, torn_bytes })
}

pub(super) fn file_error(path: &Path, source: io::Error) -> SubjectsError {
    SubjectsError::File { path: path.to_owned(), source }
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(fs::metadata(path)?.mode() & 0o077 != 0)
}

/// Elsewhere a file's mode does not say who may use it.
#[cfg(not(unix))]
fn is_exposed(_path: &Path) -> io::Result<bool> {
    Ok(false)
}
