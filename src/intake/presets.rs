//! The senders whose way of signing is known, each with its source. Adding one is adding a row.

use std::borrow::Cow;

use serde::Deserialize;

use super::scheme::{
    Algorithm, Encoding, Grammar, Piece, Scheme, SecretFormat, Signature, Text, TimestampFormat, TimestampPlace,
    TimestampRule,
};
use crate::incident::Assurance;

/// The name of a known way of signing, in settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchemeName {
    /// Standard Webhooks 1.0.0, symmetric signatures (`v1`).
    StandardWebhooks,
    /// Standard Webhooks 1.0.0, asymmetric signatures (`v1a`, ed25519).
    #[serde(rename = "standard-webhooks-v1a")]
    StandardWebhooksV1a,
    /// As Standard Webhooks, under Svix's own names of headers.
    Svix,
    /// GitHub's `X-Hub-Signature-256`, also used by many gateways.
    GithubHmac,
    /// Snyk: as GitHub, in a header of another name.
    Snyk,
    /// Slack.
    Slack,
    /// PagerDuty's webhooks of version 3.
    Pagerduty,
    /// Stripe, and the many who sign like it.
    Stripe,
    /// Outpost with a time.
    Outpost,
    /// Grafana's alerting without a time.
    Grafana,
    /// Grafana's alerting with its header for the time set to `X-Grafana-Alerting-Timestamp`.
    GrafanaTimestamp,
    /// Sentry's integrations.
    Sentry,
    /// Phase Two's `keycloak-events`.
    Keycloak,
    /// The same, set to SHA-1.
    KeycloakSha1,
    /// CrowdStrike Falcon Fusion.
    Crowdstrike,
    /// Splunk Observability Cloud.
    SplunkObservability,
}

impl SchemeName {
    /// Every preset.
    pub const ALL: [Self; 16] = [
        Self::StandardWebhooks,
        Self::StandardWebhooksV1a,
        Self::Svix,
        Self::GithubHmac,
        Self::Snyk,
        Self::Slack,
        Self::Pagerduty,
        Self::Stripe,
        Self::Outpost,
        Self::Grafana,
        Self::GrafanaTimestamp,
        Self::Sentry,
        Self::Keycloak,
        Self::KeycloakSha1,
        Self::Crowdstrike,
        Self::SplunkObservability,
    ];

    /// The name as in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StandardWebhooks => "standard-webhooks",
            Self::StandardWebhooksV1a => "standard-webhooks-v1a",
            Self::Svix => "svix",
            Self::GithubHmac => "github-hmac",
            Self::Snyk => "snyk",
            Self::Slack => "slack",
            Self::Pagerduty => "pagerduty",
            Self::Stripe => "stripe",
            Self::Outpost => "outpost",
            Self::Grafana => "grafana",
            Self::GrafanaTimestamp => "grafana-timestamp",
            Self::Sentry => "sentry",
            Self::Keycloak => "keycloak",
            Self::KeycloakSha1 => "keycloak-sha1",
            Self::Crowdstrike => "crowdstrike",
            Self::SplunkObservability => "splunk-observability",
        }
    }

    /// How strongly a delivery signed this way proves itself.
    #[must_use]
    pub fn assurance(self) -> Assurance {
        self.row().assurance()
    }

    pub(super) fn row(self) -> Scheme {
        match self {
            Self::StandardWebhooks => dotted(WEBHOOK, "v1,"),
            Self::StandardWebhooksV1a => {
                Scheme { algorithm: Algorithm::Ed25519, secret: SecretFormat::Whpk, ..dotted(WEBHOOK, "v1a,") }
            }
            Self::Svix => dotted(["svix-id", "svix-timestamp", "svix-signature"], "v1,"),
            Self::GithubHmac => of_body("x-hub-signature-256", "sha256=", Encoding::Hex),
            Self::Snyk => of_body("x-hub-signature", "sha256=", Encoding::Hex),
            Self::Slack => slack(),
            Self::Pagerduty => pagerduty(),
            Self::Stripe => key_value("stripe-signature", "v1"),
            Self::Outpost => key_value("x-outpost-signature", "v0"),
            Self::Grafana => of_body("x-grafana-alerting-signature", "", Encoding::Hex),
            Self::GrafanaTimestamp => grafana_timestamp(),
            Self::Sentry => of_body("sentry-hook-signature", "", Encoding::Hex),
            Self::Keycloak => of_body("x-keycloak-signature", "", Encoding::Hex),
            Self::KeycloakSha1 => {
                let row = of_body("x-keycloak-signature", "", Encoding::Hex);
                Scheme { algorithm: Algorithm::HmacSha1, ..row }
            }
            Self::Crowdstrike => crowdstrike(),
            Self::SplunkObservability => of_body("x-sfx-signature", "", Encoding::Base64),
        }
    }
}

/// The headers of Standard Webhooks: id, time and signature.
const WEBHOOK: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

fn text(text: &'static str) -> Text {
    Cow::Borrowed(text)
}

fn seconds(header: &'static str) -> Option<TimestampRule> {
    Some(TimestampRule { at: TimestampPlace::Header(text(header)), format: TimestampFormat::Unix, tolerance_s: 300 })
}

/// The body alone is signed with HMAC-SHA256, the secret being its text: GitHub
/// (<https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>), Snyk
/// (<https://docs.snyk.io/snyk-api/using-specific-snyk-apis/webhooks-apis/validating-payloads>), Sentry
/// (<https://docs.sentry.io/organization/integrations/integration-platform/webhooks/>), Grafana
/// (<https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>),
/// `keycloak-events` (<https://github.com/p2-inc/keycloak-events>) and Splunk Observability.
///
/// Their headers with an id are not signed, hence not taken: a captured request could be sent again under
/// another one.
fn of_body(header: &'static str, prefix: &'static str, encoding: Encoding) -> Scheme {
    Scheme {
        signature: Signature { header: text(header), grammar: Grammar::Single { prefix: text(prefix) }, encoding },
        algorithm: Algorithm::HmacSha256,
        content: vec![Piece::Body],
        secret: SecretFormat::Utf8,
        id_header: None,
        timestamp: None,
    }
}

/// `t=…,v1=…` over `{t}.{body}`: Stripe (<https://docs.stripe.com/webhooks/signature>), whose secret is the
/// whole text with its `whsec_`, and Outpost (<https://github.com/hookdeck/outpost>).
fn key_value(header: &'static str, key: &'static str) -> Scheme {
    Scheme {
        signature: Signature {
            header: text(header),
            grammar: Grammar::KeyValue { separator: b',', keys: vec![text(key)] },
            encoding: Encoding::Hex,
        },
        algorithm: Algorithm::HmacSha256,
        content: vec![Piece::Item(text("t")), Piece::Literal(text(".")), Piece::Body],
        secret: SecretFormat::Utf8,
        id_header: None,
        timestamp: Some(TimestampRule {
            at: TimestampPlace::Item(text("t")),
            format: TimestampFormat::Unix,
            tolerance_s: 300,
        }),
    }
}

/// Id, time and body are signed, parted by dots: Standard Webhooks
/// (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>) and Svix
/// (<https://docs.svix.com/receiving/verifying-payloads/how-manual>).
fn dotted([id, time, signature]: [&'static str; 3], prefix: &'static str) -> Scheme {
    Scheme {
        signature: Signature {
            header: text(signature),
            grammar: Grammar::List { separator: b' ', prefix: text(prefix) },
            encoding: Encoding::Base64,
        },
        algorithm: Algorithm::HmacSha256,
        content: vec![
            Piece::Header(text(id)),
            Piece::Literal(text(".")),
            Piece::Header(text(time)),
            Piece::Literal(text(".")),
            Piece::Body,
        ],
        secret: SecretFormat::Whsec,
        id_header: Some(text(id)),
        timestamp: seconds(time),
    }
}

/// <https://docs.slack.dev/authentication/verifying-requests-from-slack>
fn slack() -> Scheme {
    Scheme {
        content: vec![
            Piece::Literal(text("v0:")),
            Piece::Header(text("x-slack-request-timestamp")),
            Piece::Literal(text(":")),
            Piece::Body,
        ],
        timestamp: seconds("x-slack-request-timestamp"),
        ..of_body("x-slack-signature", "v0=", Encoding::Hex)
    }
}

/// <https://developer.pagerduty.com/docs/verifying-signatures>
fn pagerduty() -> Scheme {
    Scheme {
        signature: Signature {
            header: text("x-pagerduty-signature"),
            grammar: Grammar::List { separator: b',', prefix: text("v1=") },
            encoding: Encoding::Hex,
        },
        ..of_body("x-pagerduty-signature", "v1=", Encoding::Hex)
    }
}

/// <https://github.com/grafana/alerting/blob/main/http/hmac.go>
fn grafana_timestamp() -> Scheme {
    Scheme {
        content: vec![Piece::Header(text("x-grafana-alerting-timestamp")), Piece::Literal(text(":")), Piece::Body],
        timestamp: seconds("x-grafana-alerting-timestamp"),
        ..of_body("x-grafana-alerting-signature", "", Encoding::Hex)
    }
}

/// As two independent receivers of Fusion's webhooks agree; to be confirmed with a tenant. The time stands
/// right behind the body.
fn crowdstrike() -> Scheme {
    Scheme {
        content: vec![Piece::Body, Piece::Header(text("x-cs-delivery-timestamp"))],
        timestamp: Some(TimestampRule {
            at: TimestampPlace::Header(text("x-cs-delivery-timestamp")),
            format: TimestampFormat::Rfc3339,
            tolerance_s: 600,
        }),
        ..of_body("x-cs-primary-signature", "", Encoding::Base64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_settings_and_in_print() {
        for name in SchemeName::ALL {
            let parsed: SchemeName = serde_json::from_value(name.as_str().into()).unwrap();
            assert_eq!(parsed, name);
        }
    }

    #[test]
    fn no_preset_has_a_flaw() {
        for name in SchemeName::ALL {
            assert_eq!(name.row().flaw(), None, "{name:?}");
        }
    }

    #[test]
    fn header_names_are_lower_case() {
        for row in SchemeName::ALL.map(SchemeName::row) {
            let signed = row.content.iter().filter_map(|piece| match piece {
                Piece::Header(name) => Some(name.clone()),
                _ => None,
            });
            for name in signed.chain([row.signature.header.clone()]) {
                assert_eq!(name, name.to_ascii_lowercase());
            }
        }
    }
}
