//! `GET /v1/notices` and `POST /v1/notices/replay`: what people are still to be told, what was given up, and having
//! that sent again.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Problem, State, authorize, body};
use crate::access::Permission;
use crate::incident::{ChannelName, Event, Lane, NoticeEvent, Owed, Parcel, ParcelState, Timestamp, Topic};

/// The most of a channel's notices that were given up and are shown, the newest.
const DEAD_SHOWN: usize = 100;

/// The most of a channel's notices that are under way and are shown, the oldest.
const STANDING_SHOWN: usize = 100;

#[derive(Serialize)]
struct Row<'o> {
    channel: &'o ChannelName,
    topics: Vec<Topic>,
    /// How many are still to be told, those under way among them.
    owed: u64,
    sent: u64,
    failed_attempts: u64,
    /// Begun and not ended: sent again later, or asked about, oldest first.
    under_way: Vec<Shown<'o>>,
    /// How many were given up.
    given_up: usize,
    given_up_last: Vec<Shown<'o>>,
}

#[derive(Serialize)]
struct Shown<'o> {
    topic: Topic,
    of: u64,
    more: u64,
    attempts: u32,
    state: &'static str,
    /// When it is looked at next, or was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'o str>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticesReplay)]
pub(super) struct Wanted {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelName>,
    of: Option<u64>,
}

/// All channels, in the order of their names.
pub(super) async fn list(request: HttpRequest, state: Data<State>) -> HttpResponse {
    if let Err(problem) = authorize::actor(&request, &state, Permission::ReadIncidents) {
        return problem.response();
    }
    let rows = |owed: &Owed| json!(owed.lanes().map(|(channel, lane)| row(channel, lane)).collect::<Vec<_>>());
    HttpResponse::Ok().json(json!({ "channels": state.trail.board(|board| rows(board.notices())) }))
}

/// Has notices that were given up sent again, all or some.
pub(super) async fn replay(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    replayed(&request, payload, &state).await.unwrap_or_else(Problem::response)
}

async fn replayed(request: &HttpRequest, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::Control)?;
    let Wanted { reason, channel, of } = body::json(request, payload, state).await?;
    let reason = body::reason(&reason)?.into_text();
    let count = state.trail.board(|board| meant(board.notices(), channel.as_ref(), of)).ok_or(Problem::NotFound)?;
    if count > 0 {
        let event = NoticeEvent::Replayed { channel, of, actor: actor.name, reason };
        state.trail.record(state.clock.now(), vec![Event::Notice(event)]).await?;
    }
    Ok(HttpResponse::Ok().json(json!({ "replayed": count })))
}

/// How many are meant; `None` if there is no such channel.
fn meant(owed: &Owed, channel: Option<&ChannelName>, of: Option<u64>) -> Option<usize> {
    let is_meant = |parcel: &&Parcel| of.is_none_or(|of| parcel.of == of);
    let count = |lane: &Lane| lane.dead().filter(is_meant).count();
    match channel {
        Some(channel) => owed.lane(channel).map(count),
        None => Some(owed.lanes().map(|(_, lane)| count(lane)).sum()),
    }
}

fn row<'o>(channel: &'o ChannelName, lane: &'o Lane) -> Row<'o> {
    let dead = lane.dead();
    let given_up = dead.len();
    Row {
        channel,
        topics: lane.topics().collect(),
        owed: lane.owed(),
        sent: lane.sent(),
        failed_attempts: lane.failed(),
        under_way: lane.standing().take(STANDING_SHOWN).map(shown).collect(),
        given_up,
        given_up_last: dead.skip(given_up.saturating_sub(DEAD_SHOWN)).map(shown).collect(),
    }
}

fn shown(parcel: &Parcel) -> Shown<'_> {
    let (state, at, code) = match &parcel.state {
        ParcelState::Ready => ("ready", None, None),
        ParcelState::Started => ("started", None, None),
        ParcelState::Accepted { ask_at, .. } => ("accepted", Some(*ask_at), None),
        ParcelState::Postponed { retry_at } => ("postponed", Some(*retry_at), None),
        ParcelState::Dead { at, code } => ("given_up", Some(*at), Some(code.as_str())),
    };
    Shown { topic: parcel.topic, of: parcel.of, more: parcel.more, attempts: parcel.attempts, state, at, code }
}
