//! How far the organization has been read: when wholly, and what of the run that is under way.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::directory::RoleId;
use crate::directory::contacts::DepartmentId;
use crate::incident::Timestamp;

/// What has been read.
#[derive(Debug, Default)]
pub struct Reading {
    at: Option<Timestamp>,
    run: Option<Run>,
    walked: BTreeSet<DepartmentId>,
    roles: Option<RolesRead>,
    roles_walked: BTreeSet<RoleId>,
}

/// What came of the last try to read who has which role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RolesRead {
    /// All of it was read, by the run that began then.
    At(Timestamp),
    /// It cannot be read; what is known of it may be wrong.
    Refused,
}

/// A run through the organization that has not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it began.
    pub began_at: Timestamp,
    /// Whether it knows the departments.
    pub has_tree: bool,
    /// Whether it knows the roles.
    #[serde(default)]
    pub has_roles: bool,
}

impl Reading {
    /// The beginning of the last run that came to its end: everything known has been seen since. `None` before the
    /// first.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// The run that is under way, or was when it was cut off.
    #[must_use]
    pub fn run(&self) -> Option<Run> {
        self.run
    }

    /// Whether the run has been through a department's people.
    #[must_use]
    pub fn has_walked(&self, id: DepartmentId) -> bool {
        self.walked.contains(&id)
    }

    /// The departments it has been through.
    pub fn all_walked(&self) -> impl Iterator<Item = DepartmentId> {
        self.walked.iter().copied()
    }

    /// What came of reading who has which role; `None` where nobody ever tried.
    #[must_use]
    pub fn roles(&self) -> Option<RolesRead> {
        self.roles
    }

    /// Whether the run has been through those who have a role.
    #[must_use]
    pub fn has_walked_role(&self, id: RoleId) -> bool {
        self.roles_walked.contains(&id)
    }

    /// The roles it has been through.
    pub fn all_roles_walked(&self) -> impl Iterator<Item = RoleId> {
        self.roles_walked.iter().copied()
    }

    pub(super) fn role_walked(&mut self, id: RoleId) {
        self.roles_walked.insert(id);
    }

    pub(super) fn role_not_walked(&mut self, id: RoleId) {
        self.roles_walked.remove(&id);
    }

    pub(super) fn walked(&mut self, id: DepartmentId) {
        self.walked.insert(id);
    }

    pub(super) fn not_walked(&mut self, id: DepartmentId) {
        self.walked.remove(&id);
    }

    pub(super) fn is(&mut self, at: Option<Timestamp>, run: Option<Run>, roles: Option<RolesRead>) {
        (self.at, self.run, self.roles) = (at, run, roles);
    }
}
