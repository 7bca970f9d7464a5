//! Our own certificate and its key: read when the program starts, and anew when it is told to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use x509_cert::certificate::{CertificateInner, Rfc5280};
use x509_cert::der::Decode as _;

use super::{TlsProblem, files};
use crate::api::TlsSettings;
use crate::incident::Timestamp;

/// The certificate in use, and where the next one will be.
#[derive(Debug)]
pub(in crate::server) struct OwnCertificate {
    certificate_file: PathBuf,
    key_file: PathBuf,
    provider: Arc<CryptoProvider>,
    now: ArcSwap<Pair>,
}

/// A certificate with its chain, its key and its dates.
#[derive(Debug)]
struct Pair {
    key: Arc<CertifiedKey>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl OwnCertificate {
    /// The one in the files, which are relative to `base`.
    ///
    /// # Errors
    /// It cannot be used, its key cannot, or they do not belong together.
    pub(super) fn read(
        settings: &TlsSettings,
        base: &Path,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, TlsProblem> {
        let (certificate_file, key_file) = (base.join(&settings.certificate_file), base.join(&settings.key_file));
        let now = ArcSwap::from_pointee(Pair::read(&certificate_file, &key_file, provider)?);
        Ok(Self { certificate_file, key_file, provider: provider.clone(), now })
    }

    /// Takes what is in the files now for the connections to come; those that are open stay as they are.
    ///
    /// # Errors
    /// It cannot be used; the one before stays.
    pub(super) fn renew(&self) -> Result<(), TlsProblem> {
        let pair = Pair::read(&self.certificate_file, &self.key_file, &self.provider)?;
        self.now.store(Arc::new(pair));
        Ok(())
    }

    /// When the one in use ends.
    pub(in crate::server) fn expires_at(&self) -> Timestamp {
        self.now.load().not_after
    }

    /// Why nobody will believe it at that time, if that is so. No reason to serve nobody: some do not look.
    pub(in crate::server) fn doubt(&self, now: Timestamp) -> Option<String> {
        let pair = self.now.load();
        if now > pair.not_after {
            Some(format!("our own certificate has expired at {}", pair.not_after))
        } else if now < pair.not_before {
            Some(format!("our own certificate is not valid before {}", pair.not_before))
        } else {
            None
        }
    }
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now.load().key.clone())
    }
}

impl Pair {
    fn read(certificate_file: &Path, key_file: &Path, provider: &CryptoProvider) -> Result<Self, TlsProblem> {
        let chain = files::certificates(certificate_file)?;
        let none = || TlsProblem::NoCertificate { file: certificate_file.to_owned() };
        let (not_before, not_after) = chain.first().and_then(|own| dates(own)).ok_or_else(none)?;
        let key = CertifiedKey::from_der(chain, files::key(key_file)?, provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                TlsProblem::NotAPair { certificate: certificate_file.to_owned(), key: key_file.to_owned() }
            }
            rustls::Error::InvalidCertificate(_) => none(),
            _ => TlsProblem::NoKey { file: key_file.to_owned() },
        })?;
        Ok(Self { key: Arc::new(key), not_before, not_after })
    }
}

fn dates(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let certificate = CertificateInner::<Rfc5280>::from_der(der).ok()?;
    let validity = certificate.tbs_certificate().validity();
    let moment = |time: x509_cert::time::Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
        // Certificates that never end say the year 9999, of which the last hours are no moment of ours.
        Some(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    };
    Some((moment(validity.not_before)?, moment(validity.not_after)?))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rcgen::{CertificateParams, KeyPair};
    use rustls::crypto::aws_lc_rs::default_provider;
    use tempfile::TempDir;

    use super::*;

    struct Files(TempDir);

    impl Files {
        fn write(&self, name: &str, label: &str, der: &[u8]) {
            let path = self.0.path().join(name);
            let text = STANDARD.encode(der);
            fs::write(&path, format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }

        /// A pair of its own; gives the certificate.
        fn pair(&self) -> Vec<u8> {
            let key = KeyPair::generate().unwrap();
            let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
            self.write("own.pem", "CERTIFICATE", certificate.der());
            self.write("own-key.pem", "PRIVATE KEY", &key.serialize_der());
            certificate.der().to_vec()
        }
    }

    #[test]
    fn what_cannot_be_used_leaves_the_certificate_as_it_is() {
        let files = Files(tempfile::tempdir().unwrap());
        let first = files.pair();
        let settings =
            TlsSettings { certificate_file: "own.pem".into(), key_file: "own-key.pem".into(), client_ca_file: None };
        let own = OwnCertificate::read(&settings, files.0.path(), &Arc::new(default_provider())).unwrap();
        let shown = || own.now.load().key.cert[0].to_vec();
        let key = KeyPair::generate().unwrap().serialize_der();
        files.write("own-key.pem", "PRIVATE KEY", &key);
        assert!(matches!(own.renew(), Err(TlsProblem::NotAPair { .. })));
        files.write("own-key.pem", "PUBLIC KEY", &key);
        assert!(matches!(own.renew(), Err(TlsProblem::NoKey { .. })));
        files.write("own.pem", "CERTIFICATE", &first[..first.len() - 1]);
        assert!(matches!(own.renew(), Err(TlsProblem::NoCertificate { .. })));
        fs::remove_file(files.0.path().join("own.pem")).unwrap();
        assert!(matches!(own.renew(), Err(TlsProblem::Unreadable { .. })));
        fs::create_dir(files.0.path().join("own.pem")).unwrap();
        assert!(matches!(own.renew(), Err(TlsProblem::NotSuchAFile { .. })));
        assert_eq!(shown(), first);
        fs::remove_dir(files.0.path().join("own.pem")).unwrap();
        let second = files.pair();
        own.renew().unwrap();
        assert_eq!(shown(), second);
        fs::write(files.0.path().join("own.pem"), [b'a'; 1024 * 1024 + 1]).unwrap();
        assert!(matches!(own.renew(), Err(TlsProblem::NotSuchAFile { .. })));
        assert_eq!(shown(), second);
    }
}
