//! `POST /v1/pause`, `/v1/resume` and `/v1/incidents/{id}/approve`: what a responder can do now. Each
//! wants a reason, which lands on the trail with the actor.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{Problem, State, authorize, body};
use crate::access::Permission;
use crate::incident::{Event, IncidentId};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

/// Stops all actions; alerts go on being recorded, and their plans are held.
pub(super) async fn pause(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    let event = |actor, reason| Ok(Event::ResponderPaused { actor, reason });
    shaped(steer(&request, payload, &state, event).await, &state)
}

/// Lets actions run again. What was held meanwhile stays held until somebody approves it.
pub(super) async fn resume(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    let event = |actor, reason| Ok(Event::ResponderResumed { actor, reason });
    shaped(steer(&request, payload, &state, event).await, &state)
}

/// Lets one held incident go on; the guard layer is asked again.
pub(super) async fn approve(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let event = |actor, reason| {
        let incident = IncidentId::parse(&id).map_err(|_| Problem::NotFound)?;
        if state.trail.board(|board| board.live(&incident).is_none()) {
            return Err(Problem::NotFound);
        }
        Ok(Event::IncidentApproved { incident, actor, reason })
    };
    shaped(steer(&request, payload, &state, event).await, &state)
}

async fn steer(
    request: &HttpRequest,
    payload: Payload,
    state: &State,
    event: impl FnOnce(String, String) -> Result<Event, Problem>,
) -> Result<(), Problem> {
    let actor = authorize::actor(request, state, Permission::Control)?;
    let Why { reason } = body::json(request, payload, state).await?;
    if !body::is_reason(&reason) {
        return Err(Problem::WrongSchema);
    }
    let event = event(actor.name, reason)?;
    tracing::warn!(event.kind = event.kind(), "a responder steers");
    Ok(state.trail.record(state.clock.now(), vec![event]).await?)
}

fn shaped(result: Result<(), Problem>, state: &State) -> HttpResponse {
    match result {
        Ok(()) => {
            let paused = state.trail.board(|board| board.pause().is_some());
            HttpResponse::Ok().json(json!({ "paused": paused }))
        }
        Err(problem) => problem.response(),
    }
}
