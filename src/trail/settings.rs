//! What an operator sets about the embedded store.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the trail is kept, and how much memory its store may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The folder of the store; made with mode 0700 if it is missing.
    pub path: PathBuf,
    /// The most memory for the page cache, in bytes.
    pub cache_bytes_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { path: PathBuf::from("trail"), cache_bytes_max: 64 * 1024 * 1024 }
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
