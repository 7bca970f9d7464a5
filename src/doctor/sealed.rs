//! Whether the trail is sealed, and its checkpoints are kept where who rules this machine does not rule.

use super::examined::Examined;
use crate::incident::{Check, Diagnosis, Timestamp};
use crate::trail::tlog::{Anchored, Log};

pub(super) fn of_log(log: &Log, anchored: &Anchored, now: Timestamp) -> Examined {
    let sealed = log.sealed.borrow().clone();
    let Some(checkpoint) = sealed.checkpoint() else {
        return Examined::of(Check::Log, Diagnosis::Unsealed);
    };
    if !sealed.is_current(now) {
        return Examined::with(Check::Log, Diagnosis::Unsealed, format!("the last is of {}", checkpoint.at));
    }
    let states = anchored.states();
    let contradicting: Vec<String> = states.iter().filter_map(|state| state.contradiction()).collect();
    if !contradicting.is_empty() {
        return Examined::with(Check::Log, Diagnosis::AnchorContradicts, contradicting.join(", "));
    }
    let late: Vec<&str> =
        states.iter().filter(|state| anchored.is_late(state, now)).map(|state| state.name.as_str()).collect();
    if !late.is_empty() {
        return Examined::with(Check::Log, Diagnosis::AnchorLate, late.join(", "));
    }
    let names: Vec<&str> = states.iter().map(|state| state.name.as_str()).collect();
    let kept = if names.is_empty() { "kept nowhere else".to_owned() } else { format!("also in {}", names.join(", ")) };
    Examined::with(Check::Log, Diagnosis::Good, format!("{} records sealed, {kept}", checkpoint.size))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::watch;

    use super::*;
    use crate::incident::Digest;
    use crate::trail::tlog::{AnchorFailure, AnchorState, Checkpoint, Sealing};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn found(sealed: Sealing, states: Vec<AnchorState>, now: i64) -> Diagnosis {
        let (_sealing, sealed) = watch::channel(sealed);
        let (_anchoring, states) = watch::channel(states);
        let log = Log { folder: PathBuf::new(), sealed };
        of_log(&log, &Anchored { states, every: Duration::from_secs(60) }, at(now)).found
    }

    #[test]
    fn what_is_not_sealed_or_not_kept_elsewhere_is_found() {
        let checkpoint = || Checkpoint { size: 7, root: Digest::of(b"test"), at: at(1_000), note: String::new() };
        let sealed = || Sealing::Sealed(Arc::new(checkpoint()));
        let state = |failure| AnchorState { name: "file".to_owned(), size: None, at: None, since: at(1_000), failure };
        assert_eq!(found(Sealing::Unsealed, vec![], 1_000), Diagnosis::Unsealed);
        assert_eq!(found(sealed(), vec![], 1_120), Diagnosis::Good);
        assert_eq!(found(sealed(), vec![], 1_121), Diagnosis::Unsealed);
        let contradicts = AnchorFailure::Contradicts("shorter".to_owned());
        assert_eq!(found(sealed(), vec![state(None), state(Some(contradicts))], 1_001), Diagnosis::AnchorContradicts);
        let old = AnchorState { since: at(0), ..state(None) };
        assert_eq!(found(sealed(), vec![state(None), old], 1_001), Diagnosis::AnchorLate);
        let not_taken = AnchorFailure::NotTaken("busy".to_owned());
        assert_eq!(found(sealed(), vec![state(Some(not_taken))], 1_001), Diagnosis::Good);
    }
}
