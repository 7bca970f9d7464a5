//! Lists of a department's own users, whole or in pages.

use serde_json::{Value, json};

use super::super::accounts::AccountState;
use super::super::organization::Department;
use super::super::refusals::{
    LEGACY_DEPARTMENT_NOT_FOUND, LEGACY_IMPROPER_VALUE, LEGACY_INVALID_PARAMETER, LegacyRefusal,
};
use super::super::world::World;
use super::parameters::Parameters;
use super::user::profile;
use super::{Outcome, result};

/// The largest page.
const SIZE_MAX: u64 = 100;

/// `/topapi/user/listid`
pub(super) fn ids(world: &World, parameters: &Parameters<'_>) -> Outcome {
    let department = department(parameters)?;
    let ids: Vec<&str> = members(world, department).map(|account| account.user_id.as_str()).collect();
    Ok(result(json!({ "userid_list": ids })))
}

/// `/topapi/user/listsimple`
pub(super) fn simple(world: &World, parameters: &Parameters<'_>) -> Outcome {
    page(world, parameters, |account| json!({ "userid": account.user_id, "name": account.name }))
}

/// `/topapi/v2/user/list`
pub(super) fn full(world: &World, parameters: &Parameters<'_>) -> Outcome {
    page(world, parameters, |account| {
        let mut members = profile(account);
        members.insert("leader".to_owned(), false.into());
        members.insert("dept_order".to_owned(), 1.into());
        Value::Object(members)
    })
}

/// One page. The cursor is how many users came before; `next_cursor` is absent on the last page.
fn page(world: &World, parameters: &Parameters<'_>, show: impl Fn(&AccountState) -> Value) -> Outcome {
    let department = department(parameters)?;
    let cursor = needed_number(parameters, "cursor")?;
    let size = needed_number(parameters, "size")?;
    if !(1..=SIZE_MAX).contains(&size) {
        return Err(LEGACY_IMPROPER_VALUE);
    }
    let (skip, take) = (to_usize(cursor), to_usize(size));
    let mut rest = members(world, department).skip(skip);
    let list: Vec<Value> = rest.by_ref().take(take).map(show).collect();
    Ok(result(if rest.next().is_some() {
        json!({ "has_more": true, "next_cursor": cursor.saturating_add(size), "list": list })
    } else {
        json!({ "has_more": false, "list": list })
    }))
}

fn department(parameters: &Parameters<'_>) -> Result<u64, LegacyRefusal> {
    let id = needed_number(parameters, "dept_id")?;
    Department::find(id).map(|department| department.id).ok_or(LEGACY_DEPARTMENT_NOT_FOUND)
}

/// Absent and improper are two refusals, as the page documents them.
fn needed_number(parameters: &Parameters<'_>, name: &str) -> Result<u64, LegacyRefusal> {
    parameters.number(name, LEGACY_IMPROPER_VALUE)?.ok_or(LEGACY_INVALID_PARAMETER)
}

fn members(world: &World, department: u64) -> impl Iterator<Item = &AccountState> {
    world.accounts.values().filter(move |account| account.departments.contains(&department))
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
