//! Where the rules are, and who may sign them, and when they may act.

use std::path::PathBuf;

use serde::Deserialize;

use super::rule::Statuses;
use super::signers::Signers;
use crate::incident::Bar;

/// The settings of this module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The rules folder; a relative path starts from the configuration file's folder.
    pub folder: PathBuf,
    /// The public keys of those who may sign the rules. With any, a set with a rule that acts is
    /// loaded only when one of them has signed it.
    pub signers: Signers,
    /// How many whole days a rule has to watch before it may act.
    pub promotion_days: u32,
    /// How many alerts it has to match in that time.
    pub promotion_matches: u64,
    /// Whether a rule that acts is refused when nobody has let it act as it is.
    pub require_promotion: bool,
    /// Whether rules of the status `deprecated` are loaded; otherwise they are refused.
    pub enable_deprecated: bool,
    /// Whether rules of the status `unsupported` are loaded; otherwise they are refused.
    pub enable_unsupported: bool,
}

impl Settings {
    /// Which statuses are loaded beside the usual ones.
    #[must_use]
    pub fn statuses(&self) -> Statuses {
        Statuses { deprecated: self.enable_deprecated, unsupported: self.enable_unsupported }
    }

    /// How much evidence is asked for.
    #[must_use]
    pub fn bar(&self) -> Bar {
        Bar { days: self.promotion_days, matches: self.promotion_matches }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("rules"),
            signers: Signers::default(),
            promotion_days: 7,
            promotion_matches: 1,
            require_promotion: false,
            enable_deprecated: false,
            enable_unsupported: false,
        }
    }
}
