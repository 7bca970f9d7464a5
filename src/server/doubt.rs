//! Whether the wall clock is believed when it says that much time is over: what is let go of by it is gone for good, and a
//! machine whose clock starts a year ahead would let go of everything at once. It is believed once checkpoints were signed
//! by it for a day; until then people hear of a clock that is wrong, and set it.

use std::time::Duration;

use crate::incident::Clock;
use crate::trail::tlog::Log;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How long ago, by days of the calendar, there has to be a checkpoint: the latest that can be more than a day ago.
const LATEST: u32 = 2;
/// And the earliest: so long a program may have been stopped.
const EARLIEST: u32 = 8;

/// Whether it is believed now. Blocks for a look at the log's folder.
pub(super) fn is_believed(log: &Log, clock: &dyn Clock) -> bool {
    let ago = |days| clock.now().checked_sub(DAY * days).ok();
    let signed = ago(EARLIEST).zip(ago(LATEST)).map(|(from, to)| log.has_signed(from, to));
    match signed {
        Some(Ok(has_signed)) => has_signed,
        Some(Err(error)) => {
            tracing::warn!(%error, "it cannot be seen what was signed in the last days, and nothing is let go of");
            false
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::sync::watch;

    use super::*;
    use crate::incident::{HandSetClock, Timestamp};
    use crate::trail::tlog::Sealing;

    #[test]
    fn only_a_clock_by_which_something_was_signed_in_the_days_before_yesterday_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let days = folder.path().join("checkpoints");
        let (_sealing, sealed) = watch::channel(Sealing::Unsealed);
        let log = Log { folder: folder.path().to_owned(), sealed };
        let noon: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let clock = HandSetClock::at(noon);
        assert!(!is_believed(&log, &clock), "nothing was ever signed");
        for (day, expected) in [
            ("2025-03-09", false),
            ("2026-03-01", false),
            ("2026-03-02", true),
            ("2026-03-08", true),
            ("2026-03-09", false),
            ("2026-03-10", false),
            ("2027-03-08", false),
            ("notes", false),
        ] {
            fs::create_dir_all(&days).unwrap();
            fs::write(days.join(day), "test").unwrap();
            assert_eq!(is_believed(&log, &clock), expected, "{day}");
            fs::remove_dir_all(&days).unwrap();
        }
    }
}
