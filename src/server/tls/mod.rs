//! TLS of our own port: who we prove to be, whose certificates senders may show, and what is spoken. Only
//! versions 1.2 and 1.3, only HTTP/1.1 inside, and nothing at all to whoever speaks without.

mod clients;
mod files;
mod own;
mod problem;
mod time;
mod watch;

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::NoServerSessionStorage;
use rustls::version::{TLS12, TLS13};

use crate::api::TlsSettings;
use crate::incident::Clock;
use crate::intake::RefusalTally;
pub(super) use own::OwnCertificate;
pub(super) use problem::TlsProblem;
pub(super) use watch::run as renew_on_hangup;

/// What a port that speaks TLS is made of. That there is HTTP/1.1 inside, and nothing else, the HTTP library says.
#[derive(Debug)]
pub(super) struct Tls {
    /// Our certificate, which can be read anew.
    pub(super) own: Arc<OwnCertificate>,
    config: ServerConfig,
}

impl Tls {
    /// Reads all files, which are relative to `base`. Refused client certificates are counted in `tally`.
    ///
    /// # Errors
    /// A file cannot be used.
    pub(super) fn read(
        settings: &TlsSettings,
        base: &Path,
        clock: Arc<dyn Clock>,
        tally: Arc<RefusalTally>,
    ) -> Result<Self, TlsProblem> {
        let provider = Arc::new(default_provider());
        let own = Arc::new(OwnCertificate::read(settings, base, &provider)?);
        let time = Arc::new(time::Injected(clock.clone()));
        let builder = ServerConfig::builder_with_details(provider.clone(), time)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(TlsProblem::Library)?;
        let mut config = match &settings.client_ca_file {
            None => builder.with_no_client_auth().with_cert_resolver(own.clone()),
            Some(file) => {
                let asked = clients::Asked::read(&base.join(file), provider, clock, tally)?;
                builder.with_client_cert_verifier(Arc::new(asked)).with_cert_resolver(own.clone())
            }
        };
        if settings.client_ca_file.is_some() {
            // A session that is resumed would bring its certificate along without anybody looking at it again.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Self { own, config })
    }

    /// What the port is bound with.
    pub(super) fn config(&self) -> ServerConfig {
        self.config.clone()
    }
}
