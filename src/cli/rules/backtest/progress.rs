//! How far a long run has come, for somebody who watches it on a terminal.

use std::io::{IsTerminal as _, Write as _};

/// A line on standard error that is written over and over. Nothing is written where nobody looks.
pub(super) struct Progress {
    total: u64,
    what: &'static str,
    is_watched: bool,
}

impl Progress {
    pub(super) fn of(total: u64, what: &'static str) -> Self {
        Self { total, what, is_watched: std::io::stderr().is_terminal() }
    }

    /// So many are done. To be told now and then, not for each.
    pub(super) fn at(&self, done: u64) {
        if self.is_watched {
            let percent = done.saturating_mul(100).checked_div(self.total).unwrap_or(100);
            // A terminal that has gone away is nothing to fail for.
            let _ = write!(std::io::stderr(), "\r{percent:>3} % of {} {}\x1b[K", self.total, self.what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_watched {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
