//! Keyed pseudonyms: the same account has the same one on every record, and nobody without the key
//! can guess it back from a list of addresses.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::incident::{AccountRef, Mark};

/// Bytes of the key.
const KEY_BYTES: usize = 32;
/// Bytes of HMAC-SHA256 that make a pseudonym; 128 bits are beyond chance collisions.
const PSEUDONYM_BYTES: usize = Mark::BYTES;

/// Makes pseudonyms under one key.
#[derive(Clone)]
pub struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    /// Under this key.
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        // HMAC fills a short key up with zeros to its block of 64 bytes (RFC 2104 section 2).
        let mut block = [0; 64];
        for (filled, byte) in block.iter_mut().zip(key) {
            *filled = *byte;
        }
        Self(Hmac::new(&block.into()))
    }

    /// Under the key in the file at `path`, which is made (mode 0600, synced) if it is missing.
    ///
    /// # Errors
    /// The file cannot be read or made, or is not 32 bytes long.
    pub fn open(path: &Path) -> io::Result<Self> {
        let key = match fs::read(path) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_key(path)?,
            Err(error) => return Err(error),
        };
        let key: [u8; KEY_BYTES] =
            key.try_into().map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the key is not 32 bytes long"))?;
        Ok(Self::new(&key))
    }

    /// The pseudonym of an account: 32 lower-case hex digits.
    #[must_use]
    pub fn of(&self, account: &AccountRef) -> String {
        let mut mac = self.0.clone();
        mac.update(account.key().as_bytes());
        hex::encode(tag_of(mac))
    }

    /// The pseudonym of something that has these parts in this order.
    #[must_use]
    pub fn of_parts(&self, parts: &[&[u8]]) -> Mark {
        let mut mac = self.0.clone();
        // No account's key begins so; and a length before each part, so that no two rows of parts agree.
        mac.update(b"\0parts");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Mark(tag_of(mac))
    }
}

fn tag_of(mac: Hmac<Sha256>) -> [u8; PSEUDONYM_BYTES] {
    let whole: [u8; 32] = mac.finalize().into_bytes().into();
    let mut tag = [0; PSEUDONYM_BYTES];
    tag.iter_mut().zip(whole).for_each(|(byte, of_whole)| *byte = of_whole);
    tag
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(redacted)")
    }
}

/// Makes the key beside its place and moves it there whole: a process that is killed meanwhile leaves
/// no half key, which every later start would refuse, and a power cut takes no key that was used.
fn make_key(path: &Path) -> io::Result<Vec<u8>> {
    let mut key = vec![0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let unfinished = unfinished(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(&key)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_folder_of(path)?;
    Ok(key)
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

#[cfg(unix)]
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Other systems have no such call.
#[cfg(not(unix))]
fn sync_folder_of(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::AccountKind;

    #[test]
    fn a_pseudonym_depends_on_key_kind_and_value() {
        let account = |kind, value| AccountRef::parse(kind, value).unwrap();
        let email = account(AccountKind::Email, "a@example.com");
        let (one, two) = (Pseudonyms::new(&[1; 32]), Pseudonyms::new(&[2; 32]));
        assert_eq!(one.of(&email), one.of(&account(AccountKind::Email, "A@example.com")));
        assert_ne!(one.of(&email), two.of(&email));
        assert_ne!(one.of(&email), one.of(&account(AccountKind::UserId, "a@example.com")));
        assert_eq!(one.of(&email).len(), 32);
    }

    #[test]
    fn a_made_key_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pseudonym.key");
        let email = AccountRef::parse(AccountKind::Email, "a@example.com").unwrap();
        let first = Pseudonyms::open(&path).unwrap().of(&email);
        assert_eq!(Pseudonyms::open(&path).unwrap().of(&email), first);
    }
    #[test]
    fn a_key_whose_making_was_cut_short_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pseudonym.key");
        fs::write(folder.path().join("pseudonym.key.new"), b"half").unwrap();
        let email = AccountRef::parse(AccountKind::Email, "a@example.com").unwrap();
        let first = Pseudonyms::open(&path).unwrap().of(&email);
        assert_eq!(Pseudonyms::open(&path).unwrap().of(&email), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
