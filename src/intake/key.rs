//! One live secret, ready to check signatures with.

use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit as _, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

use super::scheme::Algorithm;

/// A secret with its name. The key is mixed in once, not for each delivery.
#[derive(Clone)]
pub(super) struct Key {
    name: String,
    works: Works,
}

#[derive(Clone)]
enum Works {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
    Ed25519(VerifyingKey),
}

impl Key {
    /// `None` if the algorithm takes no such key: HMAC takes any, ed25519 a point of the curve in 32 bytes
    /// that is not of small order, since for those anybody can make signatures.
    pub(super) fn new(name: &str, algorithm: Algorithm, material: &[u8]) -> Option<Self> {
        let works = match algorithm {
            Algorithm::HmacSha1 => Works::Sha1(Hmac::new_from_slice(material).ok()?),
            Algorithm::HmacSha256 => Works::Sha256(Hmac::new_from_slice(material).ok()?),
            Algorithm::HmacSha384 => Works::Sha384(Hmac::new_from_slice(material).ok()?),
            Algorithm::HmacSha512 => Works::Sha512(Hmac::new_from_slice(material).ok()?),
            Algorithm::Ed25519 => {
                let key = VerifyingKey::from_bytes(material.try_into().ok()?).ok()?;
                Some(Works::Ed25519(key)).filter(|_| !key.is_weak())?
            }
        };
        Some(Self { name: name.to_owned(), works })
    }

    /// One that is nobody's, for work that is done only to take as long as other work.
    pub(super) fn of_nobody(algorithm: Algorithm) -> Option<Self> {
        let point = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let material = match algorithm {
            Algorithm::Ed25519 => point.to_bytes(),
            _ => [0; 32],
        };
        Self::new("nobody", algorithm, &material)
    }

    /// The secret's name on the trail.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self.works {
            Works::Sha1(_) => Algorithm::HmacSha1,
            Works::Sha256(_) => Algorithm::HmacSha256,
            Works::Sha384(_) => Algorithm::HmacSha384,
            Works::Sha512(_) => Algorithm::HmacSha512,
            Works::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// Whether one of the signatures is this key's over the pieces in a row. A MAC is computed once, and then
    /// compared in constant time with each.
    pub(super) fn has_signed(&self, content: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
        #[cfg(test)]
        tests::CHECKS.with(|checks| checks.set(checks.get() + 1));
        match &self.works {
            Works::Sha1(mac) => is_tag(mac, content, signatures),
            Works::Sha256(mac) => is_tag(mac, content, signatures),
            Works::Sha384(mac) => is_tag(mac, content, signatures),
            Works::Sha512(mac) => is_tag(mac, content, signatures),
            Works::Ed25519(key) => {
                let content = content.concat();
                let mut signatures = signatures.iter().filter_map(|bytes| Signature::from_slice(bytes).ok());
                signatures.any(|signature| key.verify_strict(&content, &signature).is_ok())
            }
        }
    }
}

fn is_tag<M: Mac + Clone>(mac: &M, content: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
    let mut mac = mac.clone();
    content.iter().for_each(|piece| mac.update(piece));
    let tag: CtOutput<M> = mac.finalize();
    let tag = tag.as_bytes().as_slice();
    signatures.iter().any(|signature| tag.ct_eq(signature.as_slice()).into())
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// How many times this thread has computed a MAC or verified.
        pub(in super::super) static CHECKS: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn b08_no_tag_is_compared_with_plain_equality() {
        let production = include_str!("key.rs").split("#[cfg(test)]\npub(super) mod tests").next().unwrap();
        let plain = |line: &&str| line.contains("tag") && (line.contains("==") || line.contains("!="));
        assert_eq!(production.lines().find(plain), None);
        assert!(production.contains("ct_eq"));
    }

    #[test]
    fn a_key_for_which_anybody_can_sign_is_none() {
        let mut of_small_order = [0; 32];
        of_small_order[0] = 1;
        assert!(Key::new("test", Algorithm::Ed25519, &of_small_order).is_none());
        assert!(Key::new("test", Algorithm::Ed25519, &[1; 31]).is_none());
        use Algorithm::{Ed25519, HmacSha1, HmacSha256, HmacSha384, HmacSha512};
        for algorithm in [HmacSha1, HmacSha256, HmacSha384, HmacSha512, Ed25519] {
            assert_eq!(Key::of_nobody(algorithm).unwrap().algorithm(), algorithm);
        }
    }
}
