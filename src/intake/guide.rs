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
    /// The page of `deploy/senders` that says more.
    pub page: &'static str,
}

impl SourceKind {
    /// How such a sender is set up.
    #[must_use]
    pub fn guide(self) -> Guide {
        Guide { sender_makes_secret: self.sender_makes_secret(), steps: self.steps().trim_end(), page: self.page() }
    }

    fn sender_makes_secret(self) -> bool {
        matches!(
            self,
            Self::StandardWebhooks | Self::Svix | Self::Slack | Self::Pagerduty | Self::StripeStyle | Self::Sentry
        )
    }

    fn page(self) -> &'static str {
        match self {
            Self::Generic | Self::StandardWebhooks => "generic.md",
            Self::Svix => "svix.md",
            Self::Github => "github.md",
            Self::Grafana => "grafana.md",
            Self::Slack => "slack.md",
            Self::Pagerduty => "pagerduty.md",
            Self::StripeStyle => "stripe-style.md",
            Self::Sentry => "sentry.md",
            Self::Snyk => "snyk.md",
            Self::Crowdstrike => "crowdstrike.md",
            Self::Keycloak => "keycloak.md",
            Self::Splunk => "splunk.md",
            Self::SplunkObservability => "splunk-observability.md",
            Self::Elastic => "elastic.md",
            Self::Datadog => "datadog.md",
            Self::Sumologic => "sumologic.md",
            Self::Panther => "panther.md",
            Self::Alertmanager => "alertmanager.md",
            Self::Wazuh => "wazuh.md",
            Self::Falco => "falco.md",
            Self::Elastalert2 => "elastalert2.md",
            Self::Apprise => "apprise.md",
            Self::OktaEventHook => "okta-event-hook.md",
            Self::Auth0 => "auth0.md",
            Self::Onelogin => "onelogin.md",
            Self::Jumpcloud => "jumpcloud.md",
            Self::GoogleSecops => "google-secops.md",
            Self::Sentinel => "sentinel.md",
            Self::AzureMonitor | Self::EventGrid => "azure-monitor.md",
            Self::Graph => "graph.md",
            Self::Ssf | Self::OktaSsf => "ssf.md",
            Self::GooglePubsub => "google-pubsub.md",
            Self::Sns => "sns.md",
            Self::DingtalkEvents => "dingtalk-events.md",
        }
    }
}
