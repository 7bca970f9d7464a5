//! Why a decision is refused.

use crate::trail::{RecordError, StoreError};

/// Why nothing is decided. Nothing is on the trail then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such incident, source, rule or tripped breaker.
    #[error("there is no such thing")]
    Unknown,
    /// The incident is over, or its state does not allow this.
    #[error("the incident's state does not allow this")]
    WrongState,
    /// Nobody decides about what is done to themselves.
    #[error("it is about themselves")]
    OwnAccount,
    /// Nobody approves what they asked for themselves.
    #[error("they asked for it themselves")]
    OwnRequest,
    /// Nobody lets a rule act that bears their own name.
    #[error("it is a rule of their own")]
    OwnRule,
    /// It is not known whose account the approver has.
    #[error("it is not known which account they have")]
    UnknownApprover,
    /// Neither the index nor DingTalk says whose account it is, so it may be that of who asks.
    #[error("nobody can tell whose account it is")]
    WhoseUnknown,
    /// The plan is another one than the one that is meant.
    #[error("it is about another plan")]
    OtherPlan,
    /// A breaker trips for one source or rule, never for everything.
    #[error("there is no breaker for everything")]
    NoBreaker,
    /// It ends later than that already.
    #[error("it ends later than that already")]
    NotLater,
    /// It is longer than it may be.
    #[error("the time is longer than it may be")]
    BadTime,
    /// DingTalk or the trail cannot be asked, or the trail cannot be written.
    #[error("nothing can be decided now")]
    Unavailable {
        /// When to come again, in seconds.
        retry_after_s: u64,
    },
}

impl From<StoreError> for Refused {
    fn from(_: StoreError) -> Self {
        Self::Unavailable { retry_after_s: 10 }
    }
}

impl From<RecordError> for Refused {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Store(error) => error.into(),
            RecordError::Illegal(_) | RecordError::Changed => Self::WrongState,
        }
    }
}
