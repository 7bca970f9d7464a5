//! What an alert opens, and what makes the program load rules.

use serde::{Deserialize, Serialize};

use crate::incident::{HoldReason, Plan};

/// An incident that an alert opens: its plan, and why it waits if a guardrail holds it at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// What is to be done.
    pub plan: Plan,
    /// Why it is held from the start.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held: Option<HoldReason>,
}

/// What makes the program load rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadCause {
    /// It started.
    Start,
    /// A file changed.
    FileChange,
    /// It was sent SIGHUP.
    Signal,
    /// Somebody asked for it.
    Request,
}
