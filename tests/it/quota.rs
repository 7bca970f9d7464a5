//! DingTalk's monthly quota: what counts is counted over restarts, and its last part is kept for containment.

use std::time::Duration;

use portcullis::sandbox::{Api, Fault, FaultKind};

use crate::harness::{CONTAINED, Delivery, Kept, Process, Set, TestApp, edit};

/// Five of ten calls are kept.
fn set() -> Set {
    Set {
        config: "[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n",
        adjust: |config| {
            config.directory.monthly_quota = 10;
            config.directory.monthly_reserve_percent = 50;
        },
        rules: |rules| edit(rules, "identities.csv", "wang.wu@example.com,wangwu", "one.more@example.com,user0001"),
        kept: Kept::BySled,
        ..Set::default()
    }
}

async fn calls_of_the_month(app: &TestApp) -> String {
    let page = app.client.get(app.app.metrics_url().unwrap()).send().await.unwrap().text().await.unwrap();
    page.lines().find_map(|line| line.strip_prefix("portcullis_dingtalk_month_calls ")).unwrap().to_owned()
}

async fn quota(app: &TestApp) -> String {
    app.get("/readyz", "").await.body["quota"].as_str().unwrap().to_owned()
}

async fn contain(app: &TestApp, name: &str, number: u32) {
    let incident = app.open(&Delivery::of_high_risk(name, number, app.now())).await;
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), CONTAINED, "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_containment_can_do_without_gives_way_when_only_the_reserve_is_left() {
    let app = TestApp::start_with(set()).await;
    contain(&app, "zhang.san@example.com", 1).await;
    assert_eq!((calls_of_the_month(&app).await.as_str(), quota(&app).await.as_str()), ("3", "ample"));
    let app = app.restart().await;
    assert_eq!(calls_of_the_month(&app).await, "3", "it is known over a restart");
    contain(&app, "li.si@example.com", 2).await;
    assert_eq!(app.dingtalk().received(Api::OwnedOrganizations), 2);
    contain(&app, "one.more@example.com", 3).await;
    assert_eq!(app.dingtalk().received(Api::OwnedOrganizations), 2, "who owns what is no longer asked");
    assert_eq!((calls_of_the_month(&app).await.as_str(), quota(&app).await.as_str()), ("8", "low"));
    // In China it is the first of the next month, whose only calls give the three accounts back.
    app.advance_to("2026-11-30T16:00:00Z".parse().unwrap());
    assert_eq!(quota(&app).await, "ample");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn containment_goes_on_beyond_what_we_believe_is_left() {
    let app = TestApp::start_with(Set { adjust: |config| config.directory.monthly_quota = 1, ..set() }).await;
    contain(&app, "zhang.san@example.com", 1).await;
    contain(&app, "li.si@example.com", 2).await;
    assert_eq!((calls_of_the_month(&app).await.as_str(), quota(&app).await.as_str()), ("4", "low"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_others_have_used_up_is_believed() {
    let app = TestApp::start_with(set()).await;
    app.dingtalk().inject(Fault::new(FaultKind::QuotaExhausted).on(Api::SignOut)).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    let held = [&CONTAINED[..3], &["sign_out failed: quota_exhausted", "held: quota_exhausted"]].concat();
    app.until_told(&incident, &held).await;
    assert_eq!(quota(&app).await, "low");
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    assert_eq!(app.dingtalk().received(Api::OwnedOrganizations), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_calls_are_not_counted() {
    let app = TestApp::start_with(set()).await;
    app.dingtalk().inject(Fault::new(FaultKind::Throttled).on(Api::SignOut)).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_postponed(&incident, 0, 1).await;
    assert_eq!(calls_of_the_month(&app).await, "0");
    app.advance(Duration::from_secs(2));
    app.until_contained(&incident).await;
    assert_eq!(calls_of_the_month(&app).await, "3");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_look_things_up_leave_the_reserve_alone() {
    let app = TestApp::start_with(set()).await;
    contain(&app, "zhang.san@example.com", 1).await;
    let path = app.folder().join("portcullis.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let narrow = "[directory]\nmonthly_quota = 3\n";
    std::fs::write(&path, text.replace("[directory]\n", narrow)).unwrap();
    let show = ["directory", "show", "lisi", "--config", path.to_str().unwrap()];
    // The command counts by this machine's calendar, in which the month may be another.
    let month = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    let file = app.config.resolve(&app.config.trail.path).join(portcullis::directory::CALLS_FILE);
    std::fs::write(&file, format!("{} 0000000003\n", month.strftime("%Y-%m"))).unwrap();
    let asked = app.dingtalk().received(Api::OwnedOrganizations);
    let ended = Process::run(&show).await;
    assert!(ended.stderr.contains("reserved_for_containment"), "{:?}", ended.stderr);
    assert_eq!(app.dingtalk().received(Api::OwnedOrganizations), asked);
    app.end().await;
}
