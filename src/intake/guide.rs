//! What an operator does at a sender to have it send to us, kind by kind. `{url}` stands for the source's
//! address, `{secret}` for its secret and `{secret_in_url}` for that as a URL has it.

use super::kind::Usual;
use super::{SchemeName, SignatureSettings, SourceKind, SourceSettings};

/// How a step begins that says how a sender could sign better: nothing for whoever has said how it signs.
const BETTER: &str = "Better: ";
/// What is left to do there for Grafana's own header with the time.
const GRAFANAS_TIME: &str = "Timestamp header, beside the signature: X-Grafana-Alerting-Timestamp";

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

impl SourceSettings {
    /// Whether the secret is one that the sender makes and shows.
    #[must_use]
    pub fn sender_makes_secret(&self) -> bool {
        self.kind.sender_makes_secret() && !self.is_signed_for()
    }

    /// Whether something else signs for the sender: it is to be signed in a way that the sender does not have.
    #[must_use]
    pub fn is_signed_for(&self) -> bool {
        match (&self.signature, self.kind.row().proof) {
            (None, _) | (Some(_), Usual::Said) => false,
            (Some(SignatureSettings::Known(name)), Usual::Signature(own)) => own.sender() != name.sender(),
            // Its own way, which somebody knows better than the table.
            (Some(SignatureSettings::Described(_)), Usual::Signature(_)) => false,
            (Some(_), _) => true,
        }
    }

    /// What to do at the sender, each line a step, as far as the settings leave it to do.
    #[must_use]
    pub fn steps(&self) -> String {
        let is_said = self.signature.is_some();
        let steps = self.kind.guide().steps.lines().filter(|step| !is_said || !step.starts_with(BETTER));
        let has_time = self.signature == Some(SchemeName::GrafanaTimestamp.into());
        let own = Some(GRAFANAS_TIME).filter(|_| has_time && !self.is_signed_for());
        steps.chain(own).collect::<Vec<_>>().join("\n")
    }
}

impl SchemeName {
    /// The way of signing that stands for all those that one and the same sender has.
    fn sender(self) -> Self {
        match self {
            Self::StandardWebhooksV1a | Self::Svix => Self::StandardWebhooks,
            Self::GrafanaTimestamp => Self::Grafana,
            Self::KeycloakSha1 => Self::Keycloak,
            own => own,
        }
    }
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
