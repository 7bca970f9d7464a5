//! Messages to people: work notifications, what became of them, and those of a robot to each one. As with the real
//! one, an answer says that a message was taken, and only lists say who did not get it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::legacy::{Outcome, Parameters};
use super::refusals::{INVALID_PARAM, LEGACY_INVALID_PARAMETER, NewRefusal};
use super::request::Request;
use super::world::World;
use crate::incident::{Digest, Timestamp};

/// The first number that a work notification is taken under.
const FIRST_TASK: u64 = 256_271_000_001;
/// The largest `msg`, in bytes of JSON.
const MSG_BYTES_MAX: usize = 2_048;
/// The most recipients of a work notification, and of a robot's message.
const WORK_USERS_MAX: usize = 100;
const ROBOT_USERS_MAX: usize = 20;
/// The most notifications whose outcome is known; the oldest go first.
const TASKS_MAX: usize = 10_000;

/// What was said to whom.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Whether the message under way reaches nobody.
    pub(super) are_dropped: bool,
    tasks: BTreeMap<u64, Task>,
    /// The recipient, the day and the content of each, as the same is said once a day only.
    said: BTreeSet<(String, i64, Digest)>,
}

#[derive(Debug, Default)]
struct Task {
    agent_id: u64,
    unread: Vec<String>,
    invalid: Vec<String>,
    failed: Vec<String>,
    repeated: Vec<String>,
}

impl Messages {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// `/topapi/message/corpconversation/asyncsend_v2`: taken, whoever gets it.
pub(super) fn work(world: &mut World, request: &Request, now: Timestamp) -> Outcome {
    let parameters = Parameters(request);
    let agent_id = parameters.number("agent_id", LEGACY_INVALID_PARAMETER)?.ok_or(LEGACY_INVALID_PARAMETER)?;
    let user_ids = parameters.needed_text("userid_list")?;
    let user_ids: Vec<&str> = user_ids.split(',').collect();
    let msg = request.json("msg").filter(|msg| msg.is_object()).ok_or(LEGACY_INVALID_PARAMETER)?.to_string();
    if user_ids.len() > WORK_USERS_MAX || msg.len() > MSG_BYTES_MAX {
        return Err(LEGACY_INVALID_PARAMETER);
    }
    let (day, content) = (now.as_second().div_euclid(86_400), Digest::of(msg.as_bytes()));
    let mut task = Task { agent_id, ..Task::default() };
    for user_id in user_ids {
        let to = match world.accounts.get(user_id) {
            None => &mut task.invalid,
            Some(account) if account.disabled || world.messages.are_dropped => &mut task.failed,
            Some(_) if world.messages.said.insert((user_id.to_owned(), day, content)) => &mut task.unread,
            Some(_) => &mut task.repeated,
        };
        to.push(user_id.to_owned());
    }
    let tasks = &mut world.messages.tasks;
    let id = tasks.last_key_value().map_or(FIRST_TASK, |(last, _)| last.saturating_add(1));
    tasks.insert(id, task);
    if tasks.len() > TASKS_MAX {
        tasks.pop_first();
    }
    Ok(Map::from_iter([("task_id".to_owned(), id.into())]))
}

/// `/topapi/message/corpconversation/getsendresult`
pub(super) fn result(world: &World, request: &Request) -> Outcome {
    let parameters = Parameters(request);
    let number = |name| parameters.number(name, LEGACY_INVALID_PARAMETER)?.ok_or(LEGACY_INVALID_PARAMETER);
    let (agent_id, id) = (number("agent_id")?, number("task_id")?);
    let task = world.messages.tasks.get(&id).filter(|task| task.agent_id == agent_id);
    let task = task.ok_or(LEGACY_INVALID_PARAMETER)?;
    let why = |user_id: &String| json!({ "code": "143106", "count": 1, "userid": user_id });
    let result = json!({
        "read_user_id_list": [],
        "unread_user_id_list": task.unread,
        "invalid_user_id_list": task.invalid,
        "failed_user_id_list": task.failed,
        "forbidden_user_id_list": task.repeated,
        "forbidden_list": task.repeated.iter().map(why).collect::<Vec<_>>(),
        "invalid_dept_id_list": [],
    });
    Ok(Map::from_iter([("send_result".to_owned(), result)]))
}

/// `POST /v1.0/robot/oToMessages/batchSend`: taken, whoever gets it.
pub(super) fn one_to_one(world: &World, request: &Request) -> Result<Value, NewRefusal> {
    let text = |name| request.json(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(INVALID_PARAM);
    let (_, _, said) = (text("robotCode")?, text("msgKey")?, text("msgParam")?);
    let user_ids = request.json("userIds").and_then(Value::as_array).ok_or(INVALID_PARAM)?;
    let is_json = serde_json::from_str::<Map<String, Value>>(said).is_ok();
    if !is_json || user_ids.is_empty() || user_ids.len() > ROBOT_USERS_MAX {
        return Err(INVALID_PARAM);
    }
    let user_ids: Vec<&str> = user_ids.iter().filter_map(Value::as_str).collect();
    let (known, invalid): (Vec<&str>, _) = user_ids.into_iter().partition(|id| world.accounts.contains_key(*id));
    let controlled = if world.messages.are_dropped { known } else { Vec::new() };
    let key = Digest::of(said.as_bytes()).short(16);
    Ok(json!({ "processQueryKey": key, "invalidStaffIdList": invalid, "flowControlledStaffIdList": controlled }))
}
