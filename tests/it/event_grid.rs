//! Azure Event Grid through the door: what it asks before it sends, its two schemas, and batches.

use portcullis::incident::{Event, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

const SOURCES: &str = r#"
[intake.sources.grid]
kind = "event-grid"
allow_unsigned = true
rate = { per_second = 5, burst = 100 }
secrets = [{ name = "test", file = "grid-secret" }]
[intake.sources.falcon]
kind = "crowdstrike"
secrets = [{ name = "test", file = "falcon-secret" }]
"#;
const SECRET: &str = "test-only-code-of-the-event-grid";
const FALCON: Source = Source {
    name: "falcon",
    scheme: portcullis::intake::SchemeName::Crowdstrike,
    secret: "test-only-secret-of-the-falcon-workflow",
};
const BATCH: &str = "application/cloudevents-batch+json";

async fn start() -> TestApp {
    let files = vec![("grid-secret", SECRET.to_owned()), ("falcon-secret", FALCON.secret.to_owned())];
    TestApp::start_with(Set { config: SOURCES, files, ..Set::default() }).await
}

async fn asks(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let request = app.client.request(Method::OPTIONS, format!("{}/v1/alerts/{path}", app.app.url()));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

fn sent(media: &str, body: &Value) -> Delivery {
    let headers = vec![("content-type".to_owned(), media.to_owned())];
    Delivery { source: format!("grid?code={SECRET}"), headers, body: body.to_string().into_bytes() }
}

fn cloud_event(id: &str, time: &str) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "/tenants/test", "type": "Microsoft.Graph.AlertCreated",
           "time": time, "data": {"changeType": "updated"}})
}

/// The times of all that was admitted, as they stand on the trail.
fn times(app: &TestApp) -> Vec<Option<Timestamp>> {
    let admitted = app.records_of("alert.admitted").into_iter().map(|record| match record.event {
        Event::AlertAdmitted { alert, .. } => alert.occurred_at,
        other => panic!("{other:?}"),
    });
    admitted.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn event_grid_of_each_cloud_is_allowed_as_many_requests_as_its_source_may_make() {
    let app = start().await;
    for origin in ["eventgrid.azure.net", "eventgrid.azure.us", "eventgrid.azure.cn"] {
        // The same for every name, so that it tells nobody which sources there are.
        for path in ["grid?code=x", "nobody"] {
            let asked = [("webhook-request-origin", origin), ("webhook-request-rate", "120")];
            let answer = asks(&app, path, &asked).await;
            assert_eq!(answer.status().as_u16(), 200, "{origin}");
            let said = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(said("webhook-allowed-origin"), origin);
            assert_eq!((said("webhook-allowed-rate"), said("allow")), ("300".to_owned(), "POST, PUT".to_owned()));
            assert_eq!(answer.text().await.unwrap(), "");
        }
    }
    for headers in [
        &[][..],
        &[("webhook-request-rate", "120")],
        &[("webhook-request-origin", "")],
        &[("webhook-request-origin", "evil.example")],
        &[("webhook-request-origin", "eventgrid.azure.us.evil.example")],
        &[("webhook-request-origin", "eventgrid.azure.net"), ("webhook-request-origin", "eventgrid.azure.us")],
    ] {
        let answer = asks(&app, "grid", headers).await;
        assert_eq!(answer.status().as_u16(), 405, "{headers:?}");
        assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("webhook-")), "{headers:?}");
    }
    assert_eq!(app.end().await.iter().filter(|record| record.event.kind().starts_with("alert.")).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn c09_a_batch_of_cloudevents_is_its_events_from_event_grid_only() {
    let app = start().await;
    let (first, second) = (cloud_event("e1", "2026-11-20T21:58:23Z"), cloud_event("e2", "2026-11-20T21:59:00Z"));
    let answer = app.deliver(&sent(BATCH, &json!([first, second]))).await;
    assert_eq!((answer.status, answer.body["alerts"].as_array().unwrap().len()), (202, 2), "{}", answer.body);
    let again = app.deliver(&sent(&format!("{BATCH}; charset=utf-8"), &json!([second, first]))).await;
    assert_eq!((again.status, &again.body["repeated"]), (200, &json!(true)));
    // An event by itself is known from the batch, whatever it calls itself.
    let single = app.deliver(&sent("application/cloudevents+json", &first)).await;
    assert_eq!((single.status, single.alert()), (200, answer.alert()));

    let old = json!({"specversion": "0.3", "id": "e3", "type": "a"});
    let mixed = app.deliver(&sent(BATCH, &json!([old, cloud_event("e4", "2026-11-20T21:59:00Z")]))).await;
    assert_eq!((mixed.status, mixed.body["alerts"].as_array().unwrap().len()), (202, 1), "one hides no other");
    assert_eq!(app.records_of("delivery.not_understood").len(), 1);
    for (body, status) in [(json!([]), 422), (json!(["a"]), 422), (json!("a"), 422)] {
        assert_eq!(app.deliver(&sent(BATCH, &body)).await.status, status, "{body}");
    }
    let utf16 = app.deliver(&sent(&format!("{BATCH}; charset=utf-16"), &json!([first]))).await;
    assert_eq!(utf16.status, 415);
    let event = high_risk("zhang.san@example.com", "a");
    let okta = Delivery::of_events("msg_1", &[event], app.now()).with("content-type", BATCH);
    assert_eq!(app.deliver(&okta).await.status, 415, "no other source sends any");
    let stranger = sent(BATCH, &json!([cloud_event("e5", "2026-11-20T21:59:00Z")])).to("grid?code=wrong");
    assert_eq!(app.deliver(&stranger).await.status, 401);
    assert_eq!(app.records_of("alert.admitted").len(), 3);
    app.end().await;
}

/// Whoever is not known to send CloudEvents has no envelope that could be judged.
#[tokio::test(flavor = "multi_thread")]
async fn c26_what_calls_itself_a_cloudevent_is_judged_as_one_or_not_taken() {
    let app = start().await;
    let of = |body: Value| sent("application/cloudevents+json", &body);
    for (body, status) in [
        (json!({"specversion": "0.3", "id": "c", "source": "/s", "type": "t"}), 422),
        (json!({"id": "b", "source": "/s", "type": "t"}), 422),
        (json!({"specversion": "1.0", "source": "/s", "type": "t"}), 422),
        (json!({"specversion": "1.0", "id": "d", "type": "t"}), 422),
        (cloud_event("a", "2026-11-20T21:58:23Z"), 202),
    ] {
        assert_eq!(app.deliver(&of(body.clone())).await.status, status, "{body}");
    }
    for media in ["application/cloudevents+json", "application/cloudevents+json; charset=utf-8"] {
        let okta = Delivery::of_events("msg_1", &[harmless("a")], app.now()).with("content-type", media);
        assert_eq!(app.deliver(&okta).await.status, 415, "{media}");
        let stranger = okta.with("webhook-signature", "v1,AAAA");
        assert_eq!(app.deliver(&stranger).await.status, 401, "nobody else learns what the source sends");
    }
    assert_eq!((app.records_of("alert.admitted").len(), app.records_of("delivery.not_understood").len()), (1, 4));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c08_a_batch_of_cloudevents_is_refused_where_nobody_sends_one() {
    let app = TestApp::start().await;
    let delivery = Delivery::of_events("msg_1", &[harmless("a")], app.now()).with("content-type", BATCH);
    assert_eq!(app.deliver(&delivery).await.status, 415);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c25_the_time_of_an_event_is_on_its_record_and_one_that_is_none_loses_no_alert() {
    let app = start().await;
    let own = |id: &str, time: Value| json!([{"id": id, "eventType": "Microsoft.Graph.AlertCreated", "eventTime": time, "data": {}}]);
    for (media, body, time) in [
        ("application/json", own("a", json!("2022-10-28T04:23:35.1981776Z")), Some("2022-10-28T04:23:35.198Z")),
        (
            "application/cloudevents+json",
            cloud_event("b", "2022-05-24T22:24:31.3062901Z"),
            Some("2022-05-24T22:24:31.306Z"),
        ),
        ("application/cloudevents+json", cloud_event("c", "2022-05-25T00:24:31+02:00"), Some("2022-05-24T22:24:31Z")),
        ("application/json", own("d", json!("2018-04-20T21:26:13.8978772")), None),
        ("application/json", own("e", json!("yesterday")), None),
        ("application/json", own("f", json!(null)), None),
        ("application/json", json!([{"id": "g", "eventType": "a"}]), None),
    ] {
        let answer = app.deliver(&sent(media, &body)).await;
        assert_eq!(answer.status, 202, "{body}: {}", answer.body);
        assert_eq!(times(&app).pop().unwrap(), time.map(|time| time.parse().unwrap()), "{body}");
    }
    for (time, read) in [("2026-02-11T09:15:00Z", Some("2026-02-11T09:15:00Z")), ("${Trigger.Time}", None)] {
        let body = json!({"incident_id": time, "status": "new", "timestamp": time}).to_string().into_bytes();
        assert_eq!(app.deliver(&Delivery::signed(&FALCON, "", body, app.now())).await.status, 202);
        assert_eq!(times(&app).pop().unwrap(), read.map(|time| time.parse().unwrap()), "{time}");
    }
    app.end().await;
}
