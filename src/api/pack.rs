//! `GET /v1/incidents/{id}/pack`: all of one incident as evidence, to be checked without us.

use std::time::Duration;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::{Event, ExportForm, IncidentId, TrailExported};
use crate::trail::tlog::Sealing;
use crate::trail::{PACK_RECORDS_MAX, PackError, pack};

/// A checkpoint is at most a second behind.
const SEALED: Duration = Duration::from_secs(3);

/// The pack. Nothing is given out before it is on the trail who takes it.
pub(super) async fn give(request: HttpRequest, id: Path<String>, state: Data<State>) -> HttpResponse {
    make(&request, &id, &state).await.unwrap_or_else(Problem::response)
}

async fn make(request: &HttpRequest, id: &str, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadTrail)?;
    let id = IncidentId::parse(id).map_err(|_| Problem::NotFound)?;
    let wanted = id.clone();
    let records = state.trail.aside(move |trail| trail.store().of_incident(&wanted, PACK_RECORDS_MAX)).await?;
    let (Some(first), Some(last)) = (records.first().copied(), records.last().copied()) else {
        return Err(Problem::NotFound);
    };
    until_sealed(state, last).await;
    let (folder, wanted) = (state.log.folder.clone(), id.clone());
    let made = tokio::task::spawn_blocking(move || pack(&folder, &wanted, &records)).await;
    let made = made.map_err(|_| Problem::BadRequest)?.map_err(told)?;
    let (incident, actor, form) = (Some(id.clone()), actor.name, ExportForm::Pack);
    let to = Some(last.saturating_add(1));
    let taken = TrailExported { actor, form, from: first, to, since: None, until: None, incident };
    state.trail.record(state.clock.now(), vec![Event::TrailExported(taken)]).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.zip\"")))
        .body(made))
}

/// Waits a little for a checkpoint that the record is under; what is not sealed then is in no pack, and that is said.
async fn until_sealed(state: &State, seq: u64) {
    let mut sealed = state.log.sealed.clone();
    let is_sealed = |sealing: &Sealing| sealing.checkpoint().is_some_and(|checkpoint| checkpoint.size > seq);
    let _ = tokio::time::timeout(SEALED, sealed.wait_for(is_sealed)).await;
}

fn told(error: PackError) -> Problem {
    match error {
        // What happened within the last second is not sealed yet.
        PackError::Log(error) => error.into(),
        PackError::Nothing => Problem::NotFound,
        PackError::NoKey | PackError::Record { .. } | PackError::File(_) | PackError::Written(_) => {
            tracing::warn!(%error, "an evidence pack could not be made");
            Problem::Unavailable { retry_after_s: 10 }
        }
    }
}
