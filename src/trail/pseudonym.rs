//! Keyed pseudonyms: the same account has the same one on every record, and nobody without the key
//! can guess it back from a list of addresses.

use std::io;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::durable;
use crate::incident::{AccountRef, Digest, Mark};

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
        durable::secret(path).map(|key| Self::new(&key))
    }

    /// The pseudonym of an account: 32 lower-case hex digits.
    #[must_use]
    pub fn of(&self, account: &AccountRef) -> String {
        self.mark(account).to_string()
    }

    /// The same as bytes.
    #[must_use]
    pub fn mark(&self, account: &AccountRef) -> Mark {
        let mut mac = self.0.clone();
        mac.update(account.key().as_bytes());
        Mark(tag_of(mac))
    }

    /// What stands for something that senders said, or for a digest of it.
    #[must_use]
    pub fn digest(&self, said: &[u8]) -> Digest {
        let mut mac = self.0.clone();
        // No account's key begins so.
        mac.update(b"\0said");
        mac.update(said);
        Digest(mac.finalize().into_bytes().into())
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
}
