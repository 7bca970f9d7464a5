//! `GET /v1/directory` and `POST /v1/directory/sync`: how far the organization has been read, and having it read now.
//! Numbers only: who is in it is for fewer to read (`people`).

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::directory::index::RolesRead;
use crate::incident::Timestamp;
use crate::roster::{Progress, Roster};

#[derive(Serialize)]
struct Page {
    /// Everybody known has been seen since then; absent before the first run has come to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<Timestamp>,
    people: usize,
    departments: usize,
    roles: usize,
    /// The same of who has which role; absent also where DingTalk does not show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    roles_read_at: Option<Timestamp>,
    /// How far the run that is under way has come.
    progress: Progress,
    /// Whether a run is under way, or is about to be.
    is_pending: bool,
    /// Why the last one was cut off; it goes on later.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl Page {
    fn of(roster: &Roster) -> Self {
        let progress = *roster.progress().borrow();
        let is_pending = progress.is_running || roster.is_due();
        roster.index(|index| Self {
            read_at: index.reading().at(),
            people: index.people(),
            departments: index.departments().count(),
            roles: index.roles().count(),
            roles_read_at: match index.reading().roles() {
                Some(RolesRead::At(at)) => Some(at),
                Some(RolesRead::Refused) | None => None,
            },
            progress,
            is_pending,
            failure: roster.failure(),
        })
    }
}

/// How far it has been read.
pub(super) async fn show(request: HttpRequest, state: Data<State>) -> HttpResponse {
    match roster(&request, &state, Permission::ReadDirectory) {
        Ok(roster) => HttpResponse::Ok().json(Page::of(roster)),
        Err(problem) => problem.response(),
    }
}

/// Has it read now, beside a run that is under way once more.
pub(super) async fn sync(request: HttpRequest, state: Data<State>) -> HttpResponse {
    match roster(&request, &state, Permission::SyncDirectory) {
        Ok(roster) => {
            roster.ask();
            // It may be over by now, and a run is under way all the same for whoever has asked.
            HttpResponse::Ok().json(Page { is_pending: true, ..Page::of(roster) })
        }
        Err(problem) => problem.response(),
    }
}

/// The roster, if there is one and whoever asks may.
fn roster<'s>(request: &HttpRequest, state: &'s State, needed: Permission) -> Result<&'s Roster, Problem> {
    let actor = authorize::actor(request, state, needed)?;
    tracing::debug!(actor = actor.name, "the directory index is asked for");
    // Without an index there is nothing to be seen.
    state.roster.as_deref().ok_or(Problem::NotFound)
}
