//! What an operator does at a sender to have it send to us, kind by kind. `{url}` stands for the source's
//! address and `{secret}` for its secret.

use super::SourceKind;

/// How a sender of a kind is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guide {
    /// Whether the sender makes the secret and shows it, instead of taking one of ours.
    pub sender_makes_secret: bool,
    /// What to do there, each line a step.
    pub steps: &'static str,
}

impl SourceKind {
    /// How such a sender is set up.
    #[must_use]
    pub fn guide(self) -> Guide {
        Guide { sender_makes_secret: self.sender_makes_secret(), steps: self.steps().trim_end() }
    }

    fn sender_makes_secret(self) -> bool {
        matches!(
            self,
            Self::StandardWebhooks | Self::Svix | Self::Slack | Self::Pagerduty | Self::StripeStyle | Self::Sentry
        )
    }
}
