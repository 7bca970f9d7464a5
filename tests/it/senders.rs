//! Senders that sign nothing, through the door: what they may do, and where their secrets do not turn up.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Assurance, Event, HoldReason, VerdictKind};
use serde_json::json;

use crate::harness::*;

/// A source for each way to show a secret, all in one configuration.
const SOURCES: &str = r#"
[intake.sources.splunk]
kind = "splunk"
allow_unsigned = true
secrets = [{ name = "url", file = "slow-secret" }]
[intake.sources.splunk.mapping]
person = { email = "result.user_email" }
[intake.sources.monitor]
kind = "alertmanager"
allow_unsigned = true
addresses = ["127.0.0.0/8"]
secrets = [{ name = "header", file = "next-secret" }]
"#;
/// What is in the files that the harness writes.
const URL_SECRET: &str = "test-secret-for-the-slow-source-0";
const HEADER_SECRET: &str = "test-secret-for-what-comes-next-1";

fn contain(sid: &str) -> String {
    let result = json!({"severity": "high", "user_email": "zhang.san@example.com"});
    json!({"sid": sid, "search_name": "Contain account: stolen session", "result": result}).to_string()
}

/// The shipped rule for Splunk, acting, and on so weak a source.
fn acts_on_weak_sources(rules: &Path) {
    edit(rules, "siem/splunk-contain.yml", "mode: shadow", "mode: enforce");
    edit(rules, "siem/splunk-contain.yml", "assurance: B", "assurance: D");
}

/// What is posted to the source, or to its secret path.
fn plain(source: &str, headers: &[(&str, &str)], body: String) -> Delivery {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let headers = [("content-type".to_owned(), "application/json".to_owned())].into_iter().chain(headers).collect();
    Delivery { source: source.to_owned(), headers, body: body.into_bytes() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_url_disables_nobody_until_a_human_confirms_it() {
    let app = TestApp::start_with(Set { config: SOURCES, rules: acts_on_weak_sources, ..Set::default() }).await;
    let incident = app.open(&plain(&format!("splunk/{URL_SECRET}"), &[], contain("s1"))).await;
    let admitted = app.records_of("alert.admitted").pop().unwrap();
    let Event::AlertAdmitted { alert, verdict, .. } = admitted.event else { unreachable!() };
    assert_eq!((alert.assurance, alert.secret.as_str()), (Assurance::D, "url"));
    let (kind, reason) = (verdict.kind, verdict.decisions[0].reason);
    assert_eq!((kind, reason), (VerdictKind::Held, Some(HoldReason::UnconfirmedDisable)));
    assert_eq!(app.dingtalk().calls(), []);

    app.approve(&incident).await;
    app.until_contained(&incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_to_confirm_it_is_told_which_plan_and_where() {
    let sink = Sink::start(&[]).await;
    let channels = crate::notices::webhook(&sink, r#""approval_wanted""#);
    let set = crate::notices::set(&format!("{channels}{SOURCES}"));
    let app = TestApp::start_with(Set { rules: acts_on_weak_sources, ..set }).await;
    let incident = app.open(&plain(&format!("splunk/{URL_SECRET}"), &[], contain("s1"))).await;
    let told = sink.received(1).await[0].json();
    let about = &told["data"]["incidents"][0];
    assert_eq!((&told["type"], &about["id"]), (&json!("portcullis.approval_wanted"), &json!(incident)));
    assert_eq!(about["plan"], json!(app.incident(&incident).plan.digest()));
    assert_eq!(about["link"], json!(format!("https://portcullis.example.com/incidents/{incident}")));
    app.end().await;
}

/// With *for each result* Splunk calls once for each row, all of them under the id of the run.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_one_run_of_splunk_are_alerts_of_their_own() {
    let app = TestApp::start_with(Set { config: SOURCES, rules: acts_on_weak_sources, ..Set::default() }).await;
    let row = |person: &str| {
        let body = contain("s1").replace("zhang.san@example.com", person);
        plain(&format!("splunk/{URL_SECRET}"), &[], body)
    };
    let first = app.deliver(&row("zhang.san@example.com")).await;
    let second = app.deliver(&row("li.si@example.com")).await;
    let again = app.deliver(&row("zhang.san@example.com")).await;
    assert_eq!((first.status, second.status, again.status), (202, 202, 200));
    assert_eq!(first.alert(), again.alert());
    assert_ne!(first.alert(), second.alert());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_url_is_nowhere_afterwards() {
    let app = TestApp::start_with(Set { config: SOURCES, kept: Kept::BySled, ..Set::default() }).await;
    for (source, expected) in [
        (format!("splunk/{URL_SECRET}"), 202),
        (format!("splunk/{URL_SECRET}x"), 401),
        (format!("nobody/{URL_SECRET}"), 401),
        (format!("splunk/{URL_SECRET}/more"), 404),
        (format!("okta?code={URL_SECRET}"), 401),
    ] {
        let answer = app.deliver(&plain(&source, &[], contain("s1"))).await;
        assert_eq!(answer.status, expected, "{source}");
        assert!(!format!("{answer:?}").contains(URL_SECRET), "{answer:?}");
    }
    let unread = app.deliver(&plain(&format!("splunk/{URL_SECRET}"), &[], "{".to_owned())).await;
    assert_eq!((unread.status, unread.code()), (400, "bad_json"));
    app.advance(Duration::from_secs(120));
    for record in app.end().await {
        assert!(!format!("{record:?}").contains(URL_SECRET));
    }
}

fn firing() -> String {
    let alert = json!({"status": "firing", "labels": {}, "startsAt": "2026-11-20T21:58:23Z", "fingerprint": "f"});
    json!({ "alerts": [alert] }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a24_a_secret_in_a_header_is_taken_from_listed_addresses_whatever_they_say_of_themselves() {
    let app = TestApp::start_with(Set { config: SOURCES, ..Set::default() }).await;
    let with = [("authorization", HEADER_SECRET)];
    let first = app.deliver(&plain("monitor", &with, firing())).await;
    assert_eq!(first.status, 202);
    let again = app.deliver(&plain("monitor", &with, firing())).await;
    assert_eq!((again.status, again.alert()), (200, first.alert()), "known by its own key");
    assert_eq!(app.deliver(&plain("monitor", &[], firing())).await.status, 401);
    let spoofed = [("authorization", HEADER_SECRET), ("x-forwarded-for", "203.0.113.1")];
    assert_eq!(app.deliver(&plain("monitor", &spoofed, firing())).await.status, 200);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a25_behind_a_trusted_proxy_the_address_is_the_one_it_says() {
    let app = TestApp::start_with(Set { config: SOURCES, ..Set::default() }).await;
    // The harness trusts this one.
    let proxy = reqwest::Client::builder().local_address(IpAddr::from([127, 0, 0, 9])).build().unwrap();
    for (said, expected) in [
        ("127.0.0.5", 202),
        ("203.0.113.1", 401),
        ("127.0.0.5, 203.0.113.1", 401),
        ("203.0.113.1, 127.0.0.5", 200),
        ("203.0.113.1, 127.0.0.5, 127.0.0.9", 200),
    ] {
        let request = proxy.post(format!("{}/v1/alerts/monitor", app.app.url()));
        let request = request.header("content-type", "application/json").header("x-forwarded-for", said);
        let answer = request.header("authorization", HEADER_SECRET).body(firing()).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{said}");
    }
    app.end().await;
}
