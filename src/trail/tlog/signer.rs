//! Signs checkpoints: c2sp.org/signed-note with Ed25519, and the time as c2sp.org/tlog-cosignature has it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};

use crate::incident::{Digest, Timestamp};

/// The longest name of a log, in bytes.
const ORIGIN_BYTES_MAX: usize = 200;
/// The type of a plain signature of a note's text.
const ED25519: u8 = 0x01;
/// The type of a signature that says when it was made.
pub(super) const TIMESTAMPED_ED25519: u8 = 0x04;

/// What a log is called in its checkpoints and keys: `<deployment>/<log-id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// A text that no log can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a log has 1 to 200 bytes, and no space, plus or control character")]
pub struct InvalidOrigin;

impl Origin {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, InvalidOrigin> {
        let is_barred = |character: char| character.is_whitespace() || character.is_control() || character == '+';
        let is_one = (1..=ORIGIN_BYTES_MAX).contains(&text.len()) && !text.contains(is_barred);
        if is_one { Ok(Self(text)) } else { Err(InvalidOrigin) }
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A log's private key, under the log's name.
pub(super) struct Signer {
    origin: Origin,
    key: SigningKey,
}

impl Signer {
    /// The key with this seed, for the log of this name.
    pub(super) fn new(origin: Origin, seed: &[u8; 32]) -> Self {
        Self { origin, key: SigningKey::from_bytes(seed) }
    }

    /// Whose checkpoints it signs.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The public key as auditors are given it: name, key id, and the key in base64.
    pub(super) fn verifier_key(&self) -> String {
        let key = [&[ED25519][..], self.key.verifying_key().as_bytes()].concat();
        format!("{}+{}+{}", self.origin, hex::encode(self.key_id(ED25519)), STANDARD.encode(key))
    }

    /// The note: `text`, which ends with a newline, and below it both signatures.
    pub(super) fn note(&self, text: &str, at: Timestamp) -> String {
        let plain = self.key.sign(text.as_bytes()).to_bytes();
        let seconds = u64::try_from(at.as_second()).unwrap_or(0);
        let timed = self.key.sign(format!("cosignature/v1\ntime {seconds}\n{text}").as_bytes()).to_bytes();
        let timed = [&seconds.to_be_bytes()[..], &timed].concat();
        let (plain, timed) = (self.line(ED25519, &plain), self.line(TIMESTAMPED_ED25519, &timed));
        format!("{text}\n{plain}{timed}")
    }

    /// When the line of a note says that this key has signed, if it is its timestamped signature. What it is worth has to
    /// be seen by signing again.
    pub(super) fn signed_at(&self, line: &str) -> Option<Timestamp> {
        let encoded = line.strip_prefix("\u{2014} ")?.strip_prefix(self.origin.as_str())?.strip_prefix(' ')?;
        let signed = STANDARD.decode(encoded).ok()?;
        let (id, rest) = signed.split_first_chunk::<4>()?;
        let seconds = u64::from_be_bytes(*rest.first_chunk()?);
        let is_own = *id == self.key_id(TIMESTAMPED_ED25519);
        is_own.then(|| Timestamp::from_second(i64::try_from(seconds).ok()?).ok()).flatten()
    }

    fn line(&self, kind: u8, signature: &[u8]) -> String {
        let signed = [&self.key_id(kind)[..], signature].concat();
        format!("\u{2014} {} {}\n", self.origin, STANDARD.encode(signed))
    }

    fn key_id(&self, kind: u8) -> [u8; 4] {
        let key = self.key.verifying_key();
        let named = [self.origin.as_str().as_bytes(), b"\n", &[kind], key.as_bytes()].concat();
        let Digest(digest) = Digest::of(&named);
        digest.first_chunk().copied().unwrap_or_default()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, redacted)", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_stand_in_a_note_is_no_name() {
        for good in ["portcullis.example.com/3f2a", "a", "b\u{fc}ro/1"] {
            assert!(Origin::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{7}", &"x".repeat(201)] {
            assert_eq!(Origin::try_from(bad.to_owned()), Err(InvalidOrigin), "{bad:?}");
        }
    }

    #[test]
    fn a_key_is_written_as_the_specification_has_it() {
        let signer = Signer::new(Origin::try_from("example.com/log".to_owned()).unwrap(), &[7; 32]);
        let vkey = signer.verifier_key();
        let parts: Vec<&str> = vkey.splitn(3, '+').collect();
        let key = STANDARD.decode(parts[2]).unwrap();
        let id = Digest::of(&[b"example.com/log\n", &key[..]].concat());
        assert_eq!((parts[0], parts[1], key[0], key.len()), ("example.com/log", id.short(8).as_str(), 1, 33));
    }
}
