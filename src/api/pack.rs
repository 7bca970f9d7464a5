//! `GET /v1/incidents/{id}/pack`: all of one incident as evidence, to be checked without us.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::IncidentId;

/// The pack. Nothing is given out before it is on the trail who takes it.
pub(super) async fn give(request: HttpRequest, id: Path<String>, state: Data<State>) -> HttpResponse {
    make(&request, &id, &state).await.unwrap_or_else(Problem::response)
}

async fn make(request: &HttpRequest, id: &str, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadTrail)?;
    let id = IncidentId::parse(id).map_err(|_| Problem::NotFound)?;
    let made = state.inspection().pack(&actor.name, &id).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.zip\"")))
        .body(made))
}
