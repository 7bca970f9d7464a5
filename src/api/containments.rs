//! `GET /v1/containments`: who is contained now.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use super::{State, authorize};
use crate::access::Permission;
use crate::incident::Containment;

/// The most that are shown, those that were contained last.
const SHOWN_MAX: usize = 1_000;

#[derive(Serialize)]
struct View<'i> {
    /// How many there are.
    count: usize,
    containments: Vec<Containment<'i>>,
}

/// All of them, the last first.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    if let Err(problem) = authorize::actor(&request, &state, Permission::ReadIncidents) {
        return problem.response();
    }
    let document = state.trail.board(|board| {
        let mut containments = Containment::of_all(board.containing().map(|live| &live.incident));
        let count = containments.len();
        containments.truncate(SHOWN_MAX);
        json!(View { count, containments })
    });
    HttpResponse::Ok().json(document)
}
