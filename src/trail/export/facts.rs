//! What a record says that others look for: about whom, by whom, why, with what outcome. Without what lies beside it.

use serde::Serialize;

use crate::incident::{
    AccessEvent, AccountWarning, Event, NoticeEvent, NoticeRef, Opened, PauseScope, RuleRef, SenderEvent, SourceName,
    SubjectEvent, UpkeepEvent,
};

/// The facts of one record; what it does not say is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The incidents it belongs to, its own first.
    pub incidents: Vec<String>,
    /// The pseudonym of the account that was named.
    pub account: Option<String>,
    /// The account.
    pub user_id: Option<String>,
    /// The source, of an alert or of what was sent.
    pub source: Option<String>,
    /// The alert.
    pub alert: Option<String>,
    /// The rules, each with its title where the record has it.
    pub rules: Vec<(String, Option<String>)>,
    /// Who did it, where somebody did.
    pub actor: Option<String>,
    /// Why: somebody's words, or the code of a reason.
    pub reason: Option<String>,
    /// How it came out, or what it is about, as a short word.
    pub outcome: Option<String>,
    /// Which step, from 0.
    pub step: Option<u8>,
    /// Which attempt, from 1.
    pub attempt: Option<u32>,
}

impl Facts {
    /// Those of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let incidents: Vec<String> = event.incidents().into_iter().map(ToString::to_string).collect();
        let said = said(event);
        // Who reads an incident is not part of it, and still looked for by it.
        if said.incidents.is_empty() { Self { incidents, ..said } } else { said }
    }

    fn by(actor: &str, reason: &str) -> Self {
        Self { actor: Some(actor.to_owned()), reason: Some(reason.to_owned()), ..Self::default() }
    }
}

/// Every event is of one of these sorts, and none of two.
fn said(event: &Event) -> Facts {
    match event {
        Event::SystemStarted { .. }
        | Event::SystemStopped { .. }
        | Event::DirectorySynced(_)
        | Event::DoctorChecked { .. }
        | Event::TrailRead { .. }
        | Event::TrailExported(_) => of_program(event),
        Event::RulesLoaded { .. }
        | Event::RulesListed { .. }
        | Event::RulesRefused { .. }
        | Event::RulesWatched { .. }
        | Event::RuleDisputed { .. }
        | Event::RulePromoted { .. } => of_rules(event),
        Event::AlertAdmitted { .. }
        | Event::IncidentsOpened { .. }
        | Event::IncidentRequested { .. }
        | Event::AccountResolved { .. }
        | Event::AccountUnresolved { .. }
        | Event::AccountWarned { .. } => of_accounts(event),
        Event::IncidentHeld { .. }
        | Event::BudgetDrawn { .. }
        | Event::ApprovalLapsed { .. }
        | Event::ReleaseOffered { .. }
        | Event::ContainmentExpired { .. }
        | Event::IncidentClosed { .. } => of_incidents(event),
        Event::StepStarted { .. }
        | Event::StepSucceeded { .. }
        | Event::StepFailed { .. }
        | Event::StepUnknown { .. }
        | Event::StepVerified { .. } => of_steps(event),
        Event::IncidentApproved { .. }
        | Event::IncidentDismissed { .. }
        | Event::IncidentReleased { .. }
        | Event::IncidentHalted { .. }
        | Event::ContainmentExtended { .. }
        | Event::ResponderPaused { .. }
        | Event::ResponderResumed { .. }
        | Event::BreakerTripped { .. }
        | Event::BreakerReleased { .. } => of_responders(event),
        Event::Upkeep(event) => of_upkeep(event),
        Event::Access(event) => of_access(event),
        Event::Subject(event) => of_subjects(event),
        Event::Sender(event) => of_senders(event),
        Event::Notice(event) => of_notices(event),
    }
}

fn of_upkeep(event: &UpkeepEvent) -> Facts {
    let (actor, reason, outcome) = match event {
        UpkeepEvent::Rebuilt { actor, reason, size, .. } => (actor.clone(), reason.clone(), format!("records {size}")),
        UpkeepEvent::Pruned { actor, reason, below, .. } => (actor.clone(), reason.clone(), format!("below {below}")),
        UpkeepEvent::Restored { actor, reason, origin, .. } => {
            (Some(actor.clone()), Some(reason.clone()), origin.clone())
        }
        UpkeepEvent::KeyRotated { actor, reason, key } => (Some(actor.clone()), Some(reason.clone()), key.clone()),
        UpkeepEvent::DiskRoom { was, room, free_bytes, .. } => {
            (None, None, format!("{was} to {room}, {free_bytes} bytes free"))
        }
    };
    Facts { actor, reason, outcome: Some(outcome), ..Facts::default() }
}

fn of_access(event: &AccessEvent) -> Facts {
    let (actor, reason, outcome) = match event {
        AccessEvent::SignedIn { actor, role, .. } => (actor, None, Some(role.as_str().to_owned())),
        AccessEvent::SignedOut { actor } => (actor, None, None),
        AccessEvent::TokenIssued { actor, reason, token } => (actor, Some(reason.clone()), Some(token.name.clone())),
        AccessEvent::TokenRevoked { actor, reason, name } => (actor, Some(reason.clone()), Some(name.clone())),
    };
    Facts { actor: Some(actor.clone()), reason, outcome, ..Facts::default() }
}

fn of_subjects(event: &SubjectEvent) -> Facts {
    let (actor, reason, outcome) = match event {
        SubjectEvent::Read { actor, way, .. } => (Some(actor.clone()), None, word(way)),
        SubjectEvent::Erased { actor, reason, keys, .. } => {
            (Some(actor.clone()), Some(reason.clone()), Some(format!("keys {keys}")))
        }
        SubjectEvent::Expired { days, .. } => (None, None, Some(format!("days {days}"))),
        SubjectEvent::Rewrapped { actor, lines } => (Some(actor.clone()), None, Some(format!("lines {lines}"))),
    };
    Facts { actor, reason, outcome, ..Facts::default() }
}

fn of_program(event: &Event) -> Facts {
    let none = Facts::default();
    match event {
        Event::SystemStarted { version, .. } => Facts { outcome: Some(version.clone()), ..none },
        Event::SystemStopped { parked } => Facts { outcome: Some(format!("parked {parked}")), ..none },
        Event::DirectorySynced(synced) => Facts { outcome: Some(format!("people {}", synced.people)), ..none },
        Event::DoctorChecked { actor, checks } => {
            let failed = checks.iter().filter(|checked| checked.has_failed()).count();
            Facts { actor: actor.clone(), outcome: Some(format!("failed {failed} of {}", checks.len())), ..none }
        }
        Event::TrailRead { actor, from, count, incident } => Facts {
            actor: Some(actor.clone()),
            incidents: incident.iter().map(ToString::to_string).collect(),
            outcome: Some(format!("{count} from {from}")),
            ..none
        },
        Event::TrailExported(exported) => Facts {
            actor: Some(exported.actor.clone()),
            incidents: exported.incident.iter().map(ToString::to_string).collect(),
            outcome: Some(exported.form.as_str().to_owned()),
            ..none
        },
        _ => none,
    }
}

fn of_rules(event: &Event) -> Facts {
    let none = Facts::default();
    match event {
        // Which rules they are would be too much for one line.
        Event::RulesListed { .. } => none,
        Event::RulesLoaded { by, actor, .. } => Facts { actor: actor.clone(), outcome: word(by), ..none },
        Event::RulesRefused { by, actor, first, .. } => {
            Facts { actor: actor.clone(), reason: Some(first.clone()), outcome: word(by), ..none }
        }
        Event::RulesWatched { started, ended } => {
            let ids = started.iter().map(|watched| &watched.rule).chain(ended);
            Facts { rules: ids.map(|id| (id.to_string(), None)).collect(), ..none }
        }
        Event::RuleDisputed { rule, alert, actor, reason } => {
            let rules = vec![(rule.to_string(), None)];
            Facts { rules, alert: Some(alert.to_string()), ..Facts::by(actor, reason) }
        }
        Event::RulePromoted { rule, actor, despite, .. } => {
            Facts { rules: vec![named(rule)], actor: Some(actor.clone()), reason: despite.clone(), ..none }
        }
        _ => none,
    }
}

fn of_accounts(event: &Event) -> Facts {
    let none = Facts::default();
    match event {
        Event::AlertAdmitted { alert, verdict, opened, .. } => Facts {
            source: Some(alert.source.to_string()),
            alert: Some(alert.id.to_string()),
            rules: verdict.decisions.iter().map(|decision| named(&decision.rule)).collect(),
            reason: verdict.decisions.iter().find_map(|decision| decision.reason.as_ref()).and_then(word),
            outcome: word(&verdict.kind),
            account: opened.first().map(|opened| opened.plan.account.clone()),
            ..none
        },
        Event::IncidentsOpened { alert, source, opened, .. } => {
            Facts { source: Some(source.to_string()), alert: Some(alert.to_string()), ..of_opened(opened) }
        }
        Event::IncidentRequested { actor, reason, opened, .. } => {
            let opened = of_opened(std::slice::from_ref(opened.as_ref()));
            Facts { actor: Some(actor.clone()), reason: Some(reason.clone()), ..opened }
        }
        Event::AccountResolved { user_id, evidence, .. } => {
            Facts { user_id: Some(user_id.to_string()), outcome: word(&evidence.by), ..none }
        }
        Event::AccountUnresolved { evidence, .. } => Facts { outcome: word(&evidence.by), ..none },
        Event::AccountWarned { warning: AccountWarning::OwnsOrganizations { count, .. }, .. } => {
            Facts { outcome: Some(format!("owns_organizations {count}")), ..none }
        }
        Event::AccountWarned { warning: AccountWarning::FoundEnabled { covered }, .. } => {
            let alert = covered.as_ref().map(ToString::to_string);
            Facts { outcome: Some("found_enabled".to_owned()), alert, ..none }
        }
        _ => none,
    }
}

fn of_incidents(event: &Event) -> Facts {
    let none = Facts::default();
    match event {
        Event::IncidentHeld { reason, failure, .. } => {
            Facts { reason: word(reason), outcome: failure.as_ref().map(|failure| failure.code.clone()), ..none }
        }
        Event::ApprovalLapsed { otherwise, .. } => Facts { outcome: word(otherwise), ..none },
        Event::ReleaseOffered { protection, .. } => Facts { reason: word(protection), ..none },
        Event::IncidentClosed { outcome, .. } => Facts { outcome: word(outcome), ..none },
        _ => none,
    }
}

fn of_steps(event: &Event) -> Facts {
    let (step, attempt, reason, outcome) = match event {
        Event::StepStarted { step, attempt, .. } => (step, Some(*attempt), None, None),
        Event::StepSucceeded { step, attempt, finding, .. } => (step, Some(*attempt), None, word(finding)),
        Event::StepFailed { step, attempt, failure, retry_at, .. } => {
            let outcome = if retry_at.is_some() { "retried" } else { "given_up" };
            (step, Some(*attempt), Some(failure.code.clone()), Some(outcome.to_owned()))
        }
        Event::StepUnknown { step, attempt, failure, .. } => (step, Some(*attempt), Some(failure.code.clone()), None),
        Event::StepVerified { step, disabled, .. } => {
            let says = disabled.map(|is_disabled| if is_disabled { "disabled" } else { "enabled" });
            (step, None, None, says.map(str::to_owned))
        }
        _ => return Facts::default(),
    };
    Facts { step: Some(*step), attempt, reason, outcome, ..Facts::default() }
}

fn of_responders(event: &Event) -> Facts {
    match event {
        Event::IncidentApproved { actor, reason, .. }
        | Event::IncidentDismissed { actor, reason, .. }
        | Event::IncidentHalted { actor, reason, .. } => Facts::by(actor, reason),
        Event::ContainmentExtended { actor, reason, until, .. } => {
            Facts { outcome: Some(format!("until {until}")), ..Facts::by(actor, reason) }
        }
        Event::IncidentReleased { actor, reason, false_alarm, .. } => {
            Facts { outcome: false_alarm.then(|| "false_alarm".to_owned()), ..Facts::by(actor, reason) }
        }
        Event::ResponderPaused { actor, reason, scope }
        | Event::ResponderResumed { actor, reason, scope }
        | Event::BreakerReleased { actor, reason, scope } => about(scope, Facts::by(actor, reason)),
        Event::BreakerTripped { trip } => {
            let outcome = format!("{} accounts in {} s", trip.accounts, trip.within_s.seconds());
            about(&trip.scope, Facts { outcome: Some(outcome), ..Facts::default() })
        }
        _ => Facts::default(),
    }
}

fn of_senders(event: &SenderEvent) -> Facts {
    let of = |source: &SourceName| Facts { source: Some(source.to_string()), ..Facts::default() };
    match event {
        SenderEvent::NotUnderstood { source, reason, .. } => Facts { reason: Some(reason.clone()), ..of(source) },
        SenderEvent::Tried { source, actor, until, reason, .. } => {
            let (source, outcome) = (Some(source.to_string()), Some(format!("until {until}")));
            Facts { source, outcome, ..Facts::by(actor, reason) }
        }
        SenderEvent::Stream { source, status, reason, .. } => {
            Facts { outcome: Some(status.as_str().to_owned()), reason: reason.clone(), ..of(source) }
        }
        SenderEvent::Conflict { source, first, .. } => Facts { outcome: Some(format!("first {first}")), ..of(source) },
        SenderEvent::Refused { source, reason, count, .. } => Facts {
            source: source.as_ref().map(ToString::to_string),
            reason: Some(reason.clone()),
            outcome: Some(format!("count {count}")),
            ..Facts::default()
        },
    }
}

fn of_notices(event: &NoticeEvent) -> Facts {
    let none = Facts::default();
    match event {
        NoticeEvent::Configured { channels } => Facts { outcome: Some(format!("channels {}", channels.len())), ..none },
        NoticeEvent::Owed { step, channel, .. } => {
            Facts { step: Some(*step), outcome: Some(channel.to_string()), ..none }
        }
        NoticeEvent::Started { notice, attempt, .. }
        | NoticeEvent::Accepted { notice, attempt, .. }
        | NoticeEvent::Sent { notice, attempt, .. } => Facts { attempt: Some(*attempt), ..of_notice(notice) },
        NoticeEvent::Failed { notice, attempt, failure, .. } => {
            Facts { attempt: Some(*attempt), reason: Some(failure.code.clone()), ..of_notice(notice) }
        }
        NoticeEvent::GivenUp { notice, attempts, failure } => {
            Facts { attempt: Some(*attempts), reason: Some(failure.code.clone()), ..of_notice(notice) }
        }
        NoticeEvent::Withheld { notice, why } => Facts { reason: word(why), ..of_notice(notice) },
        NoticeEvent::Replayed { actor, reason, .. } => Facts::by(actor, reason),
    }
}

fn of_notice(notice: &NoticeRef) -> Facts {
    Facts { outcome: Some(format!("{} {} of {}", notice.channel, notice.topic, notice.of)), ..Facts::default() }
}

/// The account is named where all are about the same.
fn of_opened(opened: &[Opened]) -> Facts {
    let plans = || opened.iter().map(|opened| &opened.plan);
    let mut rules: Vec<_> = plans().flat_map(|plan| &plan.rules).map(named).collect();
    rules.dedup();
    let account = plans().next().filter(|first| plans().all(|plan| plan.account == first.account));
    Facts {
        account: account.map(|plan| plan.account.clone()),
        rules,
        reason: opened.iter().find_map(|opened| opened.held.as_ref()).and_then(word),
        ..Facts::default()
    }
}

fn about(scope: &PauseScope, facts: Facts) -> Facts {
    match scope {
        PauseScope::All => facts,
        PauseScope::Source(source) => Facts { source: Some(source.to_string()), ..facts },
        PauseScope::Rule(rule) => Facts { rules: vec![(rule.to_string(), None)], ..facts },
    }
}

fn named(rule: &RuleRef) -> (String, Option<String>) {
    (rule.id.to_string(), Some(rule.title.clone()))
}

/// A word of the record's own, as it stands there.
fn word(value: &impl Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}
