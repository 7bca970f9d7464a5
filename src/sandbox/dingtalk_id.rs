//! The change of a DingTalk ID: its format, its uniqueness, and once a year.

use serde_json::{Value, json};

use crate::incident::Timestamp;

use super::org_accounts::body_text;
use super::refusals::{
    EMP_NOT_EXIST, HAVE_BEEN_SET, INCORRECT_FORMAT, INCORRECT_LENGTH, INCORRECT_RESERVED, INTERNAL_ACCOUNT_LIMIT,
    INVALID_PARAM, NewRefusal,
};
use super::request::Request;
use super::world::World;

/// Words nobody may take. DingTalk does not publish its list; these stand for it.
const RESERVED: [&str; 3] = ["dingtalk", "alibaba", "administrator"];
/// How long a changed id cannot be changed again.
const YEAR_S: i64 = 365 * 24 * 3600;

/// `POST …/dingTalkIds/change`
pub(super) fn change(world: &mut World, request: &Request, now: Timestamp) -> Result<Value, NewRefusal> {
    let user_id = body_text(request, "userId")?.ok_or(INVALID_PARAM)?;
    let dingtalk_id = body_text(request, "dingTalkId")?.ok_or(INVALID_PARAM)?;
    check_format(&dingtalk_id)?;
    let taken = world.accounts.values().any(|other| other.dingtalk_id.eq_ignore_ascii_case(&dingtalk_id));
    let account = world.accounts.get_mut(&user_id).ok_or(EMP_NOT_EXIST)?;
    if !account.kind.is_own() {
        return Err(INTERNAL_ACCOUNT_LIMIT);
    }
    if account.dingtalk_id_changed_at.is_some_and(|at| now.as_second().saturating_sub(at.as_second()) < YEAR_S) {
        return Err(HAVE_BEEN_SET);
    }
    if taken {
        return Err(INCORRECT_RESERVED);
    }
    account.dingtalk_id = dingtalk_id;
    account.dingtalk_id_changed_at = Some(now);
    Ok(json!({ "result": true }))
}

/// 6 to 20 letters and digits, a letter first, none of the reserved words.
fn check_format(id: &str) -> Result<(), NewRefusal> {
    if !(6..=20).contains(&id.chars().count()) {
        return Err(INCORRECT_LENGTH);
    }
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric()) && id.starts_with(|c: char| c.is_ascii_alphabetic());
    if !plain {
        return Err(INCORRECT_FORMAT);
    }
    if RESERVED.contains(&id.to_ascii_lowercase().as_str()) { Err(INCORRECT_RESERVED) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_break_of_the_format_has_its_code() {
        for (id, expected) in [
            ("abc123", Ok(())),
            ("a2345678901234567890", Ok(())),
            ("abc12", Err(INCORRECT_LENGTH)),
            ("a23456789012345678901", Err(INCORRECT_LENGTH)),
            ("1abcdef", Err(INCORRECT_FORMAT)),
            ("abc-123", Err(INCORRECT_FORMAT)),
            ("张三张三张三", Err(INCORRECT_FORMAT)),
            ("DingTalk", Err(INCORRECT_RESERVED)),
        ] {
            assert_eq!(check_format(id), expected, "{id}");
        }
    }
}
