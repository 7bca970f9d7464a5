//! Every way a security event token can be turned away, and what its transmitter is told (RFC 8935).

use crate::intake::jws::JwsProblem;

/// Why a SET is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SetRefusal {
    /// Longer than a SET may be.
    #[error("the SET is too long")]
    TooLarge,
    /// The stream's authorization is missing, repeated or wrong.
    #[error("the stream's authorization is missing or wrong")]
    Authorization,
    /// Not sent as a SET.
    #[error("the content type is not application/secevent+jwt")]
    ContentType,
    /// Not typed as a SET: an access token, for one, must not pass for an event.
    #[error("the token's type is not secevent+jwt")]
    Type,
    /// It cannot be opened.
    #[error(transparent)]
    Jws(#[from] JwsProblem),
    /// Of another transmitter.
    #[error("the SET's issuer is another")]
    Issuer,
    /// For another receiver.
    #[error("the SET is for another")]
    Audience,
    /// Issued in the future: a clock is wrong.
    #[error("the SET is from the future")]
    Future,
    /// With an expiry, which SETs must not have, and past it.
    #[error("the SET has expired")]
    Expired,
    /// The state is not the one we asked to have verified.
    #[error("the state is not the one that was asked for")]
    State,
}

/// What a transmitter is told: the codes that RFC 8935 and Shared Signals have registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::intake) enum SetError {
    InvalidRequest,
    InvalidKey,
    InvalidIssuer,
    InvalidAudience,
    AuthenticationFailed,
    InvalidState,
}

impl SetError {
    /// The code in the answer's `err`.
    pub(in crate::intake) fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidKey => "invalid_key",
            Self::InvalidIssuer => "invalid_issuer",
            Self::InvalidAudience => "invalid_audience",
            Self::AuthenticationFailed => "authentication_failed",
            Self::InvalidState => "invalid_state",
        }
    }
}

impl SetRefusal {
    /// What the transmitter is told. The reason itself is for the trail.
    pub(in crate::intake) fn error(self) -> SetError {
        match self {
            Self::Authorization => SetError::AuthenticationFailed,
            Self::Issuer => SetError::InvalidIssuer,
            Self::Audience => SetError::InvalidAudience,
            Self::State => SetError::InvalidState,
            Self::Jws(
                JwsProblem::UnknownKey
                | JwsProblem::SignatureWrong
                | JwsProblem::AlgorithmNotAllowed
                | JwsProblem::OwnKey,
            ) => SetError::InvalidKey,
            Self::TooLarge | Self::ContentType | Self::Type | Self::Jws(_) | Self::Future | Self::Expired => {
                SetError::InvalidRequest
            }
        }
    }

    /// The code in the answer's `err`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.error().code()
    }

    /// The reason's stable name, for the trail and for metrics.
    pub(in crate::intake) fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "set_too_large",
            Self::Authorization => "set_authorization",
            Self::ContentType => "set_content_type",
            Self::Type => "set_type",
            Self::Jws(problem) => problem.code(),
            Self::Issuer => "set_issuer",
            Self::Audience => "set_audience",
            Self::Future => "set_future",
            Self::Expired => "set_expired",
            Self::State => "set_state",
        }
    }
}
