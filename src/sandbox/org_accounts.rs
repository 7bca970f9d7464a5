//! The Enterprise Account calls: sign out, disable, enable, status, owned organizations.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::incident::Timestamp;

use super::accounts::AccountState;
use super::organization::owned_by;
use super::refusals::{
    EMPLOYEE_NOT_EXIST, EXCLUSIVE_ACCOUNT_LIMIT, EXCLUSIVE_ACCOUNT_ONLY, INVALID_PARAM, MISSING_BODY, NewRefusal,
    USER_NOT_EXIST,
};
use super::request::{Content, Request};
use super::world::World;

/// `POST …/signOut`
pub(super) fn sign_out(world: &mut World, request: &Request, now: Timestamp) -> Result<Value, NewRefusal> {
    let user_id = body_text(request, "userId")?.ok_or(INVALID_PARAM)?;
    let reason = body_text(request, "reason")?;
    let texts = employee_texts(request)?;
    own_account(world, &user_id)?.sign_out(reason, texts, now);
    Ok(json!({ "result": true }))
}

/// `POST …/disable`
pub(super) fn disable(world: &mut World, request: &Request) -> Result<Value, NewRefusal> {
    let user_id = body_text(request, "userId")?.ok_or(INVALID_PARAM)?;
    let reason = body_text(request, "reason")?;
    own_account(world, &user_id)?.disable(reason);
    Ok(json!({ "result": true }))
}

/// `POST …/enable`
pub(super) fn enable(world: &mut World, request: &Request) -> Result<Value, NewRefusal> {
    let user_id = body_text(request, "userId")?.ok_or(INVALID_PARAM)?;
    own_account(world, &user_id)?.enable();
    Ok(json!({ "result": true }))
}

/// `GET …/status?userId=`
pub(super) fn status(world: &mut World, request: &Request) -> Result<Value, NewRefusal> {
    let account = own_account(world, query_user_id(request)?)?;
    Ok(json!({ "disable": account.disabled }))
}

/// `GET …/ownedOrganizations?userId=`
pub(super) fn owned_organizations(world: &World, request: &Request) -> Result<Value, NewRefusal> {
    let account = world.accounts.get(query_user_id(request)?).ok_or(EMPLOYEE_NOT_EXIST)?;
    if !account.kind.is_own() {
        return Err(EXCLUSIVE_ACCOUNT_LIMIT);
    }
    Ok(json!({ "orgList": owned_by(&account.user_id) }))
}

/// A text of the JSON body; empty is as good as absent, another type is refused.
pub(super) fn body_text(request: &Request, name: &str) -> Result<Option<String>, NewRefusal> {
    let Content::Json(_) = request.content else { return Err(MISSING_BODY) };
    match request.json(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok((!text.is_empty()).then(|| text.clone())),
        Some(_) => Err(INVALID_PARAM),
    }
}

fn query_user_id(request: &Request) -> Result<&str, NewRefusal> {
    request.query("userId").filter(|id| !id.is_empty()).ok_or(INVALID_PARAM)
}

fn own_account<'w>(world: &'w mut World, user_id: &str) -> Result<&'w mut AccountState, NewRefusal> {
    let account = world.accounts.get_mut(user_id).ok_or(USER_NOT_EXIST)?;
    if account.kind.is_own() { Ok(account) } else { Err(EXCLUSIVE_ACCOUNT_ONLY) }
}

/// `reasonI18nForEmployee`: a flat object of texts.
fn employee_texts(request: &Request) -> Result<BTreeMap<String, String>, NewRefusal> {
    let Some(texts) = request.json("reasonI18nForEmployee") else { return Ok(BTreeMap::new()) };
    let members = texts.as_object().ok_or(INVALID_PARAM)?;
    let text = |(locale, text): (&String, &Value)| Some((locale.clone(), text.as_str()?.to_owned()));
    members.iter().map(text).collect::<Option<_>>().ok_or(INVALID_PARAM)
}
