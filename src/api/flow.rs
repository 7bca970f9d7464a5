//! Answers that are given out piece by piece, as the server sends them.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

use crate::trail::inspection::{Broken, Flow};

/// A flow as an answer's body.
pub(super) struct Body(pub(super) Flow);

impl MessageBody for Body {
    type Error = Broken;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        self.0.poll_piece(context).map(|piece| piece.map(|bytes| bytes.map(Bytes::from)))
    }
}
