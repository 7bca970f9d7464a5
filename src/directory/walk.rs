//! Goes through whole lists: the tree of departments, and all pages of a department's users.

use std::collections::{BTreeSet, VecDeque};

use super::contacts::{Department, DepartmentId, Member, MembersFrom};
use super::model::Directory;
use crate::incident::{Failure, FailureClass};

/// The most departments of an organization that are read; far beyond what DingTalk allows one.
const DEPARTMENTS_MAX: usize = 100_000;
/// The most pages of one department's users that are read.
const PAGES_MAX: usize = 10_000;

/// The departments from the root down, each once, those of one level before those below. `told` hears of each as it is
/// found.
///
/// # Errors
/// A look-up failed, or there is no end.
pub async fn departments(
    directory: &dyn Directory,
    mut told: impl FnMut(&Department),
) -> Result<Vec<Department>, Failure> {
    let root = directory.department(DepartmentId::ROOT).await?;
    let root = root.ok_or_else(|| Failure::local(FailureClass::Permanent, "no_root_department"))?;
    told(&root);
    let mut known = BTreeSet::from([root.id]);
    let mut to_ask = VecDeque::from([root.id]);
    let mut all = vec![root];
    while let Some(id) = to_ask.pop_front() {
        for department in directory.sub_departments(id).await? {
            // A tree that bends back on itself would be walked for ever.
            if !known.insert(department.id) {
                continue;
            }
            if all.len() >= DEPARTMENTS_MAX {
                return Err(Failure::local(FailureClass::Permanent, "too_many_departments"));
            }
            told(&department);
            to_ask.push_back(department.id);
            all.push(department);
        }
    }
    Ok(all)
}

/// All users who are in a department itself, page by page as they come.
///
/// # Errors
/// A page failed, or there is no end.
pub async fn members(
    directory: &dyn Directory,
    id: DepartmentId,
    mut page: impl FnMut(Vec<Member>),
) -> Result<(), Failure> {
    let mut from = MembersFrom::START;
    for _ in 0..PAGES_MAX {
        let read = directory.members(id, from).await?;
        page(read.members);
        match read.next {
            Some(next) => from = next,
            None => return Ok(()),
        }
    }
    Err(Failure::local(FailureClass::Permanent, "too_many_pages"))
}
