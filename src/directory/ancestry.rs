//! Which departments somebody is in, with all those above: who is in a team is in its division, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::model::Directory;
use crate::incident::{DepartmentId, Failure, FailureClass, Timestamp};

/// How long a department's place is believed without asking again.
const FRESH: Duration = Duration::from_secs(600);
/// The most places that are kept; all go when there are more.
const KEPT_MAX: usize = 10_000;
/// The most departments above one; DingTalk allows far fewer levels.
const LEVELS_MAX: usize = 64;

/// The places of departments, as far as they were asked for.
#[derive(Debug, Default)]
pub struct Ancestry {
    parents: Mutex<BTreeMap<DepartmentId, Place>>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    parent: Option<DepartmentId>,
    asked_at: Timestamp,
}

impl Ancestry {
    /// These departments and all above them, the root among them.
    ///
    /// # Errors
    /// One cannot be had, is not there, or there is no end.
    pub async fn of(
        &self,
        directory: &dyn Directory,
        departments: &[DepartmentId],
        now: Timestamp,
    ) -> Result<BTreeSet<DepartmentId>, Failure> {
        let mut all = BTreeSet::new();
        for department in departments {
            let mut next = Some(*department);
            for level in 0.. {
                // What is known already has been followed to its end.
                let Some(id) = next.filter(|id| all.insert(*id)) else { break };
                if level >= LEVELS_MAX {
                    return Err(Failure::local(FailureClass::Permanent, "too_many_departments"));
                }
                next = self.parent(directory, id, now).await?;
            }
        }
        Ok(all)
    }

    async fn parent(
        &self,
        directory: &dyn Directory,
        id: DepartmentId,
        now: Timestamp,
    ) -> Result<Option<DepartmentId>, Failure> {
        let is_fresh = |place: &Place| now.duration_since(place.asked_at).unsigned_abs() < FRESH;
        if let Some(place) = self.with(|parents| parents.get(&id).copied()).filter(is_fresh) {
            return Ok(place.parent);
        }
        let department = directory.department(id).await?;
        let department = department.ok_or_else(|| Failure::local(FailureClass::Permanent, "no_such_department"))?;
        self.with(|parents| {
            if parents.len() >= KEPT_MAX {
                parents.clear();
            }
            parents.insert(id, Place { parent: department.parent, asked_at: now });
        });
        Ok(department.parent)
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<DepartmentId, Place>) -> T) -> T {
        work(&mut self.parents.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
