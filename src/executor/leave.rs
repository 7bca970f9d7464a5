//! Asks for the last time whether an order may leave: it waits for its turn and for a token of DingTalk's, many seconds
//! at worst, and whoever says no meanwhile is told that it is so.

use std::sync::OnceLock;

use super::attempt::Seen;
use super::guarded::Refused;
use super::hand::Hand;
use super::place::Place;
use crate::directory::{Done, Order};
use crate::incident::{ActionKind, Event, Failure, FailureClass, HoldReason, Status};

/// Why a step that had begun was not done.
pub(super) enum NotDone {
    /// The order was stopped before it left.
    Stopped(Stopped),
    /// DingTalk did not do it, or nobody knows whether it did.
    Failed(Failure),
}

/// What stopped an order at the last moment.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The guard layer, or somebody else's hand on the account.
    Held(Refused),
    /// The account is to be given back by now, and nothing else is wanted of it.
    Released,
    /// A human holds the incident by now.
    Halted,
}

impl Hand {
    /// Sends the order of a step that has begun, unless something stops it before it leaves. `seen` is what the guard
    /// layer has judged by: who is protected now is asked of today's lists and of that look.
    pub(super) async fn send(&self, at: &Place<'_>, seen: Seen<'_>, order: &Order) -> Result<Done, NotDone> {
        let stopped = OnceLock::new();
        let may_leave = || {
            self.may_leave(at, seen).map_err(|by| {
                let failure = by.failure();
                tracing::info!(incident.id = %at.id(), failure.code, "the order is stopped before it leaves");
                let _ = stopped.set(by);
                failure
            })
        };
        let sent = self.directory.act(order, &may_leave).await;
        sent.map_err(|failure| stopped.into_inner().map_or(NotDone::Failed(failure), NotDone::Stopped))
    }

    /// By the incident, the rules and the board as they are now, and not as they were when the step began.
    fn may_leave(&self, at: &Place<'_>, seen: Seen<'_>) -> Result<(), Stopped> {
        let incident = self.trail.board(|board| board.live(at.id()).map(|live| live.incident.clone()));
        let Some(incident) = incident.filter(|now| at.action.kind() == ActionKind::Enable || !now.released) else {
            return Err(Stopped::Released);
        };
        if incident.status != Status::Open {
            return Err(Stopped::Halted);
        }
        let at = Place { incident: &incident, ..*at };
        self.ask_guard(&at, seen).map_err(Stopped::Held)?;
        match self.was_changed_by_others(&at, seen.account) {
            true => Err(Stopped::Held(Refused { reason: HoldReason::ChangedByOthers, beyond: None })),
            false => Ok(()),
        }
    }

    /// Nothing has left: the step is due at once, as soon as the incident may go on.
    pub(super) fn stopped(&self, at: &Place<'_>, attempt: u32, by: Stopped) -> Vec<Event> {
        let failed = at.failed(attempt, by.failure(), Some(self.clock.now()));
        let held = match by {
            // It goes on by itself when the pause is over.
            Stopped::Held(Refused { reason: HoldReason::Paused, .. }) if at.gives_back() => None,
            Stopped::Held(Refused { reason, beyond }) => {
                tracing::warn!(incident.id = %at.id(), reason = reason.text(), "held for a human");
                Some(Event::IncidentHeld { incident: at.id().clone(), reason, failure: None, beyond })
            }
            Stopped::Released | Stopped::Halted => None,
        };
        [failed].into_iter().chain(held).collect()
    }
}

impl Stopped {
    pub(super) fn failure(&self) -> Failure {
        let code = match self {
            Self::Held(refused) if refused.reason == HoldReason::Paused => "paused",
            Self::Held(_) => "held_by_guard",
            Self::Released => "released",
            Self::Halted => "halted",
        };
        Failure::local(FailureClass::NotSent, code)
    }
}
