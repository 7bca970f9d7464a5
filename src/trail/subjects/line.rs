//! The lines of the file with the data keys: each a key, wrapped by the master key, or that one is about to be
//! destroyed.
//!
//! The first line is `portcullis-subject-keys-1` and a box that only the master key opens. Every other is a key's name
//! in hex and a box; a box is a nonce and the ciphertext of AES-256-GCM with its tag, in base64. Inside stands what
//! the line is, its number, and the number of the last line that was durable when it was made.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;

use super::key::{DataKey, ID_BYTES, KEY_BYTES, KeyId, Owner, random};
use crate::incident::Mark;
use crate::trail::store::StoreError;

/// How the first line begins.
const TITLE: &str = "portcullis-subject-keys-1";
/// What the first line's box holds.
const GREETING: &[u8] = b"portcullis";
const PURPOSE: &[u8] = b"portcullis wraps data keys 1";
/// What it is, whose, two numbers, the key.
const CONTENT_BYTES: usize = 1 + Mark::BYTES + 8 + 8 + KEY_BYTES;

/// What the master key comes to.
pub(super) struct Wrap(LessSafeKey);

/// One line.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) id: KeyId,
    pub(super) says: Says,
    /// Counts up; lines may have been taken out in between.
    pub(super) number: u64,
    /// The last one that was durable when this one was made.
    pub(super) durable: u64,
}

/// What a line says of its key.
#[derive(Clone)]
pub(super) enum Says {
    /// It is this, and whose.
    Is(Owner, DataKey),
    /// It is to be destroyed, by this erasure.
    Condemned(Mark),
}

impl Wrap {
    pub(super) fn by(master: &[u8; KEY_BYTES]) -> Result<Self, StoreError> {
        let derived = Salt::new(HKDF_SHA256, &[]).extract(master);
        let key = derived.expand(&[PURPOSE], &AES_256_GCM).map_err(|_| failed())?;
        Ok(Self(LessSafeKey::new(UnboundKey::from(key))))
    }

    /// The first line, with its end.
    pub(super) fn title(&self) -> Result<String, StoreError> {
        Ok(format!("{TITLE} {}\n", self.seal(TITLE.as_bytes(), GREETING)?))
    }

    /// Whether this is the first line of a file under this key.
    pub(super) fn is_title(&self, line: &[u8]) -> bool {
        let rest = line.strip_prefix(TITLE.as_bytes()).and_then(|rest| rest.strip_prefix(b" "));
        rest.and_then(|rest| self.open(TITLE.as_bytes(), rest)).is_some_and(|said| said.as_slice() == GREETING)
    }

    /// A line with its end.
    pub(super) fn write(&self, line: &Line) -> Result<String, StoreError> {
        let mut content = Zeroizing::new([0; CONTENT_BYTES]);
        let (kind, owner, key) = match &line.says {
            Says::Is(Owner::Account(Mark(mark)), key) => (b'a', *mark, Some(key)),
            Says::Is(Owner::Day(day), key) => (b'd', padded(*day), Some(key)),
            Says::Condemned(Mark(erasure)) => (b'c', *erasure, None),
        };
        let key: &[u8] = key.map_or(&[0; KEY_BYTES], |DataKey(key)| key.as_slice());
        let (number, durable) = (line.number.to_be_bytes(), line.durable.to_be_bytes());
        let bytes = [kind].into_iter().chain(owner).chain(number).chain(durable).chain(key.iter().copied());
        content.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        let name = hex::encode(line.id.0);
        let sealed = self.seal(name.as_bytes(), content.as_slice())?;
        Ok(format!("{name} {sealed}\n"))
    }

    /// What a line without its end says; `None` if it is not one of this file.
    pub(super) fn read(&self, line: &[u8]) -> Option<Line> {
        let (name, rest) = line.split_at_checked(ID_BYTES * 2)?;
        let mut id = [0; ID_BYTES];
        hex::decode_to_slice(name, &mut id).ok()?;
        let content = self.open(name, rest.strip_prefix(b" ")?)?;
        let (kind, rest) = content.split_first()?;
        let (owner, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (durable, key) = rest.split_first_chunk()?;
        let key = || DataKey(Zeroizing::new(*key.first_chunk().unwrap_or(&[0; KEY_BYTES])));
        let says = match kind {
            b'a' => Says::Is(Owner::Account(Mark(*owner)), key()),
            b'd' => Says::Is(Owner::Day(i64::from_be_bytes(*owner.first_chunk()?)), key()),
            b'c' => Says::Condemned(Mark(*owner)),
            _ => return None,
        };
        let (number, durable) = (u64::from_be_bytes(*number), u64::from_be_bytes(*durable));
        (content.len() == CONTENT_BYTES).then_some(Line { id: KeyId(id), says, number, durable })
    }

    fn seal(&self, name: &[u8], content: &[u8]) -> Result<String, StoreError> {
        let nonce = random::<NONCE_LEN>()?;
        // With room for the tag, or what is not encrypted yet would be left behind where it grew from.
        let mut sealed = Vec::with_capacity(content.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(content);
        let unique = Nonce::assume_unique_for_key(*nonce);
        self.0.seal_in_place_append_tag(unique, Aad::from(name), &mut sealed).map_err(|_| failed())?;
        Ok(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    fn open(&self, name: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut content = Zeroizing::new(sealed.to_vec());
        let unique = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(unique, Aad::from(name), &mut content).ok()?.len();
        content.truncate(length);
        Some(content)
    }
}

fn padded(day: i64) -> [u8; Mark::BYTES] {
    let mut owner = [0; Mark::BYTES];
    owner.iter_mut().zip(day.to_be_bytes()).for_each(|(place, byte)| *place = byte);
    owner
}

fn failed() -> StoreError {
    StoreError::Failed("a data key cannot be wrapped".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_written_to_whoever_has_the_master_key() {
        let (wrap, other) = (Wrap::by(&[1; 32]).unwrap(), Wrap::by(&[2; 32]).unwrap());
        let key = || DataKey(Zeroizing::new([7; 32]));
        let all = [
            Says::Is(Owner::Account(Mark([3; 16])), key()),
            Says::Is(Owner::Day(-7), key()),
            Says::Condemned(Mark([4; 16])),
        ];
        for says in all {
            let line = Line { id: KeyId([9; 16]), says, number: 5, durable: 4 };
            let text = wrap.write(&line).unwrap();
            assert_eq!(text.len(), 158, "{text}");
            let bytes = text.trim_end().as_bytes();
            let read = wrap.read(bytes).unwrap();
            assert_eq!((read.id, read.number, read.durable), (line.id, 5, 4));
            match (&read.says, &line.says) {
                (Says::Is(owner, DataKey(key)), Says::Is(known, DataKey(kept))) => {
                    assert_eq!((owner, key.as_slice()), (known, kept.as_slice()));
                }
                (Says::Condemned(erasure), Says::Condemned(known)) => assert_eq!(erasure, known),
                _ => panic!("it says something else"),
            }
            assert!(other.read(bytes).is_none());
            for at in 0..bytes.len() {
                let mut changed = bytes.to_vec();
                changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
                assert!(wrap.read(&changed).is_none(), "byte {at}");
            }
        }
        let title = wrap.title().unwrap();
        assert!(wrap.is_title(title.trim_end().as_bytes()) && !other.is_title(title.trim_end().as_bytes()));
    }
}
