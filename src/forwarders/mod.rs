//! Floor 4: sends every record on to receivers of syslog, each by itself and in order. Knows nothing of rules or DingTalk.
//!
//! Syslog answers nothing, so what a receiver has taken in and lost is not known. A record counts as sent once the
//! connection has stood for a while after it was written; when it breaks off, what was written before that comes again.

mod connect;
mod run;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use connect::{Receiver, Unusable};

use crate::incident::{ChannelName, Clock, Event, ExportForm, TrailExported};
use crate::trail::{ForwardState, Forwarded, Position, StoreError, Trail};

/// What forwarding takes.
pub struct Forwarders {
    /// The records.
    pub trail: Arc<Trail>,
    /// The trail's folder, where it is kept how far each receiver is.
    pub folder: PathBuf,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// To whom.
    pub all: Vec<Receiver>,
}

/// Forwarders at work. They end when this is dropped.
pub struct Forwarding {
    states: Forwarded,
    working: Vec<JoinHandle<()>>,
}

/// Why forwarding does not begin.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// How far a receiver is cannot be read or kept.
    #[error("how far [trail.forward.{0}] is cannot be read or written")]
    Position(String, #[source] std::io::Error),
    /// That it begins cannot be recorded.
    #[error(transparent)]
    Trail(#[from] StoreError),
}

impl Forwarders {
    /// Begins to forward, each for itself: one that hangs keeps nobody waiting. That it begins is on the trail before
    /// anything is sent.
    ///
    /// # Errors
    /// It cannot be known from where on, or recorded.
    pub async fn start(self) -> Result<Forwarding, ForwardError> {
        let Self { trail, folder, clock, all } = self;
        let mut hands = Vec::new();
        for receiver in all {
            let position = Position::of(&folder, &receiver.name);
            let refused = |error| ForwardError::Position(receiver.name.to_string(), error);
            let known = position.read().map_err(refused)?;
            let size = trail.head().size;
            // An older trail that was put back has fewer: what comes then is new under numbers that were sent before.
            let next = known.unwrap_or(if receiver.from_the_first { 0 } else { size }).min(size);
            let next = next.max(trail.store().first());
            if known != Some(next) {
                // Or a first start without a connection would leave out what comes until the next.
                position.write(next).map_err(refused)?;
            }
            let begun = begins(&receiver.name, next);
            trail.append(None, vec![crate::trail::Draft::of(clock.now(), begun)]).await?;
            hands.push((receiver, position, next));
        }
        let since = clock.now();
        let state = |(receiver, _, next): &(Receiver, Position, u64)| ForwardState {
            name: receiver.name.clone(),
            next: *next,
            since,
            failure: None,
        };
        let states = Arc::new(watch::Sender::new(hands.iter().map(state).collect()));
        let told = Forwarded(states.subscribe());
        let begin = |(index, (receiver, position, next))| {
            let told = states.clone();
            let hand = run::Hand { receiver, position, next, index, trail: trail.clone(), clock: clock.clone(), told };
            tokio::spawn(hand.run())
        };
        Ok(Forwarding { states: told, working: (0..).zip(hands).map(begin).collect() })
    }
}

/// That records are forwarded from this one on.
fn begins(name: &ChannelName, from: u64) -> Event {
    let (actor, form) = (format!("forward:{name}"), ExportForm::Forward);
    Event::TrailExported(TrailExported { actor, form, from, to: None, since: None, until: None, incident: None })
}

impl Forwarding {
    /// How it is with each.
    #[must_use]
    pub fn states(&self) -> Forwarded {
        self.states.clone()
    }

    /// Ends all of them, and waits until they have let go of the trail.
    pub async fn stop(mut self) {
        for working in std::mem::take(&mut self.working) {
            working.abort();
            // Aborted is how it ends.
            let _ = working.await;
        }
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.working.iter().for_each(JoinHandle::abort);
    }
}
