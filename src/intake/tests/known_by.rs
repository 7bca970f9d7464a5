//! What events are known by, where two could be taken for one and the other way round.

use serde_json::json;

use super::kinds::{SOURCE, intake_of, sent};
use super::*;
use crate::incident::Alert;

/// The keys of what a gateway signs under a delivery's id.
fn keys_of(kind: SourceKind, id: &str, body: &str) -> Vec<String> {
    let mut setup = Setup::empty();
    setup.source(SIEM, kind, SchemeName::StandardWebhooks, &[("only", whsec(SECRET_SIEM))]);
    let request = Request::signed_by(SIEM, SchemeName::StandardWebhooks, &whsec(SECRET_SIEM), id, body, now());
    request.delivery(&setup.build()).alerts.into_iter().map(|alert| alert.key).collect()
}

fn alerts(kind: SourceKind, body: &serde_json::Value) -> Vec<Alert> {
    sent(kind, &body.to_string()).delivery(&intake_of(kind)).alerts
}

#[test]
fn b19_a_deliverys_id_and_an_events_are_two_also_where_they_read_the_same() {
    for kind in [SourceKind::Datadog, SourceKind::Jumpcloud, SourceKind::Slack, SourceKind::GoogleSecops] {
        let own = keys_of(kind, "other", r#"{"id": "abc", "event_id": "abc"}"#);
        let of_delivery = keys_of(kind, "abc", "{}");
        assert_ne!(own, of_delivery, "{kind:?}");
        assert_eq!(own, ["abc"], "{kind:?}: remembered as it was");
        assert_eq!(of_delivery, keys_of(kind, "abc", r#"{"other": 1}"#), "{kind:?}: another body is a conflict");
    }
    for kind in [SourceKind::Pagerduty, SourceKind::Keycloak] {
        let body = r#"{"id": "abc", "type": "a", "event": {"id": "abc", "event_type": "a"}}"#;
        let direct = [sent(kind, body).delivery(&intake_of(kind)).alerts[0].key.clone()];
        for passed_on_as in ["abc", "other"] {
            assert_eq!(keys_of(kind, passed_on_as, body), direct, "{kind:?}: the same message, whoever passes it on");
        }
    }
}

#[test]
fn b19_what_nobody_signed_is_kept_and_tells_no_alert_from_another() {
    for (kind, header) in [
        (SourceKind::Github, "x-github-delivery"),
        (SourceKind::Pagerduty, "x-webhook-id"),
        (SourceKind::Sentry, "request-id"),
        (SourceKind::Sentry, "sentry-hook-timestamp"),
        (SourceKind::Snyk, "x-snyk-transport-id"),
    ] {
        let body = r#"{"action": "a", "event": {"id": "01BW", "event_type": "a"}}"#;
        let [bare, one, two] = [None, Some("1700000000"), Some("72d3162e-cc78-11e3")].map(|hint| {
            let request = sent(kind, body);
            let request = hint.map_or(request.clone(), |hint| request.with(header, hint));
            request.delivery(&intake_of(kind)).alerts.remove(0)
        });
        assert_eq!((&bare.key, &one.key), (&one.key, &two.key), "{kind:?}");
        assert!(bare.summary.delivery_hints.is_empty());
        assert_eq!(two.summary.delivery_hints.get(header).map(String::as_str), Some("72d3162e-cc78-11e3"));
        let written = serde_json::to_value(&bare.summary).unwrap();
        assert!(written.get("delivery_hints").is_none(), "nothing is written where there is nothing");
        let read: crate::incident::AlertSummary =
            serde_json::from_value(serde_json::to_value(&two.summary).unwrap()).unwrap();
        assert_eq!(read, two.summary);
        let odd = sent(kind, body).with(header, "a b\u{1b}[0m");
        assert!(odd.delivery(&intake_of(kind)).alerts[0].summary.delivery_hints.is_empty());
    }
    // Of other kinds nothing is kept.
    let other = sent(SourceKind::Generic, "{}").with("x-github-delivery", "abc");
    assert!(other.delivery(&intake_of(SourceKind::Generic)).alerts[0].summary.delivery_hints.is_empty());
}

#[test]
fn the_id_of_a_cloud_event_counts_for_its_source_and_that_of_event_grids_own_for_its_topic() {
    for scope in ["source", "topic"] {
        let key =
            |of: &str| alerts(SourceKind::EventGrid, &json!([{"id": "1", "type": "a", scope: of}]))[0].key.clone();
        assert_eq!(key("/one"), key("/one"));
        assert_ne!(key("/one"), key("/two"), "{scope}");
    }
    let batch = json!([{"id": "1", "type": "a", "source": "/one"}, {"id": "1", "type": "a", "source": "/two"}]);
    let delivery = sent(SourceKind::EventGrid, &batch.to_string()).delivery(&intake_of(SourceKind::EventGrid));
    assert_eq!((delivery.alerts.len(), delivery.again.len()), (2, 0), "no conflict");
    let bare = |id: &str| alerts(SourceKind::EventGrid, &json!([{"id": id, "type": "a"}]))[0].key.clone();
    assert_ne!(bare("1"), bare("2"));
}

#[test]
fn graph_tells_of_its_subscription_and_of_changes_without_an_id() {
    let client_state = "test-only-shown-secret-7yQm4vTzKc1";
    let item = |more: serde_json::Value| {
        let mut item = json!({"clientState": client_state, "subscriptionId": "s1"});
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item
    };
    let lifecycle =
        |event: &str, ends: &str| item(json!({"lifecycleEvent": event, "subscriptionExpirationDateTime": ends}));
    let items =
        ["reauthorizationRequired", "subscriptionRemoved", "missed"].map(|event| lifecycle(event, "2026-11-21"));
    let read = alerts(SourceKind::Graph, &json!({"value": items}));
    let types: Vec<_> = read.iter().map(|alert| alert.summary.event_type.as_deref().unwrap()).collect();
    assert_eq!(types, ["reauthorizationRequired", "subscriptionRemoved", "missed"]);
    assert!(read.iter().all(|alert| alert.person.is_none()), "nobody is named");

    // Sent again with others it is the same, and with another end another one.
    let again = alerts(SourceKind::Graph, &json!({"value": [items[2], lifecycle("missed", "2026-11-22")]}));
    assert_eq!(again[0].key, read[2].key);
    assert_ne!(again[1].key, read[2].key);

    let changed = |resource: &str, change: &str| item(json!({"resource": resource, "changeType": change}));
    let read = alerts(
        SourceKind::Graph,
        &json!({"value": [
            changed("a", "updated"), changed("b", "updated"), changed("a", "deleted"), changed("a", "updated"),
        ]}),
    );
    assert_eq!(read.len(), 3, "the last is the first again");
    let own = alerts(SourceKind::Graph, &json!({"value": [item(json!({"id": "g1", "changeType": "updated"}))]}));
    assert_eq!(own[0].key, "g1");
    let foreign = json!({"value": [{"clientState": "other", "lifecycleEvent": "missed"}]}).to_string();
    assert_eq!(sent(SourceKind::Graph, &foreign).refusal(&intake_of(SourceKind::Graph)), Some(Refusal::SecretWrong));
    assert_eq!(own[0].summary.source.as_str(), SOURCE);
}
