//! Reads a request's body under a limit of bytes and a total deadline.

use std::time::Duration;

use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::web::{Bytes, Payload};

use super::Problem;

/// The whole body, at most `bytes_max`, within `deadline_ms` from now however slowly it drips.
pub(super) async fn read(
    headers: &HeaderMap,
    payload: Payload,
    bytes_max: usize,
    deadline_ms: u64,
) -> Result<Bytes, Problem> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > bytes_max) {
        return Err(Problem::TooLarge);
    }
    let whole = payload.to_bytes_limited(bytes_max);
    match tokio::time::timeout(Duration::from_millis(deadline_ms), whole).await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => Err(Problem::BadRequest),
        Ok(Err(_)) => Err(Problem::TooLarge),
        Err(_) => Err(Problem::BodyTimeout),
    }
}
