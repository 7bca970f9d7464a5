//! Where checkpoints are kept beside the log: whoever rewrites the trail and signs it anew has to rewrite these, too.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::incident::{ChannelName, Timestamp};

/// Which anchors there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnchorSettings {
    /// How often checkpoints are anchored, in seconds. What comes after the last anchored one is as safe as the machine.
    pub every_s: u64,
    /// Whether they stand in the program's log, which goes where logs go.
    pub log: bool,
    /// A file on another volume. The program does not start on a trail that is behind it.
    pub file: Option<PathBuf>,
    /// The channels of `[notices]`, webhooks, to which they are sent.
    pub webhooks: BTreeSet<ChannelName>,
    /// The witnesses that are asked to sign them.
    pub witnesses: Vec<WitnessSettings>,
}

impl Default for AnchorSettings {
    fn default() -> Self {
        Self { every_s: 60, log: true, file: None, webhooks: BTreeSet::new(), witnesses: Vec::new() }
    }
}

/// A witness by c2sp.org/tlog-witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessSettings {
    /// Its submission prefix.
    pub url: String,
    /// Its key, as `<name>+<key id>+<base64>`.
    pub key: String,
}

/// One anchor, and how it is with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnchorState {
    /// `log`, `file`, `webhook:` and its channel, or `witness:` and its name.
    pub name: String,
    /// How many records the newest anchored checkpoint has, if this run has anchored one.
    pub size: Option<u64>,
    /// When that was.
    pub at: Option<Timestamp>,
    /// Since when it is owed a checkpoint: its last one, or the start.
    #[serde(skip)]
    pub since: Timestamp,
    /// What became of the last try, if it failed.
    pub failure: Option<AnchorFailure>,
}

/// Why a checkpoint was not anchored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AnchorFailure {
    /// It could not be reached, or has not taken it; it is tried again.
    #[error("{0}")]
    NotTaken(String),
    /// It says that the log was cut or rewritten: it knows a checkpoint that this one does not follow.
    #[error("the log does not follow what was anchored: {0}")]
    Contradicts(String),
}

/// An anchor is late when it has missed so many checkpoints.
const MISSED_MAX: u32 = 5;
/// And not before so many seconds.
const LATE_S_MIN: i64 = 300;

/// How it is with all anchors, for those who ask.
#[derive(Debug, Clone)]
pub struct Anchored {
    /// Each of them.
    pub states: watch::Receiver<Vec<AnchorState>>,
    /// How often they are given a checkpoint.
    pub every: Duration,
}

impl Anchored {
    /// Each of them as it is now.
    #[must_use]
    pub fn states(&self) -> Vec<AnchorState> {
        self.states.borrow().clone()
    }

    /// In a word: `contradicted` when one says that the trail was cut or rewritten, `late` when one was given no
    /// checkpoint for so long that some were missed, `none` when there is none, and `current`.
    #[must_use]
    pub fn word(&self, now: Timestamp) -> &'static str {
        let states = self.states.borrow();
        if states.is_empty() {
            "none"
        } else if states.iter().any(|state| state.contradiction().is_some()) {
            "contradicted"
        } else if states.iter().any(|state| self.is_late(state, now)) {
            "late"
        } else {
            "current"
        }
    }

    /// Whether an anchor was given no checkpoint for so long that some were missed.
    #[must_use]
    pub fn is_late(&self, state: &AnchorState, now: Timestamp) -> bool {
        let every_s = i64::try_from(self.every.saturating_mul(MISSED_MAX).as_secs()).unwrap_or(i64::MAX);
        now.as_second() - state.since.as_second() > every_s.max(LATE_S_MIN)
    }
}

impl AnchorState {
    /// Its name and what it says, if that is that the log was cut or rewritten.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        match &self.failure {
            Some(AnchorFailure::Contradicts(why)) => Some(format!("{}: {why}", self.name)),
            Some(AnchorFailure::NotTaken(_)) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_that_of_the_worst() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let state =
            |since, failure| AnchorState { name: "a".to_owned(), size: None, at: None, since: at(since), failure };
        let word = |states: Vec<AnchorState>, now| {
            let (_told, states) = watch::channel(states);
            Anchored { states, every: Duration::from_secs(100) }.word(at(now))
        };
        let not_taken = || Some(AnchorFailure::NotTaken("busy".to_owned()));
        let contradicts = || Some(AnchorFailure::Contradicts("shorter".to_owned()));
        assert_eq!(word(vec![], 0), "none");
        assert_eq!(word(vec![state(0, None), state(100, not_taken())], 500), "current");
        assert_eq!(word(vec![state(0, None), state(100, None)], 501), "late");
        assert_eq!(word(vec![state(0, contradicts()), state(0, None)], 0), "contradicted");
    }
}
