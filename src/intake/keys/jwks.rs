//! Reads a JSON Web Key Set (RFC 7517): strictly where two readers could differ, and leaving out every
//! key that must not verify a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::algorithm::{KeyFamily, TokenAlgorithm};
use super::{KEYS_MAX, KeySet, TokenKey, ed25519, elliptic, rsa};
use crate::intake::json;

/// The largest set, in bytes. The largest seen, of a provider with many certificates in it, has 20 KiB.
pub(in crate::intake) const JWKS_BYTES_MAX: usize = 64 * 1024;
/// The longest name of a key, in bytes.
pub(in crate::intake) const KID_BYTES_MAX: usize = 256;

/// Why a document is no usable set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::intake) enum KeySetProblem {
    /// More than 64 KiB.
    #[error("it has more than 65536 bytes")]
    TooLarge,
    /// Not strict JSON, or without a list `keys`.
    #[error("it is not a JSON Web Key Set")]
    NotASet,
    /// More than 32 keys.
    #[error("it has more than 32 keys")]
    TooMany,
    /// None of its keys may verify a token.
    #[error("none of its keys is a public key for signatures that is strong enough")]
    NoUsableKey,
}

impl KeySet {
    /// The usable keys of a JWKS. Left out are symmetric keys, RSA keys below 2048 bits, keys for encryption,
    /// keys of unknown kinds, and those whose private half is published with them.
    ///
    /// # Errors
    /// It is no set, too large, or nothing in it is usable.
    pub(in crate::intake) fn from_jwks(document: &[u8]) -> Result<Self, KeySetProblem> {
        if document.len() > JWKS_BYTES_MAX {
            return Err(KeySetProblem::TooLarge);
        }
        let set = json::parse(document).map_err(|_| KeySetProblem::NotASet)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(KeySetProblem::NotASet)?;
        if keys.len() > KEYS_MAX {
            return Err(KeySetProblem::TooMany);
        }
        let usable = keys.iter().filter_map(|key| read(key.as_object()?)).collect();
        Self::new(usable).ok_or(KeySetProblem::NoUsableKey)
    }
}

fn read(key: &Map<String, Value>) -> Option<TokenKey> {
    if !is_for_signatures(key) || key.contains_key("d") {
        return None;
    }
    let kid = match key.get("kid") {
        None => None,
        Some(kid) => Some(kid.as_str().filter(|kid| (1..=KID_BYTES_MAX).contains(&kid.len()))?.to_owned()),
    };
    // A key for an algorithm that we do not know is for none that we know.
    let only = match key.get("alg") {
        None => None,
        Some(name) => Some(TokenAlgorithm::parse(name.as_str()?)?),
    };
    let (family, key) = match (text(key, "kty")?, text(key, "crv")) {
        ("RSA", _) => (KeyFamily::Rsa, rsa(&number(key, "n")?, &number(key, "e")?)?),
        ("EC", Some("P-256")) => elliptic(&point(key, 32)?)?,
        ("EC", Some("P-384")) => elliptic(&point(key, 48)?)?,
        ("OKP", Some("Ed25519")) => (KeyFamily::Ed25519, ed25519(&number(key, "x")?)?),
        _ => return None,
    };
    TokenKey::new(kid, family, only, key)
}

/// What says nothing is for everything.
fn is_for_signatures(key: &Map<String, Value>) -> bool {
    let may_sign = key.get("use").is_none_or(|used| used == "sig");
    let may_verify = |operations: &Value| {
        operations.as_array().is_some_and(|operations| operations.iter().any(|operation| operation == "verify"))
    };
    may_sign && key.get("key_ops").is_none_or(may_verify)
}

fn text<'k>(key: &'k Map<String, Value>, member: &str) -> Option<&'k str> {
    key.get(member)?.as_str()
}

fn number(key: &Map<String, Value>, member: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(key, member)?).ok()
}

fn point(key: &Map<String, Value>, coordinate_bytes: usize) -> Option<Vec<u8>> {
    let (x, y) = (number(key, "x")?, number(key, "y")?);
    let full = x.len() == coordinate_bytes && y.len() == coordinate_bytes;
    full.then(|| [&[super::UNCOMPRESSED][..], &x, &y].concat())
}
