//! What lies beside a record: personal data that can be erased, bound to the record by a digest.

use crate::incident::Digest;

/// Bytes of salt before the content. Without it, anyone could confirm a guess of a small content
/// (a mail address, say) from the digest on the record.
const SALT_BYTES: usize = 16;

/// Joins `content` with a salt: gives the digest for the record and the bytes to keep beside it.
#[must_use]
pub fn seal(content: &[u8]) -> (Digest, Vec<u8>) {
    let mut sealed = vec![0; SALT_BYTES];
    // Without the system's random source nothing here can work; an all-zero salt would still bind.
    if getrandom::fill(&mut sealed).is_err() {
        tracing::error!("the system gives no random bytes; this record's private part has no salt");
    }
    sealed.extend_from_slice(content);
    (Digest::of(&sealed), sealed)
}

/// The content kept beside a record, if it is what the record's digest says.
#[must_use]
pub(super) fn open<'s>(sealed: &'s [u8], digest: &Digest) -> Option<&'s [u8]> {
    (Digest::of(sealed) == *digest).then(|| sealed.get(SALT_BYTES..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_only_unchanged() {
        let (digest, mut sealed) = seal(b"zhang.san@example.com");
        assert_eq!(open(&sealed, &digest), Some(b"zhang.san@example.com".as_slice()));
        assert_ne!(seal(b"zhang.san@example.com").0, digest, "equal contents have different digests");
        sealed[SALT_BYTES] ^= 1;
        assert_eq!(open(&sealed, &digest), None);
    }
}
