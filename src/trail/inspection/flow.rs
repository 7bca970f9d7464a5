//! Answers that are given out piece by piece: few at a time, none faster than it is read, and none longer than somebody
//! reads.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

/// The most such answers at a time.
const FLOWS_MAX: usize = 32;
/// Pieces that wait for a reader; a page of records each.
const PIECES_MAX: usize = 2;
/// What answers that flow share.
#[derive(Debug)]
pub struct Flows {
    permits: Arc<Semaphore>,
    /// How long a reader may leave a piece unread.
    patience: Duration,
    closing: watch::Sender<bool>,
}

/// The end of a flow that pieces go into.
pub struct Source {
    pieces: mpsc::Sender<Piece>,
    patience: Duration,
    closing: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

/// The end that becomes an answer's body. A flow that was not ended in order breaks the connection off, so that nobody
/// takes a part for the whole.
pub struct Flow(mpsc::Receiver<Piece>);

enum Piece {
    Bytes(Vec<u8>),
    End,
}

/// Why nothing more can be given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// The reader has gone, or does not read.
    #[error("nobody reads")]
    Unread,
    /// The program stops.
    #[error("the program stops")]
    Closing,
}

/// The answer was not whole.
#[derive(Debug, thiserror::Error)]
#[error("the answer was broken off")]
pub struct Broken;

/// There are as many such answers as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many answers are being given out")]
pub struct TooMany;

impl Flows {
    /// Those of a program whose readers may leave a piece unread for so long.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self { permits: Arc::new(Semaphore::new(FLOWS_MAX)), patience, closing: watch::Sender::new(false) }
    }

    /// Ends all of them, and each that begins.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Begins one.
    ///
    /// # Errors
    /// There are as many as there may be.
    pub fn begin(&self) -> Result<(Source, Flow), TooMany> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| TooMany)?;
        let (pieces, flow) = mpsc::channel(PIECES_MAX);
        let closing = self.closing.subscribe();
        Ok((Source { pieces, patience: self.patience, closing, _permit: permit }, Flow(flow)))
    }
}

impl Source {
    /// Gives out a piece once there is room for it.
    ///
    /// # Errors
    /// Nobody reads, or the program stops.
    pub async fn give(&mut self, bytes: Vec<u8>) -> Result<(), Stopped> {
        if bytes.is_empty() {
            return if self.pieces.is_closed() { Err(Stopped::Unread) } else { Ok(()) };
        }
        self.send(Piece::Bytes(bytes)).await
    }

    /// Ends the answer in order.
    pub async fn end(self) {
        // Also while the program stops, which is when streams end.
        let _ = tokio::time::timeout(self.patience, self.pieces.send(Piece::End)).await;
    }

    /// Resolves when the program stops, or the reader has gone.
    pub async fn stopped(&mut self) -> Stopped {
        tokio::select! {
            () = self.pieces.closed() => Stopped::Unread,
            _ = self.closing.wait_for(|closing| *closing) => Stopped::Closing,
        }
    }

    async fn send(&mut self, piece: Piece) -> Result<(), Stopped> {
        tokio::select! {
            sent = tokio::time::timeout(self.patience, self.pieces.send(piece)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(Stopped::Unread),
            },
            _ = self.closing.wait_for(|closing| *closing) => Err(Stopped::Closing),
        }
    }
}

impl Flow {
    /// The next piece; none behind the last.
    pub fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Broken>>> {
        self.0.poll_recv(context).map(|piece| match piece {
            Some(Piece::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Piece::End) => None,
            None => Some(Err(Broken)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn next(flow: &mut Flow) -> Option<Result<Vec<u8>, Broken>> {
        std::future::poll_fn(|context| flow.poll_piece(context)).await
    }

    #[tokio::test]
    async fn what_was_not_ended_in_order_is_broken() {
        let flows = Flows::new(Duration::from_secs(5));
        let (mut source, mut flow) = flows.begin().unwrap();
        source.give(b"a".to_vec()).await.unwrap();
        assert_eq!(next(&mut flow).await.unwrap().unwrap(), b"a");
        drop(source);
        assert!(next(&mut flow).await.unwrap().is_err());
        let (mut source, mut flow) = flows.begin().unwrap();
        source.give(b"a".to_vec()).await.unwrap();
        source.end().await;
        assert!(next(&mut flow).await.unwrap().is_ok());
        assert!(next(&mut flow).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn i22_whoever_does_not_read_is_cut_off_and_there_is_room_again() {
        let flows = Flows::new(Duration::from_secs(5));
        let mut all: Vec<_> = (0..FLOWS_MAX).map(|_| flows.begin().unwrap()).collect();
        assert!(flows.begin().is_err(), "there are too many");
        let (mut source, flow) = all.pop().unwrap();
        for _ in 0..PIECES_MAX {
            source.give(vec![0; 9]).await.unwrap();
        }
        assert_eq!(source.give(vec![0; 9]).await, Err(Stopped::Unread));
        drop(source);
        assert!(flows.begin().is_ok());
        drop(flow);
    }

    #[tokio::test]
    async fn when_the_program_stops_nothing_more_is_given() {
        let flows = Flows::new(Duration::from_secs(5));
        let (mut source, mut flow) = flows.begin().unwrap();
        flows.close();
        assert_eq!(source.stopped().await, Stopped::Closing);
        source.end().await;
        assert!(next(&mut flow).await.is_none(), "what goes on for ever ends in order then");
        let (mut late, gone) = flows.begin().unwrap();
        assert_eq!(late.stopped().await, Stopped::Closing);
        drop(gone);
        assert_eq!(late.give(Vec::new()).await, Err(Stopped::Unread));
    }
}
