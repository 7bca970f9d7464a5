//! Starts and stops the sandbox, and carries calls between the network and the gateway.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use tokio::task::JoinHandle;

use crate::incident::{Clock, SystemClock};

use super::answer::Document;
use super::gateway::{self, Reply};
use super::handle::Sandbox;
use super::request::Request;
use super::settings::{Settings, StartError};
use super::{connection, control, page};

/// The largest body taken, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A sandbox that listens. Dropping it stops it too, without waiting for the end.
pub struct Running {
    address: SocketAddr,
    sandbox: Sandbox,
    server: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
}

/// Starts a sandbox on the present tokio runtime, by the machine's clock.
///
/// # Errors
/// The address is not loopback and that was not allowed, or it cannot be taken.
pub async fn start(settings: Settings) -> Result<Running, StartError> {
    start_with_clock(settings, Arc::new(SystemClock)).await
}

/// As [`start`], by a given clock: tokens expire and limits recover when it says so. Delays still
/// take real time.
///
/// # Errors
/// As [`start`].
pub async fn start_with_clock(settings: Settings, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
    let listen = settings.listen;
    if !listen.ip().is_loopback() && !settings.beyond_loopback {
        return Err(StartError::NotLoopback(listen));
    }
    let failed = |source| StartError::Listen { listen, source };
    let listener = TcpListener::bind(listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let sandbox = Sandbox::new(settings, clock);
    let data = web::Data::new(sandbox.clone());
    let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(handle)))
        .workers(1)
        .disable_signals()
        // A client that closes its side has left; its hanging call is dropped.
        .h1_allow_half_closed(false)
        .on_connect(connection::remember)
        .listen(listener)
        .map_err(failed)?
        .run();
    Ok(Running { address, sandbox, server: server.handle(), task: tokio::spawn(server) })
}

impl Running {
    /// Where it listens, without a slash at the end: the base of both API families.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The handle on its state.
    #[must_use]
    pub fn state(&self) -> &Sandbox {
        &self.sandbox
    }

    /// What is seeded and how to use it, for people.
    #[must_use]
    pub fn banner(&self) -> String {
        self.sandbox.banner(&self.url())
    }

    /// Releases what hangs, closes all connections and waits for the end.
    pub async fn stop(mut self) {
        self.sandbox.release_hangs();
        self.server.stop(false).await;
        // How the task ended is of no interest once it has.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The command is sent at the call; only its completion would have to be awaited.
        drop(self.server.stop(false));
    }
}

async fn handle(http: HttpRequest, payload: web::Payload, sandbox: web::Data<Sandbox>) -> HttpResponse {
    let body = match payload.to_bytes_limited(BODY_BYTES_MAX).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return HttpResponse::BadRequest().finish(),
        Err(_) => return HttpResponse::PayloadTooLarge().finish(),
    };
    let request = Request::read(&http, &body);
    if let Some(page) = page::answer(&sandbox, &request) {
        return page;
    }
    if control::is_control(&request.path) {
        return respond(control::answer(&sandbox, &request), &sandbox);
    }
    match gateway::serve(&sandbox, &request).await {
        Reply::Document(document) => respond(document, &sandbox),
        Reply::Cut => connection::cut(&http).await,
    }
}

fn respond(document: Document, sandbox: &Sandbox) -> HttpResponse {
    let status = StatusCode::from_u16(document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.content_type(document.content_type);
    response.insert_header(("date", sandbox.date()));
    if let Some(id) = document.request_id {
        response.insert_header(("x-acs-trace-id", id.to_ascii_lowercase().replace('-', "")));
        response.insert_header(("x-acs-request-id", id));
    }
    response.body(document.body)
}
