//! `GET /v1/trail/export`: a range of sealed records as a file, with the checkpoint that it is under.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::flow::Source;
use super::trail_log::refuse_pruned;
use super::{Problem, State, authorize};
use crate::access::Permission;
use crate::incident::Timestamp;
use crate::trail::export::{Export, ExportError, Format, Selection};

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
    let from = asked.from.unwrap_or_else(|| state.trail.store().first());
    refuse_pruned(state, from)?;
    if from > state.trail.head().size {
        // Whoever has seen more than there is has seen another trail.
        return Err(Problem::NotFound);
    }
    let selection = Selection { from: Some(from), to: asked.to, since: asked.since, until: asked.until };
    let (mut source, flow) = state.door.flows.begin()?;
    let folder = state.log.folder.clone();
    let (export, first) = aside(move || {
        let mut export = Export::begin(&folder, format, selection)?;
        // Looked at before anything is answered, so that what is not there is said and not broken off.
        let first = export.more()?;
        Ok((export, first))
    })
    .await?;
    state.trail.record(state.clock.now(), vec![export.event(actor.name)]).await?;
    let ((from, to), checkpoint) = (export.range(), STANDARD.encode(export.checkpoint()));
    let head = export.head();
    tokio::spawn(async move {
        // Whoever does not read on has what they wanted, or sees that it was broken off.
        if source.give(head).await.is_ok() {
            give(source, export, first).await;
        }
    });
    let name = format!("attachment; filename=\"trail-{from}-{to}.{}\"", extension(format));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.media_type()))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CHECKPOINT, checkpoint))
        .insert_header((RECORDS, format!("{from}-{to}")))
        .body(flow))
}

async fn give(mut source: Source, mut export: Export, first: Option<Vec<u8>>) {
    let mut piece = first;
    while let Some(bytes) = piece {
        if source.give(bytes).await.is_err() {
            return;
        }
        let read = aside(move || {
            let next = export.more()?;
            Ok((export, next))
        });
        match read.await {
            Ok((on, next)) => (export, piece) = (on, next),
            // Told where it was found; the reader sees that it is not whole.
            Err(_) => return,
        }
    }
    source.end().await;
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ExportError> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| Problem::BadRequest)?;
    done.map_err(|error| {
        tracing::warn!(%error, "records could not be exported");
        match error {
            ExportError::Log(error) => error.into(),
            ExportError::Pruned { first } => Problem::Pruned { first },
            ExportError::Record { .. } => Problem::Unavailable { retry_after_s: 10 },
        }
    })
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::JsonLines => "jsonl",
        Format::Csv => "csv",
        Format::Ocsf => "ocsf.jsonl",
    }
}
