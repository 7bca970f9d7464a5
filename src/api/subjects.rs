//! `POST /v1/subjects/find`, `…/export` and `…/erase`: what is kept on a person. Names are in the body, so that no
//! proxy's log has them; that somebody asked is itself on the trail.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Problem, State, authorize, body};
use crate::access::{Actor, Permission};
use crate::data_subjects::{self, EraseError, Erasure, Exported, Found, Kept, Name};
use crate::incident::{AccountKind, AccountRef, Event, IncidentId, ReadWay, SubjectEvent};

/// Who is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Subject)]
pub(super) struct Person {
    names: Vec<Given>,
    /// Whether only these names are meant, and none that belong to the same person.
    #[serde(default)]
    only: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SubjectName)]
pub(super) struct Given {
    #[schema(value_type = String)]
    kind: AccountKind,
    value: String,
}

/// Written out, as no field that is not known may be passed over: `onyl` would erase more than was meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SubjectExport)]
pub(super) struct Export {
    names: Vec<Given>,
    #[serde(default)]
    only: bool,
    /// The first record.
    #[serde(default)]
    from: u64,
}

/// As [`Export`].
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SubjectErasure)]
pub(super) struct Erase {
    names: Vec<Given>,
    #[serde(default)]
    only: bool,
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// The first name once more, typed by whoever means it.
    confirm: String,
}

#[derive(Serialize)]
struct Page {
    names: Vec<Name>,
    records: Vec<Exported>,
    /// Where the next page begins; none when this is the last.
    next: Option<u64>,
}

/// Which names belong together, and how much is kept under them.
pub(super) async fn find(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    found(&request, payload, &state).await.unwrap_or_else(Problem::response)
}

async fn found(request: &HttpRequest, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadPersonal)?;
    let person: Person = body::json(request, payload, state).await?;
    let found = person.search(state).await?;
    note(state, &actor, ReadWay::Find, &[]).await?;
    let open: Vec<IncidentId> = found.open(&state.trail);
    Ok(HttpResponse::Ok().json(json!({
        "names": found.names,
        "keys": found.keys.len(),
        "records": found.records.len(),
        "personal": found.beside.len(),
        "open_incidents": open,
    })))
}

/// The records of a person with what lies beside them.
pub(super) async fn export(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    exported(&request, payload, &state).await.unwrap_or_else(Problem::response)
}

async fn exported(request: &HttpRequest, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadPersonal)?;
    let Export { names, only, from } = body::json(request, payload, state).await?;
    let found = Person { names, only }.search(state).await?;
    let read = state.trail.aside(move |trail| Ok((data_subjects::page(trail, &found, from)?, found.names)));
    let ((records, next), names) = read.await?;
    let read: Vec<u64> = records.iter().filter(|one| one.beside.is_some()).map(|one| one.seq).collect();
    note(state, &actor, ReadWay::Export, &read).await?;
    Ok(HttpResponse::Ok().json(Page { names, records, next }))
}

/// Makes what is kept on a person unreadable for good.
pub(super) async fn erase(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    erased(&request, payload, &state).await.unwrap_or_else(Problem::response)
}

async fn erased(request: &HttpRequest, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ErasePersonal)?;
    let Erase { names, only, reason, confirm } = body::json(request, payload, state).await?;
    let person = Person { names, only };
    let reason = body::reason(&reason)?.into_text();
    if person.names.first().is_none_or(|first| first.value != confirm) {
        return Err(Problem::WrongSchema);
    }
    let found = person.search(state).await?;
    let erasure = Erasure { actor: actor.name, own: actor.user_id, reason };
    match data_subjects::erase(&state.trail, found, erasure, state.clock.now()).await {
        Ok(records) => {
            tracing::warn!(records.count = records, "what is kept on a person was erased");
            Ok(HttpResponse::Ok().json(json!({ "erased": records })))
        }
        Err(EraseError::Open(incidents)) => Ok(Problem::IncidentsOpen.response_with([("incidents", json!(incidents))])),
        Err(EraseError::Nothing) => Err(Problem::NotFound),
        Err(EraseError::Own) => Err(Problem::OwnAccount),
        Err(EraseError::Store(error)) => Err(error.into()),
    }
}

impl Person {
    async fn search(self, state: &State) -> Result<Found, Problem> {
        let parsed = self.names.iter().map(|Given { kind, value }| AccountRef::parse(*kind, value));
        let asked: Vec<AccountRef> = parsed.collect::<Result<_, _>>().map_err(|_| Problem::WrongSchema)?;
        if asked.is_empty() || asked.len() > Kept::NAMES_MAX {
            return Err(Problem::WrongSchema);
        }
        Ok(state.kept().find(asked, self.only).await?)
    }
}

async fn note(state: &State, actor: &Actor, way: ReadWay, records: &[u64]) -> Result<(), Problem> {
    let event = Event::Subject(SubjectEvent::read(&actor.name, way, records));
    Ok(state.trail.record(state.clock.now(), vec![event]).await?)
}
