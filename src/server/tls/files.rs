//! Reads certificates and keys in PEM.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::ExposeSecret as _;

use super::TlsProblem;
use crate::intake::read_private;

/// The largest file of certificates, in bytes: the roots of all the world are 200 KiB.
const CERTIFICATES_BYTES_MAX: u64 = 1024 * 1024;
/// The largest file of a key, in bytes; one of RSA with 16384 bits has 13 KiB.
const KEY_BYTES_MAX: u64 = 16 * 1024;

/// All certificates in a file; at least one.
pub(super) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    let unreadable = |error: io::Error| TlsProblem::Unreadable { file: file.to_owned(), kind: error.kind() };
    // Asked before opening, because opening a pipe would wait for its other end.
    if !fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(TlsProblem::NotSuchAFile { file: file.to_owned() });
    }
    let mut pem = Vec::new();
    File::open(file).map_err(unreadable)?.take(CERTIFICATES_BYTES_MAX + 1).read_to_end(&mut pem).map_err(unreadable)?;
    if pem.len() as u64 > CERTIFICATES_BYTES_MAX {
        return Err(TlsProblem::NotSuchAFile { file: file.to_owned() });
    }
    let none = || TlsProblem::NoCertificate { file: file.to_owned() };
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| none())?;
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

/// The first private key in a file that only its owner may use.
pub(super) fn key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsProblem> {
    let refuse = |problem| TlsProblem::KeyFile { file: file.to_owned(), problem };
    let pem = read_private(file, KEY_BYTES_MAX).map_err(refuse)?;
    PrivateKeyDer::from_pem_slice(pem.expose_secret()).map_err(|_| TlsProblem::NoKey { file: file.to_owned() })
}
