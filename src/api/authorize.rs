//! Finds out who asks, from the `Authorization` header.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::{Problem, State};
use crate::access::{Actor, Permission};

/// Who asks, if they may do `permission`. Two such headers are as good as none.
pub(super) fn actor(request: &HttpRequest, state: &State, permission: Permission) -> Result<Actor, Problem> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().filter(|_| headers.next().is_none());
    Ok(state.access.bearer(header.map(|value| value.as_bytes()), permission, state.clock.now())?)
}
