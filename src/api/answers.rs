//! `POST /v1/incidents/{id}/approve`, `/dismiss` and `/release`: what a responder says to one incident. Each wants a
//! reason, which lands on the trail with the actor.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Problem, State, authorize, body, whose};
use crate::access::{Actor, Permission};
use crate::incident::{Digest, Event, HoldReason, Incident, IncidentId, Status};
use crate::trail::{Live, RecordError, StoreError};

/// How often it is judged anew, because the incident has changed while it was.
const JUDGED_MAX: u32 = 5;

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
    let approved = answered((&request, &id, payload), &state, async |live, actor, said| {
        may_approve(live, actor, said, &state).await?;
        let (incident, approver) = (live.incident.id().clone(), actor.user_id.clone());
        let (actor, reason, plan) = (actor.name.clone(), said.reason.clone(), said.plan);
        Ok(Event::IncidentApproved { incident, actor, reason, approver, plan })
    });
    shaped(&id, approved.await.map(|incident| after_approval(&incident, &state)))
}

/// Says of a held incident that nothing is to be done.
pub(super) async fn dismiss(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let dismissed = answered((&request, &id, payload), &state, async |live, actor, said| {
        let (incident, actor, reason) = (live.incident.id().clone(), actor.name.clone(), said.reason.clone());
        Ok(Event::IncidentDismissed { incident, actor, reason })
    });
    shaped(&id, dismissed.await.map(|_| json!({})))
}

/// Gives an account back before its time.
pub(super) async fn release(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let released = answered((&request, &id, payload), &state, async |live, actor, said| {
        let (incident, actor, reason) = (live.incident.id().clone(), actor.name.clone(), said.reason.clone());
        Ok(Event::IncidentReleased { incident, actor, reason, false_alarm: said.false_alarm })
    });
    shaped(&id, released.await.map(|incident| after_release(&incident, &state)))
}

/// Records what somebody says to an incident, once it is judged whether they may. That takes a while, in which others
/// and the executor go on: what was judged holds for the incident as it was then, and is judged anew for any other.
/// Gives the incident as it was before.
async fn answered(
    (request, id, payload): (&HttpRequest, &str, Payload),
    state: &State,
    judge: impl AsyncFn(&Live, &Actor, &Said) -> Result<Event, Problem>,
) -> Result<Incident, Problem> {
    let (id, actor, said) = heard(request, id, payload, state).await?;
    for _ in 0..JUDGED_MAX {
        let live = state.trail.board(|board| board.in_effect(&id).cloned());
        let Some(live) = live else { return Err(over_or_unknown(&id, state)?) };
        whose::refuse_subject(&actor, &live, state).await?;
        let event = judge(&live, &actor, &said).await?;
        tracing::warn!(event.kind = event.kind(), incident.id = %id, "a responder answers");
        match state.trail.record_as_seen(state.clock.now(), event, &live.incident).await {
            Err(RecordError::Changed) => {}
            recorded => return Ok(recorded.map(|()| live.incident)?),
        }
    }
    Err(RecordError::Changed.into())
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
    // Under another name it is the same person, also where the name was changed since.
    let asker = incident.plan.asked_by.as_deref();
    let is_asker = incident.plan.asker.is_some() && incident.plan.asker == actor.user_id;
    if is_asker || asker.is_some_and(|asker| state.access.names_of(actor).any(|name| name == asker)) {
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
) -> Result<(IncidentId, Actor, Said), Problem> {
    let actor = authorize::actor(request, state, Permission::Control)?;
    let said: Said = body::json(request, payload, state).await?;
    if !body::is_reason(&said.reason) {
        return Err(Problem::WrongSchema);
    }
    let id = IncidentId::parse(id).map_err(|_| Problem::NotFound)?;
    Ok((id, actor, said))
}

/// Nothing can be said to an incident that is over, and nothing is known of any other.
fn over_or_unknown(id: &IncidentId, state: &State) -> Result<Problem, StoreError> {
    Ok(if state.trail.incident(id)?.is_some() { Problem::WrongState } else { Problem::NotFound })
}

/// How many more have to say yes, if any have.
fn after_approval(incident: &Incident, state: &State) -> Value {
    let now = state.trail.board(|board| board.in_effect(incident.id()).map(|live| live.incident.assent.clone()));
    let wanted = incident.plan.approval.filter(|_| incident.status == Status::Held(HoldReason::ApprovalWanted));
    match (wanted, now) {
        (Some(wanted), Some(assent)) if !assent.given => {
            json!({ "approval": { "people": wanted.people, "given_by": assent.by.len() } })
        }
        _ => json!({}),
    }
}

/// What keeps the account disabled although it is to be given back, if anything does.
fn after_release(incident: &Incident, state: &State) -> Value {
    let (source, rules) = incident.plan.asked_on();
    let (is_paused, by) = state.trail.board(|board| {
        let others = |user_id| board.beside(user_id, incident.id());
        // One that was released itself keeps nobody: it only has not ended yet.
        let keeps = |incident: &Incident| incident.is_containing() && !incident.released;
        let contains = |id: &IncidentId| board.in_effect(id).is_some_and(|live| keeps(&live.incident));
        let by = incident.user_id.as_ref().and_then(|user_id| others(user_id).into_iter().find(contains));
        (board.pauses().hold(source, rules), by)
    });
    let waits_for = match state.directory.only_reads() {
        _ if !incident.may_be_to_undo() => Some("nothing_of_ours"),
        _ if is_paused => Some("paused"),
        true => Some("dry_run"),
        false => None,
    };
    let mut answer = json!({});
    if let Some(members) = answer.as_object_mut() {
        members.extend(waits_for.map(|what| ("waits_for".to_owned(), json!(what))));
        members.extend(by.map(|by| ("kept_by".to_owned(), json!(by))));
    }
    answer
}

/// The incident, and what else there is to say.
fn shaped(id: &str, said: Result<Value, Problem>) -> HttpResponse {
    match said {
        Ok(mut answer) => {
            if let Some(members) = answer.as_object_mut() {
                members.insert("incident".to_owned(), id.into());
            }
            HttpResponse::Ok().json(answer)
        }
        Err(problem) => problem.response(),
    }
}
