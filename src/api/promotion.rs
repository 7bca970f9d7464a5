//! `POST /v1/rules/{id}/promote` and `/v1/rules/{id}/dispute`: letting a rule act that has only
//! watched, and saying that what it matched was wrong. Both land on the trail with the actor.

use std::sync::Arc;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Problem, State, authorize, body};
use crate::access::Permission;
use crate::decisions::Reason;
use crate::incident::{AlertId, Digest, Event, Lack, RuleId, ShadowEvidence};
use crate::rules::{Loaded, Mode, Rule};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RulePromotion)]
pub(super) struct Wanted {
    /// What the rule does that is meant, so that nobody lets another act than they have read.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    behaviour: Digest,
    /// Why, though the evidence is not enough.
    despite: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleDispute)]
pub(super) struct Objection {
    alert: String,
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Records who lets a rule act, if it has shown enough. What makes it act is its file.
pub(super) async fn promote(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    promoted(&request, &id, payload, &state).await.unwrap_or_else(Problem::response)
}

/// Records that a match of a rule that only watches was wrong.
pub(super) async fn dispute(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    disputed(&request, &id, payload, &state).await.unwrap_or_else(Problem::response)
}

async fn promoted(request: &HttpRequest, id: &str, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::PromoteRules)?;
    let loaded = state.rules.now();
    let rule = find(&loaded, id)?;
    let wanted: Wanted = body::json(request, payload, state).await?;
    let despite = wanted.despite.as_deref().map(body::reason).transpose()?;
    let evidence = evidence(rule, &wanted, state)?;
    // Nobody lets a rule act that bears their own name, or counts what a rule of theirs matches.
    let people = loaded.set.people_behind(&rule.reference.id);
    if state.decisions.is_author(&actor, people.into_iter()) {
        return Err(Problem::OwnRule);
    }
    let lacks: Vec<String> = evidence.lacks(state.bar).into_iter().map(Lack::text).collect();
    if !lacks.is_empty() && despite.is_none() {
        let what = [("result", json!("refused")), ("lacks", json!(lacks)), ("evidence", json!(evidence))];
        return Ok(Problem::NotShown.response_with(what));
    }
    // Recorded only where it counts: enough is enough, whatever else was said.
    let despite = despite.filter(|_| !lacks.is_empty()).map(Reason::into_text);
    let answer = json!({ "result": "promoted", "lacks": lacks, "evidence": evidence });
    let event = Event::RulePromoted {
        rule: rule.reference.clone(),
        behaviour: rule.behaviour,
        actor: actor.name,
        evidence,
        despite,
    };
    tracing::warn!(rule.id = %rule.reference.id, "a rule is let act");
    state.trail.record(state.clock.now(), vec![event]).await?;
    Ok(HttpResponse::Ok().json(answer))
}

async fn disputed(request: &HttpRequest, id: &str, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::Control)?;
    let rule = RuleId::parse(id).map_err(|_| Problem::NotFound)?;
    if state.trail.board(|board| board.watches().watch(&rule).is_none()) {
        return Err(Problem::NotFound);
    }
    let Objection { alert, reason } = body::json(request, payload, state).await?;
    let reason = body::reason(&reason)?.into_text();
    let alert = AlertId::parse(&alert).map_err(|_| Problem::WrongSchema)?;
    let watches = |alert| {
        state.trail.board(|board| board.watches().watch(&rule).is_some_and(|watch| watch.may_be_disputed(alert)))
    };
    if !watches(&alert) {
        return Err(Problem::NotFound);
    }
    let event = Event::RuleDisputed { rule, alert, actor: actor.name, reason };
    state.trail.record(state.clock.now(), vec![event]).await?;
    Ok(HttpResponse::Ok().json(json!({ "result": "disputed" })))
}

fn find<'l>(loaded: &'l Arc<Loaded>, id: &str) -> Result<&'l Rule, Problem> {
    loaded.set.all_rules().find(|rule| rule.reference.id.as_str() == id).ok_or(Problem::NotFound)
}

/// What this very rule has shown, if it only watches.
fn evidence(rule: &Rule, wanted: &Wanted, state: &State) -> Result<ShadowEvidence, Problem> {
    if rule.response.as_ref().is_none_or(|response| response.mode != Mode::Shadow) {
        return Err(Problem::NotWatching);
    }
    if rule.behaviour != wanted.behaviour {
        return Err(Problem::OtherRule);
    }
    let now = state.clock.now();
    let watched = state.trail.board(|board| {
        let watch = board.watches().watch(&rule.reference.id).filter(|watch| watch.behaviour() == rule.behaviour);
        watch.map(|watch| watch.evidence(now))
    });
    watched.ok_or(Problem::NotWatching)
}
