//! Who signed a rules folder: reads `rules.sig` and checks it against the folder's manifest.
//!
//! The manifest names the format, the digest of the set and every file with its digest, so that a
//! signature is for exactly these rules. It is signed with OpenSSH (`ssh-keygen -Y sign`, the format
//! that its PROTOCOL.sshsig describes) or with plain Ed25519.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256, Sha512};

use super::opened::{self, Opened, Unreadable};
use super::signers::{self, KEY_TYPE, Signers};
use super::source::SourceFile;
use crate::incident::Digest;

/// The signature's file, at the top of the rules folder. It is no part of the set, so that it does not
/// change what it signs.
pub(super) const FILE: &str = "rules.sig";
/// What an OpenSSH signature must be for, so that one made for something else does not count.
const NAMESPACE: &str = "portcullis-rules";
/// The largest signature file, in bytes.
const FILE_BYTES_MAX: u64 = 8 * 1024;
/// The manifest's first line: a signature over rules can be one over nothing else.
const VERSION_LINE: &str = "portcullis rules 1";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const MAGIC: &[u8] = b"SSHSIG";

/// Why nobody is known to have signed the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsigned {
    #[error("is missing")]
    Missing,
    #[error("{0}")]
    Unreadable(String),
    #[error("is neither an OpenSSH signature nor one of 64 bytes in base64")]
    NotUnderstood,
    #[error("is for `{0}`, not for `{NAMESPACE}`")]
    OtherNamespace(String),
    #[error("is by the key {0}, which is not among the signers of the configuration")]
    UnknownKey(String),
    #[error("does not sign these rules: they were changed since, or it is another set's")]
    DoesNotMatch,
}

/// The bytes to sign: a version line, the digest of the set, and each file's digest and name, sorted
/// by name.
pub(super) fn manifest(files: &[SourceFile], digest: Digest) -> Vec<u8> {
    let mut files: Vec<&SourceFile> = files.iter().collect();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    let mut text = format!("{VERSION_LINE}\n{digest}\n");
    for file in files {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}  {}", Digest::of(&file.bytes), file.name);
    }
    text.into_bytes()
}

/// Who of `signers` signed `manifest`, by the signature in `folder`: the key's fingerprint.
pub(super) fn signer(folder: &Path, manifest: &[u8], signers: &Signers) -> Result<String, Unsigned> {
    let bytes = read(folder)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Unsigned::NotUnderstood)?.trim();
    let key =
        if text.starts_with("-----") { openssh(text, manifest, signers)? } else { bare(text, manifest, signers)? };
    Ok(signers::fingerprint(&key))
}

/// The signature's file is kept as strictly as the rules.
fn read(folder: &Path) -> Result<Vec<u8>, Unsigned> {
    let path = folder.join(FILE);
    if path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Err(Unsigned::Missing);
    }
    let root = folder.canonicalize().map_err(|error| Unsigned::Unreadable(format!("cannot be read: {error}")))?;
    match Opened::read(&path, &root, FILE_BYTES_MAX, &opened::owners(folder)) {
        Ok(Opened { bytes, .. }) => Ok(bytes),
        Err(Unreadable(what, _)) => Err(Unsigned::Unreadable(what)),
    }
}

fn bare(text: &str, manifest: &[u8], signers: &Signers) -> Result<VerifyingKey, Unsigned> {
    let signature = STANDARD.decode(text).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let signature = signature.ok_or(Unsigned::NotUnderstood)?;
    signers.who_signed(manifest, &signature).copied().ok_or(Unsigned::DoesNotMatch)
}

fn openssh(text: &str, manifest: &[u8], signers: &Signers) -> Result<VerifyingKey, Unsigned> {
    let blob = unarmoured(text).ok_or(Unsigned::NotUnderstood)?;
    let Parts { key, namespace, hash, signature } = Parts::read(&blob).ok_or(Unsigned::NotUnderstood)?;
    if namespace != NAMESPACE.as_bytes() {
        // From a file that anybody may have written, so nothing of it is shown that could act on a screen.
        return Err(Unsigned::OtherNamespace(namespace.escape_ascii().to_string()));
    }
    if !signers.known(&key) {
        return Err(Unsigned::UnknownKey(signers::fingerprint(&key)));
    }
    let hashed = match hash {
        b"sha512" => Sha512::digest(manifest).to_vec(),
        b"sha256" => Sha256::digest(manifest).to_vec(),
        _ => return Err(Unsigned::NotUnderstood),
    };
    let mut signed = MAGIC.to_vec();
    for part in [namespace, b"", hash, &hashed] {
        signed.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        signed.extend(part);
    }
    key.verify_strict(&signed, &signature).map(|()| key).map_err(|_| Unsigned::DoesNotMatch)
}

/// What stands between the two lines, decoded.
fn unarmoured(text: &str) -> Option<Vec<u8>> {
    let inside = text.strip_prefix(BEGIN)?.strip_suffix(END)?;
    STANDARD.decode(inside.split_ascii_whitespace().collect::<String>()).ok()
}

/// The parts of an OpenSSH signature.
struct Parts<'b> {
    key: VerifyingKey,
    namespace: &'b [u8],
    hash: &'b [u8],
    signature: Signature,
}

impl<'b> Parts<'b> {
    /// Reads version 1, with a key and a signature of the type that is taken, and nothing behind it.
    fn read(blob: &'b [u8]) -> Option<Self> {
        let mut rest = blob.strip_prefix(MAGIC)?.strip_prefix(&1_u32.to_be_bytes())?;
        let key = signers::decoded(string(&mut rest)?)?;
        let namespace = string(&mut rest)?;
        let reserved = string(&mut rest)?;
        let hash = string(&mut rest)?;
        let mut inner = string(&mut rest)?;
        let kind = string(&mut inner)?;
        let signature = Signature::from_slice(string(&mut inner)?).ok()?;
        let is_whole = rest.is_empty() && inner.is_empty() && reserved.is_empty() && kind == KEY_TYPE.as_bytes();
        is_whole.then_some(Self { key, namespace, hash, signature })
    }
}

/// Takes one string with its length before it (RFC 4251 section 5).
fn string<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, behind) = rest.split_first_chunk::<4>()?;
    let (string, behind) = behind.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = behind;
    Some(string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};

    const MANIFEST: &[u8] = b"portcullis rules 1\nand so on\n";

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn signers() -> Signers {
        Signers::parse(&[STANDARD.encode(key().verifying_key().as_bytes())]).unwrap()
    }

    fn check(signature: &str) -> Result<VerifyingKey, Unsigned> {
        if signature.starts_with('-') {
            openssh(signature, MANIFEST, &signers())
        } else {
            bare(signature, MANIFEST, &signers())
        }
    }

    fn text(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
    }

    /// A signature in OpenSSH's format, whose parts can be spoilt.
    struct Made {
        magic: &'static [u8],
        version: u32,
        key_type: &'static [u8],
        namespace: &'static [u8],
        reserved: &'static [u8],
        hash: &'static [u8],
        behind: &'static [u8],
    }

    impl Default for Made {
        fn default() -> Self {
            Self {
                magic: MAGIC,
                version: 1,
                key_type: KEY_TYPE.as_bytes(),
                namespace: NAMESPACE.as_bytes(),
                reserved: b"",
                hash: b"sha512",
                behind: b"",
            }
        }
    }

    impl Made {
        fn armoured(&self) -> String {
            let hashed = match self.hash {
                b"sha256" => Sha256::digest(MANIFEST).to_vec(),
                _ => Sha512::digest(MANIFEST).to_vec(),
            };
            let signed =
                [MAGIC, &text(self.namespace), &text(self.reserved), &text(self.hash), &text(&hashed)].concat();
            let signature = key().sign(&signed).to_bytes();
            let public = [text(self.key_type), text(key().verifying_key().as_bytes())].concat();
            let signature = [text(self.key_type), text(&signature)].concat();
            let parts = [public, self.namespace.to_vec(), self.reserved.to_vec(), self.hash.to_vec(), signature];
            let parts: Vec<u8> = parts.iter().flat_map(|part| text(part)).collect();
            let blob = [self.magic, &self.version.to_be_bytes(), &parts, self.behind].concat();
            format!("{BEGIN}\n{}\n{END}", STANDARD.encode(blob))
        }
    }

    #[test]
    fn a_signature_is_taken_in_both_its_forms() {
        assert_eq!(check(&Made::default().armoured()), Ok(key().verifying_key()));
        assert_eq!(check(&Made { hash: b"sha256", ..Made::default() }.armoured()), Ok(key().verifying_key()));
        assert_eq!(check(&STANDARD.encode(key().sign(MANIFEST).to_bytes())), Ok(key().verifying_key()));
    }

    #[test]
    fn every_part_of_a_signature_counts() {
        let made = Made::default;
        for spoilt in [
            Made { magic: b"SSHSIH", ..made() },
            Made { version: 2, ..made() },
            Made { key_type: b"ssh-ed25518", ..made() },
            Made { reserved: b"x", ..made() },
            Made { hash: b"sha1", ..made() },
            Made { behind: b"\0", ..made() },
        ] {
            assert_eq!(check(&spoilt.armoured()), Err(Unsigned::NotUnderstood));
        }
        let other = Made { namespace: b"file\x1b[2J", ..made() };
        assert_eq!(check(&other.armoured()), Err(Unsigned::OtherNamespace("file\\x1b[2J".to_owned())));
        let stranger = SigningKey::from_bytes(&[8; 32]).sign(MANIFEST).to_bytes();
        assert_eq!(check(&STANDARD.encode(stranger)), Err(Unsigned::DoesNotMatch));
        let of_another_set = key().sign(b"portcullis rules 1\n").to_bytes();
        assert_eq!(check(&STANDARD.encode(of_another_set)), Err(Unsigned::DoesNotMatch));
        assert_eq!(check(&STANDARD.encode([0; 63])), Err(Unsigned::NotUnderstood));
        assert_eq!(check(""), Err(Unsigned::NotUnderstood));
    }

    #[test]
    fn every_letter_of_a_signature_counts() {
        let whole = Made::default().armoured();
        for (at, letter) in whole.char_indices() {
            let other = if letter == 'A' { "B" } else { "A" };
            let spoilt = format!("{}{other}{}", &whole[..at], &whole[at + 1..]);
            assert!(check(&spoilt).is_err(), "{at}: {spoilt}");
            assert!(check(&whole[..at]).is_err(), "{at}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..120)) {
            let blob = [MAGIC, &1_u32.to_be_bytes(), &bytes].concat();
            let signature = format!("{BEGIN}\n{}\n{END}", STANDARD.encode(blob));
            proptest::prop_assert!(check(&signature).is_err());
        }
    }
}
