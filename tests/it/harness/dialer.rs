//! Connections in TLS, with all that an HTTP library would not let a test choose.

use std::io;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::RawConnection;
use super::certificates::{Authority, Issued};

/// Whoever connects.
pub(crate) struct Dialer(pub(crate) ClientConfig);

impl Dialer {
    /// Believes this authority, and shows a certificate if it has one.
    pub(crate) fn new(believed: &Authority, shown: Option<&Issued>) -> Self {
        Self::of_versions(believed, shown, rustls::ALL_VERSIONS)
    }

    /// Speaks only these versions.
    pub(crate) fn of_versions(
        believed: &Authority,
        shown: Option<&Issued>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(believed.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_protocol_versions(versions).unwrap().with_root_certificates(roots);
        Self(match shown {
            None => config.with_no_client_auth(),
            Some(shown) => config.with_client_auth_cert(vec![shown.der.clone()], shown.key()).unwrap(),
        })
    }

    /// A connection to a program that says it listens there.
    pub(crate) async fn dial(&self, url: &str) -> io::Result<TlsStream<TcpStream>> {
        let address = url.strip_prefix("https://").unwrap();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(self.0.clone())).connect(name, stream).await
    }

    /// The same, to be spoken over byte by byte.
    pub(crate) async fn open(&self, url: &str) -> RawConnection {
        RawConnection::over(self.dial(url).await.unwrap())
    }
}
