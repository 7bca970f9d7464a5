//! What lies beside a record: encrypted under the keys of all whom it is about, so that it cannot be read once one of
//! them is gone.
//!
//! One byte of version, the number of keys (two bytes, big-endian), their names in order, a salt of 16 bytes, the
//! ciphertext of AES-256-GCM and its tag of 16 bytes. Its key is HKDF-SHA256 of the data keys in that order with the
//! salt; as no two parts have one, the nonce is zeros. All that stands before the ciphertext is authenticated with it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use secrecy::zeroize::Zeroizing;

use super::key::{DataKey, ID_BYTES, KEY_BYTES, KeyId, random};
use crate::trail::store::StoreError;

/// The form described above.
const VERSION: u8 = 1;
/// Version and number of keys.
const FRAME_BYTES: usize = 3;
const SALT_BYTES: usize = 16;
const TAG_BYTES: usize = 16;
/// What the derived key is for.
const PURPOSE: &[u8] = b"portcullis part 1";
/// Room for most contents, in bytes, so that the buffer does not grow again and again.
const CONTENT_BYTES_USUAL: usize = 4 * 1024;

/// Encrypts what `write` appends, under these keys, which have to be in the order of their names.
pub(super) fn seal(
    keys: &[(KeyId, DataKey)],
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), StoreError>,
) -> Result<Vec<u8>, StoreError> {
    let count = u16::try_from(keys.len()).map_err(|_| StoreError::TooLarge("more than 65,535 people in one part"))?;
    let head_bytes = FRAME_BYTES + keys.len() * ID_BYTES + SALT_BYTES;
    let mut part = Vec::with_capacity(head_bytes + CONTENT_BYTES_USUAL + TAG_BYTES);
    part.push(VERSION);
    part.extend(count.to_be_bytes());
    keys.iter().for_each(|(KeyId(id), _)| part.extend(id));
    let salt = random::<SALT_BYTES>()?;
    part.extend(salt.as_slice());
    let key = derived(salt.as_slice(), keys.iter().map(|(_, key)| key))?;
    write(&mut part)?;
    let (head, content) = part.split_at_mut(head_bytes);
    let tag = key.seal_in_place_separate_tag(nonce(), Aad::from(&*head), content).map_err(|_| failed())?;
    part.extend(tag.as_ref());
    Ok(part)
}

/// A part taken apart; nothing of it is believed before it is opened.
pub(super) struct Part<'p> {
    head: &'p [u8],
    ids: &'p [u8],
    salt: &'p [u8],
    content: &'p [u8],
}

impl<'p> Part<'p> {
    /// `None` if it has not the form.
    pub(super) fn of(bytes: &'p [u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (count, rest) = rest.split_first_chunk()?;
        let ids_bytes = usize::from(u16::from_be_bytes(*count)) * ID_BYTES;
        let (ids, rest) = rest.split_at_checked(ids_bytes)?;
        let (salt, content) = rest.split_at_checked(SALT_BYTES)?;
        let head = bytes.get(..FRAME_BYTES + ids_bytes + SALT_BYTES)?;
        let is_one = *version == VERSION && ids_bytes > 0 && content.len() >= TAG_BYTES;
        let part = is_one.then_some(Self { head, ids, salt, content })?;
        part.ids().is_sorted_by(|one, next| one < next).then_some(part)
    }

    /// The keys it takes.
    pub(super) fn ids(&self) -> impl Iterator<Item = KeyId> + 'p {
        self.ids.as_chunks().0.iter().map(|id| KeyId(*id))
    }

    /// Its content, by the keys of [`Self::ids`] in that order; `None` if it is not what was encrypted under them.
    pub(super) fn open(&self, keys: &[DataKey]) -> Option<Vec<u8>> {
        let key = derived(self.salt, keys.iter()).ok()?;
        let mut content = self.content.to_vec();
        let bytes = key.open_in_place(nonce(), Aad::from(self.head), &mut content).ok()?.len();
        content.truncate(bytes);
        Some(content)
    }
}

fn derived<'k>(salt: &[u8], keys: impl ExactSizeIterator<Item = &'k DataKey>) -> Result<LessSafeKey, StoreError> {
    let mut all = Zeroizing::new(Vec::with_capacity(keys.len() * KEY_BYTES));
    keys.for_each(|DataKey(key)| all.extend_from_slice(key.as_slice()));
    let derived = Salt::new(HKDF_SHA256, salt).extract(&all);
    let key = derived.expand(&[PURPOSE], &AES_256_GCM).map_err(|_| failed())?;
    Ok(LessSafeKey::new(UnboundKey::from(key)))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn failed() -> StoreError {
    StoreError::Failed("what lies beside a record cannot be encrypted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(count: u8) -> Vec<(KeyId, DataKey)> {
        (0..count).map(|n| (KeyId([n; ID_BYTES]), DataKey::random().unwrap())).collect()
    }

    fn sealed(keys: &[(KeyId, DataKey)], content: &[u8]) -> Vec<u8> {
        seal(keys, |part| {
            part.extend(content);
            Ok(())
        })
        .unwrap()
    }

    #[test]
    fn a_part_opens_by_all_its_keys_and_by_no_fewer() {
        let keys = keys(3);
        let part = sealed(&keys, b"zhang.san@example.com");
        assert!(!part.windows(5).any(|bytes| bytes == b"zhang"));
        let part = Part::of(&part).unwrap();
        assert_eq!(part.ids().collect::<Vec<_>>(), keys.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        let all: Vec<_> = keys.into_iter().map(|(_, key)| key).collect();
        assert_eq!(part.open(&all).unwrap(), b"zhang.san@example.com");
        assert_eq!(part.open(&all[..2]), None);
        assert_eq!(part.open(&[all[1].clone(), all[0].clone(), all[2].clone()]), None, "in another order");
    }

    #[test]
    fn equal_contents_are_not_seen_to_be_equal() {
        let keys = keys(1);
        let (one, two) = (sealed(&keys, b"same"), sealed(&keys, b"same"));
        assert_ne!(one[19..], two[19..]);
    }

    #[test]
    fn no_changed_byte_is_taken() {
        let keys = keys(2);
        let whole = sealed(&keys, b"{}");
        let keys: Vec<_> = keys.into_iter().map(|(_, key)| key).collect();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(Part::of(&changed).is_none_or(|part| part.open(&keys).is_none()), "byte {at}");
        }
        for length in 0..whole.len() {
            assert!(Part::of(&whole[..length]).is_none_or(|part| part.open(&keys).is_none()), "{length} bytes");
        }
    }
}
