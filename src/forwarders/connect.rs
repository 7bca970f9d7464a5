//! One receiver, and the connection to it: plain, or TLS that believes nobody but those who are named.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::incident::ChannelName;
use crate::trail::ReceiverSettings;
use crate::trail::export::{Message, is_host};

/// How long connecting may take, the handshake among it.
const CONNECT: Duration = Duration::from_secs(10);

/// One receiver.
#[derive(Clone)]
pub struct Receiver {
    pub(super) name: ChannelName,
    pub(super) message: Message,
    pub(super) host: String,
    pub(super) from_the_first: bool,
    address: String,
    tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
}

/// Why there is no such receiver.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Its address.
    #[error("address is host:port")]
    Address,
    /// What we are called.
    #[error("host is 1 to 255 visible characters of ASCII")]
    Host,
    /// Who signs its certificate.
    #[error("ca_file holds no certificate in PEM, or cannot be read")]
    Authorities,
    /// The library.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

/// What bytes go over.
pub(super) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<L: AsyncRead + AsyncWrite + Send + Unpin> Line for L {}

impl Receiver {
    /// That of these settings; files are relative to `base`.
    ///
    /// # Errors
    /// One of the settings is none.
    pub fn new(name: ChannelName, settings: &ReceiverSettings, base: &Path) -> Result<Self, Unusable> {
        let (host, port) = settings.address.rsplit_once(':').ok_or(Unusable::Address)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        port.parse::<u16>().map_err(|_| Unusable::Address)?;
        if !is_host(&settings.host) {
            return Err(Unusable::Host);
        }
        let tls = match &settings.ca_file {
            None => None,
            Some(file) => {
                let server = ServerName::try_from(host).map_err(|_| Unusable::Address)?;
                Some((server, Arc::new(believing(&base.join(file))?)))
            }
        };
        Ok(Self {
            name,
            message: settings.message,
            host: settings.host.clone(),
            from_the_first: settings.from_the_first,
            address: settings.address.clone(),
            tls,
        })
    }

    /// Connects, and has the receiver prove who it is where that is asked for.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Line>> {
        let connecting = async {
            let stream = TcpStream::connect(&self.address).await?;
            stream.set_nodelay(true)?;
            Ok(match &self.tls {
                None => Box::new(stream) as Box<dyn Line>,
                Some((server, config)) => {
                    Box::new(TlsConnector::from(config.clone()).connect(server.clone(), stream).await?)
                }
            })
        };
        tokio::time::timeout(CONNECT, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

fn believing(file: &Path) -> Result<ClientConfig, Unusable> {
    let pem = std::fs::read(file).map_err(|_| Unusable::Authorities)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| Unusable::Authorities)?;
        roots.add(certificate).map_err(|_| Unusable::Authorities)?;
    }
    if roots.is_empty() {
        return Err(Unusable::Authorities);
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS13, &TLS12])?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
