//! `GET /v1/trail/search`: the records that pass all filters, newest first, page by page.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::value::RawValue;

use super::trail::raw;
use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::trail::search::{Cursor, QueryError};

/// Records on one page unless asked otherwise.
const PAGE: usize = 100;

/// A page. A type of its own and no `Value`, which would write the records anew.
#[derive(Serialize)]
struct Answer {
    /// Newest first.
    records: Vec<Box<RawValue>>,
    /// The cursor of the next page; none when this is the last.
    next: Option<String>,
    /// Everything before this record was indexed. What came later was read, and is on the pages as well.
    indexed_to: u64,
}

/// What is asked for beside the filters.
#[derive(Default)]
struct Page {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// One page of what was found, as it was hashed. That it was read is itself on the trail.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    page(&request, &state).await.unwrap_or_else(Problem::response)
}

async fn page(request: &HttpRequest, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadTrail)?;
    let asked = Query::<Vec<(String, String)>>::from_query(request.query_string()).map_err(|_| Problem::BadRequest)?;
    let (page, filters) = parted(&asked)?;
    let inspection = state.inspection();
    let query = inspection.query(filters)?;
    let from = page.cursor.map(|cursor| Cursor::decode(&cursor, &query).ok_or(Problem::WrongCursor)).transpose()?;
    let found = inspection.search(&actor.name, query.clone(), from, page.limit.unwrap_or(PAGE)).await?;
    let (records, next) = (raw(&found.records)?, found.next.map(|cursor| cursor.encode(&query)));
    Ok(HttpResponse::Ok().json(Answer { records, next, indexed_to: found.indexed_to }))
}

/// The page that is asked for, and the filters.
fn parted(asked: &[(String, String)]) -> Result<(Page, impl Iterator<Item = (&str, &str)>), Problem> {
    let mut page = Page::default();
    for (name, value) in asked {
        let is_first = match name.as_str() {
            "cursor" => page.cursor.replace(value.clone()).is_none(),
            "limit" => page.limit.replace(value.parse().map_err(|_| Problem::BadRequest)?).is_none(),
            _ => true,
        };
        if !is_first {
            return Err(Problem::BadRequest);
        }
    }
    let filters = asked.iter().filter(|(name, _)| !matches!(name.as_str(), "cursor" | "limit"));
    Ok((page, filters.map(|(name, value)| (name.as_str(), value.as_str()))))
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        Self::WrongFilter(error)
    }
}
