//! The table of source kinds. Adding a sender is adding a row.

use super::content::Media;
use super::kind::{
    Envelope, EventTypeRule, Events, Format, Handshake, IdRule, KeyRule, Kind, LogSourceRule, Manner, OwnLogSource,
    PersonRule, TimeRule, Usual,
};
use super::presets::SchemeName;
use crate::incident::AccountKind;

/// Any object, by its digest.
pub(super) const GENERIC: Kind = Kind {
    own_ids: false,
    proof: Usual::Said,
    format: Format::Json,
    media: None,
    events: Events::Whole,
    id: None,
    key: KeyRule::Delivery,
    event_type: EventTypeRule::FirstOf(&["type", "event_type"]),
    occurred_at: None,
    person: None,
    log_source: LogSourceRule::Configured,
    manner: Manner::Receipt,
    handshake: None,
    any_case: &[],
    restamped: &[],
    hints: &[],
    envelope: None,
};

const fn product(product: &'static str) -> OwnLogSource {
    OwnLogSource { category: None, product: Some(product), service: None }
}

const fn service(product: &'static str, service: &'static str) -> OwnLogSource {
    OwnLogSource { category: None, product: Some(product), service: Some(service) }
}

/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
pub(super) const STANDARD_WEBHOOKS: Kind = Kind {
    proof: Usual::Signature(SchemeName::StandardWebhooks),
    occurred_at: Some(TimeRule::IfOne(&["timestamp"])),
    ..GENERIC
};

/// <https://docs.svix.com/receiving/introduction>
pub(super) const SVIX: Kind = Kind { proof: Usual::Signature(SchemeName::Svix), ..STANDARD_WEBHOOKS };

/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads>. The name of the event is in a header
/// that is not signed, so it is not taken.
pub(super) const GITHUB: Kind = Kind {
    proof: Usual::Signature(SchemeName::GithubHmac),
    event_type: EventTypeRule::FirstOf(&["action"]),
    log_source: LogSourceRule::Usually(&[product("github")]),
    hints: &["x-github-delivery"],
    ..GENERIC
};

/// <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>: several alerts in one request,
/// again and again while they last. Their key is no id of what is said: annotations and `endsAt` go on changing under
/// it, and with Grafana `values`, so that other content is no conflict.
pub(super) const ALERTMANAGER: Kind = Kind {
    proof: Usual::Header("authorization"),
    events: Events::At("alerts"),
    key: KeyRule::Own(&["fingerprint", "startsAt", "status"]),
    event_type: EventTypeRule::FirstOf(&["labels.alertname"]),
    occurred_at: Some(TimeRule::Text("startsAt")),
    log_source: LogSourceRule::Usually(&[product("alertmanager")]),
    ..GENERIC
};

/// <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>
pub(super) const GRAFANA: Kind = Kind {
    proof: Usual::Signature(SchemeName::Grafana),
    log_source: LogSourceRule::Usually(&[product("grafana")]),
    ..ALERTMANAGER
};

/// <https://docs.slack.dev/apis/events-api/>
pub(super) const SLACK: Kind = Kind {
    own_ids: true,
    proof: Usual::Signature(SchemeName::Slack),
    key: KeyRule::OwnIfAny(&["event_id"]),
    event_type: EventTypeRule::FirstOf(&["event.type", "type"]),
    occurred_at: Some(TimeRule::Number("event_time")),
    log_source: LogSourceRule::Usually(&[product("slack")]),
    handshake: Some(Handshake::SlackChallenge),
    ..GENERIC
};

/// <https://developer.pagerduty.com/docs/webhooks-overview>: three answers of 4xx in a row and it sends nothing
/// for a day.
pub(super) const PAGERDUTY: Kind = Kind {
    own_ids: true,
    proof: Usual::Signature(SchemeName::Pagerduty),
    id: Some(IdRule::Required("event.id")),
    event_type: EventTypeRule::Required("event.event_type"),
    occurred_at: Some(TimeRule::Text("event.occurred_at")),
    log_source: LogSourceRule::Usually(&[product("pagerduty")]),
    manner: Manner::Forgiving,
    hints: &["x-webhook-id"],
    ..GENERIC
};

/// <https://docs.stripe.com/api/events/object>
pub(super) const STRIPE_STYLE: Kind = Kind {
    own_ids: true,
    proof: Usual::Signature(SchemeName::Stripe),
    id: Some(IdRule::Required("id")),
    event_type: EventTypeRule::FirstOf(&["type"]),
    occurred_at: Some(TimeRule::Number("created")),
    ..GENERIC
};

/// <https://docs.sentry.io/organization/integrations/integration-platform/webhooks/>: an answer takes a second
/// at most, or it unsubscribes us in time. No id of a delivery is signed, and one event is told of once for each rule
/// that it meets, so only the body tells.
pub(super) const SENTRY: Kind = Kind {
    proof: Usual::Signature(SchemeName::Sentry),
    event_type: EventTypeRule::FirstOf(&["action"]),
    occurred_at: Some(TimeRule::IfOne(&["data.event.datetime"])),
    log_source: LogSourceRule::Usually(&[product("sentry")]),
    hints: &["request-id", "sentry-hook-timestamp"],
    ..GENERIC
};

/// <https://docs.snyk.io/snyk-api/using-specific-snyk-apis/webhooks-apis>
pub(super) const SNYK: Kind = Kind {
    proof: Usual::Signature(SchemeName::Snyk),
    log_source: LogSourceRule::Usually(&[product("snyk")]),
    hints: &["x-snyk-transport-id", "x-snyk-timestamp"],
    ..GENERIC
};

/// A workflow of Falcon Fusion; its operator writes the body, in the template that is usual with a time.
pub(super) const CROWDSTRIKE: Kind = Kind {
    proof: Usual::Signature(SchemeName::Crowdstrike),
    occurred_at: Some(TimeRule::IfOne(&["timestamp"])),
    log_source: LogSourceRule::Usually(&[product("crowdstrike")]),
    ..GENERIC
};

/// <https://github.com/p2-inc/keycloak-events>
pub(super) const KEYCLOAK: Kind = Kind {
    proof: Usual::Signature(SchemeName::Keycloak),
    id: Some(IdRule::Required("id")),
    event_type: EventTypeRule::Required("type"),
    occurred_at: Some(TimeRule::Number("time")),
    log_source: LogSourceRule::Usually(&[product("keycloak")]),
    ..GENERIC
};

/// <https://help.splunk.com/en/splunk-enterprise/alert-and-respond/alerting-manual>: no headers can be set, and
/// only the first row of the results comes, or with *for each result* each row under the `sid` of the run; so the
/// whole body tells one from another, with the `sid` in it.
pub(super) const SPLUNK: Kind = Kind {
    proof: Usual::Path,
    key: KeyRule::Delivery,
    event_type: EventTypeRule::FirstOf(&["search_name"]),
    log_source: LogSourceRule::Usually(&[product("splunk")]),
    ..GENERIC
};

/// <https://help.splunk.com/en/splunk-observability-cloud/manage-data/available-data-sources/supported-integrations-in-splunk-observability-cloud/notification-services/webhook>:
/// what is not answered 200 is sent again, for a day.
pub(super) const SPLUNK_OBSERVABILITY: Kind = Kind {
    proof: Usual::Signature(SchemeName::SplunkObservability),
    event_type: EventTypeRule::FirstOf(&["eventType", "status"]),
    log_source: LogSourceRule::Usually(&[product("splunk")]),
    manner: Manner::Ok,
    ..GENERIC
};

/// <https://www.elastic.co/docs/reference/kibana/connectors-kibana/webhook-action-type>: what is sent for an alert of
/// one run is written once, and that is what is sent again. Other content is another rule's alert of the same name.
pub(super) const ELASTIC: Kind = Kind {
    own_ids: true,
    proof: Usual::Header("authorization"),
    key: KeyRule::OwnIfAny(&["alert_id", "date"]),
    event_type: EventTypeRule::FirstOf(&["rule_id"]),
    occurred_at: Some(TimeRule::IfOne(&["date"])),
    log_source: LogSourceRule::Usually(&[product("elastic")]),
    ..GENERIC
};

/// <https://docs.datadoghq.com/integrations/webhooks/>: `$ID` is an event's; a monitor that goes on makes new events.
pub(super) const DATADOG: Kind = Kind {
    own_ids: true,
    proof: Usual::Header("authorization"),
    key: KeyRule::OwnIfAny(&["id"]),
    event_type: EventTypeRule::FirstOf(&["type"]),
    occurred_at: Some(TimeRule::IfOne(&["date"])),
    log_source: LogSourceRule::Usually(&[product("datadog")]),
    ..GENERIC
};

/// <https://help.sumologic.com/docs/alerts/webhook-connections/>
pub(super) const SUMOLOGIC: Kind = Kind {
    proof: Usual::Header("authorization"),
    event_type: EventTypeRule::FirstOf(&["eventType", "trigger_type"]),
    log_source: LogSourceRule::Usually(&[product("sumologic")]),
    ..GENERIC
};

/// <https://docs.panther.com/alerts/destinations/custom_destinations/webhook>: whatever is no 2xx is sent up to
/// ten times, and our answer is kept with the alert. An alert that somebody has sent again is written anew, with what
/// its detection says by then, so that other content is no conflict.
pub(super) const PANTHER: Kind = Kind {
    proof: Usual::Header("authorization"),
    key: KeyRule::OwnIfAny(&["alertId"]),
    event_type: EventTypeRule::FirstOf(&["id"]),
    occurred_at: Some(TimeRule::IfOne(&["createdAt"])),
    log_source: LogSourceRule::Usually(&[product("panther")]),
    ..GENERIC
};

/// <https://documentation.wazuh.com/current/user-manual/manager/integration-with-external-apis.html>, in the
/// shape of its script for Shuffle.
pub(super) const WAZUH: Kind = Kind {
    own_ids: true,
    proof: Usual::Header("authorization"),
    key: KeyRule::Own(&["id"]),
    event_type: EventTypeRule::FirstOf(&["rule_id"]),
    occurred_at: Some(TimeRule::IfOne(&["timestamp"])),
    log_source: LogSourceRule::Usually(&[product("wazuh")]),
    ..GENERIC
};

/// <https://github.com/falcosecurity/falcosidekick/blob/master/docs/outputs/webhook.md>
pub(super) const FALCO: Kind = Kind {
    proof: Usual::Header("authorization"),
    event_type: EventTypeRule::FirstOf(&["source"]),
    occurred_at: Some(TimeRule::Text("time")),
    log_source: LogSourceRule::Usually(&[product("falco")]),
    ..GENERIC
};

/// <https://elastalert2.readthedocs.io/en/latest/alerts.html#http-post-2>: `_id` is that of a document, which may have
/// been changed when it is found again, and `num_hits` is that of the run that found it, so that other content is no
/// conflict.
pub(super) const ELASTALERT2: Kind = Kind {
    proof: Usual::Header("authorization"),
    key: KeyRule::OwnIfAny(&["rule", "_id"]),
    event_type: EventTypeRule::FirstOf(&["rule"]),
    occurred_at: Some(TimeRule::Text("'@timestamp'")),
    log_source: LogSourceRule::Usually(&[product("elastalert")]),
    ..GENERIC
};

/// <https://github.com/caronc/apprise/wiki/Notify_Custom_JSON>
pub(super) const APPRISE: Kind = Kind { proof: Usual::Header("authorization"), ..GENERIC };

/// <https://developer.okta.com/docs/concepts/event-hooks/>: several events in one request. The person is the
/// target of type `User`; the actor of a risk event is Okta itself.
pub(super) const OKTA_EVENT_HOOK: Kind = Kind {
    own_ids: true,
    proof: Usual::Header("authorization"),
    events: Events::At("data.events"),
    key: KeyRule::Own(&["uuid"]),
    event_type: EventTypeRule::Required("eventType"),
    occurred_at: Some(TimeRule::Text("published")),
    person: Some(PersonRule { kind: AccountKind::Email, element: "target[type=User]", name: "alternateId" }),
    log_source: LogSourceRule::Fixed(&[service("okta", "okta")]),
    manner: Manner::Ok,
    handshake: Some(Handshake::OktaChallenge),
    ..GENERIC
};

/// <https://auth0.com/docs/customize/log-streams/custom-log-streams>: after seven days of failure the stream is
/// paused.
pub(super) const AUTH0: Kind = Kind {
    own_ids: true,
    proof: Usual::Header("authorization"),
    format: Format::JsonLines,
    events: Events::Each,
    key: KeyRule::Own(&["log_id"]),
    event_type: EventTypeRule::Required("data.type"),
    occurred_at: Some(TimeRule::Text("data.date")),
    log_source: LogSourceRule::Usually(&[product("auth0")]),
    manner: Manner::Forgiving,
    ..GENERIC
};

/// <https://developers.onelogin.com/api-docs/1/events/webhooks>
pub(super) const ONELOGIN: Kind = Kind {
    own_ids: true,
    proof: Usual::Header("authorization"),
    format: Format::JsonLines,
    events: Events::Each,
    key: KeyRule::Own(&["uuid"]),
    event_type: EventTypeRule::FirstOf(&["event_type_id|text"]),
    occurred_at: Some(TimeRule::IfOne(&["event_timestamp"])),
    log_source: LogSourceRule::Usually(&[product("onelogin")]),
    ..GENERIC
};

/// <https://jumpcloud.com/support/webhook-channels>. A suspension names ids only.
pub(super) const JUMPCLOUD: Kind = Kind {
    own_ids: true,
    proof: Usual::Header("authorization"),
    key: KeyRule::OwnIfAny(&["id"]),
    event_type: EventTypeRule::FirstOf(&["event_type", "type"]),
    occurred_at: Some(TimeRule::IfOne(&["timestamp"])),
    log_source: LogSourceRule::Usually(&[product("jumpcloud")]),
    ..GENERIC
};

/// <https://docs.cloud.google.com/chronicle/docs/soar/marketplace-integrations/http-v2>: what the operator puts into
/// `id` is a case, mostly, which goes on changing, so that other content is no conflict.
pub(super) const GOOGLE_SECOPS: Kind = Kind {
    proof: Usual::Header("authorization"),
    key: KeyRule::OwnIfAny(&["id"]),
    log_source: LogSourceRule::Usually(&[product("google_secops")]),
    ..GENERIC
};

/// <https://learn.microsoft.com/azure/sentinel/automation/automate-responses-with-playbooks>: an incident of the
/// connector, or what the operator writes. `eventUniqueId` is that of one change of an incident.
pub(super) const SENTINEL: Kind = Kind {
    own_ids: true,
    proof: Usual::Header("authorization"),
    key: KeyRule::OwnIfAny(&["eventUniqueId"]),
    event_type: EventTypeRule::FirstOf(&["object.type", "type"]),
    log_source: LogSourceRule::Usually(&[product("azure"), product("m365")]),
    ..GENERIC
};

/// <https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema>: each firing has an id of its own,
/// and is told of once when it begins and once when it is over.
pub(super) const AZURE_MONITOR: Kind = Kind {
    own_ids: true,
    proof: Usual::Path,
    key: KeyRule::Own(&["data.essentials.alertId", "data.essentials.monitorCondition"]),
    event_type: EventTypeRule::FirstOf(&["data.essentials.monitoringService"]),
    occurred_at: Some(TimeRule::Text("data.essentials.firedDateTime")),
    log_source: LogSourceRule::Usually(&[product("azure")]),
    ..GENERIC
};

/// <https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema>: its own schema
/// comes as an array, CloudEvents one by one or in batches. An id is unique for its `source`, or its `topic`
/// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#id>). Some publishers write their times without
/// a zone, so that one that cannot be read is none.
pub(super) const EVENT_GRID: Kind = Kind {
    own_ids: true,
    proof: Usual::Query("code"),
    media: Some(Media::CloudEvents),
    events: Events::Each,
    key: KeyRule::Within(&["source", "topic"], "id"),
    event_type: EventTypeRule::FirstOf(&["eventType", "type"]),
    occurred_at: Some(TimeRule::IfOne(&["eventTime", "time"])),
    log_source: LogSourceRule::Usually(&[product("azure")]),
    handshake: Some(Handshake::EventGrid),
    // Events in its own schema have no such member; of CloudEvents it is the one that is current, with what they have to
    // have (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#required-attributes>).
    envelope: Some(Envelope { version: "specversion", one: "1.0", demands: &["id", "source", "type"] }),
    ..GENERIC
};

/// <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks>: thin; the alert itself is still
/// to be fetched. What it says of the subscription itself
/// (<https://learn.microsoft.com/graph/change-notifications-lifecycle-events>) has no `id`. A notification that is sent again has the end of the subscription in it, which may have been put off
/// meanwhile, so that other content is no conflict.
pub(super) const GRAPH: Kind = Kind {
    proof: Usual::Member("clientState"),
    events: Events::At("value"),
    key: KeyRule::OwnElseDigest(&["id"]),
    event_type: EventTypeRule::FirstOf(&["lifecycleEvent", "changeType"]),
    log_source: LogSourceRule::Usually(&[product("azure"), product("m365")]),
    manner: Manner::Forgiving,
    handshake: Some(Handshake::GraphToken),
    ..GENERIC
};

/// <https://openid.net/specs/openid-sharedsignals-framework-1_0-final.html>, CAEP, RISC, and what was before them.
pub(super) const SSF: Kind = Kind {
    proof: Usual::Published("set"),
    media: Some(Media::SecEvent),
    events: Events::Set,
    key: KeyRule::Own(&["jti"]),
    log_source: LogSourceRule::Usually(&[product("ssf")]),
    manner: Manner::Set,
    ..GENERIC
};

/// <https://developers.google.com/workspace/admin/alertcenter/guides/notifications>: the alert is base64 of JSON; the
/// envelope counts its deliveries, and may be of several subscriptions to one topic, so that only the message is the same.
pub(super) const GOOGLE_PUBSUB: Kind = Kind {
    proof: Usual::Published("jwt"),
    events: Events::In("message.data|base64|json"),
    id: Some(IdRule::Required("message.messageId")),
    occurred_at: Some(TimeRule::Text("createTime")),
    log_source: LogSourceRule::Usually(&[product("google_workspace")]),
    restamped: &["deliveryAttempt", "subscription"],
    ..GENERIC
};

/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>: what was published is JSON in a
/// text. The id is that of what a gateway passes on; what Amazon SNS signs itself is known by its topic as well.
pub(super) const SNS: Kind = Kind {
    proof: Usual::Published("sns"),
    media: Some(Media::Text),
    events: Events::In("Message|json"),
    id: Some(IdRule::IfAny("MessageId")),
    event_type: EventTypeRule::FirstOf(&["detail.type", "detail-type"]),
    occurred_at: Some(TimeRule::Text("time")),
    log_source: LogSourceRule::Usually(&[product("aws")]),
    ..GENERIC
};

/// <https://open.dingtalk.com/document/development/event-subscription-overview>: the documents are what was
/// encrypted. Nobody says whether `timeStamp` is the event's or the sending's. Old events have no id, and other cases.
pub(super) const DINGTALK_EVENTS: Kind = Kind {
    proof: Usual::DingTalk,
    id: Some(IdRule::IfAny("eventId")),
    event_type: EventTypeRule::FirstOf(&["EventType"]),
    occurred_at: Some(TimeRule::FirstOf(&["EventTime", "timeStamp"])),
    log_source: LogSourceRule::Usually(&[product("dingtalk")]),
    handshake: Some(Handshake::DingTalk),
    any_case: &["EventType", "eventId", "EventTime", "timeStamp"],
    restamped: &["timeStamp"],
    ..GENERIC
};
