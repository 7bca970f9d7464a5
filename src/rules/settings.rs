//! Where the rules are.

use std::path::PathBuf;

use serde::Deserialize;

/// The settings of this module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The rules folder; a relative path starts from the configuration file's folder.
    pub folder: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self { folder: PathBuf::from("rules") }
    }
}
