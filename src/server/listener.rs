//! The port: one application on it, in plain HTTP or in TLS, never in both.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::web::Data;
use actix_web::{App as Web, HttpServer};
use anyhow::Context as _;

use super::connection;
use super::panics;
use super::tls::Tls;
use crate::api::{self, State};
use crate::console::{self, Console};

/// On every answer.
pub(super) const SECURITY_HEADERS: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ),
    ("x-content-type-options", "nosniff"),
    // With `no-referrer` browsers would say of our own forms, too, that they come from nowhere.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// Binds the port; with `tls` nobody is answered who does not speak it.
pub(super) fn listen(
    settings: &api::Settings,
    state: Data<State>,
    console: Data<Console>,
    tls: Option<&Tls>,
) -> anyhow::Result<(Server, SocketAddr)> {
    let server = HttpServer::new(move || {
        Web::new()
            .app_data(state.clone())
            .app_data(console.clone())
            .wrap(from_fn(api::for_one_host))
            .wrap(from_fn(api::with_request_id))
            .wrap(security_headers())
            .wrap(from_fn(panics::answering_panics))
            .configure(console::mount)
            .configure(api::mount)
    });
    let write_timeout = Duration::from_millis(settings.write_timeout_ms);
    let head_timeout = Duration::from_millis(settings.head_timeout_ms);
    let workers = match settings.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let server = server
        .workers(workers)
        .on_connect(move |connection, kept| connection::begun(connection, kept, write_timeout))
        .max_connections(settings.connections_max)
        // Handshakes under way are connections, too: fewer of them would let few strangers keep out everybody.
        .max_connection_rate(settings.connections_max)
        .tls_handshake_timeout(head_timeout)
        .client_request_timeout(head_timeout)
        .keep_alive(Duration::from_millis(settings.keep_alive_ms))
        .shutdown_timeout(settings.stop_s)
        .disable_signals()
        // An answer is not to wait for what was sent before it to be acknowledged, which takes 40 ms.
        .tcp_nodelay(true);
    let server = match tls {
        None => server.bind(settings.listen),
        Some(tls) => server.bind_rustls_0_23(settings.listen, tls.config()),
    };
    let server = server.with_context(|| format!("{} cannot be listened on", settings.listen))?;
    let address = server.addrs().first().copied().context("no address is listened on")?;
    tracing::info!(http.address = %address, "listening");
    Ok((server.run(), address))
}

/// On every answer, errors among them.
fn security_headers() -> DefaultHeaders {
    SECURITY_HEADERS.into_iter().fold(DefaultHeaders::new(), DefaultHeaders::add)
}
