//! What the app tells people through DingTalk, and who of them got it. HTTP success is no delivery: both calls drop
//! recipients without a word, and say so only in lists.

use serde_json::Value;

use super::answer::Success;
use super::lenient;
use crate::incident::{Failure, UserId};

/// What the same message on the same day is dropped as: whoever it was for has it already.
const REPEATED: [&str; 2] = ["143106", "143206"];

/// Something to be told to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A work notification, `topapi/message/corpconversation/asyncsend_v2`.
    Work {
        /// The app's agent id.
        agent_id: i64,
        /// To whom.
        user_ids: Vec<UserId>,
        /// What.
        text: String,
    },
    /// From a robot to each of them, `POST /v1.0/robot/oToMessages/batchSend`.
    OneToOne {
        /// Which robot.
        robot_code: String,
        /// To whom.
        user_ids: Vec<UserId>,
        /// What.
        text: String,
    },
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It was taken; who got it can be asked later by this number.
    Taken(i64),
    /// Who got it.
    Reached(Reach),
}

/// How many got a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Got it.
    pub reached: usize,
    /// Did not, and nobody said why at once.
    pub missed: usize,
}

/// What the call itself says.
pub(super) fn told(message: &Message, success: &Success) -> Result<Told, Failure> {
    match message {
        Message::Work { .. } => {
            let task = success.body.get("task_id").and_then(lenient::integer);
            task.map(Told::Taken).ok_or_else(|| success.unexpected())
        }
        Message::OneToOne { user_ids, .. } => {
            let lists = ["invalidStaffIdList", "flowControlledStaffIdList", "filteredStaffIdList"];
            let missed = each(success, &success.body, &lists)?;
            let missed = user_ids.iter().filter(|id| missed.iter().any(|missed| missed == id.as_str())).count();
            Ok(Told::Reached(Reach { reached: user_ids.len().saturating_sub(missed), missed }))
        }
    }
}

/// Who got a work notification; `None` while nobody can say.
pub(super) fn reach(success: &Success) -> Result<Option<Reach>, Failure> {
    let Some(result) = success.body.get("send_result").filter(|result| !result.is_null()) else { return Ok(None) };
    let repeated = repeated(success, result)?;
    let got = each(success, result, &["read_user_id_list", "unread_user_id_list"])?;
    let dropped = each(success, result, &["invalid_user_id_list", "forbidden_user_id_list", "failed_user_id_list"])?;
    let missed = dropped.iter().filter(|id| !repeated.contains(id) && !got.contains(id)).count();
    let reached = got.iter().chain(repeated.iter().filter(|id| !got.contains(id))).count();
    Ok((reached + missed > 0).then_some(Reach { reached, missed }))
}

/// Those who have had the same message before.
fn repeated(success: &Success, result: &Value) -> Result<Vec<String>, Failure> {
    let Some(listed) = result.get("forbidden_list") else { return Ok(Vec::new()) };
    let listed = lenient::list(listed).ok_or_else(|| success.unexpected())?;
    let is_repeated =
        |one: &&Value| one.get("code").and_then(lenient::text).is_some_and(|code| REPEATED.contains(&code.as_str()));
    Ok(listed.iter().filter(is_repeated).filter_map(|one| one.get("userid").and_then(lenient::text)).collect())
}

/// Everybody on these lists, each once.
fn each(success: &Success, body: &Value, lists: &[&str]) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for list in lists.iter().filter_map(|name| body.get(name)) {
        let list = lenient::list(list).ok_or_else(|| success.unexpected())?;
        all.extend(list.iter().filter_map(lenient::text));
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::api::Api;
    use serde_json::json;

    fn success(body: Value) -> Success {
        Success { api: Api::WorkNoticeResult, status: 200, request_id: None, body }
    }

    fn reach_of(result: Value) -> Option<Reach> {
        reach(&success(json!({ "errcode": 0, "send_result": result }))).unwrap()
    }

    #[test]
    fn nobody_on_any_list_is_no_answer_yet() {
        assert_eq!(reach_of(json!({})), None);
        assert_eq!(reach_of(json!({ "read_user_id_list": [], "unread_user_id_list": null })), None);
        assert_eq!(reach(&success(json!({ "errcode": 0 }))).unwrap(), None);
    }

    #[test]
    fn whoever_was_dropped_did_not_get_it_but_for_a_repeat() {
        let some = json!({ "read_user_id_list": ["a"], "unread_user_id_list": ["b"], "invalid_user_id_list": ["c"] });
        assert_eq!(reach_of(some), Some(Reach { reached: 2, missed: 1 }));
        let none = json!({ "forbidden_user_id_list": ["a"], "forbidden_list": [{ "code": "143105", "userid": "a" }] });
        assert_eq!(reach_of(none), Some(Reach { reached: 0, missed: 1 }));
        let again = json!({ "forbidden_user_id_list": ["a"], "forbidden_list": [{ "code": 143_106, "userid": "a" }] });
        assert_eq!(reach_of(again), Some(Reach { reached: 1, missed: 0 }));
        let written = json!({ "failed_user_id_list": "[\"a\",\"b\"]" });
        assert_eq!(reach_of(written), Some(Reach { reached: 0, missed: 2 }));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_no_delivery() {
        let broken = json!({ "errcode": 0, "send_result": { "read_user_id_list": "[" } });
        assert_eq!(reach(&success(broken)).unwrap_err().code, "unexpected_answer");
    }

    #[test]
    fn a_robots_message_reaches_those_on_no_list() {
        let user_ids = ["a", "b", "c"].map(|id| UserId::parse(id).unwrap()).to_vec();
        let message = Message::OneToOne { robot_code: "r".to_owned(), user_ids, text: "t".to_owned() };
        let told = |body| told(&message, &success(body)).unwrap();
        let (all, none) = (Reach { reached: 3, missed: 0 }, Reach { reached: 0, missed: 3 });
        assert_eq!(told(json!({ "processQueryKey": "k" })), Told::Reached(all));
        let lists = json!({ "invalidStaffIdList": ["a"], "flowControlledStaffIdList": ["b"], "filteredStaffIdList": ["c", "a"] });
        assert_eq!(told(lists), Told::Reached(none));
    }
}
