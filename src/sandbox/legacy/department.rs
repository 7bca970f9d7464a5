//! Look-ups of departments.

use serde_json::{Value, json};

use super::super::accounts::Rank;
use super::super::organization::{Department, ROOT};
use super::super::refusals::{LEGACY_DEPARTMENT_NOT_FOUND, LEGACY_INVALID_PARAMETER, LegacyRefusal};
use super::super::world::World;
use super::parameters::Parameters;
use super::{Outcome, result};

/// `/topapi/v2/department/listsub`: one level down; without `dept_id` from the root.
pub(super) fn list_sub(parameters: &Parameters<'_>) -> Outcome {
    let language = parameters.language()?;
    let id = parameters.number("dept_id", LEGACY_INVALID_PARAMETER)?.unwrap_or(ROOT);
    Ok(result(find(id)?.children().map(|child| child.document(&language)).collect()))
}

/// `/topapi/v2/department/listsubid`
pub(super) fn list_sub_ids(parameters: &Parameters<'_>) -> Outcome {
    let ids: Vec<u64> = needed(parameters)?.children().map(|child| child.id).collect();
    Ok(result(json!({ "dept_id_list": ids })))
}

/// `/topapi/v2/department/get`
pub(super) fn get(world: &World, parameters: &Parameters<'_>) -> Outcome {
    let department = needed(parameters)?;
    let mut document = department.document(&parameters.language()?);
    if let Some(members) = document.as_object_mut() {
        members.insert("dept_manager_userid_list".to_owned(), managers(world, department.id));
        members.insert("hide_dept".to_owned(), false.into());
    }
    Ok(result(document))
}

fn needed(parameters: &Parameters<'_>) -> Result<&'static Department, LegacyRefusal> {
    find(parameters.number("dept_id", LEGACY_INVALID_PARAMETER)?.ok_or(LEGACY_INVALID_PARAMETER)?)
}

fn find(id: u64) -> Result<&'static Department, LegacyRefusal> {
    Department::find(id).ok_or(LEGACY_DEPARTMENT_NOT_FOUND)
}

/// The boss manages the department he is in.
fn managers(world: &World, department: u64) -> Value {
    let bosses = world.accounts.values().filter(|account| account.rank == Rank::Boss);
    let here = bosses.filter(|account| account.departments.contains(&department));
    here.map(|account| account.user_id.as_str()).collect()
}
