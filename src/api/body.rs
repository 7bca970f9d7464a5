//! Reads a request's body under a limit of bytes and a total deadline.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, Payload};

use serde::de::DeserializeOwned;

use super::{Problem, State};
use crate::decisions::Reason;

/// The most bytes of what people ask for.
pub(super) const JSON_BYTES_MAX: usize = 4 * 1024;

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

/// What somebody asks for, as JSON.
pub(super) async fn json<V: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    state: &State,
) -> Result<V, Problem> {
    let is_json = request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json");
    if !is_json {
        return Err(Problem::WrongMediaType);
    }
    let body = read(request.headers(), payload, JSON_BYTES_MAX, state.door.body_deadline_ms).await?;
    serde_json::from_slice(&body).map_err(|_| Problem::BadJson)
}

/// The reason somebody gives.
pub(super) fn reason(text: &str) -> Result<Reason, Problem> {
    Reason::parse(text).map_err(|_| Problem::WrongSchema)
}
