//! What must be true of every trail and every list of calls, whatever a test was about.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::incident::{ActionKind, Event, IncidentId, Plan, Timestamp};
use portcullis::sandbox::{Api, Call};
use portcullis::trail::Record;

use super::witness::{Left, Orders};

/// The sandbox's accounts that no order may ever reach: live protection, other organizations, and
/// people's own accounts.
const UNTOUCHABLE: [&str; 6] = ["admin01", "admin02", "boss01", "senior01", "foreign01", "plain01"];

/// Fails the test if a promise is broken.
pub(super) fn check(records: &[Record], orders: &Orders, calls: &[Call]) {
    let orders = orders.all();
    every_order_has_its_own_durable_intent(records, &orders);
    every_call_is_an_order(&orders, calls);
    every_message_has_its_intent(records, calls);
    nobody_untouchable_is_touched(calls);
    nothing_is_retried_too_early(records);
}

/// Promise 2: when an order left, the last word of the trail about that step was `step.started`, and
/// no other order had left on it.
fn every_order_has_its_own_durable_intent(records: &[Record], orders: &[Left]) {
    let mut spent = BTreeSet::new();
    for order in orders {
        let intents = open_intents(records, order);
        let intent = intents.iter().find(|seq| !spent.contains(*seq));
        let intent = intent.unwrap_or_else(|| panic!("{order:?} left without an intent of its own: {intents:?}"));
        spent.insert(*intent);
    }
}

fn kinds_of(plan: &Plan) -> impl Iterator<Item = ((&IncidentId, usize), ActionKind)> {
    plan.actions.iter().enumerate().map(|(step, action)| ((&plan.incident, step), action.kind()))
}

/// The records of steps that fit the order and were started, but not ended, when it left.
fn open_intents(records: &[Record], order: &Left) -> Vec<u64> {
    let mut accounts: BTreeMap<&IncidentId, &str> = BTreeMap::new();
    let mut kinds: BTreeMap<(&IncidentId, usize), ActionKind> = BTreeMap::new();
    let mut open: BTreeMap<(&IncidentId, u8), u64> = BTreeMap::new();
    for record in records.iter().take_while(|record| record.seq < order.trail_size) {
        match &record.event {
            Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } => {
                opened.iter().for_each(|opened| kinds.extend(kinds_of(&opened.plan)));
            }
            Event::IncidentRequested { opened, .. } => kinds.extend(kinds_of(&opened.plan)),
            // A plan that never gives back does then.
            Event::IncidentReleased { incident, .. } => {
                let steps = kinds.keys().filter(|(known, _)| *known == incident).count();
                if !kinds.iter().any(|((known, _), kind)| *known == incident && *kind == ActionKind::Enable) {
                    kinds.insert((incident, steps), ActionKind::Enable);
                }
            }
            Event::AccountResolved { incident, user_id, .. } => {
                accounts.insert(incident, user_id.as_str());
            }
            Event::StepStarted { incident, step, .. } => {
                open.insert((incident, *step), record.seq);
            }
            Event::StepSucceeded { incident, step, .. }
            | Event::StepFailed { incident, step, .. }
            | Event::StepUnknown { incident, step, .. } => {
                open.remove(&(incident, *step));
            }
            _ => {}
        }
    }
    let fits = |incident: &IncidentId, step: u8| {
        accounts.get(incident) == Some(&order.user_id.as_str())
            && kinds.get(&(incident, usize::from(step))) == Some(&order.kind)
    };
    open.into_iter().filter(|((incident, step), _)| fits(incident, *step)).map(|(_, seq)| seq).collect()
}

/// What DingTalk received is what was ordered: no client in between repeats a call by itself, except
/// when the token was refused.
fn every_call_is_an_order(orders: &[Left], calls: &[Call]) {
    for (api, kind) in [
        (Api::SignOut, ActionKind::SignOut),
        (Api::Disable, ActionKind::Disable),
        (Api::ChangeDingtalkId, ActionKind::ChangeDingTalkId),
    ] {
        let was_looked_at = |call: &&Call| call.code.as_deref() != Some("InvalidAuthentication");
        let received = calls.iter().filter(|call| call.api == api).filter(was_looked_at).count();
        let ordered = orders.iter().filter(|order| order.kind == kind).count();
        assert!(received <= ordered, "{received} calls of {api:?} for {ordered} orders");
    }
}

/// Promise 2, of people who are told something: as often as it was meant, and no more.
fn every_message_has_its_intent(records: &[Record], calls: &[Call]) {
    let is_message = |call: &&Call| matches!(call.api, Api::WorkNotice | Api::RobotMessage);
    let is_refusal = |code: &str| matches!(code, "InvalidAuthentication" | "40014");
    let was_looked_at = |call: &&Call| !call.code.as_deref().is_some_and(is_refusal);
    let received = calls.iter().filter(is_message).filter(was_looked_at).count();
    let started = records.iter().filter(|record| record.event.kind() == "notice.started").count();
    assert!(received <= started, "{received} messages for {started} intents");
}

fn nobody_untouchable_is_touched(calls: &[Call]) {
    let touches = |call: &&Call| {
        matches!(call.api, Api::SignOut | Api::Disable | Api::Enable | Api::ChangeDingtalkId)
            && call.user_id.as_deref().is_some_and(|user_id| UNTOUCHABLE.contains(&user_id))
    };
    assert_eq!(calls.iter().find(touches), None);
}

fn nothing_is_retried_too_early(records: &[Record]) {
    let mut not_before: BTreeMap<(&IncidentId, u8), Timestamp> = BTreeMap::new();
    for record in records {
        match &record.event {
            Event::StepFailed { incident, step, retry_at: Some(retry_at), .. } => {
                not_before.insert((incident, *step), *retry_at);
            }
            Event::StepStarted { incident, step, .. } => {
                let due = not_before.remove(&(incident, *step));
                assert!(due.is_none_or(|due| record.at >= due), "{record:?} came before {due:?}");
            }
            _ => {}
        }
    }
}
