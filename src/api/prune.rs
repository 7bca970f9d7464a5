//! `POST /v1/trail/prune`: has old records dropped, epoch by epoch, before their time is over by the settings. Their
//! hashes stay. What goes and why is on the trail before it goes.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Problem, State, authorize, body};
use crate::access::Permission;
use crate::incident::Timestamp;
use crate::trail::{Asked, Droppable, KeepDays, StoreError};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TrailPrune)]
pub(super) struct Prune {
    #[schema(value_type = String, format = DateTime)]
    before: Timestamp,
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Records it, and says below which record all goes once that is sealed.
pub(super) async fn prune(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    pruned(&request, payload, &state).await.unwrap_or_else(Problem::response)
}

async fn pruned(request: &HttpRequest, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::PruneTrail)?;
    let Prune { before, reason } = body::json(request, payload, state).await?;
    let (trail, now) = (state.trail.clone(), state.clock.now());
    let reason = body::reason(&reason)?.into_text();
    if before > KeepDays::MIN.before(now) {
        return Err(Problem::WrongSchema);
    }
    let asked = Asked { actor: actor.name, reason };
    // To its end, also if whoever asks goes away: a million records are read.
    let recorded = tokio::spawn(async move { trail.record_drop(before, now, Some(asked)).await }).await;
    let cut_short = || Err(StoreError::Failed("it was cut short".to_owned()));
    Ok(match recorded.unwrap_or_else(|_| cut_short())? {
        Droppable::Below(below) => HttpResponse::Ok().json(json!({ "below": below })),
        Droppable::NothingOldEnough => Problem::NothingToPrune.response(),
        Droppable::Needed { incident, record } => {
            Problem::RecordsNeeded.response_with([("incident", json!(incident)), ("record", json!(record))])
        }
    })
}
