//! What a responder can stop and let go on.

use super::{Decisions, Reason, Refused};
use crate::access::Actor;
use crate::incident::{Event, PauseScope};

impl Decisions {
    /// Stops all actions, or those of a source or a rule; alerts go on being recorded, and their plans are held.
    ///
    /// # Errors
    /// There is no such source or rule, or the trail cannot be written.
    pub async fn pause(&self, actor: &Actor, scope: PauseScope, reason: Reason) -> Result<(), Refused> {
        self.expect_known(&scope)?;
        self.steer(Event::ResponderPaused { actor: actor.name.clone(), reason: reason.into_text(), scope }).await
    }

    /// Lets actions run again, and ends no other pause than the one that is named. What was held meanwhile stays held
    /// until somebody approves it.
    ///
    /// # Errors
    /// There is no such source or rule, or the trail cannot be written.
    pub async fn resume(&self, actor: &Actor, scope: PauseScope, reason: Reason) -> Result<(), Refused> {
        // One that is not there any more can still be paused.
        let is_paused = self.trail.board(|board| board.pauses().iter().any(|(paused, _)| *paused == scope));
        if !is_paused {
            self.expect_known(&scope)?;
        }
        self.steer(Event::ResponderResumed { actor: actor.name.clone(), reason: reason.into_text(), scope }).await
    }

    /// Releases the breaker for one source or one rule, for which it must have tripped. What it held stays held until
    /// somebody approves it.
    ///
    /// # Errors
    /// It has not tripped, or the trail cannot be written.
    pub async fn release_breaker(&self, actor: &Actor, scope: PauseScope, reason: Reason) -> Result<(), Refused> {
        if scope.is_all() {
            return Err(Refused::NoBreaker);
        }
        if !self.trail.board(|board| board.breakers().has_tripped(&scope)) {
            return Err(Refused::Unknown);
        }
        self.steer(Event::BreakerReleased { actor: actor.name.clone(), reason: reason.into_text(), scope }).await
    }

    /// Nobody is to believe that something is paused which has another name.
    fn expect_known(&self, scope: &PauseScope) -> Result<(), Refused> {
        let is_known = match scope {
            PauseScope::All => true,
            PauseScope::Source(source) => self.sources.now().about(source).is_some(),
            PauseScope::Rule(rule) => self.rules.now().set.all_rules().any(|known| known.reference.id == *rule),
        };
        if is_known { Ok(()) } else { Err(Refused::Unknown) }
    }

    async fn steer(&self, event: Event) -> Result<(), Refused> {
        tracing::warn!(event.kind = event.kind(), "a responder steers");
        Ok(self.trail.record(self.clock.now(), vec![event]).await?)
    }
}
