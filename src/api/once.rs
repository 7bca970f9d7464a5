//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): who repeats a write because no answer came is given the
//! first answer again, and the write is not done again. Keys belong to their holder and the path; they are kept in this
//! process for a day. After a restart a repeat is judged like any other request, by what stands on the trail.

mod answers;

use actix_web::body::{BoxBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{self, Data};
use actix_web::{Error, HttpResponse};

pub use self::answers::Answers;
use self::answers::{Answer, Asked, Known};
use super::routes::{Gate, Route};
use super::{Problem, State, authorize, body};
use crate::access::Permission;
use crate::incident::Digest;

/// The header that names a write.
pub(super) const KEY: &str = "idempotency-key";
/// What the answer to a repeat has beside the first.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key, in bytes of printable ASCII.
pub(super) const KEY_BYTES_MAX: usize = 255;

/// What may be named by a key on this route, if anything: what is written, but for what would be kept that is shown once
/// or that is about a person.
pub(super) fn permission(route: &Route) -> Option<Permission> {
    let Gate::Token(permission) = route.gate else { return None };
    let is_kept = !matches!(route.path, "/v1/subjects/find" | "/v1/subjects/export" | "/v1/tokens/issue");
    (route.methods == "POST" && is_kept).then_some(permission)
}

/// Middleware of such a route.
pub(super) async fn answered_once<B: MessageBody + 'static>(
    permission: Permission,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asked = match read(permission, &mut request).await {
        Ok(None) => return next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Ok(Some(asked)) => asked,
        Err(problem) => return Ok(request.into_response(problem.response())),
    };
    let Some(state) = state(&request) else { return Ok(request.into_response(Problem::Internal.response())) };
    let underway = match state.door.answered.begin(asked, state.clock.now()) {
        Known::New(underway) => underway,
        Known::Answered(answer) => return Ok(request.into_response(again(answer))),
        Known::UnderWay => return Ok(request.into_response(Problem::KeyUnderWay.response())),
        Known::Otherwise => return Ok(request.into_response(Problem::KeyUsed.response())),
    };
    let response = next.call(request).await?;
    // Whoever is refused has done nothing, and may be let next time.
    if !response.status().is_success() {
        return Ok(response.map_into_boxed_body());
    }
    let (request, response) = response.into_parts();
    let (response, whole) = response.into_parts();
    let Ok(Ok(whole)) = to_bytes_limited(whole, Answer::BYTES_MAX).await else {
        tracing::error!("an answer is longer than those to writes are");
        return Ok(ServiceResponse::new(request, Problem::Internal.response()));
    };
    let media_type = response.headers().get(CONTENT_TYPE).cloned();
    underway.answered(Answer { status: response.status(), media_type, body: whole.clone() });
    Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(whole))))
}

fn state(request: &ServiceRequest) -> Option<Data<State>> {
    request.app_data::<Data<State>>().cloned()
}

/// Who asks for what under which key, if under any. The body is read for that, and put back.
async fn read(permission: Permission, request: &mut ServiceRequest) -> Result<Option<Asked>, Problem> {
    let Some(key) = key(request.headers())? else { return Ok(None) };
    let state = state(request).ok_or(Problem::Internal)?;
    let actor = authorize::actor(request.request(), &state, permission)?;
    let payload = request.extract::<web::Payload>().await.map_err(|_| Problem::BadRequest)?;
    let deadline_ms = state.door.body_deadline_ms;
    let whole = body::read(request.headers(), payload, body::JSON_BYTES_MAX, deadline_ms).await?;
    let said = Digest::of(&[request.query_string().as_bytes(), b"\n", &whole].concat());
    request.set_payload(Payload::from(whole));
    Ok(Some(Asked { holder: actor.name, path: request.path().to_owned(), key, said }))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all(KEY);
    let Some(first) = all.next() else { return Ok(None) };
    let key = first.to_str().map_err(|_| Problem::BadRequest)?;
    let is_plain = (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let is_key = is_plain && all.next().is_none();
    if is_key { Ok(Some(key.to_owned())) } else { Err(Problem::BadRequest) }
}

fn again(answer: Answer) -> HttpResponse {
    let mut response = HttpResponse::build(answer.status);
    response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    if let Some(media_type) = answer.media_type {
        response.insert_header((CONTENT_TYPE, media_type));
    }
    response.body(answer.body)
}
