//! Look-ups of users in the new family: by DingTalk ID and by name.

use serde_json::{Value, json};

use super::org_accounts::body_text;
use super::refusals::{INVALID_PARAM, NewRefusal, PARAMETER_ERROR, USER_NOT_EXIST};
use super::request::Request;
use super::world::World;

/// The largest page; DingTalk publishes none, and this is that of its other lists.
const SIZE_MAX: u64 = 100;

/// `GET /v1.0/contact/user/getByDingTalkId?dingtalkId=`. No document of DingTalk's has it, so its refusals are
/// those of the calls beside it.
pub(super) fn by_dingtalk_id(world: &World, request: &Request) -> Result<Value, NewRefusal> {
    let id = request.query("dingtalkId").filter(|id| !id.is_empty()).ok_or(INVALID_PARAM)?;
    let account = world.accounts.values().find(|account| account.dingtalk_id == id).ok_or(USER_NOT_EXIST)?;
    Ok(json!({ "userId": account.user_id }))
}

/// `POST /v1.0/contact/users/search`: part of a name, or with `fullMatchField` 1 all of it. The pinyin that DingTalk
/// searches too is not known here; the `userid` stands for it.
pub(super) fn search(world: &World, request: &Request) -> Result<Value, NewRefusal> {
    let word = body_text(request, "queryWord").map_err(as_parameter)?.ok_or(PARAMETER_ERROR)?;
    let number = |name| request.json(name).and_then(Value::as_u64).ok_or(PARAMETER_ERROR);
    let (offset, size) = (number("offset")?, number("size")?);
    if !(1..=SIZE_MAX).contains(&size) {
        return Err(PARAMETER_ERROR);
    }
    let whole = request.json("fullMatchField") == Some(&json!(1));
    let is_found = |name: &str| if whole { name == word } else { name.contains(&word) };
    let found = world.accounts.values().filter(|account| is_found(&account.name) || is_found(&account.user_id));
    let found: Vec<&str> = found.map(|account| account.user_id.as_str()).collect();
    let skipped = usize::try_from(offset.saturating_mul(size)).unwrap_or(usize::MAX);
    let take = usize::try_from(size).unwrap_or(usize::MAX);
    let list: Vec<&str> = found.iter().skip(skipped).take(take).copied().collect();
    let has_more = skipped.saturating_add(list.len()) < found.len();
    Ok(json!({ "hasMore": has_more, "totalCount": found.len(), "list": list }))
}

/// This call has a code of its own for what is wrong with the body's members.
fn as_parameter(refusal: NewRefusal) -> NewRefusal {
    if refusal == INVALID_PARAM { PARAMETER_ERROR } else { refusal }
}
