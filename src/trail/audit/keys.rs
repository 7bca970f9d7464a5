//! The public keys that a log is known by, as C2SP's signed-note writes them: `<origin>+<key id>+<base64>`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// The type byte of a plain signature by an Ed25519 key.
const ED25519: u8 = 1;
/// The type byte of a signature that says when it was made (tlog-cosignature).
const TIMESTAMPED: u8 = 4;
/// More keys than a log has in its life.
const KEYS_MAX: usize = 64;
/// The longest name of a key.
const NAME_BYTES_MAX: usize = 255;

/// The keys of one log, at least one: after a rotation those of before stay, for what they have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    origin: String,
    keys: Vec<Key>,
}

/// Why text is not the keys of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// Nothing is there.
    #[error("no key is there")]
    None,
    /// More lines than keys can be.
    #[error("more than {KEYS_MAX} keys")]
    TooMany,
    /// One line is no key.
    #[error("line {line} is no verifier key of a log: {why}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// Why.
        why: InvalidKey,
    },
}

/// Why a line is not a key of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// It does not have three parts.
    #[error("it is not <origin>+<key id>+<base64>")]
    Shape,
    /// The name is empty, too long, or has a space or control character in it.
    #[error("its name is empty, too long, or has a space or a control character in it")]
    Name,
    /// The id is no eight lower-case hex digits.
    #[error("its key id is not eight lower-case hex digits")]
    Id,
    /// The third part is not base64 in its only form.
    #[error("what follows the key id is not base64")]
    Base64,
    /// Another kind of key.
    #[error("its type is {0:#04x}, and only 0x01 is taken (Ed25519)")]
    Type(u8),
    /// Not the bytes of a key, or of one that anybody can sign for.
    #[error("it is no usable Ed25519 key of 32 bytes")]
    Key,
    /// Name and key have another id.
    #[error("name and key do not have this key id: a character was changed")]
    OtherId,
    /// The key of another log than those before it.
    #[error("it has another name than the key before it; keys of one log have one name")]
    OtherName,
}

#[derive(Clone, PartialEq, Eq)]
struct Key {
    id: [u8; 4],
    timestamped_id: [u8; 4],
    key: VerifyingKey,
}

/// What one of the keys may have signed.
pub(super) enum Signed {
    /// The text itself.
    Plain,
    /// The text and when.
    Timestamped,
}

impl Keys {
    /// Reads keys, one a line.
    ///
    /// # Errors
    /// What is wrong, and in which line.
    pub fn parse(text: &str) -> Result<Self, InvalidKeys> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        if text.is_empty() {
            return Err(InvalidKeys::None);
        }
        let mut read: Option<Self> = None;
        for (index, line) in text.split('\n').enumerate() {
            if index == KEYS_MAX {
                return Err(InvalidKeys::TooMany);
            }
            let refused = |why| InvalidKeys::Line { line: index + 1, why };
            let (name, key) = key(line).map_err(refused)?;
            match &mut read {
                Some(read) if read.origin != name => return Err(refused(InvalidKey::OtherName)),
                Some(read) => read.keys.push(key),
                None => read = Some(Self { origin: name.to_owned(), keys: vec![key] }),
            }
        }
        read.ok_or(InvalidKeys::None)
    }

    /// The name of the log, which is the name of each of its keys.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether `signature` over `text` is that of the key `id`; `None` when that is none of these keys.
    pub(super) fn verify(&self, id: [u8; 4], text: &str, signature: &[u8]) -> Option<Result<Proven, WrongSignature>> {
        let (key, signed) = self.keys.iter().find_map(|key| key.of(id).map(|signed| (key, signed)))?;
        Some(match signed {
            Signed::Plain => key.verify(text.as_bytes(), signature).map(|()| Proven::Text),
            Signed::Timestamped => key.verify_timestamped(text, signature).map(Proven::Time),
        })
    }
}

/// The origin and the ids, newest first, as people compare them.
impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.keys.iter().enumerate() {
            let before = if index == 0 { "" } else { ", " };
            write!(f, "{before}{}+{}", self.origin, hex::encode(key.id))?;
        }
        Ok(())
    }
}

/// What a right signature shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proven {
    /// That the key's owner signed the text.
    Text,
    /// That the owner did so at this time, in seconds since 1970.
    Time(i64),
}

/// A known key's signature that is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrongSignature;

impl Key {
    fn of(&self, id: [u8; 4]) -> Option<Signed> {
        match id {
            id if id == self.id => Some(Signed::Plain),
            id if id == self.timestamped_id => Some(Signed::Timestamped),
            _ => None,
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WrongSignature> {
        let signature = Signature::from_slice(signature).map_err(|_| WrongSignature)?;
        self.key.verify_strict(message, &signature).map_err(|_| WrongSignature)
    }

    fn verify_timestamped(&self, text: &str, signature: &[u8]) -> Result<i64, WrongSignature> {
        let (seconds, signature) = signature.split_first_chunk().ok_or(WrongSignature)?;
        let seconds = i64::try_from(u64::from_be_bytes(*seconds)).map_err(|_| WrongSignature)?;
        let message = format!("cosignature/v1\ntime {seconds}\n{text}");
        self.verify(message.as_bytes(), signature).map(|()| seconds)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.id))
    }
}

fn key(line: &str) -> Result<(&str, Key), InvalidKey> {
    // The base64 may have a plus of its own.
    let (name, rest) = line.split_once('+').ok_or(InvalidKey::Shape)?;
    let (id, encoded) = rest.split_once('+').ok_or(InvalidKey::Shape)?;
    if !is_name(name) {
        return Err(InvalidKey::Name);
    }
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if id.len() != 8 || !id.bytes().all(is_digit) {
        return Err(InvalidKey::Id);
    }
    let encoding = STANDARD.decode(encoded).map_err(|_| InvalidKey::Base64)?;
    let bytes = match encoding.split_first() {
        Some((&ED25519, bytes)) => bytes.try_into().map_err(|_| InvalidKey::Key)?,
        Some((other, _)) => return Err(InvalidKey::Type(*other)),
        None => return Err(InvalidKey::Key),
    };
    let key = VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).ok_or(InvalidKey::Key)?;
    let key = Key { id: key_id(name, ED25519, bytes), timestamped_id: key_id(name, TIMESTAMPED, bytes), key };
    if hex::encode(key.id) == id { Ok((name, key)) } else { Err(InvalidKey::OtherId) }
}

/// Whether `name` can be that of a key: no plus, no space of any kind, no control character.
pub(super) fn is_name(name: &str) -> bool {
    let barred = |c: char| c == '+' || c.is_whitespace() || c.is_control();
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.contains(barred)
}

fn key_id(name: &str, kind: u8, key: &[u8; 32]) -> [u8; 4] {
    let hash = Sha256::new_with_prefix(name).chain_update([b'\n', kind]).chain_update(key).finalize();
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
    [a, b, c, d]
}
