//! What people who must know are told: the closed list of topics, derived from events alone, and the events that
//! say what became of telling them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    ChannelName, Checked, Decision, Digest, Event, Failure, HoldReason, IncidentId, Opened, SenderEvent, SourceName,
    Timestamp, UpkeepEvent,
};

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// An incident waits for a human.
    IncidentHeld,
    /// An incident waits for somebody to say yes to its plan.
    ApprovalWanted,
    /// Nobody said yes to a plan in time: it is dropped, or done all the same.
    ApprovalLapsed,
    /// An account is disabled, and that was read back.
    Contained,
    /// A step is given up.
    StepGivenUp,
    /// A step is claimed to be done and could not be read back.
    OutcomeUnverified,
    /// A rule wanted to act on an alert, and no incident could be opened.
    AlertHeld,
    /// There is something about an account that is acted on that a human should know.
    AccountWarned,
    /// Actions are paused.
    ActionsPaused,
    /// Actions may run again.
    ActionsResumed,
    /// Rules were refused; older ones stay in force.
    RulesRefused,
    /// A source repeated a known id with other content.
    SourceConflict,
    /// A source sent what was not understood.
    SourceNotUnderstood,
    /// One verdict over many accounts in a short time: the breaker has stopped it.
    BreakerTripped,
    /// Who is kept disabled is protected by now.
    ReleaseOffered,
    /// The doctor has found that something is not well.
    Doctor,
    /// There is less room on the trail's disk.
    DiskRoom,
    /// A rule, or a responder, has its own words told to this channel, whatever else that hears.
    RuleNotice,
}

impl Topic {
    /// Every topic that a channel chooses or not, in the order of the list above.
    pub const ALL: [Self; 17] = [
        Self::IncidentHeld,
        Self::ApprovalWanted,
        Self::ApprovalLapsed,
        Self::Contained,
        Self::StepGivenUp,
        Self::OutcomeUnverified,
        Self::AlertHeld,
        Self::AccountWarned,
        Self::ActionsPaused,
        Self::ActionsResumed,
        Self::RulesRefused,
        Self::SourceConflict,
        Self::SourceNotUnderstood,
        Self::BreakerTripped,
        Self::ReleaseOffered,
        Self::Doctor,
        Self::DiskRoom,
    ];

    /// The name in settings and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IncidentHeld => "incident_held",
            Self::ApprovalWanted => "approval_wanted",
            Self::ApprovalLapsed => "approval_lapsed",
            Self::Contained => "contained",
            Self::StepGivenUp => "step_given_up",
            Self::OutcomeUnverified => "outcome_unverified",
            Self::AlertHeld => "alert_held",
            Self::AccountWarned => "account_warned",
            Self::ActionsPaused => "actions_paused",
            Self::ActionsResumed => "actions_resumed",
            Self::RulesRefused => "rules_refused",
            Self::SourceConflict => "source_conflict",
            Self::SourceNotUnderstood => "source_not_understood",
            Self::BreakerTripped => "breaker_tripped",
            Self::ReleaseOffered => "release_offered",
            Self::RuleNotice => "rule_notice",
            Self::Doctor => "doctor",
            Self::DiskRoom => "disk_room",
        }
    }

    /// What an event is told under; each topic once, mostly none.
    #[must_use]
    pub fn of(event: &Event) -> Vec<Self> {
        match event {
            Event::AlertAdmitted { verdict, opened, .. } => {
                let mut topics = Self::of_holds(opened);
                if verdict.decisions.iter().any(Decision::is_held_without_incident) {
                    topics.push(Self::AlertHeld);
                }
                topics
            }
            Event::IncidentsOpened { opened, .. } => Self::of_holds(opened),
            Event::IncidentRequested { opened, .. } => opened.held.map(Self::of_hold).into_iter().collect(),
            Event::IncidentHeld { reason, .. } => vec![Self::of_hold(*reason)],
            Event::ApprovalLapsed { .. } => vec![Self::ApprovalLapsed],
            Event::StepVerified { disabled: Some(true), .. } => vec![Self::Contained],
            Event::StepFailed { retry_at: None, .. } => vec![Self::StepGivenUp],
            Event::AccountWarned { .. } => vec![Self::AccountWarned],
            Event::ResponderPaused { .. } => vec![Self::ActionsPaused],
            Event::ResponderResumed { .. } => vec![Self::ActionsResumed],
            Event::BreakerTripped { .. } => vec![Self::BreakerTripped],
            Event::ReleaseOffered { .. } => vec![Self::ReleaseOffered],
            Event::DoctorChecked { checks, .. } if checks.iter().any(Checked::has_failed) => vec![Self::Doctor],
            Event::Upkeep(UpkeepEvent::DiskRoom { was, room, .. }) if room > was => vec![Self::DiskRoom],
            Event::RulesRefused { .. } => vec![Self::RulesRefused],
            Event::Sender(SenderEvent::Conflict { .. }) => vec![Self::SourceConflict],
            Event::Sender(SenderEvent::NotUnderstood { .. }) => vec![Self::SourceNotUnderstood],
            _ => Vec::new(),
        }
    }

    fn of_holds(opened: &[Opened]) -> Vec<Self> {
        let mut topics: Vec<_> = opened.iter().filter_map(|one| one.held).map(Self::of_hold).collect();
        topics.sort_unstable();
        topics.dedup();
        topics
    }

    /// What a hold is told under. Where all that is missing is somebody's yes, the plan's digest goes along.
    #[must_use]
    pub fn of_hold(reason: HoldReason) -> Self {
        match reason {
            HoldReason::ApprovalWanted | HoldReason::UnconfirmedDisable => Self::ApprovalWanted,
            HoldReason::Unverified => Self::OutcomeUnverified,
            _ => Self::IncidentHeld,
        }
    }

    /// Whether whoever hears of these hears of it. Whoever was asked to say yes is told that it is too late.
    #[must_use]
    pub fn is_heard(self, heard: impl Fn(Self) -> bool) -> bool {
        heard(self) || (self == Self::ApprovalLapsed && heard(Self::ApprovalWanted))
    }

    /// What is lost where people hear of it late.
    #[must_use]
    pub fn urgency(self) -> Urgency {
        match self {
            Self::ApprovalWanted => Urgency::Answer,
            Self::IncidentHeld | Self::AlertHeld | Self::StepGivenUp | Self::OutcomeUnverified | Self::DiskRoom => {
                Urgency::Act
            }
            Self::ApprovalLapsed
            | Self::Contained
            | Self::AccountWarned
            | Self::ActionsPaused
            | Self::ActionsResumed
            | Self::RulesRefused
            | Self::SourceConflict
            | Self::SourceNotUnderstood
            | Self::BreakerTripped
            | Self::ReleaseOffered
            | Self::Doctor
            | Self::RuleNotice => Urgency::Know,
        }
    }

    /// The most notices of it that a channel is sent in a minute. What somebody has to answer in time comes each by
    /// itself, with what the answer has to name, as long as the channel takes it.
    #[must_use]
    pub fn each_per_minute(self) -> usize {
        if self.urgency() == Urgency::Answer { 20 } else { 5 }
    }

    /// The source whose fault it is, of topics that one source could bring about at will.
    #[must_use]
    pub fn culprit(event: &Event) -> Option<&SourceName> {
        match event {
            Event::Sender(SenderEvent::Conflict { source, .. })
            | Event::Sender(SenderEvent::NotUnderstood { source, .. }) => Some(source),
            _ => None,
        }
    }
}

/// What people are to do about what they are told; the most urgent is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// To answer in time: a plan waits for somebody's yes.
    Answer,
    /// To see to it: who should be contained is not, or not for certain, until a human acts.
    Act,
    /// To know it.
    Know,
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A channel and what it hears, as they stand on the trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hearing {
    /// Which channel.
    pub channel: ChannelName,
    /// What it is told.
    pub topics: Vec<Topic>,
}

/// Which notice: one topic of one record, or of several at once, to one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRef {
    /// To whom.
    pub channel: ChannelName,
    /// About what.
    pub topic: Topic,
    /// The sequence number of the record that it is about; of several, the first.
    pub of: u64,
}

/// Why nobody was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// All who would be told are whom it is about.
    OnlyTheSubject,
    /// Whom it is about is not known, so it could be any of those who would be told.
    SubjectUnknown,
    /// Nothing leaves in a dry run.
    DryRun,
}

/// What became of telling people. Serialised as any other event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum NoticeEvent {
    /// From here on these channels hear of these topics, and no others.
    #[serde(rename = "notices.configured")]
    Configured {
        /// All of them.
        channels: Vec<Hearing>,
    },
    /// A rule's or a responder's step has people told; from here on it is the channel's to deliver.
    #[serde(rename = "notice.owed")]
    Owed {
        /// In which incident.
        incident: IncidentId,
        /// By which of its steps, from 0.
        step: u8,
        /// To whom.
        channel: ChannelName,
        /// The rule's words, filled in: ids, titles and names of sources; or a responder's.
        text: String,
    },
    /// The intent, durable before the notice leaves.
    #[serde(rename = "notice.started")]
    Started {
        /// Which.
        #[serde(flatten)]
        notice: NoticeRef,
        /// Of several: how many more than the first.
        #[serde(skip_serializing_if = "is_none", default)]
        more: u64,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// It was taken; whether anybody got it is asked later.
    #[serde(rename = "notice.accepted")]
    Accepted {
        /// Which.
        #[serde(flatten)]
        notice: NoticeRef,
        /// Which attempt, from 1.
        attempt: u32,
        /// What to ask by.
        receipt: String,
        /// When to ask.
        ask_at: Timestamp,
    },
    /// Somebody got it.
    #[serde(rename = "notice.sent")]
    Sent {
        /// Which.
        #[serde(flatten)]
        notice: NoticeRef,
        /// Which attempt, from 1.
        attempt: u32,
        /// How many of those who should have got it did not.
        #[serde(skip_serializing_if = "is_none", default)]
        missed: u64,
    },
    /// It could not be sent and is tried again.
    #[serde(rename = "notice.failed")]
    Failed {
        /// Which.
        #[serde(flatten)]
        notice: NoticeRef,
        /// Which attempt, from 1.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// It could not be sent and waits for a human to have it sent again.
    #[serde(rename = "notice.given_up")]
    GivenUp {
        /// Which.
        #[serde(flatten)]
        notice: NoticeRef,
        /// How often it was tried.
        attempts: u32,
        /// Why the last did not do.
        failure: Failure,
    },
    /// Nobody was left to tell.
    #[serde(rename = "notice.withheld")]
    Withheld {
        /// Which.
        #[serde(flatten)]
        notice: NoticeRef,
        /// Why.
        why: Withheld,
    },
    /// Somebody has notices that were given up sent again.
    #[serde(rename = "notice.replayed")]
    Replayed {
        /// Only those of this channel.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        channel: Option<ChannelName>,
        /// Only those of this record.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        of: Option<u64>,
        /// Who.
        actor: String,
        /// Why, in their words.
        reason: String,
    },
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl NoticeRef {
    /// The notice's id, the same for every attempt and after every crash. `record` is the record's bytes: two trails
    /// do not share any.
    #[must_use]
    pub fn id(&self, record: &[u8]) -> String {
        let parts = [b"notice".as_slice(), self.channel.as_str().as_bytes(), self.topic.as_str().as_bytes(), record];
        format!("ntc_{}", Digest::of_parts(&parts).short(32))
    }
}

impl NoticeEvent {
    /// The event's name, as in the record's `kind`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Configured { .. } => "notices.configured",
            Self::Owed { .. } => "notice.owed",
            Self::Started { .. } => "notice.started",
            Self::Accepted { .. } => "notice.accepted",
            Self::Sent { .. } => "notice.sent",
            Self::Failed { .. } => "notice.failed",
            Self::GivenUp { .. } => "notice.given_up",
            Self::Withheld { .. } => "notice.withheld",
            Self::Replayed { .. } => "notice.replayed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{DiskRoom, FailureClass, IncidentId};

    fn incident() -> IncidentId {
        IncidentId::parse("inc_0123456789abcdef").unwrap()
    }

    #[test]
    fn names_are_those_of_records() {
        for topic in Topic::ALL.into_iter().chain([Topic::RuleNotice]) {
            assert_eq!(serde_json::to_value(topic).unwrap(), topic.as_str());
        }
    }

    #[test]
    fn of_the_disk_people_are_told_what_is_worse_than_before() {
        for (before, was) in DiskRoom::ALL.into_iter().enumerate() {
            for (after, room) in DiskRoom::ALL.into_iter().enumerate() {
                let event = UpkeepEvent::DiskRoom { was, room, free_bytes: 1, released_bytes: 0 };
                let told = Topic::of(&Event::Upkeep(event));
                assert_eq!(!told.is_empty(), after > before, "{was} to {room}");
            }
        }
    }

    #[test]
    fn what_changes_nothing_for_people_is_told_to_nobody() {
        let incident = incident();
        let failure = Failure::local(FailureClass::Busy, "busy");
        let retry_at = Some(Timestamp::UNIX_EPOCH);
        for event in [
            Event::StepStarted { incident: incident.clone(), step: 0, attempt: 1 },
            Event::StepVerified { incident: incident.clone(), step: 2, disabled: Some(false) },
            Event::StepFailed { incident, step: 0, attempt: 1, failure, retry_at },
            Event::SystemStopped { parked: 0 },
        ] {
            assert_eq!(Topic::of(&event), [], "{event:?}");
        }
    }

    #[test]
    fn a_hold_is_told_by_what_is_wanted() {
        let held =
            |reason| Topic::of(&Event::IncidentHeld { incident: incident(), reason, failure: None, beyond: None });
        assert_eq!(held(HoldReason::ProtectedLive), [Topic::IncidentHeld]);
        assert_eq!(held(HoldReason::UnconfirmedDisable), [Topic::ApprovalWanted]);
        assert_eq!(held(HoldReason::Unverified), [Topic::OutcomeUnverified]);
    }

    #[test]
    fn an_event_of_a_notice_is_written_as_any_other() {
        let notice = NoticeRef { channel: ChannelName::parse("soc").unwrap(), topic: Topic::IncidentHeld, of: 7 };
        let event = Event::Notice(NoticeEvent::Started { notice, more: 0, attempt: 1 });
        let text = r#"{"kind":"notice.started","channel":"soc","topic":"incident_held","of":7,"attempt":1}"#;
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
        assert_eq!(serde_json::from_str::<Event>(text).unwrap(), event);
        assert!(serde_json::from_str::<Event>(&text.replace("notice.started", "notice.begun")).is_err());
    }

    #[test]
    fn an_id_is_of_channel_topic_and_record() {
        let notice = |channel: &str, topic| NoticeRef { channel: ChannelName::parse(channel).unwrap(), topic, of: 7 };
        let id = notice("soc", Topic::Contained).id(b"record");
        assert_eq!(id, notice("soc", Topic::Contained).id(b"record"));
        assert_eq!(id.len(), 36);
        for other in [
            notice("duty", Topic::Contained).id(b"record"),
            notice("soc", Topic::IncidentHeld).id(b"record"),
            notice("soc", Topic::Contained).id(b"another"),
        ] {
            assert_ne!(id, other);
        }
    }
}
