//! `GET /v1/doctor` and `POST /v1/doctor/run`: what was last found, and having everything looked at now.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::doctor::{Examined, Told};
use crate::incident::{Checked, Timestamp};

#[derive(Serialize)]
struct Page {
    /// Whether nothing had failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
    /// When it was looked; absent where it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    checks: Vec<Examined>,
    /// Whether a run is under way, or is about to be.
    is_pending: bool,
}

impl Page {
    /// Of this run of the program with all there is to say, else what the trail has of it.
    fn of(state: &State) -> Self {
        let bare = |one: &Checked| Examined::of(one.check, one.found);
        let recorded = || {
            let checkup = state.trail.board(|board| board.checkup().cloned())?;
            Some(Told { at: checkup.at, examined: checkup.checks.iter().map(bare).collect() })
        };
        let is_pending = state.doctor.is_pending();
        match state.doctor.last().or_else(recorded) {
            None => Self { ok: None, at: None, checks: Vec::new(), is_pending },
            Some(Told { at, examined }) => {
                let ok = !examined.iter().any(|one| one.checked().has_failed());
                Self { ok: Some(ok), at: Some(at), checks: examined, is_pending }
            }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    /// Whether each channel is sent a trial.
    #[serde(default)]
    send: bool,
}

/// What was last found.
pub(super) async fn show(request: HttpRequest, state: Data<State>) -> HttpResponse {
    match authorize::actor(&request, &state, Permission::ReadDoctor) {
        Ok(_) => HttpResponse::Ok().json(Page::of(&state)),
        Err(problem) => problem.response(),
    }
}

/// Has everything looked at, the canary among it; asked for again meanwhile, once more behind that.
pub(super) async fn examine(request: HttpRequest, wanted: Option<Query<Wanted>>, state: Data<State>) -> HttpResponse {
    let actor = match authorize::actor(&request, &state, Permission::RunDoctor) {
        Ok(actor) => actor,
        Err(problem) => return problem.response(),
    };
    let Some(wanted) = wanted else { return Problem::WrongSchema.response() };
    state.doctor.ask(&actor.name, wanted.send);
    tracing::info!(actor = actor.name, doctor.send = wanted.send, "the doctor is asked for");
    HttpResponse::Ok().json(Page::of(&state))
}
