//! Start, stop and start again: nothing is lost between, and nobody starts twice.

use std::sync::Arc;
use std::time::Duration;

use portcullis::incident::Event;
use portcullis::sandbox::{Api, Fault, FaultKind};
use portcullis::server::{App, Hangups, Parts, Reread};

use crate::harness::{AUDITOR, CONTAINED, Delivery, Kept, Set, TestApp, harmless};

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_the_stop_left_off() {
    for kept in [Kept::InMemory, Kept::BySled] {
        let app = TestApp::start_with(Set { kept, ..Set::default() }).await;
        app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::Disable)).unwrap();
        let delivery = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
        let incident = app.open(&delivery).await;
        let (_, retry_at) = app.until_postponed(&incident, 1, 1).await;
        let app = app.restart().await;
        assert_eq!(app.deliver(&delivery).await.status, 200, "{kept:?}: what was admitted is known");
        app.advance_to(retry_at);
        app.until_contained(&incident).await;
        let trouble = ["disable started", "disable failed: busy"];
        assert_eq!(app.story(&incident), [&CONTAINED[..4], &trouble, &CONTAINED[4..]].concat());

        let app = app.restart().await;
        app.advance(Duration::from_secs(8 * 3_600));
        app.until(&incident, |state| !state.is_containing()).await;
        let kinds: Vec<&str> = app.end().await.iter().map(|record| record.event.kind()).collect();
        let system: Vec<&&str> = kinds.iter().filter(|kind| kind.starts_with("system.")).collect();
        assert_eq!(system, [&"system.started", &"system.stopped"].repeat(3), "{kept:?}");
        assert_eq!((kinds.first(), kinds.last()), (Some(&"system.started"), Some(&"system.stopped")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_call_under_way() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::HangAfterWork).on(Api::Disable)).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.when_called(Api::Disable, 1).await;
    // The call ends by its own time limit, and its end is recorded before the stop is.
    let app = app.restart().await;
    let records = app.records();
    let stopped = records.iter().find(|record| record.event.kind() == "system.stopped").unwrap();
    assert_eq!(stopped.event, Event::SystemStopped { parked: 0 });
    let unknown = records.iter().find(|record| record.event.kind() == "step.unknown").unwrap();
    assert!(unknown.seq < stopped.seq);
    app.until_contained(&incident).await;
    assert_eq!(app.dingtalk().received(Api::Disable), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_second_program_on_the_same_trail_is_refused() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    let reread: Reread = Arc::new(|| unreachable!("nothing has started"));
    let refused = Parts::real(&app.config, Hangups::listen().unwrap(), reread).map(drop).unwrap_err();
    assert!(format!("{refused:#}").contains("another process has the trail in"), "{refused:#}");
    assert_eq!(app.deliver(&Delivery::of_events("msg_1", &[harmless("a")], app.now())).await.status, 202);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_refused_keep_the_program_from_starting() {
    let app = TestApp::start().await;
    App::check(&app.config).unwrap();
    let rule = app.config.base.join("rules/impossible-travel.yml");
    let text = std::fs::read_to_string(&rule).unwrap();
    for (old, new) in
        [("expires_in: 8h", "expires_inn: 8h"), ("level: high", "level: high\nlevel: low"), ("HIGH'", "LOW'")]
    {
        std::fs::write(&rule, text.replace(old, new)).unwrap();
        let refused = App::check(&app.config).unwrap_err();
        assert!(format!("{refused:#}").contains("impossible-travel.yml"), "f01: {refused:#}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_readiness_are_open_and_say_nothing_else() {
    let app = TestApp::start().await;
    let health = app.get("/healthz", "").await;
    let ready = app.get("/readyz", "").await;
    assert_eq!((health.status, health.body), (200, serde_json::json!({ "status": "alive" })));
    let said = serde_json::json!({
        "status": "ready", "rules": "current", "sources": "current", "trail": "sealed", "anchors": "current", "clock": "steady", "dingtalk": "up", "quota": "ample",
        "forwards": "none", "disk": "ample",
    });
    assert_eq!((ready.status, ready.body), (200, said));
    for inside in ["/metrics", "/debug", "/v1", "/v1/", "/.git/config", "/rules/guardrails.yml"] {
        assert_eq!(app.get(inside, AUDITOR).await.status, 404, "i21: {inside}");
    }
    app.end().await;
}
