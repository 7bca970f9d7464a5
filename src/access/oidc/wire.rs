//! How the identity provider is asked: over our own HTTP client, which follows nobody elsewhere and reads no endless answer.

use std::time::Duration;

use chrono::{DateTime, Utc};
use openidconnect::http::Response;
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;

use super::OidcSetupError;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("there is no answer")]
    Unreachable,
    #[error("the answer is longer than {ANSWER_BYTES_MAX} bytes")]
    TooLong,
}

/// # Errors
/// None can be made.
pub(super) fn client() -> Result<reqwest::Client, OidcSetupError> {
    let client = reqwest::Client::builder().redirect(Policy::none()).timeout(TIMEOUT).no_proxy();
    client.build().map_err(|_| OidcSetupError::Client)
}

pub(super) async fn send(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, WireError> {
    let unreachable = |_| WireError::Unreachable;
    let request = reqwest::Request::try_from(request).map_err(unreachable)?;
    let mut answer = client.execute(request).await.map_err(unreachable)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreachable)? {
        if body.len() + part.len() > ANSWER_BYTES_MAX {
            return Err(WireError::TooLong);
        }
        body.extend_from_slice(&part);
    }
    let mut response = Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    Ok(response)
}

/// A time as the crate has it.
pub(super) fn chrono(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap_or_default()
}
