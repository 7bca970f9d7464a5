//! Keys that an operator puts into a file, for senders that publish none: PEM, a JWKS, or a shared secret.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use jsonwebtoken::DecodingKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use x509_cert::certificate::{CertificateInner, Rfc5280};
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode as _, Encode as _, Reader as _, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::algorithm::{KeyFamily, TokenAlgorithm};
use super::jwks::{JWKS_BYTES_MAX, KeySetProblem};
use super::{KeySet, TokenKey, ed25519, elliptic, rsa};

/// What PEM begins with.
const PEM_BEGIN: &[u8] = b"-----BEGIN ";
/// The kinds of keys, as certificates and PEM files name them.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Why a file gives no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::intake) enum KeyFileProblem {
    /// It is missing or may not be read.
    #[error("the file cannot be read ({0})")]
    Unreadable(ErrorKind),
    /// PEM, but not of a public key or certificate.
    #[error("it holds no PEM block `PUBLIC KEY` or `CERTIFICATE`")]
    NoPublicKey,
    /// A public key that must not be used.
    #[error("its key is neither RSA of 2048 to 8192 bits, nor P-256, P-384 or ed25519")]
    Unusable,
    /// No PEM, and no usable JWKS.
    #[error(transparent)]
    Jwks(#[from] KeySetProblem),
    /// Not one of the algorithms by a shared secret.
    #[error("the algorithm does not use a shared secret")]
    NotByASecret,
    /// A secret that is shorter than the digest of its algorithm.
    #[error("the secret is shorter than the digest of its algorithm")]
    SecretTooShort,
}

impl KeySet {
    /// The public keys in a file: PEM (`PUBLIC KEY` or `CERTIFICATE`, of which only the key counts), or a JWKS.
    ///
    /// # Errors
    /// The file cannot be read, or there is no usable key in it.
    pub(in crate::intake) fn from_file(path: &Path) -> Result<Self, KeyFileProblem> {
        let unreadable = |error: std::io::Error| KeyFileProblem::Unreadable(error.kind());
        let file = File::open(path).map_err(unreadable)?;
        let mut content = Vec::new();
        // One more than fits, which the reader of sets then refuses.
        file.take(JWKS_BYTES_MAX as u64 + 1).read_to_end(&mut content).map_err(unreadable)?;
        let begin = content.trim_ascii_start();
        if begin.starts_with(PEM_BEGIN) { Self::from_pem(begin) } else { Ok(Self::from_jwks(&content)?) }
    }

    /// The one public key in PEM; it has no name, so that any token may mean it.
    ///
    /// # Errors
    /// There is no public key, or it must not be used.
    pub(in crate::intake) fn from_pem(pem: &[u8]) -> Result<Self, KeyFileProblem> {
        let info = match SubjectPublicKeyInfoDer::from_pem_slice(pem) {
            Ok(info) => info.as_ref().to_vec(),
            Err(_) => key_of_certificate(pem).ok_or(KeyFileProblem::NoPublicKey)?,
        };
        let (family, key) = key_of(&info).ok_or(KeyFileProblem::Unusable)?;
        let key = TokenKey::new(None, family, None, key);
        Self::new(key.into_iter().collect()).ok_or(KeyFileProblem::Unusable)
    }

    /// A secret shared with the sender, for one algorithm.
    ///
    /// # Errors
    /// The secret is too short, or the algorithm has no use for one.
    pub(in crate::intake) fn from_secret(algorithm: TokenAlgorithm, secret: &[u8]) -> Result<Self, KeyFileProblem> {
        let bytes_min = algorithm.secret_bytes_min().ok_or(KeyFileProblem::NotByASecret)?;
        if secret.len() < bytes_min {
            return Err(KeyFileProblem::SecretTooShort);
        }
        let key = TokenKey::new(None, KeyFamily::Secret, Some(algorithm), DecodingKey::from_secret(secret));
        Self::new(key.into_iter().collect()).ok_or(KeyFileProblem::Unusable)
    }
}

fn key_of_certificate(pem: &[u8]) -> Option<Vec<u8>> {
    let der = CertificateDer::from_pem_slice(pem).ok()?;
    let certificate = CertificateInner::<Rfc5280>::from_der(&der).ok()?;
    certificate.tbs_certificate().subject_public_key_info().to_der().ok()
}

fn key_of(info: &[u8]) -> Option<(KeyFamily, DecodingKey)> {
    let info = SubjectPublicKeyInfoRef::from_der(info).ok()?;
    let bytes = info.subject_public_key.as_bytes()?;
    match info.algorithm.oid {
        RSA_ENCRYPTION => Some((KeyFamily::Rsa, rsa_key(bytes)?)),
        ED25519 => Some((KeyFamily::Ed25519, ed25519(bytes)?)),
        EC_PUBLIC_KEY => {
            let curve = info.algorithm.parameters_oid().ok()?;
            let (family, key) = elliptic(bytes)?;
            let named = matches!((curve, family), (PRIME256V1, KeyFamily::P256) | (SECP384R1, KeyFamily::P384));
            named.then_some((family, key))
        }
        _ => None,
    }
}

/// `RSAPublicKey` of RFC 8017: modulus and exponent.
fn rsa_key(der: &[u8]) -> Option<DecodingKey> {
    let mut reader = SliceReader::new(der).ok()?;
    let numbers = reader
        .sequence(|numbers| Ok::<_, x509_cert::der::Error>((UintRef::decode(numbers)?, UintRef::decode(numbers)?)));
    let (modulus, exponent) = numbers.ok()?;
    reader.finish().ok()?;
    rsa(modulus.as_bytes(), exponent.as_bytes())
}
