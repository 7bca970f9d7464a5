//! `ETag` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1.2): whoever has it already is not sent it again.

use actix_web::http::header::{ETag, EntityTag, Header as _, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};

use crate::incident::Digest;

/// The answer under this tag, or that whoever asks has it.
pub(super) fn unless_known(request: &HttpRequest, tag: String, answer: impl FnOnce() -> HttpResponse) -> HttpResponse {
    let tag = EntityTag::new_strong(tag);
    let is_known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|one| one.weak_eq(&tag)),
        Err(_) => false,
    };
    if is_known {
        return HttpResponse::NotModified().insert_header(ETag(tag)).finish();
    }
    let mut answer = answer();
    if let Ok((name, value)) = actix_web::http::header::TryIntoHeaderPair::try_into_pair(ETag(tag)) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// The tag of what is these bytes.
pub(super) fn of(bytes: &[u8]) -> String {
    Digest::of(bytes).short(32)
}
