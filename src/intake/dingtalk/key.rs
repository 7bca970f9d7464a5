//! One token with its AES key, and for whom they are: signs, encrypts and opens as DingTalk does.

use std::fmt;

use aes::Aes256;
use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD};
use cbc::cipher::{Array, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use cbc::{Decryptor, Encryptor};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;

use crate::intake::SecretProblem;

/// How long a token is, in characters, as DingTalk's console takes them.
const TOKEN_CHARS_MIN: usize = 3;
pub(super) const TOKEN_CHARS_MAX: usize = 32;
/// How long an AES key is as the console shows it, in characters, and decoded, in bytes.
pub(super) const AES_KEY_CHARS: usize = 43;
const AES_KEY_BYTES: usize = 32;
/// The cipher's block. The initialization vector is as long, and is the beginning of the key.
const BLOCK_BYTES: usize = 16;
/// Padding goes by blocks of 32, though the cipher's are of 16.
const PADDING_BYTES_MAX: usize = 32;
/// What comes before the message: chance, and the message's length.
const CHANCE_BYTES: usize = 16;
const LENGTH_BYTES: usize = 4;
/// 43 characters are two bits more than 32 bytes; in most keys those are set, and mean nothing.
const LOOSE: GeneralPurpose =
    GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// What DingTalk and the owner of a subscription have in common.
pub struct DingTalkKey {
    name: String,
    token: SecretString,
    aes_key: SecretBox<[u8; AES_KEY_BYTES]>,
    owner: String,
}

impl DingTalkKey {
    /// From token and AES key as the console has them. `owner` is whom messages are for: the app's Client ID, or
    /// the corpId of what was registered through the older API.
    ///
    /// # Errors
    /// One of them is not written as the console takes it.
    pub fn new(token: &str, aes_key: &str, owner: &str) -> Result<Self, SecretProblem> {
        let is_long = (TOKEN_CHARS_MIN..=TOKEN_CHARS_MAX).contains(&token.len());
        if !is_long || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(SecretProblem::NotDingTalkToken);
        }
        let bytes = decoded(aes_key)?;
        Ok(Self { name: String::new(), token: token.into(), aes_key: SecretBox::new(bytes), owner: owner.to_owned() })
    }

    /// The same with a name, which stands on the trail.
    pub(in crate::intake) fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// The name on the trail.
    pub(in crate::intake) fn name(&self) -> &str {
        &self.name
    }

    /// SHA-1 over the four texts in the order of their bytes.
    pub(super) fn signature(&self, timestamp: &str, nonce: &str, encrypted: &str) -> [u8; 20] {
        let mut pieces = [self.token.expose_secret(), timestamp, nonce, encrypted].map(str::as_bytes);
        pieces.sort_unstable();
        pieces.iter().fold(Sha1::new(), |sha1, piece| sha1.chain_update(piece)).finalize().into()
    }

    /// Whether this is the signature of the other three; in the same time whatever it is.
    pub(super) fn has_signed(&self, signature: [u8; 20], timestamp: &str, nonce: &str, encrypted: &str) -> bool {
        #[cfg(test)]
        crate::intake::key::tests::CHECKS.with(|checks| checks.set(checks.get() + 1));
        self.signature(timestamp, nonce, encrypted).ct_eq(&signature).into()
    }

    /// A message as only DingTalk and the owner can read it.
    pub(super) fn seal(&self, message: &[u8], chance: [u8; CHANCE_BYTES]) -> String {
        // Longer than four gigabytes is nothing; whoever makes it cannot have it read again.
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut text = [&chance[..], &length, message, self.owner.as_bytes()].concat();
        let padding = PADDING_BYTES_MAX - text.len() % PADDING_BYTES_MAX;
        let byte = u8::try_from(padding).unwrap_or_default();
        text.resize(text.len() + padding, byte);
        let (blocks, _) = Array::slice_as_chunks_mut(&mut text);
        let (key, vector) = self.aes();
        Encryptor::<Aes256>::new(&key.into(), &vector.into()).encrypt_blocks(blocks);
        STANDARD.encode(text)
    }

    /// The message in what was sealed. `None` if it was sealed otherwise, for somebody else, or is cut or changed:
    /// nobody is told which, and nobody gets here who has not signed it.
    pub(super) fn open(&self, encrypted: &str) -> Option<Vec<u8>> {
        let mut text = STANDARD.decode(encrypted).ok()?;
        let (blocks, rest) = Array::slice_as_chunks_mut(&mut text);
        if !rest.is_empty() {
            return None;
        }
        let (key, vector) = self.aes();
        Decryptor::<Aes256>::new(&key.into(), &vector.into()).decrypt_blocks(blocks);
        let (length, rest) = without_padding(&text)?.get(CHANCE_BYTES..)?.split_first_chunk::<LENGTH_BYTES>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (message, owner) = rest.split_at_checked(length)?;
        (owner == self.owner.as_bytes()).then(|| message.to_vec())
    }

    fn aes(&self) -> ([u8; AES_KEY_BYTES], [u8; BLOCK_BYTES]) {
        let key = *self.aes_key.expose_secret();
        let mut vector = [0; BLOCK_BYTES];
        vector.iter_mut().zip(key).for_each(|(to, from)| *to = from);
        (key, vector)
    }
}

/// Only its name: the rest is secret.
impl fmt::Debug for DingTalkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DingTalkKey").field("name", &self.name).finish_non_exhaustive()
    }
}

fn decoded(aes_key: &str) -> Result<Box<[u8; AES_KEY_BYTES]>, SecretProblem> {
    if aes_key.len() != AES_KEY_CHARS || !aes_key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(SecretProblem::NotDingTalkAesKey);
    }
    let bytes = LOOSE.decode(format!("{aes_key}=")).map_err(|_| SecretProblem::NotDingTalkAesKey)?;
    Ok(Box::new(bytes.try_into().map_err(|_| SecretProblem::NotDingTalkAesKey)?))
}

/// Each byte of the padding says how many there are.
fn without_padding(text: &[u8]) -> Option<&[u8]> {
    let last = *text.last()?;
    let count = usize::from(last);
    if !(1..=PADDING_BYTES_MAX).contains(&count) {
        return None;
    }
    let (text, padding) = text.split_at_checked(text.len().checked_sub(count)?)?;
    padding.iter().all(|byte| *byte == last).then_some(text)
}

#[cfg(test)]
impl DingTalkKey {
    /// Encrypts just these bytes, for tests that break what is inside.
    pub(super) fn seal_raw(&self, mut text: Vec<u8>) -> String {
        let (blocks, rest) = Array::slice_as_chunks_mut(&mut text);
        assert!(rest.is_empty(), "whole blocks only");
        let (key, vector) = self.aes();
        Encryptor::<Aes256>::new(&key.into(), &vector.into()).encrypt_blocks(blocks);
        STANDARD.encode(text)
    }

    /// The bytes as they are encrypted.
    pub(super) fn open_raw(&self, encrypted: &str) -> Vec<u8> {
        let mut text = STANDARD.decode(encrypted).unwrap();
        let (blocks, _) = Array::slice_as_chunks_mut(&mut text);
        let (key, vector) = self.aes();
        Decryptor::<Aes256>::new(&key.into(), &vector.into()).decrypt_blocks(blocks);
        text
    }
}
