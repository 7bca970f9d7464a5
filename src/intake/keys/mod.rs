//! The keys that tokens are verified with: which there are, and which of them a token may name.
//!
//! They come from a JWKS that is fetched (`jwks`, `source`) or from a file (`file`). Whatever a token
//! brings along as a key is never among them.

pub(super) mod algorithm;
pub(super) mod file;
pub(super) mod jwks;
pub(super) mod source;

use std::fmt;

use ed25519_dalek::VerifyingKey;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

use algorithm::{KeyFamily, TokenAlgorithm};

/// The most keys in one set.
pub(super) const KEYS_MAX: usize = 32;
/// The least and the largest RSA modulus, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;
/// The longest RSA exponent, in bytes; nearly all are 65537.
const RSA_EXPONENT_BYTES_MAX: usize = 8;
/// What a point of a curve begins with when both of its coordinates follow.
const UNCOMPRESSED: u8 = 4;

/// The keys of one sender, at least one and at most [`KEYS_MAX`].
#[derive(Debug)]
pub(super) struct KeySet(Vec<TokenKey>);

/// What a set says to a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// One of the keys made it.
    Signed,
    /// None of the keys that the token may mean made it.
    NotSigned,
    /// No key of that name fits the algorithm.
    NoKey,
}

impl KeySet {
    /// `None` when there are none, or too many.
    fn new(keys: Vec<TokenKey>) -> Option<Self> {
        (1..=KEYS_MAX).contains(&keys.len()).then_some(Self(keys))
    }

    /// Whether one of the keys that are called `kid` and take `algorithm` signed the `message`.
    ///
    /// A key without a name, as of a file, may be meant by any token. A token without a name means the only
    /// key that fits: with several it would be a guess.
    pub(super) fn judge(
        &self,
        kid: Option<&str>,
        algorithm: TokenAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Judgement {
        let mut fitting: Vec<_> = self.0.iter().filter(|key| key.algorithms.contains(&algorithm)).collect();
        match kid {
            Some(kid) => fitting.retain(|key| key.kid.as_deref().is_none_or(|own| own == kid)),
            None if fitting.len() > 1 => fitting.retain(|key| key.kid.is_none()),
            None => {}
        }
        if fitting.is_empty() {
            return Judgement::NoKey;
        }
        let signed = fitting.iter().any(|key| key.has_signed(algorithm, message, signature));
        if signed { Judgement::Signed } else { Judgement::NotSigned }
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// One key, with the algorithms it may be used with. An algorithm that does not fit its family is never among
/// them, so that a public key is not taken for the secret of an HMAC.
struct TokenKey {
    kid: Option<String>,
    algorithms: Vec<TokenAlgorithm>,
    key: DecodingKey,
}

impl TokenKey {
    /// `only` is the one algorithm that the key itself allows. `None` when nothing is left.
    fn new(kid: Option<String>, family: KeyFamily, only: Option<TokenAlgorithm>, key: DecodingKey) -> Option<Self> {
        let fits =
            |algorithm: &TokenAlgorithm| algorithm.family() == family && only.is_none_or(|only| only == *algorithm);
        let algorithms: Vec<_> = TokenAlgorithm::ALL.into_iter().filter(fits).collect();
        (!algorithms.is_empty()).then_some(Self { kid, algorithms, key })
    }

    fn has_signed(&self, algorithm: TokenAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        // Asked for by name: the library's own choice depends on the features that others switch on.
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&algorithm.to_library(), &self.key);
        verifier.is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey").field("kid", &self.kid).field("algorithms", &self.algorithms).finish_non_exhaustive()
    }
}

/// An RSA key of modulus and exponent; `None` if it is too short or too long.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<DecodingKey> {
    let modulus = without_leading_zeros(modulus);
    let first = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    let bits = (modulus.len() * 8).checked_sub(first)?;
    let exponent = without_leading_zeros(exponent);
    // Of an even exponent or 1 anybody could make signatures.
    let sound = exponent.last().is_some_and(|last| last % 2 == 1) && exponent != [1];
    let fits = RSA_BITS.contains(&bits) && sound && exponent.len() <= RSA_EXPONENT_BYTES_MAX;
    fits.then(|| DecodingKey::from_rsa_raw_components(modulus, exponent))
}

fn without_leading_zeros(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number {
        number = rest;
    }
    number
}

/// A key of a curve, with both of its coordinates.
fn elliptic(point: &[u8]) -> Option<(KeyFamily, DecodingKey)> {
    let family = match (point.first()?, point.len()) {
        (&UNCOMPRESSED, 65) => KeyFamily::P256,
        (&UNCOMPRESSED, 97) => KeyFamily::P384,
        _ => return None,
    };
    Some((family, DecodingKey::from_ec_der(point)))
}

/// A point of ed25519 that is not of small order, since for those anybody can make signatures.
fn ed25519(point: &[u8]) -> Option<DecodingKey> {
    let key = VerifyingKey::from_bytes(point.try_into().ok()?).ok()?;
    (!key.is_weak()).then(|| DecodingKey::from_ed_der(point))
}
