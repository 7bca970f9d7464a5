//! Where one step of an incident stands, and the legal ways from one state to the next.

use serde::{Deserialize, Serialize};

use super::{Incident, Status};
use crate::incident::{Action, Event, Failure, Finding, Timestamp};

/// Where one step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Pending,
    /// The intent is durable, the end is not known.
    Started {
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// Failed, to be tried again.
    Postponed {
        /// The attempt that failed.
        attempt: u32,
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The outcome is not known; the account's state decides.
    Unknown {
        /// The attempt in question.
        attempt: u32,
        /// Since when.
        at: Timestamp,
    },
    /// DingTalk said yes.
    Claimed {
        /// The attempt that succeeded.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// How we know.
        finding: Finding,
    },
    /// Read back.
    Verified {
        /// When.
        at: Timestamp,
        /// How the step itself was known to be done.
        finding: Finding,
    },
    /// Given up.
    Failed {
        /// The last failure.
        failure: Failure,
    },
}

impl StepState {
    /// When the step ended well, if it did: verified, or claimed where nothing can be read back.
    #[must_use]
    pub fn done_at(&self, action: &Action) -> Option<Timestamp> {
        match self {
            Self::Verified { at, .. } => Some(*at),
            Self::Claimed { at, finding, .. } if !action.kind().is_observable() || *finding == Finding::NotOurs => {
                Some(*at)
            }
            _ => None,
        }
    }

    pub(super) fn is_left_to_another(&self) -> bool {
        matches!(self, Self::Failed { failure } if failure.code == Failure::CONTAINED_BY_ANOTHER)
    }

    /// Whether the step can be left as it is where only giving the account back matters. What is under way has to come to
    /// its end, and of a disable it has to be known whether there is anything to give back.
    pub(super) fn can_be_passed_over(&self, action: &Action) -> bool {
        let has_to_end = match action {
            Action::Enable { .. } => true,
            Action::Disable { .. } => matches!(self, Self::Started { .. } | Self::Unknown { .. }),
            _ => matches!(self, Self::Started { .. }),
        };
        !has_to_end
    }

    /// Whether nothing more will happen to the step.
    #[must_use]
    pub fn is_final(&self, action: &Action) -> bool {
        matches!(self, Self::Failed { .. }) || self.done_at(action).is_some()
    }
}

/// The legal transitions of a step: its index and next state, `None` for an event that is not a
/// step's.
pub(super) fn next_step_state(
    incident: &Incident,
    event: &Event,
    now: Timestamp,
) -> Result<Option<(usize, StepState)>, &'static str> {
    let (step, next) = match event {
        Event::StepStarted { step, attempt, .. } => {
            if incident.status != Status::Open {
                return Err("it is not open");
            }
            if incident.user_id.is_none() {
                return Err("its account is not resolved");
            }
            let expected = match current(incident, *step)? {
                // Whoever was about to give the account back did not know yet that it is kept for longer.
                StepState::Pending if incident.is_put_off(now) => return Err("it is kept for longer"),
                StepState::Pending => 1,
                StepState::Postponed { attempt, .. } => attempt.saturating_add(1),
                _ => return Err("the step is not waiting to start"),
            };
            if *attempt != expected {
                return Err("the attempt is out of order");
            }
            (*step, StepState::Started { attempt: *attempt })
        }
        Event::StepSucceeded { step, attempt, finding, .. } => match current(incident, *step)? {
            StepState::Started { attempt: open } | StepState::Unknown { attempt: open, .. } if open == attempt => {
                (*step, StepState::Claimed { attempt: *attempt, at: now, finding: *finding })
            }
            _ => return Err("that attempt is not under way"),
        },
        Event::StepUnknown { step, attempt, .. } => match current(incident, *step)? {
            StepState::Started { attempt: open } if open == attempt => {
                (*step, StepState::Unknown { attempt: *attempt, at: now })
            }
            _ => return Err("that attempt is not under way"),
        },
        Event::StepFailed { step, attempt, failure, retry_at, .. } => match current(incident, *step)? {
            StepState::Started { attempt: open }
            | StepState::Unknown { attempt: open, .. }
            | StepState::Claimed { attempt: open, .. }
                if open == attempt =>
            {
                let failed = StepState::Failed { failure: failure.clone() };
                (*step, retry_at.map_or(failed, |retry_at| StepState::Postponed { attempt: *attempt, retry_at }))
            }
            _ => return Err("that attempt is not under way"),
        },
        Event::StepVerified { step, .. } => match current(incident, *step)? {
            StepState::Claimed { finding, .. } => (*step, StepState::Verified { at: now, finding: *finding }),
            _ => return Err("nothing was claimed"),
        },
        _ => return Ok(None),
    };
    Ok(Some((usize::from(step), next)))
}

/// The state of step `index`, which must be the first that is not at its end: steps go in order.
fn current(incident: &Incident, index: u8) -> Result<&StepState, &'static str> {
    match incident.next_step() {
        Some((next, _, state)) if next == index => Ok(state),
        _ => Err("the step is not the next one"),
    }
}
