//! Where the rules are, and who may sign them.

use std::path::PathBuf;

use serde::Deserialize;

use super::signers::Signers;

/// The settings of this module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The rules folder; a relative path starts from the configuration file's folder.
    pub folder: PathBuf,
    /// The public keys of those who may sign the rules. With any, a set with a rule that acts is
    /// loaded only when one of them has signed it.
    pub signers: Signers,
}

impl Default for Settings {
    fn default() -> Self {
        Self { folder: PathBuf::from("rules"), signers: Signers::default() }
    }
}
