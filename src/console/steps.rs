//! The steps of a plan in words: what each does, and how far it is.

use fluent_bundle::FluentValue;
use maud::{Markup, html};

use super::reader::Reader;
use crate::incident::{Action, ActionKind, Incident, Plan, StepState};

/// How long the units are, in seconds, the longest first, and the keys of their messages.
const UNITS: [(u64, &str); 4] =
    [(86_400, "lasting-days"), (3_600, "lasting-hours"), (60, "lasting-minutes"), (1, "lasting-seconds")];
/// How many units are said.
const UNITS_SAID: usize = 2;

/// How much of a pseudonym is shown; the whole is at hand.
const PSEUDONYM_SHOWN: usize = 8;

/// How far a step is, in words and colour.
pub(super) fn state(reader: &Reader, state: &StepState) -> Markup {
    let (word, tone) = match state {
        StepState::Pending => (reader.say("step-pending"), "quiet"),
        StepState::Started { .. } => (reader.say("step-started"), "wait"),
        StepState::Postponed { .. } => (reader.say("step-postponed"), "wait"),
        StepState::Unknown { .. } => (reader.say("step-unknown"), "wait"),
        StepState::Claimed { .. } => (reader.say("step-claimed"), "good"),
        StepState::Verified { .. } => (reader.say("step-verified"), "good"),
        StepState::Failed { .. } => (reader.say("step-failed"), "bad"),
    };
    html! { span class=(tone) { (word) } }
}

/// The keys of what each kind of step is called.
const ACTIONS: [(ActionKind, &str); 5] = [
    (ActionKind::SignOut, "action-sign-out"),
    (ActionKind::Disable, "action-disable"),
    (ActionKind::Enable, "action-enable"),
    (ActionKind::ChangeDingTalkId, "action-change-dingtalk-id"),
    (ActionKind::Notify, "action-notify"),
];

/// What a step is called.
pub(super) fn name(reader: &Reader, kind: ActionKind) -> String {
    let key = ACTIONS.iter().find(|(own, _)| *own == kind).map_or(kind.as_str(), |(_, key)| key);
    reader.say_either(key, "", kind.as_str())
}

/// Whose account it is; as long as nobody knows, by which kind of name the alert called it, and the pseudonym of that,
/// which is the same wherever the name is.
pub(super) fn account(reader: &Reader, incident: &Incident) -> Markup {
    let plan = &incident.plan;
    html! {
        @match &incident.user_id {
            Some(user_id) => (user_id),
            None => {
                span.quiet { (reader.say("not-resolved")) } " "
                code title=(plan.account) { (plan.account_kind.as_str()) ":" (plan.account.get(..PSEUDONYM_SHOWN).unwrap_or_default()) "…" }
            }
        }
    }
}

/// What the step at `index` does beside its kind, as [`Plan::told`] says it in English.
pub(super) fn told(reader: &Reader, plan: &Plan, index: usize) -> Option<String> {
    Some(match plan.actions.get(index)? {
        Action::SignOut { reason, employee_reason, .. } => reader
            .say_of("told-sign-out", &[("code", employee_reason.as_str().into()), ("reason", reason.as_str().into())]),
        Action::SignOutAgain {} => reader.say("told-again"),
        Action::Disable { reason } => {
            let reason: (&str, FluentValue<'_>) = ("reason", reason.as_str().into());
            let mut after = plan.actions.iter().skip(index);
            match after.find_map(|action| if let Action::Enable { after_s } = action { Some(*after_s) } else { None }) {
                Some(after_s) => {
                    reader.say_of("told-disable-for", &[("time", lasting(reader, after_s).into()), reason])
                }
                None => reader.say_of("told-disable", &[reason]),
            }
        }
        Action::Enable { after_s: 0 } => return None,
        Action::Enable { after_s } => reader.say_of("told-enable", &[("time", lasting(reader, *after_s).into())]),
        Action::ChangeDingTalkId { to } => reader.say_of("told-dingtalk-id", &[("id", to.as_str().into())]),
        Action::Notify { channel } => reader.say_of("told-notify", &[("channel", channel.as_str().into())]),
    })
}

/// A length of time in its two largest units.
pub(super) fn lasting(reader: &Reader, seconds: u64) -> String {
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, key) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 && parts.len() < UNITS_SAID {
            parts.push(reader.tongue.say(key, &[("count", count.into()), ("written", reader.number(count).into())]));
        }
    }
    parts.join(" ")
}
