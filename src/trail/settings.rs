//! What an operator sets about the embedded store.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::disk::DiskSettings;
use super::forward::ForwardSettings;
use super::retention::KeepDays;
use super::subjects::KeyFiles;
use super::tlog::AnchorSettings;

/// Where the trail is kept, and how much memory its store may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The folder of the store; made with mode 0700 if it is missing.
    pub path: PathBuf,
    /// The most memory for the page cache, in bytes.
    pub cache_bytes_max: u64,
    /// How many records make an epoch: once it has so many, it is moved to files that never change, which open at once and
    /// can be dropped one by one.
    pub epoch_records: u64,
    /// For how many days records are kept. Then they are dropped, epoch by epoch; without this none is. Their hashes stay.
    pub keep_days: Option<KeepDays>,
    /// What a new log is called after in its checkpoints: `<deployment>/<log-id>`. One that was begun keeps its name.
    pub deployment: String,
    /// The key that signs checkpoints: 32 bytes, made if the file is missing and the log is new. `signing.key` in the
    /// folder of the store, if it is not said.
    pub signing_key_file: Option<PathBuf>,
    /// The data keys of the people that what lies beside the records is about. `subjects.keys` in the folder of the
    /// store, if it is not said.
    pub subject_keys_file: Option<PathBuf>,
    /// The key that wraps them: 32 bytes, made if nothing was encrypted yet. `master.key` in the folder of the store, if
    /// it is not said.
    pub master_key_file: Option<PathBuf>,
    /// For how many days what is about nobody known can be read: bodies that were not understood, conflicts, events
    /// that name no account.
    pub unattributed_days: u32,
    /// How much of the disk is kept in reserve, in bytes, so that there is room for what is under way once it is full; 0
    /// keeps nothing.
    pub ballast_bytes: u64,
    /// What is done when its disk runs out of room.
    pub disk: DiskSettings,
    /// Where its checkpoints are kept beside it.
    pub anchors: AnchorSettings,
    /// The receivers of syslog that records are forwarded to.
    pub forward: ForwardSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            path: PathBuf::from("trail"),
            cache_bytes_max: 64 * 1024 * 1024,
            epoch_records: 1_000_000,
            keep_days: None,
            deployment: "portcullis".to_owned(),
            signing_key_file: None,
            subject_keys_file: None,
            master_key_file: None,
            unattributed_days: 30,
            ballast_bytes: 64 * 1024 * 1024,
            disk: DiskSettings::default(),
            anchors: AnchorSettings::default(),
            forward: ForwardSettings::default(),
        }
    }
}

impl Settings {
    /// Where the data keys and what wraps them are, the store being in `folder`; `resolve` finds what is said.
    #[must_use]
    pub fn key_files(&self, folder: &Path, resolve: impl Fn(&Path) -> PathBuf) -> KeyFiles {
        let place = |said: &Option<PathBuf>, usual| said.as_deref().map_or_else(|| folder.join(usual), &resolve);
        KeyFiles {
            keys: place(&self.subject_keys_file, "subjects.keys"),
            master: place(&self.master_key_file, "master.key"),
        }
    }

    /// The file with the key that signs the log of the trail in `folder`. `resolve` makes paths of those in the settings.
    #[must_use]
    pub fn signing_key(&self, folder: &Path, resolve: impl Fn(&Path) -> PathBuf) -> PathBuf {
        self.signing_key_file.as_deref().map_or_else(|| folder.join("signing.key"), resolve)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_has_a_default_and_what_is_unknown_is_refused() {
        let set: Settings = serde_json::from_str(r#"{"path":"/srv/trail"}"#).unwrap();
        assert_eq!(set, Settings { path: PathBuf::from("/srv/trail"), ..Settings::default() });
        assert!(serde_json::from_str::<Settings>(r#"{"cache_bytes":1}"#).is_err());
    }
}
