//! Ends connections whose other side does not read: the HTTP library itself would wait for ever.

use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;

/// For each new connection: what was sent and is not taken in this time ends it. Kept by the system itself,
/// which counts also while the other side says that it has no room.
pub(super) fn bound(stream: &TcpStream, write_timeout: Duration) {
    #[cfg(target_os = "linux")]
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(write_timeout)) {
        tracing::debug!(%error, "a connection has no write timeout");
    }
}
