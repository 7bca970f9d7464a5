//! What the readers of documents that strangers write make of any bytes, and of a signature that nobody made; for the
//! fuzz targets and their property tests, which see only what is public.

use super::keys::algorithm::TokenAlgorithm;
use super::keys::{Judgement, KeySet};
use super::sns::certificate::Certificate;
use super::sns::envelope::SignatureVersion;
use super::{ClientCertificate, ListedCertificate};

/// How many keys of a JWKS are usable, and whether one of them, under any name, made the signature of nothing.
#[must_use]
pub fn jwks(document: &[u8], kid: Option<&str>, signature: &[u8]) -> Option<(usize, bool)> {
    let keys = KeySet::from_jwks(document).ok()?;
    let judge = |algorithm| keys.judge(kid, algorithm, b"", signature) == Judgement::Signed;
    Some((keys.len(), TokenAlgorithm::ALL.into_iter().any(judge)))
}

/// Whether the key of a certificate of Amazon SNS, in PEM, made the signature of nothing.
#[must_use]
pub fn sns_certificate(pem: &[u8], signature: &[u8]) -> Option<bool> {
    let certificate = Certificate::read(pem)?;
    let versions = [SignatureVersion::One, SignatureVersion::Two];
    Some(versions.into_iter().any(|version| certificate.has_signed(version, b"", signature)))
}

/// Whether this is the client certificate that is listed.
#[must_use]
pub fn is_listed(listed: &ListedCertificate, certificate: &ClientCertificate) -> bool {
    listed.is_met_by(certificate)
}
