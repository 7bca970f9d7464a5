//! What an event is called, and to which incidents it belongs.

use super::{AccountWarning, Event, SenderEvent};
use crate::incident::{Digest, IncidentId, NoticeEvent};

/// An event's name without its fields, for filters and the list in the documentation.
pub type EventKind = &'static str;

impl Event {
    /// Whether it can come to an incident that is closed and keeps an account disabled.
    #[must_use]
    pub fn is_about_what_is_kept(&self) -> bool {
        let is_found_enabled = matches!(self, Self::AccountWarned { warning: AccountWarning::FoundEnabled { .. }, .. });
        is_found_enabled || matches!(self, Self::IncidentReleased { .. } | Self::ReleaseOffered { .. })
    }

    /// Whether it gives back, or is about giving back, what an incident keeps: it may concern others that keep the same
    /// account.
    #[must_use]
    pub fn is_about_keeping(&self) -> bool {
        self.is_about_what_is_kept() || matches!(self, Self::StepVerified { disabled: Some(false), .. })
    }

    /// The event's name, as in the record's `kind`.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self {
            Self::SystemStarted { .. } => "system.started",
            Self::RulesLoaded { .. } => "rules.loaded",
            Self::RulesListed { .. } => "rules.listed",
            Self::RulesRefused { .. } => "rules.refused",
            Self::RulesWatched { .. } => "rules.watched",
            Self::RuleDisputed { .. } => "rule.disputed",
            Self::RulePromoted { .. } => "rule.promoted",
            Self::SystemStopped { .. } => "system.stopped",
            Self::AlertAdmitted { .. } => "alert.admitted",
            Self::IncidentsOpened { .. } => "incidents.opened",
            Self::IncidentRequested { .. } => "incident.requested",
            Self::AccountResolved { .. } => "account.resolved",
            Self::AccountUnresolved { .. } => "account.unresolved",
            Self::AccountWarned { .. } => "account.warned",
            Self::IncidentHeld { .. } => "incident.held",
            Self::BudgetDrawn { .. } => "budget.drawn",
            Self::IncidentApproved { .. } => "incident.approved",
            Self::ApprovalLapsed { .. } => "approval.lapsed",
            Self::IncidentDismissed { .. } => "incident.dismissed",
            Self::IncidentReleased { .. } => "incident.released",
            Self::IncidentHalted { .. } => "incident.halted",
            Self::ContainmentExtended { .. } => "containment.extended",
            Self::ReleaseOffered { .. } => "release.offered",
            Self::ContainmentExpired { .. } => "containment.expired",
            Self::IncidentClosed { .. } => "incident.closed",
            Self::StepStarted { .. } => "step.started",
            Self::StepSucceeded { .. } => "step.succeeded",
            Self::StepFailed { .. } => "step.failed",
            Self::StepUnknown { .. } => "step.unknown",
            Self::StepVerified { .. } => "step.verified",
            Self::ResponderPaused { .. } => "responder.paused",
            Self::ResponderResumed { .. } => "responder.resumed",
            Self::BreakerTripped { .. } => "breaker.tripped",
            Self::BreakerReleased { .. } => "breaker.released",
            Self::DirectorySynced { .. } => "directory.synced",
            Self::DoctorChecked { .. } => "doctor.checked",
            Self::TrailRead { .. } => "trail.read",
            Self::TrailExported(_) => "trail.exported",
            Self::Sender(event) => event.kind(),
            Self::Upkeep(event) => event.kind(),
            Self::Access(event) => event.kind(),
            Self::Notice(event) => event.kind(),
            Self::Subject(event) => event.kind(),
        }
    }

    /// The digest of what lies beside its record, where something does.
    #[must_use]
    pub fn private(&self) -> Option<&Digest> {
        match self {
            Self::AlertAdmitted { private, .. }
            | Self::IncidentsOpened { private, .. }
            | Self::IncidentRequested { private, .. }
            | Self::Sender(SenderEvent::NotUnderstood { private, .. }) => Some(private),
            Self::Sender(SenderEvent::Conflict { private, .. }) => private.as_ref(),
            _ => None,
        }
    }

    /// The most incidents beside its own that a record names.
    pub const BESIDE_MAX: usize = 8;

    /// The incidents the event belongs to: those an alert opens or is covered by, else the one it
    /// changes and behind it those on the same account that it names. Each once.
    #[must_use]
    pub fn incidents(&self) -> Vec<&IncidentId> {
        match self {
            Self::AlertAdmitted { verdict, opened, .. } => {
                let covering = verdict.decisions.iter().filter_map(|d| d.incident.as_ref());
                let mut all: Vec<_> = opened.iter().map(|o| &o.plan.incident).chain(covering).collect();
                all.sort_unstable();
                all.dedup();
                all
            }
            Self::IncidentsOpened { opened, .. } => opened.iter().map(|opened| &opened.plan.incident).collect(),
            Self::IncidentRequested { opened, .. } => vec![&opened.plan.incident],
            Self::AccountResolved { incident, beside, .. } => std::iter::once(incident).chain(beside).collect(),
            Self::StepSucceeded { incident, by, .. } => std::iter::once(incident).chain(by).collect(),
            Self::AccountUnresolved { incident, .. }
            | Self::AccountWarned { incident, .. }
            | Self::IncidentHeld { incident, .. }
            | Self::BudgetDrawn { incident, .. }
            | Self::IncidentApproved { incident, .. }
            | Self::ApprovalLapsed { incident, .. }
            | Self::IncidentDismissed { incident, .. }
            | Self::IncidentReleased { incident, .. }
            | Self::IncidentHalted { incident, .. }
            | Self::ContainmentExtended { incident, .. }
            | Self::ReleaseOffered { incident, .. }
            | Self::ContainmentExpired { incident }
            | Self::IncidentClosed { incident, .. }
            | Self::StepStarted { incident, .. }
            | Self::StepFailed { incident, .. }
            | Self::StepUnknown { incident, .. }
            | Self::StepVerified { incident, .. }
            | Self::Notice(NoticeEvent::Owed { incident, .. }) => vec![incident],
            Self::SystemStarted { .. }
            | Self::RulesLoaded { .. }
            | Self::RulesListed { .. }
            | Self::RulesRefused { .. }
            | Self::RulesWatched { .. }
            | Self::RuleDisputed { .. }
            | Self::RulePromoted { .. }
            | Self::SystemStopped { .. }
            | Self::ResponderPaused { .. }
            | Self::ResponderResumed { .. }
            | Self::BreakerTripped { .. }
            | Self::BreakerReleased { .. }
            | Self::DirectorySynced { .. }
            | Self::DoctorChecked { .. }
            | Self::TrailRead { .. }
            | Self::TrailExported(_)
            | Self::Sender(_)
            | Self::Upkeep(_)
            | Self::Access(_)
            | Self::Notice(_)
            | Self::Subject(_) => Vec::new(),
        }
    }
}
