//! Whether there is room on the disk to begin anything new.

use super::{Admission, AdmissionError};

impl Admission {
    /// What is begun has to be recorded to its end: while that could be in doubt, senders are told to come again, before
    /// anything of theirs is looked up. What responders ask for is let through, as what is under way is.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn may_begin(&self) -> Result<(), AdmissionError> {
        if self.trail.disk().room.takes_alerts() { Ok(()) } else { Err(AdmissionError::NoRoom) }
    }
}
