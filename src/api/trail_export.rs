//! `GET /v1/trail/export`: a range of sealed records as a file, with the checkpoint that it is under.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::flow::Body;
use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::Timestamp;
use crate::trail::export::{Format, Selection};

/// The checkpoint that the records are under, in base64.
const CHECKPOINT: &str = "portcullis-checkpoint";
/// Which records, as `from-to`, the last not among them.
const RECORDS: &str = "portcullis-records";

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    format: Option<String>,
    from: Option<u64>,
    to: Option<u64>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// Records in one of the formats. Nothing is given out before it is on the trail who takes it.
pub(super) async fn export(request: HttpRequest, state: Data<State>) -> HttpResponse {
    begin(&request, &state).await.unwrap_or_else(Problem::response)
}

async fn begin(request: &HttpRequest, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadTrail)?;
    let asked = Query::<Asked>::from_query(request.query_string()).map_err(|_| Problem::BadRequest)?;
    let format = asked.format.as_deref().map_or(Some(Format::JsonLines), Format::parse).ok_or(Problem::BadRequest)?;
    let selection = Selection { from: asked.from, to: asked.to, since: asked.since, until: asked.until };
    let given = state.inspection().export(&actor.name, format, selection).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.media_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", given.name)))
        .insert_header((CHECKPOINT, STANDARD.encode(given.checkpoint)))
        .insert_header((RECORDS, format!("{}-{}", given.from, given.to)))
        .body(Body(given.flow)))
}
