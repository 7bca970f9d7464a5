//! Files that are given out: whole, or piece by piece as they are read.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER};
use actix_web::web::Bytes;

use super::page;
use super::reader::Reader;
use crate::trail::InspectionError;
use crate::trail::inspection::{Broken, Flow};

/// A flow as an answer's body.
struct Body(Flow);

impl MessageBody for Body {
    type Error = Broken;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        self.0.poll_piece(context).map(|piece| piece.map(|bytes| bytes.map(Bytes::from)))
    }
}

/// A file that the browser is to keep. Its name is made of ids and numbers only.
pub(super) fn whole(name: &str, media_type: &'static str, content: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(content)
}

/// The same, as it is read.
pub(super) fn piecemeal(name: &str, media_type: &'static str, flow: Flow) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(Body(flow))
}

/// Why nothing is shown or given out.
pub(super) fn refused(reader: &Reader, error: &InspectionError) -> HttpResponse {
    let not_now = |key: &str, retry_after_s: u64| {
        let (title, text) = (reader.say("page-not-now"), reader.say_either(key, "", key));
        let mut answer = page::failed(reader, StatusCode::SERVICE_UNAVAILABLE, &title, &text);
        answer.headers_mut().insert(RETRY_AFTER, retry_after_s.into());
        answer
    };
    match error {
        InspectionError::Unknown => page::not_found(reader),
        InspectionError::Pruned { first } => {
            let text = reader.say_of("page-pruned-text", &[("first", reader.number(*first).into())]);
            page::failed(reader, StatusCode::GONE, &reader.say("page-pruned"), &text)
        }
        // What happened within the last second is not sealed yet.
        InspectionError::Log(_) => not_now("page-unsealed", 1),
        InspectionError::TooMany(_) | InspectionError::Failed => not_now("page-busy", 10),
        InspectionError::Store(_) | InspectionError::Unrecorded(_) => page::unavailable(reader),
    }
}
