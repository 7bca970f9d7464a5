//! `GET /v1/directory/people`: who has a role, is in a department, or has a mail address or job number, by the directory
//! index. Ids only, and only for those who act on accounts: everything else of a person stays in the index.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::UserId;
use crate::roster::{By, TooOld};

/// The most that are listed. Nobody reads more, and a department may be the whole organization.
const LISTED_MAX: usize = 1_000;
/// When to come again while the index is being read, in seconds.
const RETRY_AFTER_S: u64 = 60;

#[derive(Serialize)]
struct Page {
    /// The first of them, by their ids.
    people: Vec<UserId>,
    /// How many there are.
    total: usize,
}

/// Everybody of whom the one thing is so that is asked for.
pub(super) async fn list(
    request: HttpRequest,
    asked: Option<Query<Vec<(String, String)>>>,
    state: Data<State>,
) -> HttpResponse {
    let actor = match authorize::actor(&request, &state, Permission::LookUpPeople) {
        Ok(actor) => actor,
        Err(problem) => return problem.response(),
    };
    // Without an index there is nothing to be seen.
    let Some(roster) = &state.roster else { return Problem::NotFound.response() };
    let by = match asked.as_ref().map(|asked| asked.as_slice()) {
        Some([(name, value)]) => By::parse(name, value).ok(),
        _ => None,
    };
    let Some(by) = by else { return Problem::WrongSchema.response() };
    let mut people = match roster.people_by(&by) {
        Ok(people) => people,
        Err(TooOld) => return Problem::Unavailable { retry_after_s: RETRY_AFTER_S }.response(),
    };
    let total = people.len();
    people.truncate(LISTED_MAX);
    tracing::info!(actor = actor.name, directory.by = by.name(), people.count = total, "people are looked up");
    HttpResponse::Ok().json(Page { people, total })
}
