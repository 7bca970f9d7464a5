//! `GET /v1/trail/stream`: every record as soon as it is durable, in order and without gaps, from any of them on, as long as
//! the token lets its holder read.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior};

use super::flow::Body;
use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::{Event, ExportForm, TrailExported};
use crate::trail::Stored;
use crate::trail::inspection::{Source, Stopped};

/// How often it is looked for new records.
const EVERY: Duration = Duration::from_millis(200);
/// After so long without a record a line without one is sent, so that a connection that is gone shows.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Records in one piece.
const PAGE: usize = 256;
/// The id of the last record that a reader of server-sent events has.
const LAST_EVENT_ID: &str = "last-event-id";

/// From where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The first sequence number; what comes from now on, unless said.
    from: Option<u64>,
}

/// How a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// One a line; an empty line is a heartbeat.
    Json,
    /// Server-sent events, each with its sequence number as its id.
    Events,
}

/// Records as they become durable, until the reader goes or the program stops. Who reads is on the trail first.
pub(super) async fn stream(request: HttpRequest, state: Data<State>) -> HttpResponse {
    begin(&request, &state).await.unwrap_or_else(Problem::response)
}

async fn begin(request: &HttpRequest, state: &Data<State>) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadTrail)?;
    let asked = Query::<Asked>::from_query(request.query_string()).map_err(|_| Problem::BadRequest)?;
    let size = state.trail.head().size;
    // Where a reader was when it broke off counts more than where it first began.
    let from = resumed(request)?.or(asked.from).unwrap_or(size);
    if from > size {
        // Whoever has seen more than there is has seen another trail.
        return Err(Problem::NotFound);
    }
    state.inspection().refuse_pruned(from)?;
    let lines = Lines::wanted(request);
    let (source, flow) = state.door.flows.begin()?;
    let form = ExportForm::Stream;
    let exported = TrailExported { actor: actor.name, form, from, to: None, since: None, until: None, incident: None };
    state.trail.record(state.clock.now(), vec![Event::TrailExported(exported)]).await?;
    let shown = request.headers().get(AUTHORIZATION).map(|shown| shown.as_bytes().to_vec());
    let reader = Reader { state: state.clone().into_inner(), shown, lines };
    tokio::spawn(reader.run(source, from));
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, lines.media_type())).body(Body(flow)))
}

/// One behind the last that the reader has.
fn resumed(request: &HttpRequest) -> Result<Option<u64>, Problem> {
    let Some(id) = request.headers().get(LAST_EVENT_ID) else { return Ok(None) };
    let last: Option<u64> = id.to_str().ok().and_then(|id| id.parse().ok());
    last.and_then(|last| last.checked_add(1)).map(Some).ok_or(Problem::BadRequest)
}

/// Whoever reads on, by what they have shown.
struct Reader {
    state: Arc<State>,
    shown: Option<Vec<u8>>,
    lines: Lines,
}

impl Reader {
    async fn run(self, mut source: Source, from: u64) {
        // A reader that went, or a store that failed, is broken off with.
        if self.follow(&mut source, from).await == Some(Stopped::Closing) {
            source.end().await;
        }
    }

    /// Gives out what comes, until that is stopped, or the token is over; nothing if the store cannot be read any more.
    async fn follow(&self, source: &mut Source, mut next: u64) -> Option<Stopped> {
        let trail = &self.state.trail;
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // One at once: the reader knows that it is connected before anything happens.
        let mut piece = self.lines.heartbeat();
        let mut silent_since = Instant::now();
        loop {
            if let Err(stopped) = source.give(piece).await {
                return Some(stopped);
            }
            while self.may() && next >= trail.head().size && silent_since.elapsed() < HEARTBEAT {
                tokio::select! {
                    _ = ticks.tick() => {}
                    stopped = source.stopped() => return Some(stopped),
                }
            }
            if !self.may() {
                tracing::info!("a stream ends: its reader may not read any more");
                return Some(Stopped::Closing);
            }
            silent_since = Instant::now();
            if next >= trail.head().size {
                piece = self.lines.heartbeat();
                continue;
            }
            let page = trail.aside(move |trail| trail.store().read(next, PAGE)).await.ok()?;
            // Never with a gap, whatever the store says.
            page.first().filter(|first| first.seq == next)?;
            next += page.len() as u64;
            piece = self.lines.write(&page);
        }
    }

    /// Whether what they have shown still lets them read: it may be taken back or be over, and the role another.
    fn may(&self) -> bool {
        let State { access, clock, .. } = &*self.state;
        access.bearer(self.shown.as_deref(), Permission::ReadTrail, clock.now()).is_ok()
    }
}

impl Lines {
    fn wanted(request: &HttpRequest) -> Self {
        let accepted = request.headers().get(ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
        if accepted.contains("text/event-stream") { Self::Events } else { Self::Json }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/x-ndjson",
            Self::Events => "text/event-stream",
        }
    }

    /// Records have no line breaks in them: JSON escapes those.
    fn write(self, page: &[Stored]) -> Vec<u8> {
        let mut out = Vec::new();
        for stored in page {
            match self {
                Self::Json => out.extend_from_slice(&stored.record),
                Self::Events => {
                    out.extend_from_slice(format!("id: {}\ndata: ", stored.seq).as_bytes());
                    out.extend_from_slice(&stored.record);
                    out.push(b'\n');
                }
            }
            out.push(b'\n');
        }
        out
    }

    fn heartbeat(self) -> Vec<u8> {
        match self {
            Self::Json => b"\n".to_vec(),
            Self::Events => b": alive\n\n".to_vec(),
        }
    }
}
