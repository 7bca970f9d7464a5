//! Trying a source out: a window in which its deliveries are verified and shown, and never acted on.

use super::{Decisions, Reason, Refused};
use crate::access::Actor;
use crate::incident::{Event, SenderEvent, Timestamp};

/// The longest that a source is tried out, in minutes.
const MINUTES_MAX: u16 = 60;
const MS_PER_MINUTE: i64 = 60_000;

impl Decisions {
    /// Opens the window for so many minutes from now on, and says until when; 0 ends it.
    ///
    /// # Errors
    /// There is no such source, the time is longer than an hour, or the trail cannot be written.
    pub async fn try_source(
        &self,
        actor: &Actor,
        source: &str,
        minutes: u16,
        reason: Reason,
    ) -> Result<Timestamp, Refused> {
        let (intake, now) = (self.sources.now(), self.clock.now());
        let name = intake.configured(source).ok_or(Refused::Unknown)?.clone();
        if minutes > MINUTES_MAX {
            return Err(Refused::BadTime);
        }
        let until = now.as_millisecond().saturating_add(i64::from(minutes) * MS_PER_MINUTE);
        let until = Timestamp::from_millisecond(until).map_err(|_| Refused::BadTime)?;
        tracing::warn!(source.name = %name, minutes, "a source is tried out: its deliveries are not acted on");
        let assurance = intake.about(&name).map(|about| about.assurance);
        let (actor, reason) = (actor.name.clone(), reason.into_text());
        let event = Event::Sender(SenderEvent::Tried { source: name.clone(), assurance, actor, until, reason });
        // Recorded first: whatever is not acted on has a record that says why.
        self.trail.record(now, vec![event]).await?;
        intake.open_trial(&name, until, now);
        Ok(until)
    }
}
