//! What has to be true of every trail, however often the program was killed while writing it.

use std::collections::HashMap;

use portcullis::incident::{Action, ActionKind, Event, IncidentId, Timestamp, UserId};
use portcullis::sandbox::{Api, Call};
use portcullis::trail::{Board, Record};

/// Fails unless the records fit together, and each call to DingTalk has an intent of its own that was
/// recorded before it.
pub(super) fn check(records: &[Record], calls: &[Call]) {
    let mut board = Board::default();
    for record in records {
        board.apply(record.seq, record.at, &record.event).unwrap_or_else(|error| panic!("{error}: {record:?}"));
    }
    let intents = intents(records);
    let mut used: HashMap<(ActionKind, &str), usize> = HashMap::new();
    for call in calls {
        let (Some(kind), Some(user_id)) = (kind_of(call.api), &call.user_id) else { continue };
        let nth = used.entry((kind, user_id)).or_default();
        let mine = intents.get(&(kind, user_id.as_str())).and_then(|at| at.get(*nth));
        assert!(mine.is_some_and(|at| *at <= call.at), "call {nth} has no intent before it: {call:?}");
        *nth += 1;
    }
}

/// The records of one incident in short: what, for a step also which, at which attempt, and how it is
/// known.
pub(super) fn life(records: &[Record], incident: &IncidentId) -> Vec<String> {
    let belongs = |record: &&Record| record.event.incidents().contains(&incident);
    records.iter().filter(belongs).map(|record| line(&record.event)).collect()
}

fn line(event: &Event) -> String {
    let kind = event.kind();
    match event {
        Event::StepSucceeded { step, attempt, finding, .. } => {
            format!("{kind} {step}/{attempt} {finding:?}").to_lowercase()
        }
        Event::StepStarted { step, attempt, .. }
        | Event::StepFailed { step, attempt, .. }
        | Event::StepUnknown { step, attempt, .. } => format!("{kind} {step}/{attempt}"),
        Event::StepVerified { step, .. } => format!("{kind} {step}"),
        Event::IncidentClosed { outcome, .. } => format!("{kind} {outcome:?}").to_lowercase(),
        _ => kind.to_owned(),
    }
}

/// When each kind of step was begun on each account.
fn intents(records: &[Record]) -> HashMap<(ActionKind, &str), Vec<Timestamp>> {
    let mut plans: HashMap<&IncidentId, &[Action]> = HashMap::new();
    let mut accounts: HashMap<&IncidentId, &UserId> = HashMap::new();
    let mut intents: HashMap<(ActionKind, &str), Vec<Timestamp>> = HashMap::new();
    for record in records {
        match &record.event {
            Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } => {
                plans.extend(opened.iter().map(|one| (&one.plan.incident, one.plan.actions.as_slice())));
            }
            Event::AccountResolved { incident, user_id, .. } => {
                accounts.insert(incident, user_id);
            }
            Event::StepStarted { incident, step, .. } => {
                let kind = plans[incident][usize::from(*step)].kind();
                intents.entry((kind, accounts[incident].as_str())).or_default().push(record.at);
            }
            _ => {}
        }
    }
    intents
}

fn kind_of(api: Api) -> Option<ActionKind> {
    match api {
        Api::SignOut => Some(ActionKind::SignOut),
        Api::Disable => Some(ActionKind::Disable),
        Api::Enable => Some(ActionKind::Enable),
        Api::ChangeDingtalkId => Some(ActionKind::ChangeDingTalkId),
        _ => None,
    }
}
