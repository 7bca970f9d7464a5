//! A department of the organization.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A department's id, as DingTalk numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DepartmentId(i64);

impl DepartmentId {
    /// The organization itself.
    pub const ROOT: Self = Self(1);

    /// The department with this number.
    #[must_use]
    pub fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number, as DingTalk writes it.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for DepartmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
