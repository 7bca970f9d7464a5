//! `GET /v1/trail`: the records as they are kept, page by page.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::{Digest, Event};
use crate::trail::{StoreError, Stored};

/// Records on one page unless asked otherwise.
const PAGE: usize = 100;
/// The most records on one page.
const PAGE_MAX: usize = 1_000;

/// Which page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// The first sequence number.
    #[serde(default)]
    from: u64,
    /// How many records at most.
    limit: Option<usize>,
}

/// The page. A type of its own and no `Value`, which would write the records anew.
#[derive(Serialize)]
struct Answer {
    records: Vec<Box<RawValue>>,
    /// Where the next page begins; none when this is the last.
    next: Option<u64>,
    head: Size,
}

/// Size and root of the trail as this page saw it.
#[derive(Serialize)]
struct Size {
    size: u64,
    root: Digest,
}

/// One page of records, exactly as they were hashed. That it was read is itself on the trail.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    match page(&request, &state).await {
        Ok(response) => response,
        Err(problem) => problem.response(),
    }
}

async fn page(request: &HttpRequest, state: &Data<State>) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadTrail)?;
    let page = Query::<Page>::from_query(request.query_string()).map_err(|_| Problem::BadRequest)?;
    let (from, limit) = (page.from.max(state.trail.store().first()), page.limit.unwrap_or(PAGE).min(PAGE_MAX));
    let trail = state.trail.clone();
    let stored = tokio::task::spawn_blocking(move || trail.store().read(from, limit));
    let stored = stored.await.map_err(|_| Problem::BadRequest)??;
    let count = u32::try_from(stored.len()).unwrap_or(u32::MAX);
    let event = Event::TrailRead { actor: actor.name, from, count, incident: None };
    let head = state.trail.head();
    state.trail.record(state.clock.now(), vec![event]).await?;
    let records = raw(&stored)?;
    let next = stored.last().map(|last| last.seq + 1).filter(|next| *next < head.size);
    Ok(HttpResponse::Ok().json(Answer { records, next, head: Size { size: head.size, root: head.root } }))
}

/// Records as JSON, byte for byte as they are kept.
pub(super) fn raw(stored: &[Stored]) -> Result<Vec<Box<RawValue>>, Problem> {
    let records = stored.iter().map(|stored| serde_json::from_slice(&stored.record));
    records.collect::<Result<_, _>>().map_err(|error| StoreError::Damaged(error.to_string()).into())
}
