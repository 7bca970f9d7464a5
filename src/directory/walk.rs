//! Goes through whole lists: the tree of departments, all pages of a department's users, the roles and who has them.

use std::collections::{BTreeSet, VecDeque};

use super::contacts::{Department, DepartmentId, Member, PageFrom};
use super::model::Directory;
use super::roles::{ListedRole, RoleId};
use crate::incident::{Failure, FailureClass, UserId};

/// The most departments of an organization that are read; far beyond what DingTalk allows one.
const DEPARTMENTS_MAX: usize = 100_000;
/// The most roles of an organization that are read.
const ROLES_MAX: usize = 10_000;
/// The most pages of one department's users, and of one role's, that are read.
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
    let mut from = PageFrom::START;
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

/// The organization's roles, each once.
///
/// # Errors
/// A page failed, or there is no end.
pub async fn roles(directory: &dyn Directory) -> Result<Vec<ListedRole>, Failure> {
    let (mut all, mut known) = (Vec::new(), BTreeSet::new());
    let mut from = PageFrom::START;
    for _ in 0..PAGES_MAX {
        let page = directory.roles(from).await?;
        all.extend(page.roles.into_iter().filter(|role| known.insert(role.id)));
        if all.len() > ROLES_MAX {
            return Err(Failure::local(FailureClass::Permanent, "too_many_roles"));
        }
        match page.next {
            Some(next) => from = next,
            None => return Ok(all),
        }
    }
    Err(Failure::local(FailureClass::Permanent, "too_many_pages"))
}

/// Everybody who has a role, page by page as they come. Gives whether there is such a role.
///
/// # Errors
/// A page failed, or there is no end.
pub async fn holders(
    directory: &dyn Directory,
    id: RoleId,
    mut page: impl FnMut(Vec<UserId>),
) -> Result<bool, Failure> {
    let mut from = PageFrom::START;
    for _ in 0..PAGES_MAX {
        let Some(read) = directory.holders(id, from).await? else { return Ok(false) };
        page(read.holders);
        match read.next {
            Some(next) => from = next,
            None => return Ok(true),
        }
    }
    Err(Failure::local(FailureClass::Permanent, "too_many_pages"))
}
