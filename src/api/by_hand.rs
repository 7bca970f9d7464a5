//! `POST /v1/incidents`: a responder has something done to one account, through the same guard layer and trail as rules
//! do.

use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use utoipa::ToSchema;

use super::{Problem, State, Unfit, authorize, body};
use crate::access::{Actor, Permission};
use crate::decisions::Reason;
use crate::incident::{
    AccountKind, AccountRef, ActionKind, ChannelName, ChosenDingTalkId, DingTalkIdPrefix, IncidentId, NewDingTalkId,
    ReasonCode, Status,
};
use crate::response::{ByHand, NoticeByHand};

/// How long a disable may last, in seconds: as in rules, a minute to a year.
const EXPIRES_S: std::ops::RangeInclusive<u64> = 60..=365 * 86_400;
/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 128;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IncidentByHand)]
pub(super) struct Wanted {
    account: Named,
    #[schema(value_type = Vec<String>, min_items = 1)]
    steps: Vec<Said<ActionKind>>,
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    #[schema(value_type = Option<String>)]
    employee_reason: Option<Said<ReasonCode>>,
    expires_in_s: Option<u64>,
    /// Of a change of the DingTalk ID: the new one.
    #[schema(value_type = Option<String>)]
    dingtalk_id: Option<Said<ChosenDingTalkId>>,
    /// In place of that: what the new one begins with; the rest is made up.
    dingtalk_id_prefix: Option<String>,
    /// Of a notice: by which channel people are told.
    #[schema(value_type = Option<String>)]
    channel: Option<Said<ChannelName>>,
    /// And in which words.
    text: Option<String>,
    /// Said on purpose, in place of `expires_in_s`.
    #[serde(default)]
    permanent: bool,
    /// The same key opens one incident, however often it is sent.
    key: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountName)]
pub(super) struct Named {
    #[schema(value_type = String)]
    kind: Said<AccountKind>,
    value: String,
}

/// What is said where one of a form is expected, or something else: so that it can be told which of them it was.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said<V> {
    Good(V),
    Other(IgnoredAny),
}

impl<V> Said<V> {
    fn or(self, unfit: Unfit) -> Result<V, Unfit> {
        match self {
            Self::Good(value) => Ok(value),
            Self::Other(_) => Err(unfit),
        }
    }
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
    let key = wanted.key.clone();
    let by_hand = wanted.by_hand(&actor)?;
    if let Some(own) = actor.user_id.as_ref().filter(|_| by_hand.steps.contains(&ActionKind::Enable)) {
        // Nobody gives their own account back, whoever has taken it from them.
        state.decisions.refuse_own(own, &by_hand.account).await?;
    }
    let (incident, repeated) = state.admission.open_by_hand(&by_hand, key.as_deref()).await?;
    tracing::warn!(incident.id = %incident, "an incident is opened by hand");
    let mut answer = json!({ "incident": incident, "repeated": repeated });
    let status = state.trail.board(|board| board.in_effect(&incident).map(|live| live.incident.status));
    if let Some(members) = answer.as_object_mut() {
        if let Some(Status::Held(reason)) = status {
            members.insert("held".to_owned(), json!({ "code": reason, "text": reason.text() }));
        }
        members.extend(kept_by(&by_hand, &incident, state).map(|by| ("kept_by".to_owned(), json!(by))));
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// The incident that is to give the account back in its own time, so that one that asks for nothing else leaves it
/// disabled: that one is to be released.
fn kept_by(asked: &ByHand, incident: &IncidentId, state: &State) -> Option<IncidentId> {
    if asked.steps != [ActionKind::Enable] {
        return None;
    }
    let by_index = || {
        let found = state.roster.as_ref()?.find(&asked.account).ok()?;
        if let [only] = &found[..] { Some(only.user_id.clone()) } else { None }
    };
    let user_id = state.rules.now().set.user_of(&asked.account).or_else(by_index)?;
    state.trail.board(|board| {
        let keeps = |id: &IncidentId| {
            board.live(id).is_some_and(|live| live.incident.is_containing() && !live.incident.released)
        };
        board.beside(&user_id, incident).into_iter().find(keeps)
    })
}

impl Wanted {
    /// What of it can be told without rules and channels is told here, in the order in which people write it.
    fn by_hand(self, actor: &Actor) -> Result<ByHand, Unfit> {
        let is_key = |key: &String| (1..=KEY_BYTES_MAX).contains(&key.len()) && !key.chars().any(char::is_control);
        if self.key.as_ref().is_some_and(|key| !is_key(key)) {
            return Err(Unfit::Key);
        }
        let reason = Reason::parse(&self.reason).map_err(|_| Unfit::Reason)?.into_text();
        let kind = self.account.kind.or(Unfit::Account)?;
        let account = AccountRef::parse(kind, &self.account.value).map_err(|_| Unfit::Account)?;
        let steps = self.steps.into_iter().map(|step| step.or(Unfit::Steps)).collect::<Result<Vec<_>, _>>()?;
        ByHand::check_steps(&steps)?;
        let employee_reason = self.employee_reason.map(|code| code.or(Unfit::EmployeeReason)).transpose()?;
        let expires_in = match (steps.contains(&ActionKind::Disable), self.expires_in_s, self.permanent) {
            (true, Some(seconds), false) if EXPIRES_S.contains(&seconds) => Some(Duration::from_secs(seconds)),
            (true, None, true) | (false, None, false) => None,
            // How long has to be said, and once.
            _ => return Err(Unfit::Expiry),
        };
        let dingtalk_id = match (self.dingtalk_id, self.dingtalk_id_prefix) {
            (Some(id), None) => Some(NewDingTalkId::Chosen(id.or(Unfit::DingTalkId)?)),
            (None, Some(prefix)) => {
                let prefix = DingTalkIdPrefix::parse(&prefix).map_err(|_| Unfit::DingTalkId)?;
                Some(NewDingTalkId::Prefixed(prefix))
            }
            (None, None) => None,
            (Some(_), Some(_)) => return Err(Unfit::DingTalkId),
        };
        let notice = match (self.channel, self.text) {
            (Some(channel), Some(text)) => Some(NoticeByHand { channel: channel.or(Unfit::Channel)?, text }),
            (None, None) => None,
            // Words for nobody, or a channel without words.
            _ => return Err(Unfit::Notice),
        };
        Ok(ByHand {
            actor: actor.name.clone(),
            asker: actor.user_id.clone(),
            reason,
            account,
            steps,
            employee_reason,
            expires_in,
            dingtalk_id,
            notice,
        })
    }
}
