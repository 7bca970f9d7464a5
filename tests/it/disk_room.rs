//! When the trail's disk runs out of room: first people are told, then senders are, and what is under way goes on.

use portcullis::config::Config;
use portcullis::incident::DiskRoom::{self, Ample, Full, Low, Short};
use portcullis::incident::{Event, UpkeepEvent};
use portcullis::sandbox::{Api, Fault, FaultKind};
use portcullis::trail::{Ballast, DiskSettings};

use crate::harness::{AUDITOR, CONTAINED, Delivery, Kept, OKTA, Set, TestApp};

const METRICS: &str = "[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n";
const BALLAST_BYTES: u64 = 2 * 1024 * 1024;

fn of_ladder(config: &mut Config) {
    config.trail.disk = DiskSettings { low_bytes: 1_000, short_bytes: 400, full_bytes: 100 };
}

fn with_ballast(config: &mut Config) {
    let short_bytes = 8 * BALLAST_BYTES;
    config.trail.disk = DiskSettings { low_bytes: 2 * short_bytes, short_bytes, full_bytes: BALLAST_BYTES };
    config.trail.ballast_bytes = BALLAST_BYTES;
}

async fn word(app: &TestApp) -> String {
    app.get("/readyz", "").await.body["disk"].as_str().unwrap().to_owned()
}

/// The value of a metric.
async fn metric(app: &TestApp, sample: &str) -> f64 {
    let page = app.client.get(app.app.metrics_url().unwrap()).send().await.unwrap().text().await.unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok());
    line.unwrap_or_else(|| panic!("there is no {sample} in {page}"))
}

/// What the trail says of it: how much room there was and is, and what was given back.
fn recorded(app: &TestApp) -> Vec<(DiskRoom, DiskRoom, u64)> {
    let of = |event: &Event| match event {
        Event::Upkeep(UpkeepEvent::DiskRoom { was, room, released_bytes, .. }) => Some((*was, *room, *released_bytes)),
        _ => None,
    };
    app.records().iter().filter_map(|record| of(&record.event)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn e11_short_of_room_senders_come_again_and_what_is_under_way_is_brought_to_its_end() {
    let app = TestApp::start_with(Set { adjust: of_ladder, config: METRICS, ..Set::default() }).await;
    app.leave_free(999).await;
    assert_eq!((word(&app).await.as_str(), metric(&app, "portcullis_ready").await), ("low", 1.0));
    app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::SignOut)).unwrap();
    let under_way = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.when_called(Api::SignOut, 1).await;

    app.leave_free(399).await;
    let (other, unreadable) = (
        Delivery::of_high_risk("li.si@example.com", 2, app.now()),
        Delivery::signed(&OKTA, "msg_3", b"[]".to_vec(), app.now()),
    );
    let before = app.records().len();
    for delivery in [&other, &unreadable] {
        let answer = app.deliver(delivery).await;
        assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (503, "30"), "{}", answer.body);
    }
    assert_eq!(app.records().len(), before, "nothing of them is on the trail");
    assert_eq!((word(&app).await.as_str(), metric(&app, "portcullis_ready").await), ("short", 0.0));
    assert_eq!(metric(&app, "portcullis_trail_disk_free_bytes").await, 399.0);
    assert_eq!(metric(&app, "portcullis_trail_disk_room{room=\"short\"}").await, 1.0);
    assert_eq!(metric(&app, "portcullis_trail_disk_room{room=\"low\"}").await, 0.0);
    app.dingtalk().release_hangs();
    app.until_contained(&under_way).await;
    assert_eq!(app.story(&under_way), CONTAINED);
    app.steer("/v1/pause").await;
    app.steer("/v1/resume").await;
    app.steer(&format!("/v1/incidents/{under_way}/release")).await;

    app.leave_free(499).await;
    assert_eq!(app.deliver(&other).await.status, 503, "not enough to spare");
    app.leave_free(500).await;
    app.open(&other).await;
    app.leave_free(u64::MAX).await;
    assert_eq!(recorded(&app), [(Ample, Low, 0), (Low, Short, 0), (Short, Low, 0), (Low, Ample, 0)]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_what_is_kept_in_reserve_is_given_back_once_the_disk_is_full_and_taken_again_with_room() {
    let app =
        TestApp::start_with(Set { adjust: with_ballast, config: METRICS, kept: Kept::BySled, ..Set::default() }).await;
    let ballast = Ballast::within(&app.config.resolve(&app.config.trail.path), BALLAST_BYTES);
    app.leave_free(u64::MAX).await;
    assert_eq!(ballast.missing_bytes().unwrap(), 0);
    assert!(metric(&app, "portcullis_trail_ballast_bytes").await >= BALLAST_BYTES as f64);
    app.leave_free(BALLAST_BYTES - 1).await;
    assert_eq!((ballast.held_bytes().unwrap(), word(&app).await.as_str()), (0, "full"));
    assert_eq!(metric(&app, "portcullis_trail_ballast_bytes").await, 0.0);
    assert_eq!(app.get("/v1/trail", AUDITOR).await.status, 200, "there is room to record who reads");
    // What is left by giving it back is not taken again at once, and not below what lets alerts in.
    for free in [2 * BALLAST_BYTES, 10 * BALLAST_BYTES] {
        app.leave_free(free).await;
        assert_eq!(ballast.held_bytes().unwrap(), 0, "{free} bytes free");
    }
    app.leave_free(40 * BALLAST_BYTES).await;
    assert_eq!((ballast.missing_bytes().unwrap(), word(&app).await.as_str()), (0, "ample"));
    let recorded = recorded(&app);
    let rooms: Vec<_> = recorded.iter().map(|(was, room, _)| (*was, *room)).collect();
    assert_eq!(rooms, [(Ample, Full), (Full, Short), (Short, Low), (Low, Ample)]);
    assert!(recorded[0].2 >= BALLAST_BYTES, "{recorded:?}");
    app.end().await;
}
