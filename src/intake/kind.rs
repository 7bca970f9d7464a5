//! What a source kind is: how one sort of sender proves itself, writes its events and wants to be answered, as
//! data. The rows are in `kinds`.

use serde::Deserialize;

use super::content::Media;
use super::kinds;
use super::presets::SchemeName;
use crate::incident::{AccountKind, LogSource};

/// Makes the enum, the list and the names from one table, so that none can be forgotten.
macro_rules! source_kinds {
    ($($(#[$about:meta])* $kind:ident = $name:literal => $row:path,)*) => {
        /// A kind's name in settings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
        pub enum SourceKind {
            $($(#[$about])* #[serde(rename = $name)] $kind,)*
        }

        impl SourceKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The name as in settings.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// What an operator does at such a sender, a step in each line.
            pub(super) fn guide_text(self) -> &'static str {
                match self {
                    $(Self::$kind => include_str!(concat!("guides/", $name, ".txt")),)*
                }
            }

            /// What such a sender sends, with names in it for what changes.
            pub(super) fn shape(self) -> &'static str {
                match self {
                    $(Self::$kind => include_str!(concat!("samples/", $name, ".json")),)*
                }
            }

            pub(super) fn row(self) -> &'static Kind {
                match self {
                    $(Self::$kind => &$row,)*
                }
            }
        }
    };
}

source_kinds! {
    /// Any JSON object is one alert.
    Generic = "generic" => kinds::GENERIC,
    /// Standard Webhooks: a type, a time and data.
    StandardWebhooks = "standard-webhooks" => kinds::STANDARD_WEBHOOKS,
    /// The same from Svix.
    Svix = "svix" => kinds::SVIX,
    /// GitHub's webhooks.
    Github = "github" => kinds::GITHUB,
    /// Grafana's alerting, from 12 on.
    Grafana = "grafana" => kinds::GRAFANA,
    /// Slack's events.
    Slack = "slack" => kinds::SLACK,
    /// PagerDuty's webhooks of version 3.
    Pagerduty = "pagerduty" => kinds::PAGERDUTY,
    /// Whoever signs and writes as Stripe does.
    StripeStyle = "stripe-style" => kinds::STRIPE_STYLE,
    /// Sentry's integrations.
    Sentry = "sentry" => kinds::SENTRY,
    /// Snyk.
    Snyk = "snyk" => kinds::SNYK,
    /// CrowdStrike Falcon Fusion, with a body that the operator writes.
    Crowdstrike = "crowdstrike" => kinds::CROWDSTRIKE,
    /// Keycloak with Phase Two's `keycloak-events`.
    Keycloak = "keycloak" => kinds::KEYCLOAK,
    /// The webhook that Splunk Enterprise and Cloud bring along.
    Splunk = "splunk" => kinds::SPLUNK,
    /// Splunk Observability Cloud.
    SplunkObservability = "splunk-observability" => kinds::SPLUNK_OBSERVABILITY,
    /// Kibana's webhook connector, with a body that the operator writes.
    Elastic = "elastic" => kinds::ELASTIC,
    /// Datadog, with a body that the operator writes.
    Datadog = "datadog" => kinds::DATADOG,
    /// Sumo Logic, with a body that the operator writes.
    Sumologic = "sumologic" => kinds::SUMOLOGIC,
    /// Panther.
    Panther = "panther" => kinds::PANTHER,
    /// Prometheus' Alertmanager.
    Alertmanager = "alertmanager" => kinds::ALERTMANAGER,
    /// Wazuh's integrator.
    Wazuh = "wazuh" => kinds::WAZUH,
    /// Falcosidekick.
    Falco = "falco" => kinds::FALCO,
    /// ElastAlert 2.
    Elastalert2 = "elastalert2" => kinds::ELASTALERT2,
    /// Apprise's `json://`.
    Apprise = "apprise" => kinds::APPRISE,
    /// Okta's event hooks.
    OktaEventHook = "okta-event-hook" => kinds::OKTA_EVENT_HOOK,
    /// Auth0's log streams: JSON lines, an array or an object.
    Auth0 = "auth0" => kinds::AUTH0,
    /// OneLogin's event webhooks.
    Onelogin = "onelogin" => kinds::ONELOGIN,
    /// JumpCloud's webhook channels.
    Jumpcloud = "jumpcloud" => kinds::JUMPCLOUD,
    /// Google SecOps' HTTP actions, with a body that the operator writes.
    GoogleSecops = "google-secops" => kinds::GOOGLE_SECOPS,
    /// A playbook of Microsoft Sentinel.
    Sentinel = "sentinel" => kinds::SENTINEL,
    /// Azure Monitor's common alert schema.
    AzureMonitor = "azure-monitor" => kinds::AZURE_MONITOR,
    /// Azure Event Grid, in its own schema and as CloudEvents.
    EventGrid = "event-grid" => kinds::EVENT_GRID,
    /// Change notifications of Microsoft Graph.
    Graph = "graph" => kinds::GRAPH,
    /// Any transmitter of Shared Signals: CAEP and RISC.
    Ssf = "ssf" => kinds::SSF,
    /// Okta's transmitter of Shared Signals.
    OktaSsf = "okta-ssf" => kinds::SSF,
    /// Google's Pub/Sub push, with the alerts of Workspace's Alert Center.
    GooglePubsub = "google-pubsub" => kinds::GOOGLE_PUBSUB,
    /// Amazon SNS, with events of EventBridge: GuardDuty, Security Hub.
    Sns = "sns" => kinds::SNS,
    /// DingTalk's own event callbacks over HTTP.
    DingtalkEvents = "dingtalk-events" => kinds::DINGTALK_EVENTS,
}

/// One row. Paths are those of [`crate::incident::path`].
#[derive(Debug)]
pub(super) struct Kind {
    /// How it proves itself unless the settings say otherwise.
    pub proof: Usual,
    pub format: Format,
    /// What else than JSON its bodies may call themselves.
    pub media: Option<Media>,
    pub events: Events,
    /// Where the document has an id of the delivery that comes with the same content only.
    pub id: Option<IdRule>,
    pub key: KeyRule,
    pub event_type: EventTypeRule,
    /// Where an event has its time.
    pub occurred_at: Option<TimeRule>,
    /// Whether what tells an event from others is an id that the sender gives it, under which nothing else comes, so
    /// that other content is a conflict; not of those who tell of the same thing again with other words.
    pub own_ids: bool,
    /// Where an event has the one person it is about.
    pub person: Option<PersonRule>,
    pub log_source: LogSourceRule,
    pub manner: Manner,
    pub handshake: Option<Handshake>,
    /// Names of members that count in any case: one that stands there in another one only stands for it.
    pub any_case: &'static [&'static str],
    /// Members that may be others when the same is sent again.
    pub restamped: &'static [&'static str],
    /// Headers with an id or a time of the delivery that is not signed: kept, and otherwise of no effect.
    pub hints: &'static [&'static str],
    /// The envelope that an event may have.
    pub envelope: Option<Envelope>,
}

/// How senders of a kind prove themselves.
#[derive(Debug, Clone, Copy)]
pub(super) enum Usual {
    /// They cannot do it in one way only; the settings have to say.
    Said,
    /// They sign.
    Signature(SchemeName),
    /// They show a secret in this header.
    Header(&'static str),
    /// At the end of the path.
    Path,
    /// In this parameter of the query.
    Query(&'static str),
    /// In this member of every event.
    Member(&'static str),
    /// By keys that they publish, as the settings say in a table of this name.
    Published(&'static str),
    /// They sign and encrypt as DingTalk does.
    DingTalk,
}

/// Where a document has an id of the delivery.
#[derive(Debug, Clone, Copy)]
pub(super) enum IdRule {
    /// On this path; it must be there.
    Required(&'static str),
    /// On this path, if it is there.
    IfAny(&'static str),
}

/// An envelope that is known by a member with its version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope {
    /// The member that says of which version it is.
    pub version: &'static str,
    /// The only one that is read.
    pub one: &'static str,
    /// What that demands: text that is not empty.
    pub demands: &'static [&'static str],
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Format {
    /// One JSON document.
    Json,
    /// One JSON document, or one in each line.
    JsonLines,
}

/// Where the events are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Events {
    /// The document is one.
    Whole,
    /// The document is one, or an array of them.
    Each,
    /// In the array on this path.
    At(&'static str),
    /// In the array on this path, or the one object there.
    In(&'static str),
    /// The document is the claims of a security event token.
    Set,
}

/// What tells one event from another, within its source.
#[derive(Debug, Clone, Copy)]
pub(super) enum KeyRule {
    /// The event's own values on these paths, which must be there.
    Own(&'static [&'static str]),
    /// The same if they are all there, else as `Delivery`: where operators write the body.
    OwnIfAny(&'static [&'static str]),
    /// The same if they are all there, else the digest of the event by itself: another delivery may bring it with others.
    OwnElseDigest(&'static [&'static str]),
    /// The event's own value on the second path, which must be there and is unique only within what stands on the first
    /// of the others that has anything.
    Within(&'static [&'static str], &'static str),
    /// The delivery's id, or the digest of its body where it has none.
    Delivery,
}

/// Where an event's type is.
#[derive(Debug, Clone, Copy)]
pub(super) enum EventTypeRule {
    /// On this path; it must be there.
    Required(&'static str),
    /// On the first of these paths that has one.
    FirstOf(&'static [&'static str]),
}

/// Where a time is, and how it is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum TimeRule {
    /// In text or as a number, on the first of these paths that has any, where a sender's own customers may put
    /// something else as well.
    IfOne(&'static [&'static str]),
    /// As RFC 3339 has it.
    Text(&'static str),
    /// As seconds or milliseconds since 1970.
    Number(&'static str),
    /// The same, as a number or in text, on the first of these paths that has any.
    FirstOf(&'static [&'static str]),
}

/// Where the person is: in the one element on the first path (two are nobody), on the second.
#[derive(Debug, Clone, Copy)]
pub(super) struct PersonRule {
    pub kind: AccountKind,
    pub element: &'static str,
    pub name: &'static str,
}

/// Sigma's log sources of the events.
#[derive(Debug, Clone, Copy)]
pub(super) enum LogSourceRule {
    /// These; they cannot be configured.
    Fixed(&'static [OwnLogSource]),
    /// As configured, else these.
    Usually(&'static [OwnLogSource]),
    /// As configured, else the source's name as product.
    Configured,
}

/// One of a kind's own log sources.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnLogSource {
    pub category: Option<&'static str>,
    pub product: Option<&'static str>,
    pub service: Option<&'static str>,
}

impl OwnLogSource {
    pub(super) fn to_log_source(self) -> LogSource {
        let [category, product, service] =
            [self.category, self.product, self.service].map(|name| name.map(str::to_owned));
        LogSource { category, product, service }
    }
}

/// How an authentic sender is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// 202 with a receipt; what could not be understood is refused, so that its engineer sees it.
    Receipt,
    /// The same with 200 instead of 202, for senders that document nothing else.
    Ok,
    /// As RFC 8935 has it: 202 and nothing else, or 400 and why.
    Set,
    /// As `Receipt`, but what could not be understood is answered 202, too: the sender would give us up.
    Forgiving,
}

/// What a sender wants to see before it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handshake {
    /// Okta asks with GET for what it says in a header.
    OktaChallenge,
    /// Slack sends a text that it wants back.
    SlackChallenge,
    /// Event Grid sends an event with a code, or asks with OPTIONS.
    EventGrid,
    /// Graph wants a parameter of the query back.
    GraphToken,
    /// DingTalk sends events that ask only whether they can be read.
    DingTalk,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::path::Path;

    #[test]
    fn names_are_the_same_in_settings_and_in_print() {
        for kind in SourceKind::ALL {
            let parsed: SourceKind = serde_json::from_value(kind.as_str().into()).unwrap();
            assert_eq!(parsed, *kind);
        }
    }

    #[test]
    fn every_path_of_the_table_is_a_path() {
        for kind in SourceKind::ALL {
            let row = kind.row();
            let events = if let Events::At(path) | Events::In(path) = row.events { Some(path) } else { None };
            let keys = match row.key {
                KeyRule::Own(paths) | KeyRule::OwnIfAny(paths) | KeyRule::OwnElseDigest(paths) => paths.to_vec(),
                KeyRule::Within(scopes, own) => [scopes, &[own]].concat(),
                KeyRule::Delivery => Vec::new(),
            };
            let types = match &row.event_type {
                EventTypeRule::Required(path) => std::slice::from_ref(path),
                EventTypeRule::FirstOf(paths) => paths,
            };
            let times = match &row.occurred_at {
                Some(TimeRule::Text(path) | TimeRule::Number(path)) => std::slice::from_ref(path),
                Some(TimeRule::FirstOf(paths) | TimeRule::IfOne(paths)) => paths,
                None => &[],
            };
            let id = row.id.map(|(IdRule::Required(path) | IdRule::IfAny(path))| path);
            let person = row.person.map(|rule| [rule.element, rule.name]).into_iter().flatten();
            let single = [events, id].into_iter().flatten().chain(person);
            for path in keys.iter().chain(types).chain(times).copied().chain(single) {
                assert!(path.parse::<Path>().is_ok(), "{kind:?}: {path}");
            }
        }
    }
}
