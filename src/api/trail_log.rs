//! `GET /v1/trail/log/…`: the trail as a transparency log, for tools that are not ours (c2sp.org/tlog-tiles); and the
//! proofs that a record is in it and that it only grew.

use actix_web::http::header::ContentType;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{Problem, State, authorize, conditional};
use crate::access::Permission;
use crate::incident::Event;
use crate::trail::InspectionError;
use crate::trail::inspection::TooMany;
use crate::trail::tlog::{LogFile, ProofError, consistency, sealed_size};

/// Between which sizes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sizes {
    /// The older one.
    from: u64,
    /// The newer one; that of the newest checkpoint if it is left out.
    to: Option<u64>,
}

/// A proof that the log only grew.
#[derive(Serialize)]
struct Grown {
    from: u64,
    to: u64,
    /// Those of RFC 6962 section 2.1.2, in base64.
    hashes: Vec<String>,
}

/// One file of the log. Reading records is itself on the trail.
pub(super) async fn file(request: HttpRequest, state: Data<State>, path: Path<String>) -> HttpResponse {
    answer(read_file(&request, &state, &path).await)
}

/// One record, exactly as it was hashed. That it was read is itself on the trail.
pub(super) async fn record(request: HttpRequest, state: Data<State>, seq: Path<String>) -> HttpResponse {
    answer(read_record(&request, &state, &seq).await)
}

/// The proof that a record is in the log, as c2sp.org/tlog-proof has it.
pub(super) async fn proof(request: HttpRequest, state: Data<State>, seq: Path<String>) -> HttpResponse {
    answer(prove(&request, &state, &seq).await)
}

/// The proof that what was sealed is the beginning of what is sealed.
pub(super) async fn grown(request: HttpRequest, state: Data<State>) -> HttpResponse {
    answer(prove_growth(&request, &state).await)
}

fn answer(result: Result<HttpResponse, Problem>) -> HttpResponse {
    result.unwrap_or_else(Problem::response)
}

async fn read_file(request: &HttpRequest, state: &State, path: &str) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadTrail)?;
    let file = LogFile::parse(path).ok_or(Problem::NotFound)?;
    let (folder, wanted) = (state.log.folder.clone(), file.clone());
    let bytes = tokio::task::spawn_blocking(move || wanted.read(&folder)).await;
    let bytes = bytes.map_err(|_| Problem::BadRequest)?.map_err(|_| Problem::Unavailable { retry_after_s: 10 })?;
    let bytes = bytes.ok_or(Problem::NotFound)?;
    if let Some((from, count)) = file.records() {
        let event = Event::TrailRead { actor: actor.name, from, count, incident: None };
        state.trail.record(state.clock.now(), vec![event]).await?;
    }
    let kind = if file.is_text() { ContentType::plaintext() } else { ContentType::octet_stream() };
    let tag = conditional::of(&bytes);
    Ok(conditional::unless_known(request, tag, || HttpResponse::Ok().content_type(kind).body(bytes)))
}

async fn read_record(request: &HttpRequest, state: &State, seq: &str) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::ReadTrail)?;
    let seq: u64 = seq.parse().map_err(|_| Problem::NotFound)?;
    let stored = state.inspection().record(&actor.name, seq).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(stored.record))
}

async fn prove(request: &HttpRequest, state: &State, seq: &str) -> Result<HttpResponse, Problem> {
    authorize::actor(request, state, Permission::ReadTrail)?;
    let seq: u64 = seq.parse().map_err(|_| Problem::NotFound)?;
    let proof = state.inspection().proof(seq).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::plaintext()).body(proof.text))
}

async fn prove_growth(request: &HttpRequest, state: &State) -> Result<HttpResponse, Problem> {
    authorize::actor(request, state, Permission::ReadTrail)?;
    let sizes = Query::<Sizes>::from_query(request.query_string()).map_err(|_| Problem::BadRequest)?.into_inner();
    let folder = state.log.folder.clone();
    let grown = tokio::task::spawn_blocking(move || growth(&folder, &sizes)).await;
    Ok(HttpResponse::Ok().json(grown.map_err(|_| Problem::BadRequest)??))
}

/// What is sealed is what the folder's checkpoint says: whoever was shown that one can have its proof at once.
fn growth(folder: &std::path::Path, sizes: &Sizes) -> Result<Grown, Problem> {
    let sealed = sealed_size(folder)?;
    let (from, to) = (sizes.from, sizes.to.unwrap_or(sealed));
    if from > to || to > sealed {
        return Err(Problem::NotFound);
    }
    let hashes = consistency(folder, from, to)?.into_iter().map(|hash| STANDARD.encode(hash.0)).collect();
    Ok(Grown { from, to, hashes })
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        match error {
            // It will be, within a second.
            ProofError::NotSealed { .. } | ProofError::NoCheckpoint => Self::Unavailable { retry_after_s: 1 },
            ProofError::Pruned(_) | ProofError::Missing(_) | ProofError::NoSize | ProofError::Folder(_) => {
                Self::Unavailable { retry_after_s: 10 }
            }
        }
    }
}

impl From<InspectionError> for Problem {
    fn from(error: InspectionError) -> Self {
        match error {
            InspectionError::Store(error) => error.into(),
            InspectionError::Unrecorded(error) => error.into(),
            InspectionError::Log(error) => error.into(),
            InspectionError::Pruned { first } => Self::Pruned { first },
            InspectionError::Unknown => Self::NotFound,
            InspectionError::TooMany(_) | InspectionError::Failed => Self::Unavailable { retry_after_s: 10 },
        }
    }
}

impl From<TooMany> for Problem {
    fn from(_: TooMany) -> Self {
        Self::Unavailable { retry_after_s: 10 }
    }
}
