//! `GET /v1/trail/anchors`: how far the trail is kept beside itself.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::{State, authorize};
use crate::access::Permission;
use crate::incident::Timestamp;
use crate::trail::tlog::AnchorState;

/// All of them.
#[derive(Serialize)]
struct Answer {
    /// Records under the newest checkpoint.
    sealed: Option<u64>,
    /// When that was signed.
    sealed_at: Option<Timestamp>,
    anchors: Vec<AnchorState>,
}

/// The newest checkpoint and, of each anchor, the newest that is kept there.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    match authorize::actor(&request, &state, Permission::ReadTrail) {
        Ok(_) => HttpResponse::Ok().json(answer(&state)),
        Err(problem) => problem.response(),
    }
}

fn answer(state: &State) -> Answer {
    let sealed = state.log.sealed.borrow().checkpoint().cloned();
    let (size, at) = sealed.map(|sealed| (sealed.size, sealed.at)).unzip();
    Answer { sealed: size, sealed_at: at, anchors: state.anchors.states() }
}
