//! Where records are forwarded to, as an operator sets it, and how far each of these is.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::durable;
use super::export::Message;
use crate::incident::{ChannelName, Timestamp};

/// The folder of the positions in that of the trail.
const FOLDER: &str = "forwarded";
/// Whoever has not had everything for so many seconds is late.
const LATE_S: i64 = 300;

/// All receivers, by their names.
pub type ForwardSettings = BTreeMap<ChannelName, ReceiverSettings>;

/// One receiver of syslog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiverSettings {
    /// Host and port.
    pub address: String,
    /// Who signs its certificate, in PEM; without it nothing is encrypted.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// What a message says.
    #[serde(default)]
    pub message: Message,
    /// What we are called in messages.
    #[serde(default = "own_name")]
    pub host: String,
    /// Whether the records from before the first start are sent as well.
    #[serde(default)]
    pub from_the_first: bool,
}

fn own_name() -> String {
    "portcullis".to_owned()
}

/// How far the records are that go to one receiver, kept where a restart finds it.
#[derive(Debug, Clone)]
pub struct Position(PathBuf);

impl Position {
    /// That of a receiver, beside the trail in this folder.
    #[must_use]
    pub fn of(trail: &Path, receiver: &ChannelName) -> Self {
        Self(trail.join(FOLDER).join(receiver.as_str()))
    }

    /// The first record that is still to be sent, if any was ever looked for.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self) -> io::Result<Option<u64>> {
        match fs::read_to_string(&self.0) {
            Ok(text) => text.trim().parse().map(Some).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Remembers it, durably.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, next: u64) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            durable::create_folder(folder)?;
        }
        durable::replace(&self.0, format!("{next}\n").as_bytes())?;
        durable::sync_folder_of(&self.0)
    }
}

/// How it is with one receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForwardState {
    /// Its name in the settings.
    pub name: ChannelName,
    /// The first record that it may not have.
    pub next: u64,
    /// When it last had everything, or the start.
    pub since: Timestamp,
    /// Why the last try failed, if it did.
    pub failure: Option<String>,
}

/// How it is with all of them, for those who ask.
#[derive(Debug, Clone)]
pub struct Forwarded(pub watch::Receiver<Vec<ForwardState>>);

impl Forwarded {
    /// Each of them as it is now.
    #[must_use]
    pub fn states(&self) -> Vec<ForwardState> {
        self.0.borrow().clone()
    }

    /// In a word: `late` when one has not had everything for five minutes, `none` when there is none, and `current`.
    #[must_use]
    pub fn word(&self, now: Timestamp) -> &'static str {
        let states = self.0.borrow();
        if states.is_empty() {
            "none"
        } else if states.iter().any(|state| now.as_second() - state.since.as_second() > LATE_S) {
            "late"
        } else {
            "current"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_what_was_last_written_and_no_other_text_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let position = Position::of(folder.path(), &ChannelName::parse("siem").unwrap());
        assert_eq!(position.read().unwrap(), None);
        for next in [0, 7, u64::MAX] {
            position.write(next).unwrap();
            assert_eq!(position.read().unwrap(), Some(next));
        }
        fs::write(folder.path().join("forwarded/siem"), "seven").unwrap();
        assert!(position.read().is_err());
    }

    #[test]
    fn the_word_is_that_of_the_worst() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let name = ChannelName::parse("siem").unwrap();
        let state = |since| ForwardState { name: name.clone(), next: 0, since: at(since), failure: None };
        let word = |states, now| Forwarded(watch::channel(states).1).word(at(now));
        assert_eq!(word(vec![], 0), "none");
        assert_eq!(word(vec![state(0), state(100)], 300), "current");
        assert_eq!(word(vec![state(0), state(100)], 301), "late");
    }
}
