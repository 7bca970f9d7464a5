//! Gives each request an id of ours, in the answer and in the log lines about it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use tracing::Instrument as _;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware: a span around the request and the id in the answer. A client's own id is not taken
/// over; it could be anything.
///
/// # Errors
/// Those of the handler.
pub async fn with_request_id<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = next_id();
    let span = tracing::info_span!("request", request.id = id);
    let mut response = next.call(request).instrument(span).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}

/// Unique within this process and very likely among all: a random start and a count.
fn next_id() -> String {
    static START: OnceLock<u32> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let start = START.get_or_init(|| {
        let mut bytes = [0; 4];
        // Without random bytes the ids of two processes may be alike, which harms nothing.
        let _ = getrandom::fill(&mut bytes);
        u32::from_be_bytes(bytes)
    });
    format!("{start:08x}-{:08x}", COUNT.fetch_add(1, Ordering::Relaxed))
}
