//! What the tests of the trail share: events, entries, and waiting without a server around.

use proptest::prelude::*;

use super::store::{Append, Appended, Entry, Pending, Store, StoreError};
use crate::incident::{
    AccessEvent, AccountKind, AccountWarning, Action, AlertId, AlertSummary, Amount, Approval, Asked, Assurance,
    Bearing, Beyond, Candidate, ChannelName, Check, Checked, ChosenDingTalkId, Counted, Counts, Decision, DeliveryId,
    DepartmentId, DepartmentSpent, Diagnosis, Digest, DiskRoom, Event, Evidence, ExportForm, Failure, FailureClass,
    Finding, Hearing, HoldReason, IncidentId, IssuedToken, Lapse, Mark, NoticeEvent, NoticeRef, Opened, Outcome,
    PauseScope, Plan, ReadWay, ReasonCode, Repeat, Resolution, Role, RuleId, RuleRef, RuleVersion, SenderEvent,
    SignInWay, SourceName, Span, Spending, Spent, StreamStatus, SubjectEvent, SyncedDirectory, Timestamp, Topic,
    TrailExported, Trip, UpkeepEvent, UserId, Verdict, VerdictKind, Watch, Watched, WindowState, Withheld,
};

/// Waits for an append on this thread.
pub(super) fn wait<T>(pending: Pending<T>) -> Result<T, StoreError> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(pending)
}

/// An entry without key, private part or incident, told from others by its text.
pub(super) fn entry(text: &str) -> Entry {
    let event = Event::ResponderPaused { actor: "test".to_owned(), reason: text.to_owned(), scope: PauseScope::All };
    let event = serde_json::to_vec(&event).unwrap();
    let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
    Entry { key: None, also: Vec::new(), at, event, private: None, incidents: Vec::new(), behind: false }
}

/// Appends one entry and waits for it.
pub(super) fn append_one(store: &dyn Store, entry: Entry) -> Result<Appended, StoreError> {
    wait(store.append(Append { deliveries: Vec::new(), entries: vec![entry] }))
}

pub(super) fn incident(n: u64) -> IncidentId {
    IncidentId::parse(&format!("inc_{n:016x}")).unwrap()
}

fn rules_listed() -> Event {
    let version = Digest::of(b"test");
    Event::RulesListed { rules: version, versions: vec![RuleVersion { id: rule().id, version }] }
}

/// One event of every kind.
pub(super) fn events() -> Vec<Event> {
    let (incident, step, attempt) = (incident(1), 0, 1);
    let failure = Failure { http_status: Some(503), ..Failure::local(FailureClass::Busy, "busy") };
    let source = SourceName::parse("okta").unwrap();
    let (reason, actor, digest) = ("drill".to_owned(), "test".to_owned(), Digest::of(b"test"));
    let at = Timestamp::UNIX_EPOCH;
    vec![
        alert_admitted(),
        incidents_opened(),
        Event::SystemStarted { version: "0".to_owned(), rules: digest },
        Event::SystemStopped { parked: 1 },
        rules_listed(),
        Event::RulesWatched { started: vec![Watched { rule: rule().id, behaviour: digest }], ended: vec![rule().id] },
        Event::RuleDisputed {
            rule: rule().id,
            alert: AlertId::derive(&source, "key"),
            actor: actor.clone(),
            reason: reason.clone(),
        },
        Event::RulePromoted {
            rule: rule(),
            behaviour: digest,
            actor: actor.clone(),
            evidence: Watch::begin(digest, at).evidence(at),
            despite: Some(reason.clone()),
        },
        Event::AccountResolved {
            incident: incident.clone(),
            user_id: UserId::parse("u").unwrap(),
            evidence: Evidence::of(Resolution::IdentityMap),
            beside: vec![incident.clone()],
        },
        Event::AccountUnresolved { incident: incident.clone(), evidence: evidence() },
        Event::DoctorChecked {
            actor: Some(actor.clone()),
            checks: vec![Checked { check: Check::Clock, found: Diagnosis::ClockOff }],
        },
        Event::DirectorySynced(SyncedDirectory { people: 2, departments: 1, began_at: at }),
        Event::AccountWarned {
            incident: incident.clone(),
            warning: AccountWarning::OwnsOrganizations { count: 1, corp_ids: vec!["ding2".to_owned()] },
        },
        Event::IncidentHeld {
            incident: incident.clone(),
            reason: HoldReason::Paused,
            failure: Some(failure.clone()),
            beyond: Some(beyond(Asked::Dispatch)),
        },
        Event::ContainmentExpired { incident: incident.clone() },
        Event::IncidentClosed { incident: incident.clone(), outcome: Outcome::Done },
        Event::StepStarted { incident: incident.clone(), step, attempt },
        Event::StepSucceeded {
            incident: incident.clone(),
            step,
            attempt,
            finding: Finding::Answered,
            request_id: Some("r".to_owned()),
            by: Some(incident.clone()),
        },
        Event::StepFailed { incident: incident.clone(), step, attempt, failure: failure.clone(), retry_at: Some(at) },
        Event::StepUnknown { incident: incident.clone(), step, attempt, failure },
        Event::TrailRead { actor: actor.clone(), from: 0, count: 1, incident: Some(incident.clone()) },
    ]
    .into_iter()
    .chain(of_senders(&actor, &reason, at))
    .chain(of_upkeep(&actor, &reason, at))
    .chain(steered(&actor, &reason, at))
    .chain(answered(&incident, &actor, &reason))
    .collect()
}

/// One of every kind that is about a sender, beside its alerts.
fn of_senders(actor: &str, reason: &str, at: Timestamp) -> Vec<Event> {
    let (actor, reason, digest) = (actor.to_owned(), reason.to_owned(), Digest::of(b"test"));
    let source = SourceName::parse("okta").unwrap();
    vec![
        Event::Sender(SenderEvent::NotUnderstood {
            delivery: Some(DeliveryId::derive(&source, digest, Some("msg_1"))),
            source: source.clone(),
            assurance: Some(Assurance::A),
            tried: true,
            reason: reason.clone(),
            body_digest: digest,
            event_digest: Some(Digest::of(b"event")),
            private: digest,
        }),
        Event::Sender(SenderEvent::Conflict {
            source: source.clone(),
            assurance: Some(Assurance::A),
            tried: true,
            body_digest: digest,
            event_digest: Some(digest),
            first: 1,
            private: Some(digest),
        }),
        Event::Sender(SenderEvent::Tried {
            source: source.clone(),
            assurance: Some(Assurance::B),
            actor: actor.clone(),
            until: at,
            reason: reason.clone(),
        }),
        Event::Sender(SenderEvent::Stream {
            source: source.clone(),
            assurance: Assurance::A,
            status: StreamStatus::Paused,
            tried: true,
            sent_at: Some(at),
            reason: Some(reason.clone()),
        }),
        Event::Sender(SenderEvent::Refused {
            source: Some(source),
            assurance: Some(Assurance::A),
            reason,
            minute: at,
            count: 1,
            latest: Some(at),
        }),
    ]
}

/// One of every kind that is about the trail itself.
fn of_upkeep(actor: &str, reason: &str, at: Timestamp) -> Vec<Event> {
    let (actor, reason, digest) = (actor.to_owned(), reason.to_owned(), Digest::of(b"test"));
    let (some_actor, some_reason) = (Some(actor.clone()), Some(reason.clone()));
    vec![
        Event::Upkeep(UpkeepEvent::Rebuilt {
            actor: some_actor.clone(),
            reason: some_reason.clone(),
            first: 1,
            size: 2,
            whole: true,
            beside: true,
        }),
        Event::Upkeep(UpkeepEvent::Pruned {
            actor: some_actor,
            reason: some_reason,
            below: 1,
            before: at,
            board: digest,
        }),
        Event::Upkeep(UpkeepEvent::Restored {
            actor: actor.clone(),
            reason: reason.clone(),
            origin: "test/1".to_owned(),
            size: 1,
            root: digest,
        }),
        Event::Upkeep(UpkeepEvent::KeyRotated { actor, reason, key: "test/1+00000000+test".to_owned() }),
        Event::Upkeep(UpkeepEvent::DiskRoom {
            was: DiskRoom::Low,
            room: DiskRoom::Short,
            free_bytes: 1,
            released_bytes: 0,
        }),
    ]
}

/// One of every kind that a responder causes, or a breaker, for more than one incident.
fn steered(actor: &str, reason: &str, at: Timestamp) -> Vec<Event> {
    let (actor, reason) = (actor.to_owned(), reason.to_owned());
    vec![
        Event::BreakerTripped {
            trip: Trip {
                scope: PauseScope::Source(SourceName::parse("test").unwrap()),
                accounts: 16,
                within_s: Span::of(std::time::Duration::from_secs(600)),
                released_at: Some(at),
            },
        },
        Event::BreakerReleased { scope: PauseScope::All, actor: actor.clone(), reason: reason.clone() },
        Event::ResponderPaused { actor: actor.clone(), reason: reason.clone(), scope: PauseScope::All },
        Event::ResponderPaused {
            actor: actor.clone(),
            reason: reason.clone(),
            scope: PauseScope::Source(SourceName::parse("okta").unwrap()),
        },
        Event::ResponderResumed { actor, reason, scope: PauseScope::All },
    ]
}

/// One of every kind that answers an incident which waits or contains somebody.
fn answered(incident: &IncidentId, actor: &str, reason: &str) -> Vec<Event> {
    let (incident, actor, reason) = (incident.clone(), actor.to_owned(), reason.to_owned());
    vec![
        Event::IncidentApproved {
            incident: incident.clone(),
            actor: actor.clone(),
            reason: reason.clone(),
            approver: Some(UserId::parse("u").unwrap()),
            plan: Some(Digest::of(b"test")),
        },
        Event::IncidentRequested {
            actor: actor.clone(),
            reason: reason.clone(),
            opened: Box::new(Opened {
                plan: Plan { asked_by: Some(actor.clone()), ..opened(1).plan },
                held: Some(HoldReason::Paused),
            }),
            private: Digest::of(b"test"),
        },
        Event::ApprovalLapsed { incident: incident.clone(), otherwise: Lapse::Drop },
        Event::BudgetDrawn {
            incident: incident.clone(),
            departments: vec![DepartmentSpent { department: DepartmentId::ROOT, spent: None }],
        },
        Event::StepVerified { incident: incident.clone(), step: 0, disabled: Some(true) },
        Event::StepVerified { incident: incident.clone(), step: 0, disabled: None },
        Event::IncidentDismissed { incident: incident.clone(), actor: actor.clone(), reason: reason.clone() },
        Event::IncidentHalted { incident: incident.clone(), actor: actor.clone(), reason: reason.clone() },
        Event::ContainmentExtended {
            incident: incident.clone(),
            actor: actor.clone(),
            reason: reason.clone(),
            until: Timestamp::from_second(86_400).unwrap(),
        },
        Event::IncidentReleased { incident: incident.clone(), actor, reason, false_alarm: true },
        Event::ReleaseOffered { incident, protection: HoldReason::ProtectedListed },
    ]
    .into_iter()
    .chain(notices())
    .chain(of_people())
    .chain(of_access())
    .chain([exported()])
    .collect()
}

fn exported() -> Event {
    let at = Some(Timestamp::UNIX_EPOCH);
    Event::TrailExported(TrailExported {
        actor: "test".to_owned(),
        form: ExportForm::Csv,
        from: 0,
        to: Some(1),
        since: at,
        until: at,
        incident: Some(incident(1)),
    })
}

/// Everything that can become of a notice.
fn notices() -> impl Iterator<Item = Event> {
    let (channel, at, attempt) = (ChannelName::parse("soc").unwrap(), Timestamp::UNIX_EPOCH, 1);
    let notice = NoticeRef { channel: channel.clone(), topic: Topic::IncidentHeld, of: 1 };
    let failure = Failure::local(FailureClass::Busy, "http_500");
    let hearing = Hearing { channel: channel.clone(), topics: vec![Topic::IncidentHeld, Topic::Contained] };
    [
        NoticeEvent::Configured { channels: vec![hearing] },
        NoticeEvent::Owed { incident: incident(1), step: 0, channel: channel.clone(), text: "test".to_owned() },
        NoticeEvent::Started { notice: notice.clone(), more: 3, attempt },
        NoticeEvent::Accepted { notice: notice.clone(), attempt, receipt: "7".to_owned(), ask_at: at },
        NoticeEvent::Sent { notice: notice.clone(), attempt, missed: 1 },
        NoticeEvent::Failed { notice: notice.clone(), attempt, failure: failure.clone(), retry_at: at },
        NoticeEvent::GivenUp { notice: notice.clone(), attempts: attempt, failure },
        NoticeEvent::Withheld { notice, why: Withheld::OnlyTheSubject },
        NoticeEvent::Replayed {
            channel: Some(channel),
            of: Some(1),
            actor: "test".to_owned(),
            reason: "drill".to_owned(),
        },
    ]
    .map(Event::Notice)
    .into_iter()
}

/// Everything that is about access.
fn of_access() -> impl Iterator<Item = Event> {
    let (actor, reason) = ("test".to_owned(), "drill".to_owned());
    let token = IssuedToken {
        name: "machine".to_owned(),
        role: Role::Auditor,
        prefix: "pct_00000000".to_owned(),
        sha256: Digest::of(b"test"),
        user_id: UserId::parse("u").ok(),
        expires: Timestamp::UNIX_EPOCH,
    };
    let user_id = UserId::parse("u").ok();
    [
        AccessEvent::SignedIn { actor: actor.clone(), role: Role::Responder, way: SignInWay::Token, user_id },
        AccessEvent::SignedOut { actor: actor.clone() },
        AccessEvent::TokenIssued { actor: actor.clone(), reason: reason.clone(), token },
        AccessEvent::TokenRevoked { actor, reason, name: "machine".to_owned() },
    ]
    .map(Event::Access)
    .into_iter()
}

/// Everything that is done with personal data.
fn of_people() -> impl Iterator<Item = Event> {
    let (actor, reason) = ("test".to_owned(), "drill".to_owned());
    [
        SubjectEvent::read("test", ReadWay::Export, &[1, 2]),
        SubjectEvent::Erased { actor: actor.clone(), reason, keys: 2, records: 7 },
        SubjectEvent::Expired { before: Timestamp::UNIX_EPOCH, days: 1 },
        SubjectEvent::Rewrapped { actor, lines: 3 },
    ]
    .map(Event::Subject)
    .into_iter()
}

fn evidence() -> Evidence {
    let at = Some(Timestamp::UNIX_EPOCH);
    let candidate = |found| Candidate { user_id: UserId::parse("u").unwrap(), found, indexed_at: at };
    let all = [Bearing::Live, Bearing::Moved, Bearing::Gone, Bearing::NotRead].map(candidate);
    Evidence::with(Resolution::DirectoryIndex, all.to_vec(), at)
}

/// Any event, with any text where it has text of people's own.
pub(super) fn any_event() -> impl Strategy<Value = Event> {
    let text = || proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter);
    prop_oneof![
        proptest::sample::select(events()),
        (text(), text()).prop_map(|(actor, reason)| Event::ResponderPaused { actor, reason, scope: PauseScope::All }),
        (text(), any::<u64>(), any::<u32>()).prop_map(|(actor, from, count)| Event::TrailRead {
            actor,
            from,
            count,
            incident: None
        }),
    ]
}

fn rule() -> RuleRef {
    RuleRef {
        id: RuleId::parse("5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11").unwrap(),
        title: "Test rule".to_owned(),
        version: Digest::of(b"test"),
    }
}

/// An alert with everything an alert can have: a verdict, a plan of every action, a hold.
fn alert_admitted() -> Event {
    let source = SourceName::parse("okta").unwrap();
    let digest = Digest::of(b"test");
    let alert = AlertSummary {
        id: AlertId::derive(&source, "key"),
        source,
        assurance: Assurance::B,
        event_type: Some("user.risk.detect".to_owned()),
        occurred_at: Some(Timestamp::UNIX_EPOCH),
        received_at: Timestamp::UNIX_EPOCH,
        body_digest: digest,
        event_digest: None,
        delivery_hints: [].into(),
        secret: "first".to_owned(),
    };
    let decision = Decision {
        account: Some("00ff".to_owned()),
        rule: rule(),
        author: None,
        kind: VerdictKind::Held,
        matched: vec!["selection".to_owned()],
        incident: Some(incident(1)),
        reason: Some(HoldReason::ProtectedListed),
    };
    let verdict = Verdict {
        kind: VerdictKind::Held,
        rules: digest,
        decisions: vec![decision],
        decisions_left_out: 1,
        nearest: None,
    };
    let opened = vec![opened(1)];
    Event::AlertAdmitted {
        alert: Box::new(alert),
        verdict: Box::new(verdict),
        opened,
        counted: vec![counted()],
        counted_left_out: 1,
        private: digest,
    }
}

fn incidents_opened() -> Event {
    let source = SourceName::parse("okta").unwrap();
    let (alert, private) = (AlertId::derive(&source, "key"), Digest::of(b"test"));
    Event::IncidentsOpened { alert, source, assurance: Some(Assurance::A), opened: vec![opened(2)], private }
}

fn opened(number: u64) -> Opened {
    let (reason, digest) = ("test".to_owned(), Digest::of(b"test"));
    let employee_reason = ReasonCode::parse("account-takeover").unwrap();
    let plan = Plan {
        incident: incident(number),
        account_kind: AccountKind::Email,
        account: "00ff".to_owned(),
        assurance: Assurance::A,
        assurance_floor: Assurance::B,
        rules: vec![rule()],
        actions: vec![
            Action::SignOut { reason: reason.clone(), employee_reason, wording: digest },
            Action::Disable { reason },
            Action::SignOutAgain {},
            Action::ChangeDingTalkId { to: ChosenDingTalkId::parse("zhang2027").unwrap() },
            Action::Notify { channel: ChannelName::parse("soc").unwrap() },
            Action::Enable { after_s: 28_800 },
        ],
        approval: Some(Approval { people: 2, within_s: 60, otherwise: Lapse::Act }),
        owner: Some("SOC".to_owned()),
        asked_by: None,
        asker: None,
        repeat: Some(Repeat { nth: 17, within_s: 31_536_000 }),
        spending: Some(Spending {
            source: Some(SourceName::parse("okta").unwrap()),
            of_rules: vec![Some(Spent { hour: 1, day: 2 }), None],
            of_source: Some(Spent { hour: 2, day: 3 }),
            organization: Some(Spent { hour: 3, day: 4 }),
            beyond: Some(beyond(Asked::Planning)),
        }),
    };
    Opened { plan, held: Some(HoldReason::ProtectedListed) }
}

fn beyond(asked: Asked) -> Beyond {
    let spent = Spent { hour: 3, day: 4 };
    Beyond { asked, department: Some(DepartmentId::ROOT), spent, per_hour: 2, per_day: 5, people: Some(200) }
}

fn counted() -> Counted {
    let at = Timestamp::UNIX_EPOCH;
    Counted {
        correlation: rule().id,
        group: Mark([1; Mark::BYTES]),
        counts: Counts::Number(Amount::MAX),
        at,
        until: at,
        state: WindowState::Quiet,
        held_to: Some(at),
        found: Some(Amount::whole(7)),
        evicted: vec![Mark([2; Mark::BYTES])],
        shortened: true,
    }
}
