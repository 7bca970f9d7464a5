//! What each kind makes of what its senders send, in their own shapes.

use serde_json::json;

use super::*;
use crate::incident::Alert;
use crate::intake::kind::KeyRule;

const SECRET: &str = "test-only-shown-secret-7yQm4vTzKc1";
pub(super) const SOURCE: &str = "source";

/// A source of this kind that proves itself as its kind does.
pub(super) fn intake_of(kind: SourceKind) -> Intake {
    if kind == SourceKind::DingtalkEvents {
        return super::dingtalk::setup().build();
    }
    let mut setup = Setup::empty();
    let signs = SourceSettings::of(kind, Vec::new());
    let scheme = [(SourceKind::StandardWebhooks, whsec(SECRET)), (SourceKind::Svix, whsec(SECRET))];
    let secret = scheme.into_iter().find(|(other, _)| *other == kind).map_or(SECRET.to_owned(), |(_, secret)| secret);
    let secrets = vec![setup.secret(SOURCE, "only", &secret)];
    setup.settings.sources.insert(
        SourceName::parse(SOURCE).unwrap(),
        SourceSettings {
            secrets,
            allow_unsigned: true,
            signature: (kind == SourceKind::Generic).then(|| SchemeName::GithubHmac.into()),
            ..signs
        },
    );
    setup.build()
}

/// What such a source sends now, with what proves it.
pub(super) fn sent(kind: SourceKind, body: &str) -> Request {
    let scheme = match kind {
        SourceKind::DingtalkEvents => return super::dingtalk::pushed(body),
        SourceKind::Generic | SourceKind::Github => SchemeName::GithubHmac,
        SourceKind::StandardWebhooks => SchemeName::StandardWebhooks,
        SourceKind::Svix => SchemeName::Svix,
        SourceKind::Grafana => SchemeName::Grafana,
        SourceKind::Slack => SchemeName::Slack,
        SourceKind::Pagerduty => SchemeName::Pagerduty,
        SourceKind::StripeStyle => SchemeName::Stripe,
        SourceKind::Sentry => SchemeName::Sentry,
        SourceKind::Snyk => SchemeName::Snyk,
        SourceKind::Crowdstrike => SchemeName::Crowdstrike,
        SourceKind::Keycloak => SchemeName::Keycloak,
        SourceKind::SplunkObservability => SchemeName::SplunkObservability,
        SourceKind::Splunk | SourceKind::AzureMonitor => {
            return Request { secret: Some(SECRET.to_owned()), ..Request::unsigned(SOURCE, body) };
        }
        SourceKind::EventGrid => {
            return Request { query: format!("code={SECRET}"), ..Request::unsigned(SOURCE, body) };
        }
        SourceKind::Graph => return Request::unsigned(SOURCE, body),
        _ => return Request::unsigned(SOURCE, body).with("authorization", SECRET),
    };
    let secret = match scheme {
        SchemeName::StandardWebhooks | SchemeName::Svix => whsec(SECRET),
        _ => SECRET.to_owned(),
    };
    Request::signed_by(SOURCE, scheme, &secret, "msg_1", body, now())
}

fn alerts(kind: SourceKind, body: &str) -> Vec<Alert> {
    sent(kind, body).delivery(&intake_of(kind)).alerts
}

/// Those whose senders publish their keys have tests of their own, in `published` and end to end.
const PUBLISHED: [SourceKind; 4] = [SourceKind::Ssf, SourceKind::OktaSsf, SourceKind::GooglePubsub, SourceKind::Sns];
/// What Alertmanager sends, and Grafana too.
const ALERTS: &str = r#"{"receiver": "hook", "status": "firing", "groupKey": "{}:{}", "alerts": [{
    "status": "firing", "labels": {"alertname": "ImpossibleTravel", "user": "jane@example.com"},
    "startsAt": "2026-11-20T21:58:23Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "fafe1438"}]}"#;
const ALERTS_KEY: &str = "fafe1438\n2026-11-20T21:58:23Z\nfiring";
/// When whatever has a time took place.
const TIME_S: i64 = 1_795_211_903;

/// Kind, body, its alert's key (`#` for the body's digest, `@` for that of this day), type, whether it has the
/// time, product.
type Row = (SourceKind, &'static str, &'static str, Option<&'static str>, bool, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (SourceKind::StandardWebhooks, r#"{"type": "a.b", "timestamp": "2026-11-20T21:58:23Z", "data": {}}"#, "delivery\tmsg_1", Some("a.b"), true, "source"),
    (SourceKind::Svix, r#"{"type": "a.b"}"#, "delivery\tmsg_1", Some("a.b"), false, "source"),
    (SourceKind::Generic, r#"{"event_type": "x"}"#, "#", Some("x"), false, "source"),
    (SourceKind::Github, r#"{"action": "created", "alert": {"number": 1}}"#, "#", Some("created"), false, "github"),
    (SourceKind::Grafana, ALERTS, ALERTS_KEY, Some("ImpossibleTravel"), true, "grafana"),
    (SourceKind::Alertmanager, ALERTS, ALERTS_KEY, Some("ImpossibleTravel"), true, "alertmanager"),
    (SourceKind::Slack, r#"{"type": "event_callback", "event_id": "Ev1", "event_time": 1795211903, "event": {"type": "user_change"}}"#, "Ev1", Some("user_change"), true, "slack"),
    (SourceKind::Pagerduty, r#"{"event": {"id": "01BW", "event_type": "incident.triggered", "occurred_at": "2026-11-20T21:58:23Z"}}"#, "01BW", Some("incident.triggered"), true, "pagerduty"),
    (SourceKind::StripeStyle, r#"{"id": "evt_1", "type": "a.b", "created": 1795211903}"#, "evt_1", Some("a.b"), true, "source"),
    (SourceKind::Sentry, r#"{"action": "triggered", "data": {"event": {"datetime": "2026-11-20T21:58:23.000000Z"}}}"#, "#", Some("triggered"), true, "sentry"),
    (SourceKind::Snyk, r#"{"project": {}}"#, "#", None, false, "snyk"),
    (SourceKind::Crowdstrike, r#"{"status": "true_positive", "severity": "High", "timestamp": "2026-11-20T21:58:23Z"}"#, "@", None, true, "crowdstrike"),
    (SourceKind::Keycloak, r#"{"id": "8f14", "type": "access.LOGIN_ERROR", "time": 1795211903000}"#, "8f14", Some("access.LOGIN_ERROR"), true, "keycloak"),
    (SourceKind::Splunk, r#"{"sid": "rt_1", "search_name": null, "result": {"count": "8"}}"#, "#", None, false, "splunk"),
    (SourceKind::SplunkObservability, r#"{"eventType": "d_1", "incidentId": "i"}"#, "#", Some("d_1"), false, "splunk"),
    (SourceKind::Elastic, r#"{"rule_id": "r-1", "alert_id": "a-1", "date": "2026-11-20T21:58:23.000Z"}"#, "a-1\n2026-11-20T21:58:23.000Z", Some("r-1"), true, "elastic"),
    (SourceKind::Elastic, r#"{"alert_id": "a-1"}"#, "#", None, false, "elastic"),
    (SourceKind::Datadog, r#"{"id": "123", "type": "signal", "date": "1795211903000"}"#, "123", Some("signal"), true, "datadog"),
    (SourceKind::Sumologic, r#"{"trigger_type": "Critical"}"#, "#", Some("Critical"), false, "sumologic"),
    (SourceKind::Panther, r#"{"id": "Rule.One", "alertId": "5c8f", "createdAt": "2026-11-20T21:58:23Z"}"#, "5c8f", Some("Rule.One"), true, "panther"),
    (SourceKind::Wazuh, r#"{"id": "1677110400.12345", "rule_id": "5712", "timestamp": "2026-11-20T22:58:23.000+0100", "all_fields": {}}"#, "1677110400.12345", Some("5712"), true, "wazuh"),
    (SourceKind::Falco, r#"{"rule": "r", "source": "syscall", "time": "2026-11-20T21:58:23.746609046Z", "output_fields": {"evt.time": 1507591916746609046}}"#, "#", Some("syscall"), true, "falco"),
    (SourceKind::Elastalert2, r#"{"rule": "brute-force", "_id": "ev2", "@timestamp": "2026-11-20T21:58:23Z", "user.name": "jane"}"#, "brute-force\nev2", Some("brute-force"), true, "elastalert"),
    (SourceKind::Apprise, r#"{"title": "t", "type": "warning"}"#, "#", Some("warning"), false, "source"),
    (SourceKind::OktaEventHook, r#"{"data": {"events": [{"uuid": "e-1", "eventType": "user.risk.detect", "published": "2026-11-20T21:58:23Z"}]}}"#, "e-1", Some("user.risk.detect"), true, "okta"),
    (SourceKind::Auth0, r#"[{"log_id": "900", "data": {"type": "pwd_leak", "date": "2026-11-20T21:58:23Z"}}]"#, "900", Some("pwd_leak"), true, "auth0"),
    (SourceKind::Onelogin, r#"[{"uuid": "d210", "event_type_id": 5, "event_timestamp": "2026-11-20 21:58:23 UTC"}]"#, "d210", Some("5"), true, "onelogin"),
    (SourceKind::Jumpcloud, r#"{"id": "j1", "event_type": "user_suspended", "timestamp": "2026-11-20T21:58:23Z"}"#, "j1", Some("user_suspended"), true, "jumpcloud"),
    (SourceKind::GoogleSecops, r#"{"id": "c1", "type": "case"}"#, "c1", Some("case"), false, "google_secops"),
    (SourceKind::Sentinel, r#"{"eventUniqueId": "u1", "object": {"type": "Microsoft.SecurityInsights/Incidents"}}"#, "u1", Some("Microsoft.SecurityInsights/Incidents"), false, "azure"),
    (SourceKind::AzureMonitor, r#"{"data": {"essentials": {"alertId": "/s/1", "monitorCondition": "Fired", "monitoringService": "Platform", "firedDateTime": "2026-11-20T21:58:23.1Z"}}}"#, "/s/1\nFired", Some("Platform"), true, "azure"),
    (SourceKind::EventGrid, r#"[{"id": "e1", "topic": "/t", "eventType": "Microsoft.Graph.AlertCreated", "eventTime": "2026-11-20T21:58:23.3062901Z", "data": {}}]"#, "/t\ne1", Some("Microsoft.Graph.AlertCreated"), true, "azure"),
    (SourceKind::EventGrid, r#"{"id": "e1", "type": "Microsoft.Graph.AlertCreated", "time": "2026-11-20T21:58:23.3062901Z", "specversion": "1.0", "source": "/s"}"#, "/s\ne1", Some("Microsoft.Graph.AlertCreated"), true, "azure"),
    (SourceKind::DingtalkEvents, r#"{"EventType": "org_admin_add", "EventTime": 1795211903567, "eventId": "2fd2", "timeStamp": "1795211909000"}"#, "2fd2", Some("org_admin_add"), true, "dingtalk"),
    (SourceKind::DingtalkEvents, r#"{"eventType": "user_add_org", "TimeStamp": "1795211903"}"#, "@", Some("user_add_org"), true, "dingtalk"),
    (SourceKind::Graph, r#"{"value": [{"id": "g1", "clientState": "test-only-shown-secret-7yQm4vTzKc1", "changeType": "updated"}]}"#, "g1", Some("updated"), false, "azure"),
];

#[test]
fn every_kind_reads_what_its_senders_send() {
    for (kind, body, key, event_type, has_time, product) in ROWS {
        let [alert] = alerts(*kind, body).try_into().unwrap();
        // DingTalk stamps an event anew each time; the rest of it lasts.
        let lasting = if *kind == SourceKind::DingtalkEvents { r#"{"eventType":"user_add_org"}"# } else { body };
        let digest = crate::incident::Digest::of(lasting.as_bytes());
        let known = match *key {
            "#" => digest.to_string(),
            "@" => format!("{digest}@{}", NOW_S / 86_400),
            key => key.to_owned(),
        };
        assert_eq!(alert.key, known, "{kind:?}");
        assert_eq!(alert.summary.event_type.as_deref(), *event_type, "{kind:?}");
        let time = has_time.then_some(TIME_S);
        assert_eq!(alert.summary.occurred_at.map(|at| at.as_second()), time, "{kind:?}");
        assert_eq!(alert.log_sources[0].product.as_deref(), Some(*product), "{kind:?}");
    }
    let others = SourceKind::ALL.iter().filter(|kind| !PUBLISHED.contains(kind));
    assert!(others.into_iter().all(|kind| ROWS.iter().any(|row| row.0 == *kind)), "every kind has a row");
}

/// What operators and publishers write is not what a sender promises: no alert is lost by it.
#[test]
fn a_time_that_others_than_the_sender_write_is_one_or_none() {
    let time = |kind: SourceKind, body: &str| {
        let [alert] = alerts(kind, body).try_into().unwrap();
        alert.summary.occurred_at.map(|at| at.as_second())
    };
    for (written, read) in [
        (json!("2026-11-20T21:58:23Z"), true),
        (json!("2026-11-20T22:58:23+0100"), true),
        (json!("2026-11-20 21:58:23 UTC"), true),
        (json!("1795211903"), true),
        (json!(1_795_211_903_000_i64), true),
        (json!("2026-11-20T21:58:23"), false),
        (json!("2026-11-20 21:58:23 CET"), false),
        (json!("$DATE"), false),
        (json!("-1795211903"), false),
        (json!("179521190317952119031795211903"), false),
        (json!(" UTC"), false),
        (json!(""), false),
        (json!(null), false),
        (json!(1.5), false),
        (json!(["2026-11-20T21:58:23Z"]), false),
        (json!({"at": 1}), false),
    ] {
        for (kind, name) in [(SourceKind::Crowdstrike, "timestamp"), (SourceKind::Datadog, "date")] {
            let body = json!({"id": "a", name: written}).to_string();
            assert_eq!(time(kind, &body), read.then_some(TIME_S), "{kind:?}: {written}");
        }
        for name in ["eventTime", "time"] {
            let body = json!({"id": "a", "eventType": "b", name: written}).to_string();
            assert_eq!(time(SourceKind::EventGrid, &body), read.then_some(TIME_S), "{name}: {written}");
        }
    }
}

#[test]
fn no_kind_takes_what_proves_nothing_or_has_been_changed() {
    for (kind, body, ..) in ROWS {
        let (intake, request) = (intake_of(*kind), sent(*kind, body));
        let bare = Request::unsigned(SOURCE, body.replace(SECRET, ""));
        assert!(bare.refusal(&intake).unwrap().is_authentication(), "{kind:?}");
        let is_signed = SourceSettings::of(*kind, Vec::new()).assurance().meets(crate::incident::Assurance::B);
        // Of DingTalk's body only what is encrypted is signed; see the tests of its own.
        if is_signed && *kind != SourceKind::DingtalkEvents || *kind == SourceKind::Generic {
            let changed = request.with_body(body.replacen('{', "{ ", 1));
            assert_eq!(changed.refusal(&intake), Some(Refusal::SignatureWrong), "{kind:?}");
        }
    }
}

#[test]
fn auth0_and_onelogin_send_lines_an_array_or_an_object() {
    let event = |id: u32| json!({"log_id": id.to_string(), "data": {"type": "fp"}}).to_string();
    let (a, b) = (event(1), event(2));
    for (body, count) in [
        (format!("{a}\n{b}\n"), 2),
        (format!("{a}\r\n\r\n{b}"), 2),
        (format!("[{a},{b}]"), 2),
        (format!("[{a}]\n[{b},{a}]"), 2),
        (a.clone(), 1),
    ] {
        assert_eq!(alerts(SourceKind::Auth0, &body).len(), count, "{body}");
    }
    let intake = intake_of(SourceKind::Auth0);
    for (body, reason) in [
        (format!("{a}{b}"), Unreadable::JsonSyntax),
        ("{\n[".to_owned(), Unreadable::JsonSyntax),
        ("7\n7".to_owned(), Unreadable::SchemaObject),
        ("[]".to_owned(), Unreadable::SchemaEvents),
        (format!("{a}\n").repeat(1_001), Unreadable::SchemaEvents),
    ] {
        assert_eq!(sent(SourceKind::Auth0, &body).unreadable(&intake), reason, "{}", &body[..body.len().min(200)]);
    }
}

/// What of a sign-in is logged, whoever tries to sign in has written: no line of theirs may hide another.
#[test]
fn a_line_or_an_item_that_cannot_be_read_hides_no_other() {
    let good = json!({"log_id": "1", "data": {"type": "pwd_leak"}}).to_string();
    let lines = [
        (r#"{"log_id":"2"x"#.to_owned(), Unreadable::JsonSyntax),
        (r#"{"log_id":"2","log_id":"3"}"#.to_owned(), Unreadable::JsonDuplicateKey),
        (
            format!(r#"{{"log_id":"2","data":{{"type":"f","details":{{"qs":{{"{}":"1"}}}}}}}}"#, "k".repeat(300)),
            Unreadable::JsonLimits,
        ),
        (r#"{"log_id":"2","data":{"type":"f","number":18446744073709551616}}"#.to_owned(), Unreadable::JsonNumber),
        (format!(r#"{{"log_id":"2","data":{}{}}}"#, "[".repeat(40), "]".repeat(40)), Unreadable::JsonLimits),
        ("7".to_owned(), Unreadable::SchemaObject),
        ("[7]".to_owned(), Unreadable::SchemaObject),
        (r#"{"data":{"type":"f"}}"#.to_owned(), Unreadable::SchemaKey),
    ];
    let intake = intake_of(SourceKind::Auth0);
    for (bad, reason) in lines {
        for body in [format!("{good}\n{bad}"), format!("{bad}\n{good}\n")] {
            let delivery = sent(SourceKind::Auth0, &body).delivery(&intake);
            let keys: Vec<&str> = delivery.alerts.iter().map(|alert| alert.key.as_str()).collect();
            let left_out = delivery.left_out.unwrap();
            assert_eq!((keys.as_slice(), left_out.reason), (&["1"][..], reason), "{bad}");
            assert_eq!(left_out.body, body.as_bytes(), "it is kept");
        }
    }
    let long = "x".repeat(200_000);
    let body = format!("{good}\n{{\"log_id\":\"2\",\"data\":{{\"type\":\"f\",\"user_agent\":\"{long}\"}}}}");
    let delivery = sent(SourceKind::Auth0, &body).delivery(&intake);
    assert_eq!((delivery.alerts.len(), delivery.left_out.is_none()), (2, true), "a long text is a text");
}

/// What real senders call their events, and by what.
#[test]
fn ids_are_of_any_length_and_types_may_have_blanks() {
    let alert_id = format!(
        "/subscriptions/{0}/providers/Microsoft.AlertsManagement/alerts/{0}",
        "5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11"
    );
    let essentials = json!({"alertId": alert_id, "monitorCondition": "Fired", "alertRule": "High CPU usage"});
    let body = json!({"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": essentials}}).to_string();
    let [alert] = alerts(SourceKind::AzureMonitor, &body).try_into().unwrap();
    assert_eq!(alert.key, format!("{alert_id}\nFired"));
    assert!(alert_id.len() > 128);

    let grafana = ALERTS.replace("ImpossibleTravel", "High CPU usage");
    let [alert] = alerts(SourceKind::Grafana, &grafana).try_into().unwrap();
    assert_eq!(alert.summary.event_type.as_deref(), Some("High CPU usage"));

    let key = |event: serde_json::Value| {
        let [alert] = alerts(SourceKind::Auth0, &event.to_string()).try_into().unwrap();
        alert.key
    };
    let event = |id: serde_json::Value| json!({"log_id": id, "data": {"type": "fp"}});
    assert_eq!(key(event(json!(9_007_199_254_740_993_i64))), "9007199254740993", "whole numbers are exact");
    assert_eq!(key(event(json!("账号 7"))), "账号 7");
    for (one, other) in [("a\nb", "a\nc"), ("x".repeat(600).as_str(), "x".repeat(601).as_str())] {
        let (one, other) = (key(event(json!(one))), key(event(json!(other))));
        assert!(one != other && one.starts_with("sha256:") && !one.contains('\n'), "{one}");
    }
}

#[test]
fn where_operators_write_the_body_several_events_without_keys_are_told_apart() {
    let mut setup = Setup::empty();
    setup.source(SIEM, SourceKind::Generic, SchemeName::GithubHmac, &[("only", SECRET_GITHUB.to_owned())]);
    setup.settings_of(SIEM).mapping = serde_json::from_value(json!({
        "events": "result.rows", "event_type": "kind", "occurred_at": "at", "person": {"user_id": "who.id"},
    }))
    .unwrap();
    let body = json!({"result": {"rows": [
        {"kind": "a", "at": 1_795_211_903, "who": {"id": "zhangsan"}},
        {"kind": "b", "at": "2026-11-20T21:58:23Z", "who": {"id": 7}},
    ]}})
    .to_string();
    let request = Request::signed_by(SIEM, SchemeName::GithubHmac, SECRET_GITHUB, "", &body, now());
    let alerts = request.delivery(&setup.build()).alerts;
    assert_eq!(alerts.len(), 2);
    assert_ne!(alerts[0].key, alerts[1].key);
    assert_eq!(alerts[0].summary.occurred_at, alerts[1].summary.occurred_at);
    assert!(alerts[0].person.is_some() && alerts[1].person.is_none());
}

#[test]
fn a_mapping_that_is_none_does_not_start() {
    for (mapping, said) in [
        (json!({"events": "a["}), "events: at character"),
        (json!({"key": ["a", ""]}), "key: at character"),
        (json!({"person": {"email": "a", "user_id": "b"}}), "person: it is one of"),
        (json!({"key": ["a", "b", "c", "d", "e", "f", "g", "h", "i"]}), "key: at most 8"),
    ] {
        let mut setup = Setup::usual();
        setup.settings_of(SIEM).mapping = serde_json::from_value(mapping).unwrap();
        let error = setup.try_build().unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    for unknown in [json!({"evnts": "a"}), json!({"person": {"e-mail": "a"}}), json!({"format": "xml"})] {
        assert!(serde_json::from_value::<MappingSettings>(unknown).is_err());
    }
}

#[test]
fn signed_times_tell_the_same_body_of_another_day_apart() {
    let body = json!({"status": "new"}).to_string();
    let intake = intake_of(SourceKind::Crowdstrike);
    let at = |second: i64| {
        let request = Request::signed_by(SOURCE, SchemeName::Crowdstrike, SECRET, "", &body, at(second));
        match request.send_at(&intake, super::at(second)) {
            Ok(Received::Understood(delivery)) => delivery.into_inner().alerts.remove(0),
            other => panic!("{other:?}"),
        }
    };
    let day = 86_400;
    let (first, next, later) = (at(NOW_S), at(NOW_S + day), at(NOW_S + 2 * day));
    assert_eq!(first.key, at(NOW_S + 60).key, "sent once more");
    assert_eq!(first.next_key, Some(next.key.clone()), "and over midnight");
    assert!(first.key != next.key && first.key != later.key && first.next_key.as_ref() != Some(&later.key));
    // What is signed without a time is the same for ever, and what has an id is known by that.
    for (kind, body) in [(SourceKind::Github, r#"{"action": "created"}"#), (SourceKind::Svix, r#"{"type": "a"}"#)] {
        assert_eq!(alerts(kind, body)[0].next_key, None, "{kind:?}");
    }
}

#[test]
fn who_documents_200_and_nothing_else_is_told_200_unless_a_gateway_stands_between() {
    let manner = |kind, signature: Option<SchemeName>| {
        let mut settings = SourceSettings::of(kind, Vec::new());
        settings.signature = signature.map(SignatureSettings::Known);
        settings.manner()
    };
    for own in [None, Some(SchemeName::SplunkObservability)] {
        assert_eq!(manner(SourceKind::SplunkObservability, own), Manner::Ok);
    }
    assert_eq!(manner(SourceKind::OktaEventHook, None), Manner::Ok);
    assert_eq!(manner(SourceKind::OktaEventHook, Some(SchemeName::StandardWebhooks)), Manner::Receipt);
    assert_eq!(manner(SourceKind::Github, None), Manner::Receipt);
}

/// The page's table against the code: every kind has a row with what it proves.
#[test]
fn the_page_says_of_every_kind_what_it_proves() {
    let page = include_str!("../../../deploy/senders/README.md");
    for kind in SourceKind::ALL.iter().filter(|kind| **kind != SourceKind::Generic) {
        let mut settings = SourceSettings::of(*kind, Vec::new());
        match kind {
            SourceKind::Ssf | SourceKind::OktaSsf => {
                let set = json!({"issuer": "a", "audience": ["b"], "jwks": "https://a.example.com/"});
                settings.set = serde_json::from_value(set).unwrap();
            }
            SourceKind::GooglePubsub => settings.jwt = serde_json::from_value(json!({})).unwrap(),
            SourceKind::Sns => settings.sns = serde_json::from_value(json!({"topics": ["a"]})).unwrap(),
            _ => {}
        }
        let from_anywhere = settings.assurance();
        settings.addresses = vec!["192.0.2.0/24".parse().unwrap()];
        let written = match (settings.assurance(), from_anywhere) {
            (listed, anywhere) if listed == anywhere => format!("{listed:?}"),
            (listed, anywhere) => format!("{listed:?}, {anywhere:?}"),
        };
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", kind.as_str())));
        let cells: Vec<&str> = row.unwrap_or_else(|| panic!("{kind:?} has no row")).split(" | ").collect();
        assert_eq!(cells[2], written, "{kind:?}");
        let row = kind.row();
        let signs_id = matches!(
            kind,
            SourceKind::StandardWebhooks | SourceKind::Svix | SourceKind::Ssf | SourceKind::OktaSsf | SourceKind::Sns
        );
        let other = match row.key {
            _ if signs_id || row.id.is_some() || row.own_ids => "a conflict |",
            KeyRule::Delivery => "another event |",
            KeyRule::Own(_) | KeyRule::OwnIfAny(_) | KeyRule::OwnElseDigest(_) | KeyRule::Within(..) => "a repeat |",
        };
        assert_eq!(cells[4], other, "{kind:?}");
        assert!(cells[1].ends_with(&format!(" ([how]({}))", kind.page())), "{kind:?}");
    }
}

/// What `send` and the set-up help make is what the door takes.
#[test]
fn a_sample_of_every_kind_is_understood_and_a_new_one_is_another_alert() {
    let no_secret_of_ours = [&PUBLISHED[..], &[SourceKind::DingtalkEvents]].concat();
    for kind in SourceKind::ALL.iter().filter(|kind| !no_secret_of_ours.contains(kind)) {
        let mut setup = Setup::empty();
        let mut settings = SourceSettings::of(*kind, Vec::new());
        settings.allow_unsigned = true;
        settings.signature = (*kind == SourceKind::Generic).then(|| SchemeName::StandardWebhooks.into());
        let random: [u8; SECRET_BYTES] = std::array::from_fn(|place| u8::try_from(place * 7 % 251).unwrap() ^ 0x5a);
        let secret = settings.new_secret(&random).unwrap().unwrap();
        settings.secrets = vec![setup.secret(SOURCE, "only", &secret)];
        let sender = Sender::new(&settings, &secret).unwrap();
        setup.settings.sources.insert(SourceName::parse(SOURCE).unwrap(), settings);
        let intake = setup.build();
        let mut ids = std::collections::BTreeSet::new();
        for id in ["one", "two"] {
            let body = sender.sample(*kind, id, now());
            let outgoing = sender.prove(id, body.as_bytes(), now()).unwrap();
            let (secret, query) = match outgoing.path.split_at_checked(1) {
                Some(("/", secret)) => (Some(secret.to_owned()), String::new()),
                Some((_, query)) => (None, query.to_owned()),
                None => (None, String::new()),
            };
            let request = Request { secret, query, ..Request::unsigned(SOURCE, &body) };
            let request = outgoing.headers.iter().fold(request, |request, (name, value)| request.with(name, value));
            let delivery = request.delivery(&intake);
            assert!(delivery.alerts.iter().all(|alert| alert.person.is_none()), "{kind:?}");
            ids.extend(delivery.alerts.into_iter().map(|alert| alert.summary.id));
        }
        assert_eq!(ids.len(), 2, "{kind:?}");
    }
}

#[test]
fn c26_an_envelope_of_another_version_or_without_id_is_not_understood() {
    let intake = intake_of(SourceKind::EventGrid);
    for (body, reason) in [
        (r#"{"specversion": "0.3", "id": "e1", "type": "a"}"#, Unreadable::SchemaVersion),
        (r#"{"specversion": 1.0, "id": "e1", "type": "a"}"#, Unreadable::SchemaVersion),
        (r#"{"specversion": null, "id": "e1", "type": "a"}"#, Unreadable::SchemaVersion),
        (r#"[{"specversion": "0.3", "id": "e1"}, {"specversion": "2.0", "id": "e2"}]"#, Unreadable::SchemaVersion),
        (r#"{"specversion": "1.0", "type": "a", "source": "/s"}"#, Unreadable::SchemaEnvelope),
        (r#"{"specversion": "1.0", "id": "", "type": "a", "source": "/s"}"#, Unreadable::SchemaEnvelope),
        (r#"{"specversion": "1.0", "id": 7, "type": "a", "source": "/s"}"#, Unreadable::SchemaEnvelope),
        (r#"{"specversion": "1.0", "id": "e1", "source": "/s"}"#, Unreadable::SchemaEnvelope),
        (r#"{"specversion": "1.0", "id": "e1", "type": "", "source": "/s"}"#, Unreadable::SchemaEnvelope),
        (r#"{"specversion": "1.0", "id": "e1", "type": "a"}"#, Unreadable::SchemaEnvelope),
        (r#"{"specversion": "1.0", "id": "e1", "type": "a", "source": null}"#, Unreadable::SchemaEnvelope),
        // What is none of CloudEvents is judged by its own schema.
        (r#"{"eventType": "a"}"#, Unreadable::SchemaKey),
    ] {
        assert_eq!(sent(SourceKind::EventGrid, body).unreadable(&intake), reason, "{body}");
    }
    // Who sent it is what the secret proves; what the envelope says of its source is the sender's matter.
    let body = r#"{"specversion": "1.0", "id": "e1", "type": "a", "source": "/somebody/else"}"#;
    let [alert] = alerts(SourceKind::EventGrid, body).try_into().unwrap();
    assert_eq!(alert.summary.source.as_str(), SOURCE);
}
