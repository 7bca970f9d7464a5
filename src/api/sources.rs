//! `GET /v1/sources`, `GET /v1/sources/{source}` and `POST /v1/sources/{source}/test`: which senders there are, what
//! was last heard of them, and trying one out.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Problem, State, authorize, body};
use crate::access::Permission;
use crate::incident::{Assurance, SourceName, Timestamp};
use crate::intake::{Heard, Intake, Trial};
use crate::trail;

#[derive(Serialize)]
struct Row<'s> {
    name: &'s SourceName,
    kind: &'static str,
    assurance: Assurance,
    /// When it last sent an alert that was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    alert_at: Option<Timestamp>,
    /// The live secrets, and when each was last used for an alert.
    secrets: BTreeMap<&'s str, Option<Timestamp>>,
    /// When it last proved itself in this run of the program, whatever it brought, and by which secrets.
    since_start: Heard,
    /// The last refusal in its name, of this run or on the trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refused>,
    /// What its sender has last said of its stream or subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<trail::Stream>,
    /// The window in which it is tried out, or was not long ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<Window>,
}

#[derive(Serialize)]
struct Window {
    /// Whether deliveries are not acted on now.
    open: bool,
    #[serde(flatten)]
    trial: Trial,
}

#[derive(Serialize)]
struct Refused {
    at: Timestamp,
    reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SourceTrial)]
pub(super) struct Wanted {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// For how long; 0 ends it.
    #[serde(default = "ten")]
    #[schema(maximum = 60)]
    minutes: u16,
}

fn ten() -> u16 {
    10
}

/// All of them, in order of their names.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    if let Err(problem) = authorize::actor(&request, &state, Permission::ReadSources) {
        return problem.response();
    }
    let mut heard = state.trail.figures().heard;
    let (intake, now) = (state.sources.now(), state.clock.now());
    let rows: Vec<Row<'_>> = intake.sources().map(|name| row(&intake, name, heard.remove(name), now)).collect();
    HttpResponse::Ok().json(json!({ "sources": rows }))
}

/// One of them.
pub(super) async fn show(request: HttpRequest, source: Path<String>, state: Data<State>) -> HttpResponse {
    if let Err(problem) = authorize::actor(&request, &state, Permission::ReadSources) {
        return problem.response();
    }
    let intake = state.sources.now();
    let Some(name) = intake.configured(&source) else { return Problem::NotFound.response() };
    HttpResponse::Ok().json(row(&intake, name, state.trail.figures().heard.remove(name), state.clock.now()))
}

/// Opens a window in which the source's deliveries are verified and shown, and never acted on.
pub(super) async fn test(
    request: HttpRequest,
    source: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    tried(&request, &source, payload, &state).await.unwrap_or_else(Problem::response)
}

async fn tried(request: &HttpRequest, source: &str, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::TrySources)?;
    state.sources.now().configured(source).ok_or(Problem::NotFound)?;
    let Wanted { reason, minutes } = body::json(request, payload, state).await?;
    let until = state.decisions.try_source(&actor, source, minutes, body::reason(&reason)?).await?;
    Ok(HttpResponse::Ok().json(json!({ "until": until })))
}

fn row<'s>(intake: &'s Intake, name: &'s SourceName, heard: Option<trail::Heard>, now: Timestamp) -> Row<'s> {
    let heard = heard.unwrap_or_default();
    let about = intake.about(name);
    let since_start = intake.heard(name).unwrap_or_default();
    Row {
        name,
        kind: about.map_or("", |about| about.kind.as_str()),
        assurance: about.map_or(Assurance::D, |about| about.assurance),
        alert_at: heard.alert_at,
        secrets: about
            .into_iter()
            .flat_map(|about| about.secrets.iter())
            .map(|secret| (secret.as_str(), heard.secrets.get(secret).copied()))
            .collect(),
        refused: last_refusal(&since_start, heard.refused),
        since_start,
        stream: heard.stream,
        trial: intake.trial(name, now).map(|trial| Window { open: trial.is_open(now), trial }),
    }
}

/// The trail has what was refused once its minute is over, and what was before the start.
fn last_refusal(since_start: &Heard, on_trail: Option<(Timestamp, String)>) -> Option<Refused> {
    let live = since_start.refused.map(|last| Refused { at: last.at, reason: last.reason.to_owned() });
    let recorded = on_trail.map(|(at, reason)| Refused { at, reason });
    match (live, recorded) {
        (Some(live), Some(recorded)) if recorded.at > live.at => Some(recorded),
        (live, recorded) => live.or(recorded),
    }
}
