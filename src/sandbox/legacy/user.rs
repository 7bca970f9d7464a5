//! Look-ups of one user: by id, login name, mobile number or union id; administrators.

use serde_json::{Map, Value, json};

use super::super::accounts::{AccountKind, AccountState, Rank};
use super::super::organization::{CORP_ID, CORP_NAME, FOREIGN_CORP_ID, FOREIGN_CORP_NAME, ROOT};
use super::super::refusals::{
    LEGACY_INVALID_MOBILE, LEGACY_INVALID_PARAMETER, LEGACY_USER_ID_INVALID, LEGACY_USER_NOT_FOUND, LegacyRefusal,
};
use super::super::world::World;
use super::parameters::{Parameters, mobile_digits};
use super::{Outcome, result, role};

/// The longest `userid`, in characters.
const USER_ID_CHARS_MAX: usize = 64;
/// A sort order as large as live ones are; it does not fit a double exactly.
const SORT_ORDER: u64 = 176_294_576_350_761_512;

/// `/topapi/v2/user/get`: with a `login_id` the `userid` is ignored.
pub(super) fn get(world: &World, parameters: &Parameters<'_>) -> Outcome {
    let language = parameters.language()?;
    let account = match parameters.text("login_id")? {
        Some(login_id) => world.accounts.values().find(|account| account.login_id.as_ref() == Some(&login_id)),
        None => world.accounts.get(&user_id(parameters)?),
    };
    Ok(result(details(account.ok_or_else(|| unknown_user(world))?, &language)))
}

/// `/topapi/v2/user/getbymobile`: Enterprise Accounts are found only when asked for, and stand in a
/// list of their own; only ordinary accounts stand in `userid`.
pub(super) fn get_by_mobile(world: &World, parameters: &Parameters<'_>) -> Outcome {
    let mobile = mobile_digits(&parameters.needed_text("mobile")?).ok_or(LEGACY_INVALID_MOBILE)?;
    let with_enterprise = parameters.is_on("support_exclusive_account_search");
    let having = |kind: fn(AccountKind) -> bool| {
        let accounts = world.accounts.values().filter(|account| account.mobile == mobile);
        accounts.filter(|account| kind(account.kind)).map(|account| account.user_id.clone()).collect::<Vec<_>>()
    };
    let ordinary = having(|kind| kind == AccountKind::Ordinary);
    let enterprise = if with_enterprise { having(AccountKind::is_own) } else { Vec::new() };
    if ordinary.is_empty() && enterprise.is_empty() {
        return Err(LEGACY_USER_NOT_FOUND);
    }
    let mut found = json!({ "exclusive_account_userid_list": enterprise });
    if let (Some(user_id), Some(members)) = (ordinary.first(), found.as_object_mut()) {
        members.insert("userid".to_owned(), user_id.as_str().into());
    }
    Ok(result(found))
}

/// `/topapi/user/getbyunionid`: everybody here is in the organization, so the contact type is 0.
pub(super) fn get_by_union_id(world: &World, parameters: &Parameters<'_>) -> Outcome {
    let union_id = parameters.needed_text("unionid")?;
    let account = world.accounts.values().find(|account| account.union_id == union_id);
    let account = account.ok_or(LEGACY_USER_NOT_FOUND)?;
    Ok(result(json!({ "contact_type": 0, "userid": account.user_id })))
}

/// `/topapi/user/listadmin`
pub(super) fn list_admin(world: &World) -> Map<String, Value> {
    let level = |account: &AccountState| account.rank.admin_level();
    let admins = world.accounts.values().filter_map(|account| Some((account, level(account)?)));
    result(admins.map(|(account, level)| json!({ "userid": account.user_id, "sys_level": level })).collect())
}

/// `/topapi/user/get_admin_scope`: the list stands at the top, not in `result`.
pub(super) fn get_admin_scope(world: &World, parameters: &Parameters<'_>) -> Outcome {
    let account = world.accounts.get(&user_id(parameters)?).ok_or_else(|| unknown_user(world))?;
    let scope = match account.rank {
        Rank::Admin => json!([ROOT]),
        Rank::SubAdmin => json!(account.departments),
        Rank::Employee | Rank::Boss | Rank::Senior => json!([]),
    };
    Ok(Map::from_iter([("dept_ids".to_owned(), scope)]))
}

fn user_id(parameters: &Parameters<'_>) -> Result<String, LegacyRefusal> {
    let user_id = parameters.needed_text("userid")?;
    if user_id.chars().count() <= USER_ID_CHARS_MAX { Ok(user_id) } else { Err(LEGACY_INVALID_PARAMETER) }
}

/// The documentation says 33012; live answers say 60121.
fn unknown_user(world: &World) -> LegacyRefusal {
    if world.answers_as_documented() { LEGACY_USER_ID_INVALID } else { LEGACY_USER_NOT_FOUND }
}

fn details(account: &AccountState, language: &str) -> Value {
    let mut members = profile(account);
    let order = |id: &u64| json!({ "dept_id": id, "order": SORT_ORDER });
    let leader = |id: &u64| json!({ "dept_id": id, "leader": false });
    members.insert("senior".to_owned(), (account.rank == Rank::Senior).into());
    members.insert("real_authed".to_owned(), true.into());
    members.insert("dept_order_list".to_owned(), account.departments.iter().map(order).collect());
    members.insert("leader_in_dept".to_owned(), account.departments.iter().map(leader).collect());
    // Left out for those who have none.
    let roles: Vec<Value> = role::of(account).map(|role| role.document(language)).collect();
    if !roles.is_empty() {
        members.insert("role_list".to_owned(), roles.into());
    }
    Value::Object(members)
}

/// The members that a look-up of one user and a list of users have in common. What belongs to an
/// account of the organization's own is shown for those only.
pub(super) fn profile(account: &AccountState) -> Map<String, Value> {
    let mut members = Map::from_iter([
        ("userid".to_owned(), account.user_id.as_str().into()),
        ("unionid".to_owned(), account.union_id.as_str().into()),
        ("name".to_owned(), account.name.as_str().into()),
        ("state_code".to_owned(), "86".into()),
        ("mobile".to_owned(), account.mobile.as_str().into()),
        ("hide_mobile".to_owned(), false.into()),
        ("job_number".to_owned(), account.job_number.as_str().into()),
        ("email".to_owned(), account.email.as_str().into()),
        ("dept_id_list".to_owned(), account.departments.clone().into()),
        ("active".to_owned(), true.into()),
        ("admin".to_owned(), account.rank.admin_level().is_some().into()),
        ("boss".to_owned(), (account.rank == Rank::Boss).into()),
        ("exclusive_account".to_owned(), (account.kind != AccountKind::Ordinary).into()),
    ]);
    // As live answers leave out what there is none of, which looks like what the app may not see.
    members.retain(|name, value| !(matches!(name.as_str(), "mobile" | "email") && *value == ""));
    members.extend(enterprise_members(account));
    members
}

fn enterprise_members(account: &AccountState) -> Map<String, Value> {
    let (kind, corp_id, corp_name) = match account.kind {
        AccountKind::Ordinary => return Map::new(),
        AccountKind::Sso => ("sso", CORP_ID, CORP_NAME),
        AccountKind::DingtalkBuilt => ("dingtalk", CORP_ID, CORP_NAME),
        AccountKind::Foreign => ("sso", FOREIGN_CORP_ID, FOREIGN_CORP_NAME),
    };
    let mut members = Map::from_iter([
        ("exclusive_account_type".to_owned(), kind.into()),
        ("exclusive_account_corp_id".to_owned(), corp_id.into()),
        ("exclusive_account_corp_name".to_owned(), corp_name.into()),
    ]);
    if account.kind.is_own() && !account.hides_disabled {
        members.insert("disable_status".to_owned(), account.disabled.into());
    }
    if let Some(login_id) = &account.login_id {
        members.insert("login_id".to_owned(), login_id.as_str().into());
        members.insert("nickname".to_owned(), account.name.as_str().into());
    }
    members
}
