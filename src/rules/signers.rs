//! Whose signature over the rules counts: Ed25519 keys, as OpenSSH writes them or as their bare bytes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The most keys.
const SIGNERS_MAX: usize = 100;
/// The longest line with a key, in bytes.
const LINE_BYTES_MAX: usize = 1_024;
/// The only type of key that is taken.
pub(super) const KEY_TYPE: &str = "ssh-ed25519";

/// The keys of those who may sign the rules. None at all asks for no signature.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Signers(Vec<VerifyingKey>);

/// Why a key is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("signer {number}: {why}")]
pub struct SignersError {
    number: usize,
    why: &'static str,
}

impl Signers {
    /// Whether rules that act have to be signed.
    #[must_use]
    pub fn are_wanted(&self) -> bool {
        !self.0.is_empty()
    }

    /// Reads one key a line: `ssh-ed25519 AAAA…` with an optional name before or behind it, or 32 bytes
    /// in base64.
    ///
    /// # Errors
    /// The first that is not taken.
    pub fn parse(lines: &[String]) -> Result<Self, SignersError> {
        let refused = |number, why| SignersError { number, why };
        if lines.len() > SIGNERS_MAX {
            return Err(refused(SIGNERS_MAX + 1, "that is one too many"));
        }
        let keys = (1..).zip(lines).map(|(number, line)| read(line).map_err(|why| refused(number, why)));
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// Whether this is a signer's key.
    pub(super) fn known(&self, key: &VerifyingKey) -> bool {
        self.0.contains(key)
    }

    /// Who of the signers made this signature over `bytes`.
    pub(super) fn who_signed(&self, bytes: &[u8], signature: &Signature) -> Option<&VerifyingKey> {
        self.0.iter().find(|key| key.verify_strict(bytes, signature).is_ok())
    }
}

impl TryFrom<Vec<String>> for Signers {
    type Error = SignersError;

    fn try_from(lines: Vec<String>) -> Result<Self, SignersError> {
        Self::parse(&lines)
    }
}

/// The key's name as `ssh-keygen -l` shows it.
pub(super) fn fingerprint(key: &VerifyingKey) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(encoded(key))))
}

/// The key in OpenSSH's encoding (RFC 8709 section 4).
fn encoded(key: &VerifyingKey) -> Vec<u8> {
    [&11_u32.to_be_bytes(), KEY_TYPE.as_bytes(), &32_u32.to_be_bytes(), key.as_bytes()].concat()
}

/// The key in what OpenSSH encodes.
pub(super) fn decoded(encoding: &[u8]) -> Option<VerifyingKey> {
    let key = usable(encoding.get(encoding.len().checked_sub(32)?..)?)?;
    // Written again, so that there is one way to write a key.
    (encoded(&key) == encoding).then_some(key)
}

fn read(line: &str) -> Result<VerifyingKey, &'static str> {
    if line.len() > LINE_BYTES_MAX {
        return Err("the line is too long");
    }
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    if let [bare] = words.as_slice() {
        let bytes = STANDARD.decode(bare).map_err(|_| "is neither `ssh-ed25519 AAAA…` nor 32 bytes in base64")?;
        return usable(&bytes).ok_or("is no Ed25519 key of 32 bytes in base64");
    }
    let at = words.iter().position(|word| *word == KEY_TYPE).ok_or("is no key of the type ssh-ed25519")?;
    let (before, behind) = words.split_at(at);
    // What restricts a key in an allowed_signers file would be passed over, and that would widen it.
    let is_name = |word: &&str| !word.contains(['=', '"']) && *word != "cert-authority";
    if before.len() > 1 || !before.iter().all(is_name) {
        return Err("options before the key are not understood; leave only the key and a name");
    }
    let key = behind.get(1).and_then(|text| STANDARD.decode(text).ok());
    key.and_then(|encoding| decoded(&encoding)).ok_or("the key behind ssh-ed25519 cannot be read")
}

/// A key that no signature of nobody's would pass.
fn usable(bytes: &[u8]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
    (!key.is_weak()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `ssh-keygen -t ed25519`; the private half was thrown away.
    const LINE: &str = "ssh-ed25519 KEY";

    fn parse(line: &str) -> Result<VerifyingKey, &'static str> {
        read(line)
    }

    #[test]
    fn a_key_is_read_as_openssh_writes_it_and_as_bare_bytes() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        let encoded = STANDARD.encode(encoded(&key));
        let openssh = LINE.replace("KEY", &encoded);
        for line in [
            openssh.clone(),
            format!("{openssh} ann@example.com"),
            format!("ann@example.com {openssh}"),
            format!("ann,bob {openssh} a laptop"),
            STANDARD.encode(key.as_bytes()),
        ] {
            assert_eq!(parse(&line), Ok(key), "{line}");
        }
        assert!(fingerprint(&key).starts_with("SHA256:") && fingerprint(&key).len() == 50);
    }

    #[test]
    fn what_is_no_such_key_is_refused() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        let good = STANDARD.encode(encoded(&key));
        let longer = STANDARD.encode([encoded(&key), vec![0]].concat());
        let weak = STANDARD.encode([0; 32]);
        for line in [
            String::new(),
            "ssh-ed25519".to_owned(),
            "ssh-rsa AAAA".to_owned(),
            format!("sk-ssh-ed25519@openssh.com {good}"),
            format!("ssh-ed25519 {longer}"),
            format!("cert-authority ssh-ed25519 {good}"),
            format!("ann namespaces=\"git\" ssh-ed25519 {good}"),
            format!("ann valid-before=20300101 ssh-ed25519 {good}"),
            good.clone(),
            weak,
            STANDARD.encode([7; 31]),
            "x".repeat(LINE_BYTES_MAX + 1),
        ] {
            assert!(parse(&line).is_err(), "{line}");
        }
        let error = Signers::parse(&[format!("ssh-ed25519 {good}"), "x".to_owned()]).unwrap_err().to_string();
        assert!(error.starts_with("signer 2: "), "{error}");
    }
}
