//! What lies beside a record: personal data that can be erased, bound to the record by a digest.

use serde::Serialize;

use super::store::StoreError;
use crate::incident::Digest;

/// Bytes of salt before the content. Without it, anyone could confirm a guess of a small content
/// (a mail address, say) from the digest on the record.
const SALT_BYTES: usize = 16;

/// Room for most contents written as JSON, in bytes, so that the buffer does not grow again and again.
const JSON_BYTES_USUAL: usize = 4 * 1024;

/// Joins `content` with a salt: gives the digest for the record and the bytes to keep beside it.
///
/// # Errors
/// The system gives no random bytes.
pub fn seal(content: &[u8]) -> Result<(Digest, Vec<u8>), StoreError> {
    let mut sealed = salt(content.len())?;
    sealed.extend_from_slice(content);
    Ok((Digest::of(&sealed), sealed))
}

/// As [`seal`] for a content's JSON, written straight behind the salt.
///
/// # Errors
/// The content cannot be written as JSON, or the system gives no random bytes.
pub fn seal_json(content: &impl Serialize) -> Result<(Digest, Vec<u8>), StoreError> {
    let mut sealed = salt(JSON_BYTES_USUAL)?;
    serde_json::to_writer(&mut sealed, content).map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok((Digest::of(&sealed), sealed))
}

/// A salt with room for so many bytes of content.
fn salt(room: usize) -> Result<Vec<u8>, StoreError> {
    let mut sealed = Vec::with_capacity(SALT_BYTES + room);
    sealed.resize(SALT_BYTES, 0);
    getrandom::fill(&mut sealed).map_err(|error| StoreError::Failed(format!("no random bytes: {error}")))?;
    Ok(sealed)
}

/// The content kept beside a record, if it is what the record's digest says.
#[must_use]
pub fn open<'s>(sealed: &'s [u8], digest: &Digest) -> Option<&'s [u8]> {
    (Digest::of(sealed) == *digest).then(|| sealed.get(SALT_BYTES..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_only_unchanged() {
        let (digest, mut sealed) = seal(b"zhang.san@example.com").unwrap();
        assert_eq!(open(&sealed, &digest), Some(b"zhang.san@example.com".as_slice()));
        assert_ne!(seal(b"zhang.san@example.com").unwrap().0, digest, "equal contents have different digests");
        sealed[SALT_BYTES] ^= 1;
        assert_eq!(open(&sealed, &digest), None);
    }
}
