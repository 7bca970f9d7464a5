//! Refuses requests whose line names another host than their `Host` header: two readers would take them
//! for different hosts' business.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HOST;
use actix_web::middleware::Next;

use super::Problem;

/// Middleware: a request line with a whole URL is taken only if that is what we speak to the host
/// that is also in the header.
///
/// # Errors
/// Those of the handler.
pub async fn for_one_host<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if names_two_hosts(&request) {
        return Ok(request.into_response(Problem::BadRequest.response()).map_into_right_body());
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

fn names_two_hosts(request: &ServiceRequest) -> bool {
    let uri = request.uri();
    let Some(named) = uri.authority().filter(|_| uri.scheme().is_some()) else { return false };
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let is_same = host.is_some_and(|host| host.eq_ignore_ascii_case(named.as_str()));
    let spoken = if request.app_config().secure() { "https" } else { "http" };
    !is_same || uri.scheme_str() != Some(spoken)
}
