//! The certificates that Amazon SNS signs with: the key and the dates in one, and those that were fetched.
//!
//! Amazon publishes the certificate alone, without those above it. So its chain cannot be checked, by us or by the
//! official validators; that it is Amazon's rests on where it was fetched: a host of Amazon SNS, over TLS, whose own
//! certificate was checked to a trusted root. What is checked here are its dates and the strength of its key.

use std::sync::Arc;

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_cert::certificate::{CertificateInner, Rfc5280};
use x509_cert::der::{Decode as _, Encode as _};

use super::envelope::SignatureVersion;
use super::refusal::SnsRefusal;
use super::{SnsMessage, Unsigned};
use crate::incident::Timestamp;
use crate::intake::address::Address;
use crate::intake::fetch::{Fetcher, Unavailable};
use crate::intake::limit::Neighbourhood;
use crate::intake::prove::{NotProven, prove};
use crate::intake::shelf::{Bounds, Kept, Shelf, Why};

/// The largest certificate, in bytes.
const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;
/// Each address once a minute, two new ones for each neighbourhood of senders, and 32 for all of them: Amazon has one
/// for each region and year, and only strangers name many. Those that are kept go on working meanwhile.
pub(in crate::intake) const CERTIFICATE_BOUNDS: Bounds = Bounds {
    interval_s: 60,
    fetches_max: 32,
    fetches_max_each: 2,
    fresh_s: 86_400,
    usable_s: 7 * 86_400,
    kept_max: 128,
};

/// A certificate of an RSA key.
#[derive(Debug)]
pub(in crate::intake) struct Certificate {
    /// `SubjectPublicKeyInfo`.
    key: Vec<u8>,
    not_before_s: i64,
    not_after_s: i64,
}

impl Certificate {
    /// The first certificate in PEM; `None` if there is none.
    pub(in crate::intake) fn read(pem: &[u8]) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem).ok()?;
        let certificate = CertificateInner::<Rfc5280>::from_der(&der).ok()?;
        let certificate = certificate.tbs_certificate();
        let seconds =
            |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        let validity = certificate.validity();
        Some(Self {
            key: certificate.subject_public_key_info().to_der().ok()?,
            not_before_s: seconds(validity.not_before),
            not_after_s: seconds(validity.not_after),
        })
    }

    pub(super) fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.not_before_s..=self.not_after_s).contains(&now.as_second())
    }

    /// Whether its key, of 2048 bits at least, signed the text.
    pub(super) fn has_signed(&self, version: SignatureVersion, text: &[u8], signature: &[u8]) -> bool {
        let algorithm: &RsaParameters = match version {
            SignatureVersion::One => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            SignatureVersion::Two => &RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, &self.key).verify(text, signature).is_ok()
    }
}

/// The certificates of all topics; a copy shares them.
#[derive(Clone)]
pub(in crate::intake) struct Certificates {
    shelf: Arc<Shelf<Certificate>>,
    fetcher: Fetcher,
}

impl Certificates {
    pub(in crate::intake) fn new(fetcher: Fetcher, bounds: Bounds) -> Self {
        Self { shelf: Arc::new(Shelf::new(bounds)), fetcher }
    }

    /// The certificate of that address, without waiting for anybody.
    pub(in crate::intake) fn now(&self, address: &Address, now: Timestamp) -> Option<Arc<Kept<Certificate>>> {
        self.shelf.fresh(address.as_str(), now)
    }

    /// What the message is, with the certificate that it names; `asker` sent it.
    ///
    /// # Errors
    /// It is refused, or the certificate cannot be had.
    pub(in crate::intake) async fn prove(
        &self,
        unsigned: &Unsigned,
        asker: Neighbourhood,
        now: Timestamp,
    ) -> Result<SnsMessage, NotProven<SnsRefusal>> {
        let address = unsigned.certificate();
        let verify = |certificate: Option<&Certificate>| unsigned.prove(certificate, now);
        let renew = |used, why| self.renewed(address, asker, used, why, now);
        let is_newest = |one: &Arc<_>| self.now(address, now).is_some_and(|fresh| Arc::ptr_eq(&fresh, one));
        prove(self.now(address, now), verify, renew, is_newest).await
    }

    /// One that is newer than the one that was `used`. The fetch goes on when whoever waits for it goes away.
    ///
    /// # Errors
    /// None can be had now; the sender is to try again.
    pub(in crate::intake) async fn renewed(
        &self,
        address: &Address,
        asker: Neighbourhood,
        used: Option<Arc<Kept<Certificate>>>,
        why: Why,
        now: Timestamp,
    ) -> Result<Arc<Kept<Certificate>>, Unavailable> {
        let (own, address) = (self.clone(), address.clone());
        let work = async move {
            let fetch = || async {
                let pem = own.fetcher.get(&address, CERTIFICATE_BYTES_MAX).await?;
                // Out of date is as good as none: what Amazon signed with in former years takes no place.
                Certificate::read(&pem).filter(|one| one.is_valid_at(now)).ok_or(Unavailable::Unusable)
            };
            own.shelf.renewed(address.as_str(), Some(asker), used.as_ref(), why, now, fetch).await
        };
        tokio::spawn(work).await.unwrap_or(Err(Unavailable::Lost))
    }
}
