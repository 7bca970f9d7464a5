//! `POST /v1/incidents/{id}/approve`, `/dismiss`, `/hold`, `/extend` and `/release`: what a responder says to one incident. Each wants a
//! reason, which lands on the trail with the actor.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Problem, State, authorize, body};
use crate::access::{Actor, Permission};
use crate::decisions::{Approved, Given, Reason, Released};
use crate::incident::{Digest, IncidentId, Timestamp};

/// Why, and to which plan.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IncidentAnswer)]
pub(super) struct Said {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// The digest of the plan that is approved. It has to be said where the plan wants to be approved.
    #[schema(value_type = Option<String>, pattern = "^[0-9a-f]{64}$")]
    plan: Option<Digest>,
    /// Of a release: that the account should not have been contained.
    #[serde(default)]
    false_alarm: bool,
}

/// Why, and until when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IncidentExtension)]
pub(super) struct Extended {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// When the account is given back instead: later than now and than it would be, at most 31 days from now.
    #[schema(value_type = String, format = "date-time")]
    until: Timestamp,
}

/// The incident, and what else there is to say.
#[derive(Default, Serialize)]
struct Answered {
    incident: String,
    /// How many more have to say yes, if any have.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Given>,
    /// What keeps the account although it is to be given back.
    #[serde(flatten)]
    released: Option<Released>,
}

/// Lets one held incident go on; the guard layer is asked again.
pub(super) async fn approve(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    shaped(async {
        let (actor, id, reason, said) = heard(&request, &id, payload, &state).await?;
        let approval = match state.decisions.approve(&actor, &id, reason, said.plan).await? {
            Approved::GoesOn => None,
            Approved::WantsMore(given) => Some(given),
        };
        Ok(Answered { incident: id.to_string(), approval, ..Answered::default() })
    })
    .await
}

/// Says of a held incident that nothing is to be done.
pub(super) async fn dismiss(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    shaped(async {
        let (actor, id, reason, _) = heard(&request, &id, payload, &state).await?;
        state.decisions.dismiss(&actor, &id, reason).await?;
        Ok(Answered { incident: id.to_string(), ..Answered::default() })
    })
    .await
}

/// Holds an incident until somebody lets it go on.
pub(super) async fn hold(request: HttpRequest, id: Path<String>, payload: Payload, state: Data<State>) -> HttpResponse {
    shaped(async {
        let (actor, id, reason, _) = heard(&request, &id, payload, &state).await?;
        state.decisions.hold(&actor, &id, reason).await?;
        Ok(Answered { incident: id.to_string(), ..Answered::default() })
    })
    .await
}

/// Keeps an account disabled for longer than its plan says.
pub(super) async fn extend(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    shaped(async {
        let actor = authorize::actor(&request, &state, Permission::Control)?;
        let said: Extended = body::json(&request, payload, &state).await?;
        let id = IncidentId::parse(&id).map_err(|_| Problem::NotFound)?;
        state.decisions.extend(&actor, &id, body::reason(&said.reason)?, said.until).await?;
        Ok(Answered { incident: id.to_string(), ..Answered::default() })
    })
    .await
}

/// Gives an account back before its time.
pub(super) async fn release(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    shaped(async {
        let (actor, id, reason, said) = heard(&request, &id, payload, &state).await?;
        let released = state.decisions.release(&actor, &id, reason, said.false_alarm).await?;
        Ok(Answered { incident: id.to_string(), released: Some(released), ..Answered::default() })
    })
    .await
}

/// Who says what, and to what.
async fn heard(
    request: &HttpRequest,
    id: &str,
    payload: Payload,
    state: &State,
) -> Result<(Actor, IncidentId, Reason, Said), Problem> {
    let actor = authorize::actor(request, state, Permission::Control)?;
    let said: Said = body::json(request, payload, state).await?;
    let reason = body::reason(&said.reason)?;
    let id = IncidentId::parse(id).map_err(|_| Problem::NotFound)?;
    Ok((actor, id, reason, said))
}

async fn shaped(answered: impl Future<Output = Result<Answered, Problem>>) -> HttpResponse {
    match answered.await {
        Ok(answered) => HttpResponse::Ok().json(answered),
        Err(problem) => problem.response(),
    }
}
