//! Closes a client's connection from inside a handler, without a byte of answer.
//!
//! The client sees its connection end where the status line belongs; an HTTP library says
//! "connection closed before message completed", "empty reply" or "socket hang up". The kernel ends
//! it in order (FIN): the reset of a crashed peer would tell the client no more.

use std::any::Any;
use std::net::{Shutdown, TcpStream};

use actix_web::dev::Extensions;
use actix_web::{HttpRequest, HttpResponse};

/// A second handle on the connection's socket.
struct Socket(TcpStream);

/// Keeps a second handle beside each new connection; called by the server when one comes in.
#[cfg(unix)]
pub(super) fn remember(connection: &dyn Any, beside: &mut Extensions) {
    use std::os::fd::AsFd;
    let stream = connection.downcast_ref::<actix_web::rt::net::TcpStream>();
    if let Some(Ok(socket)) = stream.map(|stream| stream.as_fd().try_clone_to_owned()) {
        beside.insert(Socket(TcpStream::from(socket)));
    }
}

/// Keeps a second handle beside each new connection; called by the server when one comes in.
#[cfg(windows)]
pub(super) fn remember(connection: &dyn Any, beside: &mut Extensions) {
    use std::os::windows::io::AsSocket;
    let stream = connection.downcast_ref::<actix_web::rt::net::TcpStream>();
    if let Some(Ok(socket)) = stream.map(|stream| stream.as_socket().try_clone_to_owned()) {
        beside.insert(Socket(TcpStream::from(socket)));
    }
}

/// Closes the connection the request came on. The server notices and drops the handler, so this
/// does not return; without a handle on the socket an empty 500 is the next best thing.
pub(super) async fn cut(http: &HttpRequest) -> HttpResponse {
    match http.conn_data::<Socket>() {
        Some(Socket(socket)) if socket.shutdown(Shutdown::Both).is_ok() => std::future::pending().await,
        _ => HttpResponse::InternalServerError().finish(),
    }
}
