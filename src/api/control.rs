//! `POST /v1/pause`, `/v1/resume` and `/v1/breaker/release`: what a responder can stop and let go on. Each wants a
//! reason, which lands on the trail with the actor.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Problem, State, authorize, body};
use crate::access::{Actor, Permission};
use crate::decisions::Reason;
use crate::incident::{PauseScope, RuleId, SourceName, Trip};

/// Why, and of a pause how far it reaches: to all actions, unless a source or a rule is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Steering)]
pub(super) struct Why {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    #[schema(value_type = Option<String>)]
    source: Option<SourceName>,
    #[schema(value_type = Option<String>, format = "uuid")]
    rule: Option<RuleId>,
}

impl Why {
    fn scope(&self) -> Result<PauseScope, Problem> {
        match (&self.source, &self.rule) {
            (None, None) => Ok(PauseScope::All),
            (Some(source), None) => Ok(PauseScope::Source(source.clone())),
            (None, Some(rule)) => Ok(PauseScope::Rule(rule.clone())),
            (Some(_), Some(_)) => Err(Problem::WrongSchema),
        }
    }
}

/// Stops all actions, or those of a source or a rule; alerts go on being recorded, and their plans are held.
pub(super) async fn pause(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    let paused = async {
        let (actor, scope, reason) = heard(&request, payload, &state).await?;
        Ok(state.decisions.pause(&actor, scope, reason).await?)
    };
    shaped(paused.await, &state)
}

/// Lets actions run again, and ends no other pause than the one that is named. What was held meanwhile stays held
/// until somebody approves it.
pub(super) async fn resume(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    let resumed = async {
        let (actor, scope, reason) = heard(&request, payload, &state).await?;
        Ok(state.decisions.resume(&actor, scope, reason).await?)
    };
    shaped(resumed.await, &state)
}

/// Releases the breaker for one source or one rule, for which it must have tripped. What it held stays held until
/// somebody approves it.
pub(super) async fn release_breaker(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    let released = async {
        let (actor, scope, reason) = heard(&request, payload, &state).await?;
        Ok(state.decisions.release_breaker(&actor, scope, reason).await?)
    };
    shaped(released.await, &state)
}

async fn heard(request: &HttpRequest, payload: Payload, state: &State) -> Result<(Actor, PauseScope, Reason), Problem> {
    let actor = authorize::actor(request, state, Permission::Control)?;
    let why: Why = body::json(request, payload, state).await?;
    Ok((actor, why.scope()?, body::reason(&why.reason)?))
}

fn shaped(result: Result<(), Problem>, state: &State) -> HttpResponse {
    if let Err(problem) = result {
        return problem.response();
    }
    let (pauses, breakers) = state.trail.board(|board| (board.pauses().clone(), board.breakers().clone()));
    let sources: Vec<&str> = pauses.iter().filter_map(|(scope, _)| source_of(scope)).collect();
    let rules: Vec<&str> = pauses.iter().filter_map(|(scope, _)| rule_of(scope)).collect();
    let tripped: Vec<&Trip> = breakers.iter().map(|(trip, _)| trip).collect();
    let paused = pauses.of_all().is_some();
    HttpResponse::Ok().json(json!({ "paused": paused, "sources": sources, "rules": rules, "tripped": tripped }))
}

fn source_of(scope: &PauseScope) -> Option<&str> {
    match scope {
        PauseScope::Source(source) => Some(source.as_str()),
        PauseScope::All | PauseScope::Rule(_) => None,
    }
}

fn rule_of(scope: &PauseScope) -> Option<&str> {
    match scope {
        PauseScope::Rule(rule) => Some(rule.as_str()),
        PauseScope::All | PauseScope::Source(_) => None,
    }
}
