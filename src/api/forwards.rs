//! `GET /v1/trail/forwards`: how far the records are that go to receivers of syslog.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::{State, authorize};
use crate::access::Permission;
use crate::trail::ForwardState;

/// All of them.
#[derive(Serialize)]
struct Answer {
    /// Records on the trail.
    records: u64,
    forwards: Vec<ForwardState>,
}

/// Each receiver, with the first record that it may not have.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    match authorize::actor(&request, &state, Permission::ReadTrail) {
        Ok(_) => {
            HttpResponse::Ok().json(Answer { records: state.trail.head().size, forwards: state.forwarded.states() })
        }
        Err(problem) => problem.response(),
    }
}
