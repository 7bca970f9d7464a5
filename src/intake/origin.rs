//! Where a source's deliveries may come from: the networks and the client certificates that an operator lists. Where
//! both are listed, both have to fit.

use super::client_certificate::ListedCertificate;
use super::network::Network;
use super::settings::SourceSettings;
use super::{Refusal, Request};
use crate::incident::Timestamp;

/// What is listed for one source; of what is not listed anything will do.
#[derive(Debug, Default)]
pub(super) struct Origin {
    pub(super) addresses: Vec<Network>,
    pub(super) certificates: Vec<ListedCertificate>,
}

impl Origin {
    /// As set for a source.
    pub(super) fn of(source: &SourceSettings) -> Self {
        Self { addresses: source.addresses.clone(), certificates: source.client_certificates.clone() }
    }

    /// Whether the request comes from there.
    ///
    /// # Errors
    /// [`Refusal::AddressNotListed`] or [`Refusal::CertificateNotListed`].
    pub(super) fn check(&self, request: &Request<'_>, now: Timestamp) -> Result<(), Refusal> {
        if !self.addresses.is_empty() && !self.addresses.iter().any(|network| network.contains(request.peer)) {
            return Err(Refusal::AddressNotListed);
        }
        if self.certificates.is_empty() {
            return Ok(());
        }
        let shown = request.certificate.filter(|certificate| certificate.is_valid_at(now));
        let is_listed = shown.is_some_and(|shown| self.certificates.iter().any(|listed| listed.is_met_by(shown)));
        if is_listed { Ok(()) } else { Err(Refusal::CertificateNotListed) }
    }
}
