//! What an intake takes over from the one before it, when the sources are read anew in a running server: nobody gets
//! a second allowance by it, no window of somebody who tries a source out ends, and neither a sender's keys nor what was last heard of it are
//! forgotten.

use std::sync::Arc;

use super::Intake;

impl Intake {
    /// The same sources, with what lasts of the intake before.
    #[must_use]
    pub fn taking_over(mut self, before: &Self) -> Self {
        self.trials = Arc::clone(&before.trials);
        if self.per_address.rate() == before.per_address.rate() {
            self.per_address = Arc::clone(&before.per_address);
        }
        for (name, source) in &mut self.sources {
            let Some(before) = before.sources.get(name) else { continue };
            if source.limiter.rate() == before.limiter.rate() {
                source.limiter = Arc::clone(&before.limiter);
            }
            source.ear = Arc::clone(&before.ear);
            source.verifier.keep_keys(&before.verifier);
        }
        self
    }
}
