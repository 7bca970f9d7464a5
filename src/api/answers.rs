//! `POST /v1/incidents/{id}/approve`, `/dismiss` and `/release`: what a responder says to one incident. Each wants a
//! reason, which lands on the trail with the actor.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{Problem, State, authorize, body, whose};
use crate::access::{Actor, Permission};
use crate::incident::{Digest, Event, HoldReason, IncidentId, Status};
use crate::trail::Live;

/// Why, and to which plan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    reason: String,
    /// The digest of the plan that is approved. It has to be said where the plan wants to be approved.
    plan: Option<Digest>,
    /// Of a release: that the account should not have been contained.
    #[serde(default)]
    false_alarm: bool,
}

/// Lets one held incident go on; the guard layer is asked again.
pub(super) async fn approve(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let approved = async {
        let (live, actor, said) = heard(&request, &id, payload, &state).await?;
        whose::refuse_subject(&actor, &live, &state).await?;
        may_approve(&live, &actor, &said, &state).await?;
        let (incident, approver) = (live.incident.id().clone(), actor.user_id);
        let (actor, reason, plan) = (actor.name, said.reason, said.plan);
        record(&state, Event::IncidentApproved { incident, actor, reason, approver, plan }).await
    };
    shaped(&id, approved.await)
}

/// Says of a held incident that nothing is to be done.
pub(super) async fn dismiss(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let dismissed = async {
        let (live, actor, said) = heard(&request, &id, payload, &state).await?;
        whose::refuse_subject(&actor, &live, &state).await?;
        let (incident, actor, reason) = (live.incident.id().clone(), actor.name, said.reason);
        record(&state, Event::IncidentDismissed { incident, actor, reason }).await
    };
    shaped(&id, dismissed.await)
}

/// Gives an account back before its time.
pub(super) async fn release(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let released = async {
        let (live, actor, said) = heard(&request, &id, payload, &state).await?;
        whose::refuse_subject(&actor, &live, &state).await?;
        let (incident, actor, reason) = (live.incident.id().clone(), actor.name, said.reason);
        record(&state, Event::IncidentReleased { incident, actor, reason, false_alarm: said.false_alarm }).await
    };
    match released.await {
        Ok(()) => {
            let waits = IncidentId::parse(&id).ok().and_then(|id| waits(&id, &state));
            HttpResponse::Ok().json(json!({ "incident": *id, "waits": waits }))
        }
        Err(problem) => problem.response(),
    }
}

/// Why the account is not given back at once, if it is not: no order leaves now.
fn waits(id: &IncidentId, state: &State) -> Option<&'static str> {
    let is_paused = state.trail.board(|board| {
        let Some(live) = board.live(id) else { return false };
        let (source, rules) = live.incident.plan.asked_on();
        board.pauses().hold(source, rules)
    });
    match state.directory.only_reads() {
        _ if is_paused => Some("paused"),
        true => Some("dry_run"),
        false => None,
    }
}

/// Nobody approves what they asked for or what a rule of their own does. Whom the configuration does not know approves
/// no plan: they may be the one it is about.
async fn may_approve(live: &Live, actor: &Actor, said: &Said, state: &State) -> Result<(), Problem> {
    let incident = &live.incident;
    if incident.status != Status::Held(HoldReason::ApprovalWanted) {
        return Ok(());
    }
    if actor.user_id.is_none() {
        return Err(Problem::UnknownApprover);
    }
    // Under another name it is the same person.
    let asker = incident.plan.asked_by.as_deref();
    if asker.is_some_and(|asker| state.access.names_of(actor).any(|name| name == asker)) {
        return Err(Problem::OwnRequest);
    }
    if said.plan != Some(incident.plan.digest()) {
        return Err(Problem::OtherPlan);
    }
    whose::refuse_author(actor, live, state).await
}

/// Who says what, and to what.
async fn heard(
    request: &HttpRequest,
    id: &str,
    payload: Payload,
    state: &State,
) -> Result<(Live, Actor, Said), Problem> {
    let actor = authorize::actor(request, state, Permission::Control)?;
    let said: Said = body::json(request, payload, state).await?;
    if !body::is_reason(&said.reason) {
        return Err(Problem::WrongSchema);
    }
    let id = IncidentId::parse(id).map_err(|_| Problem::NotFound)?;
    let live = state.trail.board(|board| board.in_effect(&id).cloned());
    Ok((live.ok_or(Problem::NotFound)?, actor, said))
}

async fn record(state: &State, event: Event) -> Result<(), Problem> {
    let incident = event.incidents().first().map(|id| id.to_string()).unwrap_or_default();
    tracing::warn!(event.kind = event.kind(), incident.id = incident, "a responder answers");
    Ok(state.trail.record(state.clock.now(), vec![event]).await?)
}

fn shaped(id: &str, said: Result<(), Problem>) -> HttpResponse {
    match said {
        Ok(()) => HttpResponse::Ok().json(json!({ "incident": id })),
        Err(problem) => problem.response(),
    }
}
