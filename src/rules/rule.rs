//! What a rule is to the rest of the program: its id, what it says of itself, and what it asks to be done.
//! How it finds what it is for, its detector knows, or its correlation.

use crate::incident::{Digest, RuleRef};

use super::response::Response;

/// The statuses by their names.
pub(super) const STATUSES: [(&str, RuleStatus); 5] = [
    ("stable", RuleStatus::Stable),
    ("test", RuleStatus::Test),
    ("experimental", RuleStatus::Experimental),
    ("deprecated", RuleStatus::Deprecated),
    ("unsupported", RuleStatus::Unsupported),
];

/// How sure the authors are of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleStatus {
    /// Proven in use.
    Stable,
    /// Nearly so.
    Test,
    /// New.
    Experimental,
    /// Given up, mostly for another; loaded only when asked for.
    Deprecated,
    /// Cannot be used as it is; loaded only when asked for.
    Unsupported,
}

/// Which statuses are loaded beside the usual ones. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statuses {
    /// `deprecated`.
    pub deprecated: bool,
    /// `unsupported`.
    pub unsupported: bool,
}

/// How serious a match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// For information.
    Informational,
    /// Of little weight.
    Low,
    /// Worth a look.
    Medium,
    /// To be dealt with.
    High,
    /// To be dealt with at once.
    Critical,
}

impl Level {
    /// Every level, lightest first.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The level's name in rule files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A rule, or a correlation as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Id, title and the digest of its file.
    pub reference: RuleRef,
    /// What it detects and would do, whatever its mode and its texts are.
    pub behaviour: Digest,
    /// What others call it by, if it says so.
    pub name: Option<String>,
    /// Its file below the rules folder.
    pub file: String,
    /// How sure its authors are of it.
    pub status: Option<RuleStatus>,
    /// How serious a match is.
    pub level: Option<Level>,
    /// What it detects and why, for people.
    pub description: Option<String>,
    /// Who wrote it. Operator messages name the author, as the Detection Rule License asks.
    pub author: Option<String>,
    /// Who keeps it here.
    pub owner: Option<String>,
    /// What to read about it.
    pub references: Vec<String>,
    /// What else may look like it.
    pub false_positives: Vec<String>,
    /// ATT&CK techniques and other tags.
    pub tags: Vec<String>,
    /// The names of the tests it carries, in order. Rules come into force only if all of them pass.
    pub tests: Vec<String>,
    /// What is to be done on a match; `None` for a rule that only detects.
    pub response: Option<Response>,
}
