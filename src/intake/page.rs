//! Which page of `deploy/senders` says more of a kind than its steps.

use super::SourceKind;

impl SourceKind {
    /// The page of `deploy/senders` on such a sender.
    #[must_use]
    pub fn page(self) -> &'static str {
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
