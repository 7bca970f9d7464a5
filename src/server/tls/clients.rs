//! Asks whoever connects for a certificate. Nobody has to have one, but one that is shown has to be good.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};

use super::{TlsProblem, files};
use crate::incident::Clock;
use crate::intake::RefusalTally;

/// The reason under which certificates are counted that are not good. Nobody knows whose they were to be.
const REFUSED: &str = "client_certificate";

/// The library's own judgement, of which we take note: the connection ends before there is a request, and nobody
/// but us could tell the operator why.
#[derive(Debug)]
pub(super) struct Asked {
    judge: Arc<dyn ClientCertVerifier>,
    note: Note,
}

struct Note {
    clock: Arc<dyn Clock>,
    tally: Arc<RefusalTally>,
}

impl Asked {
    /// Believes those who are in the file.
    ///
    /// # Errors
    /// It cannot be read, or holds what is no authority.
    pub(super) fn read(
        file: &Path,
        provider: Arc<CryptoProvider>,
        clock: Arc<dyn Clock>,
        tally: Arc<RefusalTally>,
    ) -> Result<Self, TlsProblem> {
        let none = || TlsProblem::NoCertificate { file: file.to_owned() };
        let mut roots = RootCertStore::empty();
        for authority in files::certificates(file)? {
            roots.add(authority).map_err(|_| none())?;
        }
        let judge = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .allow_unauthenticated()
            .build()
            .map_err(|_| none())?;
        Ok(Self { judge, note: Note { clock, tally } })
    }
}

impl ClientCertVerifier for Asked {
    fn offer_client_auth(&self) -> bool {
        self.judge.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.judge.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.judge.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let judged = self.judge.verify_client_cert(end_entity, intermediates, now);
        judged.inspect_err(|error| self.note.refused(error))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let judged = self.judge.verify_tls12_signature(message, certificate, signature);
        judged.inspect_err(|error| self.note.refused(error))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let judged = self.judge.verify_tls13_signature(message, certificate, signature);
        judged.inspect_err(|error| self.note.refused(error))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

impl Note {
    /// As with every stranger: counted, summed up once a minute, and told to whoever looks closely.
    fn refused(&self, error: &Error) {
        tracing::debug!(%error, "a client certificate is refused");
        self.tally.note(None, REFUSED, self.clock.now());
    }
}

impl std::fmt::Debug for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Note")
    }
}
