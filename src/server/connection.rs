//! What is done once with each new connection: its writing is bounded, and what it has proven is kept with it.

use std::any::Any;
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use tokio::net::TcpStream;

use super::slow_readers;
use crate::intake::ClientCertificate;

/// Also under TLS, where the certificate is of the connection and so of every request on it.
pub(super) fn begun(connection: &dyn Any, kept: &mut Extensions, write_timeout: Duration) {
    if let Some(stream) = connection.downcast_ref::<TcpStream>() {
        slow_readers::bound(stream, write_timeout);
    }
    if let Some(connection) = connection.downcast_ref::<TlsStream<TcpStream>>() {
        let (stream, session) = connection.get_ref();
        slow_readers::bound(stream, write_timeout);
        let shown = session.peer_certificates().and_then(|chain| chain.first());
        if let Some(certificate) = shown.and_then(|leaf| ClientCertificate::assertion(leaf)) {
            kept.insert(certificate);
        }
    }
}
