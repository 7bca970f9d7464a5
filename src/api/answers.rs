//! `POST /v1/incidents/{id}/approve`, `/dismiss` and `/release`: what a responder says to one incident. Each wants a
//! reason, which lands on the trail with the actor.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{Problem, State, authorize, body};
use crate::access::{Actor, Permission};
use crate::incident::{Digest, Event, HoldReason, Incident, IncidentId, Status};

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
    let event = |incident: &Incident, actor: Actor, said: Said| {
        may_approve(incident, &actor, &said, &state)?;
        let (incident, approver) = (incident.id().clone(), actor.user_id);
        Ok(Event::IncidentApproved { incident, actor: actor.name, reason: said.reason, approver, plan: said.plan })
    };
    shaped(say(&request, &id, payload, &state, event).await)
}

/// Says of a held incident that nothing is to be done.
pub(super) async fn dismiss(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let event = |incident: &Incident, actor: Actor, said: Said| {
        let (incident, reason) = (incident.id().clone(), said.reason);
        Ok(Event::IncidentDismissed { incident, actor: actor.name, reason })
    };
    shaped(say(&request, &id, payload, &state, event).await)
}

/// Gives an account back before its time.
pub(super) async fn release(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let event = |incident: &Incident, actor: Actor, said: Said| {
        let (incident, reason, false_alarm) = (incident.id().clone(), said.reason, said.false_alarm);
        Ok(Event::IncidentReleased { incident, actor: actor.name, reason, false_alarm })
    };
    match say(&request, &id, payload, &state, event).await {
        Ok(id) => HttpResponse::Ok().json(json!({ "incident": id, "waits": waits(&id, &state) })),
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

/// Nobody lets go on what is done to themselves; where it wants to be approved, nor what they asked for or what a rule of their own does. Whom the
/// configuration does not know approves no plan: they may be the one it is about.
fn may_approve(incident: &Incident, actor: &Actor, said: &Said, state: &State) -> Result<(), Problem> {
    if actor.user_id.is_some() && actor.user_id == incident.user_id {
        return Err(Problem::OwnAccount);
    }
    if incident.status != Status::Held(HoldReason::ApprovalWanted) {
        return Ok(());
    }
    if actor.user_id.is_none() {
        return Err(Problem::UnknownApprover);
    }
    if let Some(asker) = &incident.plan.asked_by {
        // Under another name it is the same person.
        let is_theirs = state.access.account_of(asker).is_some_and(|account| actor.user_id.as_ref() == Some(account));
        if is_theirs || *asker == actor.name {
            return Err(Problem::OwnRequest);
        }
    }
    if said.plan != Some(incident.plan.digest()) {
        return Err(Problem::OtherPlan);
    }
    let rules = state.rules.now();
    let of_plan = |id| incident.plan.rules.iter().any(|rule| rule.id == id);
    let is_own = rules.set.all_rules().any(|rule| of_plan(rule.reference.id.clone()) && rule.is_by(&actor.name));
    if is_own { Err(Problem::OwnRule) } else { Ok(()) }
}

async fn say(
    request: &HttpRequest,
    id: &str,
    payload: Payload,
    state: &State,
    event: impl FnOnce(&Incident, Actor, Said) -> Result<Event, Problem>,
) -> Result<IncidentId, Problem> {
    let actor = authorize::actor(request, state, Permission::Control)?;
    let said: Said = body::json(request, payload, state).await?;
    if !body::is_reason(&said.reason) {
        return Err(Problem::WrongSchema);
    }
    let id = IncidentId::parse(id).map_err(|_| Problem::NotFound)?;
    let incident = state.trail.board(|board| board.in_effect(&id).map(|live| live.incident.clone()));
    let event = event(&incident.ok_or(Problem::NotFound)?, actor, said)?;
    tracing::warn!(event.kind = event.kind(), incident.id = %id, "a responder answers");
    state.trail.record(state.clock.now(), vec![event]).await?;
    Ok(id)
}

fn shaped(said: Result<IncidentId, Problem>) -> HttpResponse {
    match said {
        Ok(id) => HttpResponse::Ok().json(json!({ "incident": id })),
        Err(problem) => problem.response(),
    }
}
