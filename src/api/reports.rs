//! `GET /v1/trail/reports/{name}`: what auditors ask for, ready made.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::Timestamp;
use crate::trail::reports::{Range, Report};
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
    let table = state.inspection().report(&actor.name, report, range).await?;
    Ok(HttpResponse::Ok().json(table))
}

fn time(text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.map(|text| moment(text).ok_or(Problem::BadRequest)).transpose()
}
