//! `POST /v1/incidents`: a responder has something done to one account, through the same guard layer and trail as rules
//! do.

use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{Problem, State, authorize, body, whose};
use crate::access::Permission;
use crate::incident::{
    AccountKind, AccountRef, ActionKind, ChannelName, ChosenDingTalkId, DingTalkIdPrefix, NewDingTalkId, ReasonCode,
    Status,
};
use crate::response::{ByHand, NoticeByHand};

/// How long a disable may last, in seconds: as in rules, a minute to a year.
const EXPIRES_S: std::ops::RangeInclusive<u64> = 60..=365 * 86_400;
/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    account: Named,
    steps: Vec<ActionKind>,
    reason: String,
    employee_reason: Option<ReasonCode>,
    expires_in_s: Option<u64>,
    /// Of a change of the DingTalk ID: the new one.
    dingtalk_id: Option<ChosenDingTalkId>,
    /// In place of that: what the new one begins with; the rest is made up.
    dingtalk_id_prefix: Option<String>,
    /// Of a notice: by which channel people are told.
    channel: Option<ChannelName>,
    /// And in which words.
    text: Option<String>,
    /// Said on purpose, in place of `expires_in_s`.
    #[serde(default)]
    permanent: bool,
    /// The same key opens one incident, however often it is sent.
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    kind: AccountKind,
    value: String,
}

/// Opens an incident by hand; says which it is, and whether it was opened before.
pub(super) async fn open(request: HttpRequest, payload: Payload, state: Data<State>) -> HttpResponse {
    match opened(&request, payload, &state).await {
        Ok(response) => response,
        Err(problem) => problem.response(),
    }
}

async fn opened(request: &HttpRequest, payload: Payload, state: &State) -> Result<HttpResponse, Problem> {
    let actor = authorize::actor(request, state, Permission::Control)?;
    let wanted: Wanted = body::json(request, payload, state).await?;
    let is_key = |key: &String| (1..=KEY_BYTES_MAX).contains(&key.len()) && !key.chars().any(char::is_control);
    if !body::is_reason(&wanted.reason) || wanted.key.as_ref().is_some_and(|key| !is_key(key)) {
        return Err(Problem::WrongSchema);
    }
    let disables = wanted.steps.contains(&ActionKind::Disable);
    let expires_in = match (disables, wanted.expires_in_s, wanted.permanent) {
        (true, Some(seconds), false) if EXPIRES_S.contains(&seconds) => Some(Duration::from_secs(seconds)),
        (true, None, true) | (false, None, false) => None,
        // How long has to be said, and once.
        _ => return Err(Problem::WrongSchema),
    };
    let dingtalk_id = match (wanted.dingtalk_id, wanted.dingtalk_id_prefix) {
        (Some(id), None) => Some(NewDingTalkId::Chosen(id)),
        (None, Some(prefix)) => {
            let prefix = DingTalkIdPrefix::parse(&prefix).map_err(|_| Problem::WrongSchema)?;
            Some(NewDingTalkId::Prefixed(prefix))
        }
        (None, None) => None,
        (Some(_), Some(_)) => return Err(Problem::WrongSchema),
    };
    let notice = match (wanted.channel, wanted.text) {
        (Some(channel), Some(text)) => Some(NoticeByHand { channel, text }),
        (None, None) => None,
        // Words for nobody, or a channel without words.
        _ => return Err(Problem::WrongSchema),
    };
    let account = AccountRef::parse(wanted.account.kind, &wanted.account.value).map_err(|_| Problem::WrongSchema)?;
    if let Some(own) = actor.user_id.as_ref().filter(|_| wanted.steps.contains(&ActionKind::Enable)) {
        // Nobody gives their own account back, whoever has taken it from them.
        whose::refuse_own(own, &account, state).await?;
    }
    let by_hand = ByHand {
        actor: actor.name,
        asker: actor.user_id,
        reason: wanted.reason,
        account,
        steps: wanted.steps,
        employee_reason: wanted.employee_reason,
        expires_in,
        dingtalk_id,
        notice,
    };
    let (incident, repeated) = state.admission.open_by_hand(&by_hand, wanted.key.as_deref()).await?;
    tracing::warn!(incident.id = %incident, "an incident is opened by hand");
    let mut answer = json!({ "incident": incident, "repeated": repeated });
    let status = state.trail.board(|board| board.in_effect(&incident).map(|live| live.incident.status));
    if let (Some(Status::Held(reason)), Some(members)) = (status, answer.as_object_mut()) {
        members.insert("held".to_owned(), json!({ "code": reason, "text": reason.text() }));
    }
    Ok(HttpResponse::Ok().json(answer))
}
