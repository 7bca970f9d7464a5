//! What a record is in the eyes of a SIEM: which class of event, how grave, and what it is called in words.

use crate::incident::{
    AccessEvent, DiskRoom, Event, Health, NoticeEvent, SenderEvent, SubjectEvent, UpkeepEvent, VerdictKind,
};

/// The classes of OCSF that records become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Base Event: what fits no other.
    Base,
    /// Detection Finding: what a sender or our own breaker found.
    Detection,
    /// Incident Finding: an incident, from its opening to its end.
    Incident,
    /// Entity Management: what somebody did to rules, sources, pauses, incidents, or with the trail.
    Entity,
    /// Application Lifecycle: the program itself.
    Lifecycle,
}

/// What is done, as OCSF numbers it in its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// A finding or incident begins.
    Create,
    /// It goes on.
    Update,
    /// It ends.
    Close,
    /// An entity is read.
    Read,
    /// An entity is changed.
    Change,
    /// An entity comes into force.
    Activate,
    /// An entity is put out of force.
    Deactivate,
    /// An entity is stopped for a while.
    Suspend,
    /// And goes on.
    Resume,
    /// The program starts.
    Start,
    /// The program stops.
    Stop,
    /// Something that has no number.
    Other,
}

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// To be known.
    Informational,
    /// Seldom of consequence.
    Low,
    /// Somebody should look.
    Medium,
    /// Somebody has to act.
    High,
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sense {
    /// Its class.
    pub class: Class,
    /// What is done.
    pub activity: Activity,
    /// How grave it is.
    pub severity: Severity,
    /// What it is called.
    pub says: &'static str,
}

impl Sense {
    /// That of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        use Activity::{
            Activate, Change, Close, Create, Deactivate, Other, Read, Resume, Start, Stop, Suspend, Update,
        };
        use Class::{Base, Detection, Entity, Incident, Lifecycle};
        use Severity::{High, Informational, Low, Medium};
        let (class, activity, severity, says) = match event {
            Event::SystemStarted { .. } => (Lifecycle, Start, Informational, "Portcullis started"),
            Event::SystemStopped { .. } => (Lifecycle, Stop, Informational, "Portcullis stopped"),
            Event::RulesLoaded { .. } => (Entity, Activate, Informational, "Rules came into force"),
            Event::RulesListed { .. } => (Entity, Activate, Informational, "The rules in force were listed"),
            Event::RulesRefused { .. } => (Entity, Change, Medium, "Rules were refused"),
            Event::RulesWatched { .. } => (Entity, Change, Informational, "Rules began or ended to watch"),
            Event::RuleDisputed { .. } => (Entity, Change, Low, "A match of a rule was disputed"),
            Event::RulePromoted { .. } => (Entity, Activate, Low, "A rule was let act"),
            Event::AlertAdmitted { verdict, .. } => {
                (Detection, Create, of_verdict(verdict.kind), "An alert was admitted")
            }
            Event::IncidentsOpened { .. } => (Incident, Create, Medium, "Incidents were opened"),
            Event::IncidentRequested { .. } => (Incident, Create, Medium, "An incident was opened by hand"),
            Event::AccountResolved { .. } => (Incident, Update, Informational, "The account was found"),
            Event::AccountUnresolved { .. } => (Incident, Update, Low, "The account was not found"),
            Event::AccountWarned { .. } => (Incident, Update, Medium, "There is a warning about the account"),
            Event::IncidentHeld { .. } => (Incident, Update, High, "The incident waits for a human"),
            Event::BudgetDrawn { .. } => (Incident, Update, Informational, "The incident drew on budgets"),
            Event::IncidentApproved { .. } => (Entity, Resume, Low, "An incident was approved"),
            Event::ApprovalLapsed { .. } => (Incident, Update, Medium, "Nobody approved in time"),
            Event::IncidentDismissed { .. } => (Entity, Deactivate, Low, "An incident was dismissed"),
            Event::IncidentReleased { .. } => (Entity, Change, Low, "An account was given back before its time"),
            Event::IncidentHalted { .. } => (Entity, Suspend, Low, "An incident was held by a responder"),
            Event::ContainmentExtended { .. } => (Entity, Change, Low, "An account is kept disabled for longer"),
            Event::ReleaseOffered { .. } => (Incident, Update, Medium, "Whoever is kept disabled is protected by now"),
            Event::ContainmentExpired { .. } => (Incident, Update, Low, "The time of the containment is over"),
            Event::IncidentClosed { .. } => (Incident, Close, Informational, "The incident was closed"),
            Event::StepStarted { .. } => (Incident, Update, Informational, "A step was started"),
            Event::StepSucceeded { .. } => (Incident, Update, Low, "A step succeeded"),
            Event::StepFailed { retry_at: Some(_), .. } => (Incident, Update, Low, "A step failed and is tried again"),
            Event::StepFailed { retry_at: None, .. } => (Incident, Update, High, "A step was given up"),
            Event::StepUnknown { .. } => (Incident, Update, Medium, "Whether a step succeeded is not known"),
            Event::StepVerified { disabled: Some(true), .. } => (Incident, Update, Medium, "An account is disabled"),
            Event::StepVerified { .. } => (Incident, Update, Low, "The effect of a step was read back"),
            Event::ResponderPaused { .. } => (Entity, Suspend, High, "Actions were paused"),
            Event::ResponderResumed { .. } => (Entity, Resume, Medium, "Actions were resumed"),
            Event::BreakerTripped { .. } => (Entity, Suspend, High, "The breaker has tripped"),
            Event::BreakerReleased { .. } => (Entity, Resume, Medium, "The breaker was released"),
            Event::DirectorySynced(_) => (Base, Other, Informational, "The organization was read"),
            Event::DoctorChecked { checks, .. } => {
                let is_well = checks.iter().all(|checked| checked.found.health() != Health::Failed);
                (Base, Other, if is_well { Informational } else { High }, "It was looked whether all is well")
            }
            Event::TrailRead { .. } => (Entity, Read, Informational, "The trail was read"),
            Event::TrailExported(_) => (Entity, Read, Low, "Records were exported"),
            Event::Upkeep(event) => return Self::of_upkeep(event),
            Event::Access(event) => return Self::of_access(event),
            Event::Subject(event) => return Self::of_subject(event),
            Event::Sender(event) => return Self::of_sender(event),
            Event::Notice(event) => return Self::of_notice(event),
        };
        Self { class, activity, severity, says }
    }

    fn of_sender(event: &SenderEvent) -> Self {
        use Severity::{Low, Medium};
        let (class, activity, severity, says) = match event {
            SenderEvent::NotUnderstood { .. } => {
                (Class::Base, Activity::Other, Medium, "A delivery was not understood")
            }
            SenderEvent::Conflict { .. } => {
                (Class::Base, Activity::Other, Medium, "A known id came with other content")
            }
            SenderEvent::Tried { .. } => (Class::Entity, Activity::Change, Medium, "A source is being tried out"),
            SenderEvent::Stream { .. } => (Class::Base, Activity::Other, Low, "A sender said how its stream is"),
            SenderEvent::Refused { .. } => (Class::Base, Activity::Other, Low, "Deliveries were refused"),
        };
        Self { class, activity, severity, says }
    }

    fn of_upkeep(event: &UpkeepEvent) -> Self {
        let (severity, says) = match event {
            UpkeepEvent::Rebuilt { .. } => (Severity::High, "The trail's store was made anew"),
            UpkeepEvent::Pruned { .. } => (Severity::Low, "Old records were dropped"),
            UpkeepEvent::Restored { .. } => (Severity::High, "The trail goes on from a copy"),
            UpkeepEvent::KeyRotated { .. } => (Severity::Medium, "The log has another key"),
            UpkeepEvent::DiskRoom { room: DiskRoom::Short | DiskRoom::Full, .. } => {
                (Severity::High, "The room on the trail's disk runs out")
            }
            UpkeepEvent::DiskRoom { room: DiskRoom::Low, .. } => (Severity::Medium, "The trail's disk is low on room"),
            UpkeepEvent::DiskRoom { room: DiskRoom::Ample, .. } => {
                (Severity::Informational, "The trail's disk has room again")
            }
        };
        Self { class: Class::Entity, activity: Activity::Change, severity, says }
    }

    fn of_access(event: &AccessEvent) -> Self {
        use Severity::{Informational, Medium};
        let (activity, severity, says) = match event {
            AccessEvent::SignedIn { .. } => (Activity::Read, Informational, "Somebody signed in"),
            AccessEvent::SignedOut { .. } => (Activity::Read, Informational, "Somebody signed out"),
            AccessEvent::TokenIssued { .. } => (Activity::Change, Medium, "A token was given out"),
            AccessEvent::TokenRevoked { .. } => (Activity::Change, Medium, "A token was taken back"),
        };
        Self { class: Class::Entity, activity, severity, says }
    }

    fn of_subject(event: &SubjectEvent) -> Self {
        use Severity::{Informational, Low, Medium};
        let (class, activity, severity, says) = match event {
            SubjectEvent::Read { .. } => (Class::Entity, Activity::Read, Low, "Personal data was read"),
            SubjectEvent::Erased { .. } => (Class::Entity, Activity::Change, Medium, "Personal data was erased"),
            SubjectEvent::Expired { .. } => (Class::Base, Activity::Other, Informational, "Personal data has expired"),
            SubjectEvent::Rewrapped { .. } => {
                (Class::Entity, Activity::Change, Low, "Data keys have another master key")
            }
        };
        Self { class, activity, severity, says }
    }

    fn of_notice(event: &NoticeEvent) -> Self {
        use Severity::{High, Informational, Low, Medium};
        let (class, activity, severity, says) = match event {
            NoticeEvent::Configured { .. } => (Class::Base, Activity::Other, Informational, "Channels were set up"),
            NoticeEvent::Owed { .. } => (Class::Incident, Activity::Update, Informational, "A notice is owed"),
            NoticeEvent::Started { .. } => (Class::Base, Activity::Other, Informational, "A notice is being sent"),
            NoticeEvent::Accepted { .. } => (Class::Base, Activity::Other, Informational, "A notice was taken"),
            NoticeEvent::Sent { .. } => (Class::Base, Activity::Other, Informational, "A notice was sent"),
            NoticeEvent::Failed { .. } => (Class::Base, Activity::Other, Low, "A notice failed and is sent again"),
            NoticeEvent::GivenUp { .. } => (Class::Base, Activity::Other, High, "A notice was given up"),
            NoticeEvent::Withheld { .. } => (Class::Base, Activity::Other, Medium, "A notice was withheld"),
            NoticeEvent::Replayed { .. } => (Class::Entity, Activity::Resume, Low, "Notices are sent again"),
        };
        Self { class, activity, severity, says }
    }
}

fn of_verdict(kind: VerdictKind) -> Severity {
    match kind {
        VerdictKind::Tried | VerdictKind::Unmatched | VerdictKind::Counted => Severity::Informational,
        VerdictKind::Shadow | VerdictKind::Suppressed => Severity::Low,
        VerdictKind::Planned => Severity::Medium,
        VerdictKind::Held => Severity::High,
    }
}

impl Class {
    /// Its category and its own number.
    #[must_use]
    pub fn uid(self) -> (u32, u32) {
        match self {
            Self::Base => (0, 0),
            Self::Detection => (2, 2004),
            Self::Incident => (2, 2005),
            Self::Entity => (3, 3004),
            Self::Lifecycle => (6, 6002),
        }
    }
}

impl Activity {
    /// Its number in whichever class it occurs.
    #[must_use]
    pub fn id(self) -> u32 {
        match self {
            Self::Create => 1,
            Self::Update | Self::Read => 2,
            Self::Close | Self::Change | Self::Start => 3,
            Self::Stop => 4,
            Self::Activate => 10,
            Self::Deactivate => 11,
            Self::Suspend => 12,
            Self::Resume => 13,
            Self::Other => 99,
        }
    }
}

impl Severity {
    /// Its number in OCSF.
    #[must_use]
    pub fn id(self) -> u32 {
        match self {
            Self::Informational => 1,
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
        }
    }
}
