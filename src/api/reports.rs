//! `GET /v1/trail/reports/{name}`: what auditors ask for, ready made.

use std::sync::Arc;

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::{Event, Timestamp};
use crate::trail::reports::{Range, Reading, Report};
use crate::trail::search::moment;

/// Of which time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    since: Option<String>,
    until: Option<String>,
}

/// One report. That the records behind it were read is itself on the trail.
pub(super) async fn show(request: HttpRequest, state: Data<State>, name: Path<String>) -> HttpResponse {
    make(&request, &state, &name).await.unwrap_or_else(Problem::response)
}

async fn make(request: &HttpRequest, state: &State, name: &str) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadTrail)?;
    let report = Report::parse(name).ok_or(Problem::NotFound)?;
    let asked = Query::<Asked>::from_query(request.query_string()).map_err(|_| Problem::BadRequest)?;
    let range = Range { since: time(asked.since.as_deref())?, until: time(asked.until.as_deref())? };
    let (index, now) = (Arc::clone(&state.index), state.clock.now());
    let table = state
        .trail
        .aside(move |trail| report.make(&Reading { store: trail.store(), index: &index }, range, now))
        .await?;
    let count = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    let event = Event::TrailRead { actor: actor.name, from: table.from, count, incident: None };
    state.trail.record(state.clock.now(), vec![event]).await?;
    Ok(HttpResponse::Ok().json(table))
}

fn time(text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.map(|text| moment(text).ok_or(Problem::BadRequest)).transpose()
}
