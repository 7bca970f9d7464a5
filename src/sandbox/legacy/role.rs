//! The organization's roles, and who has each.

use serde_json::{Value, json};

use super::super::accounts::{AccountState, Rank};
use super::super::organization::ON_CALL;
use super::super::refusals::{
    LEGACY_IMPROPER_OFFSET, LEGACY_IMPROPER_SIZE, LEGACY_INVALID_PARAMETER, LEGACY_ROLE_NOT_FOUND,
};
use super::super::world::World;
use super::parameters::Parameters;
use super::{Outcome, result};

/// The largest pages, and the size of those whose size is not said.
const ROLES_SIZE_MAX: u64 = 200;
const HOLDERS_SIZE_MAX: u64 = 100;
const SIZE: u64 = 20;

const MAIN_ADMINISTRATOR: u64 = 2_062_489_174;
const SUB_ADMINISTRATOR: u64 = 2_062_489_175;

/// One role.
pub(super) struct Role {
    id: u64,
    name: &'static str,
    name_english: &'static str,
    group: u64,
    group_name: &'static str,
    group_name_english: &'static str,
}

const fn of_default(id: u64, name: &'static str, name_english: &'static str) -> Role {
    Role { id, name, name_english, group: 2_062_489_173, group_name: "默认", group_name_english: "Default" }
}

/// All roles, those of one group together.
const ROLES: [Role; 3] = [
    of_default(MAIN_ADMINISTRATOR, "主管理员", "Main administrator"),
    of_default(SUB_ADMINISTRATOR, "子管理员", "Sub-administrator"),
    Role {
        id: ON_CALL,
        name: "值班",
        name_english: "On call",
        group: 2_062_490_000,
        group_name: "职务",
        group_name_english: "Position",
    },
];

impl Role {
    /// As the look-up of one user shows it.
    pub(super) fn document(&self, language: &str) -> Value {
        let (group, name) = if language == "en_US" {
            (self.group_name_english, self.name_english)
        } else {
            (self.group_name, self.name)
        };
        json!({ "group_name": group, "name": name, "id": self.id })
    }

    /// Administering is a role too.
    fn is_of(&self, account: &AccountState) -> bool {
        match self.id {
            MAIN_ADMINISTRATOR => account.rank == Rank::Admin,
            SUB_ADMINISTRATOR => account.rank == Rank::SubAdmin,
            id => account.roles.contains(&id),
        }
    }
}

/// The roles that an account has.
pub(super) fn of(account: &AccountState) -> impl Iterator<Item = &'static Role> {
    ROLES.iter().filter(|role| role.is_of(account))
}

/// `/topapi/role/list`: roles in their groups. No document says whether a page counts roles or groups: here it is groups,
/// as those are what the list has.
pub(super) fn list(parameters: &Parameters<'_>) -> Outcome {
    let group = |roles: &[Role]| {
        let first = roles.first()?;
        let listed: Vec<Value> = roles.iter().map(|role| json!({ "id": role.id, "name": role.name })).collect();
        Some(json!({ "groupId": first.group, "name": first.group_name, "roles": listed }))
    };
    let groups = ROLES.chunk_by(|one, next| one.group == next.group).filter_map(group).collect();
    page(parameters, groups, ROLES_SIZE_MAX)
}

/// `/topapi/role/simplelist`
pub(super) fn holders(world: &World, parameters: &Parameters<'_>) -> Outcome {
    let id = parameters.number("role_id", LEGACY_INVALID_PARAMETER)?.ok_or(LEGACY_INVALID_PARAMETER)?;
    let role = ROLES.iter().find(|role| role.id == id).ok_or(LEGACY_ROLE_NOT_FOUND)?;
    let holders = world.accounts.values().filter(|account| role.is_of(account));
    let holders = holders.map(|account| json!({ "userid": account.user_id, "name": account.name }));
    page(parameters, holders.collect(), HOLDERS_SIZE_MAX)
}

/// Offset and size count only together.
fn page(parameters: &Parameters<'_>, all: Vec<Value>, size_max: u64) -> Outcome {
    let offset = parameters.number("offset", LEGACY_IMPROPER_OFFSET)?;
    let size = parameters.number("size", LEGACY_IMPROPER_SIZE)?;
    let (offset, size) = offset.zip(size).unwrap_or((0, SIZE));
    if !(1..=size_max).contains(&size) {
        return Err(LEGACY_IMPROPER_SIZE);
    }
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let list: Vec<Value> = all.iter().skip(number(offset)).take(number(size)).cloned().collect();
    let has_more = number(offset).saturating_add(list.len()) < all.len();
    Ok(result(json!({ "hasMore": has_more, "list": list })))
}
