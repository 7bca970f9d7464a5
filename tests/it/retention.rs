//! Old records are dropped: by whoever may and says why, or by the settings; what was going on goes on, and the log says
//! of itself what it has no more.

use std::time::Duration;

use portcullis::incident::{Event, UpkeepEvent};
use serde_json::{Value, json};

use crate::harness::{
    ADMIN, AUDITOR, Answer, Delivery, ENGINEER, Kept, Process, RESPONDER, Set, TestApp, harmless, high_risk,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn set() -> Set {
    Set { kept: Kept::BySled, adjust: |config| config.trail.epoch_records = 50, ..Set::default() }
}

/// Records enough that an epoch of them is in files: it ends where it was full when that was seen, and is moved once all
/// bundles over it are whole.
async fn fill(app: &TestApp, name: &str) {
    let before = app.app.trail().store().archived().len();
    for batch in 0..20 {
        let name = format!("{name}-{batch}");
        let events: Vec<_> = (0..150).map(|number| harmless(&format!("{name}-{number}"))).collect();
        assert_eq!(app.deliver(&Delivery::of_events(&name, &events, app.now())).await.status, 202);
        let size = app.app.trail().head().size;
        let sealed =
            async { while app.get("/v1/trail/anchors", AUDITOR).await.body["sealed"].as_u64() < Some(size) {} };
        tokio::time::timeout(Duration::from_secs(20), sealed).await.expect("it is not sealed");
        if app.app.trail().store().archived().len() > before {
            return;
        }
    }
    panic!("no epoch was moved to files");
}

async fn until(mut is_so: impl FnMut() -> bool) {
    let waited = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waited).await.expect("it never came");
}

fn deliver(app: &TestApp, person: &str, id: &str) -> Delivery {
    Delivery::of_events(id, &[high_risk(person, id)], app.now())
}

async fn prune(app: &TestApp, token: &str, days_ago: u32) -> Answer {
    let before = app.now().checked_sub(DAY * days_ago).unwrap();
    app.post("/v1/trail/prune", token, &json!({ "before": before, "reason": "a drill" })).await
}

fn pruned(app: &TestApp) -> Vec<(Option<String>, u64)> {
    let records = app.records_of("trail.pruned").into_iter();
    let told = records.map(|record| match record.event {
        Event::Upkeep(UpkeepEvent::Pruned { actor, below, .. }) => (actor, below),
        other => panic!("{other:?}"),
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn h18_an_admin_has_old_records_dropped_and_the_rest_verifies_and_goes_on() {
    let app = TestApp::start_with(set()).await;
    app.steer("/v1/pause").await;
    let incident = app.open(&deliver(&app, "zhang.san@example.com", "alr-keeps")).await;
    fill(&app, "old").await;
    for token in [AUDITOR, ENGINEER, RESPONDER] {
        assert_eq!(prune(&app, token, 40).await.status, 403, "{token}");
    }
    for (days, status, code) in [(29, 422, "wrong_schema"), (31, 409, "nothing_to_prune")] {
        let refused = prune(&app, ADMIN, days).await;
        assert_eq!((refused.status, refused.code()), (status, code), "{days}");
    }
    app.advance(DAY * 31);
    let needed = prune(&app, ADMIN, 30).await;
    let told = (&needed.body["code"], &needed.body["incident"]);
    assert_eq!(told, (&json!("records_needed"), &json!(incident.as_str())), "{}", needed.body);
    app.steer(&format!("/v1/incidents/{incident}/dismiss")).await;
    app.steer("/v1/resume").await;
    fill(&app, "new").await;

    let answer = prune(&app, ADMIN, 30).await;
    let below = answer.body["below"].as_u64().unwrap_or_else(|| panic!("{}", answer.body));
    until(|| app.app.trail().store().first() == below).await;
    assert_eq!(pruned(&app), [(Some("admin".to_owned()), below)]);
    let gone = app.get("/v1/trail/records/0", AUDITOR).await;
    assert_eq!((gone.status, gone.code()), (410, "pruned"));
    // The log drops whole bundles: it may have the last of what is gone.
    for path in ["records/0/proof", &format!("records/{}/proof", below - 1), "export?from=0", "stream?from=0"] {
        let gone = app.get(&format!("/v1/trail/{path}"), AUDITOR).await;
        assert_eq!((gone.status, gone.code(), &gone.body["first"]), (410, "pruned", &json!(below)), "{path}");
    }
    let exported = app.get("/v1/trail/export", AUDITOR).await;
    assert_eq!(exported.status, 200, "from what there is");
    assert_eq!(app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.status, 404);
    let page = app.get("/v1/trail?from=0&limit=1", AUDITOR).await.body;
    assert_eq!(page["records"][0]["seq"], Value::from(below), "{page}");
    let other = app.get("/v1/trail/search?kind=trail.pruned", AUDITOR).await;
    assert_eq!(other.status, 200, "{}", other.body);

    let app = app.restart().await;
    assert_eq!(app.app.trail().store().first(), below);
    let next = app.open(&deliver(&app, "li.si@example.com", "alr-next")).await;
    app.until_contained(&next).await;
    let left = app.leave().await;
    let folder = left.path().join("trail");
    let verified = Process::run(&["trail", "verify", "--folder", folder.to_str().unwrap()]).await;
    let told = verified.stdout.join("\n");
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(told.contains("were pruned, as the log says itself"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_the_settings_keep_it_is_dropped_by_itself() {
    let mut set = set();
    set.config = "[trail]\nkeep_days = 30\n";
    let app = TestApp::start_with(set).await;
    fill(&app, "old").await;
    app.advance(DAY * 29);
    let app = app.restart().await;
    assert_eq!((pruned(&app), app.app.trail().store().first()), (vec![], 0));
    app.advance(DAY * 2);
    let app = app.restart().await;
    until(|| app.app.trail().store().first() > 0).await;
    let below = app.app.trail().store().first();
    assert_eq!(pruned(&app), [(None, below)]);
    app.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_dropped_before_it_was_forwarded_is_skipped_and_the_trail_says_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = format!("[trail.forward.siem]\naddress = \"{address}\"\nfrom_the_first = true\n");
    let mut set = set();
    set.config = Box::leak(config.into_boxed_str());
    let app = TestApp::start_with(set).await;
    fill(&app, "old").await;
    app.advance(DAY * 31);
    fill(&app, "new").await;
    assert_eq!(prune(&app, ADMIN, 30).await.status, 200);
    until(|| app.app.trail().store().first() > 0).await;
    let below = app.app.trail().store().first();
    // As if nothing had been taken before.
    let app = app.restart_after(|folder| std::fs::write(folder.join("trail/forwarded/siem"), "0\n").unwrap()).await;
    let app = app.unwrap();
    let told = |record: portcullis::trail::Record| match record.event {
        Event::TrailExported(exported) => exported.from,
        other => panic!("{other:?}"),
    };
    assert_eq!(app.records_of("trail.exported").into_iter().map(told).next_back(), Some(below));
    let first = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            // Connections of before the restart have been closed.
            let _ = tokio::io::AsyncReadExt::read_to_string(
                &mut tokio::io::AsyncReadExt::take(&mut stream, 4_000),
                &mut text,
            )
            .await;
            if text.contains(&format!(" externalId={below} ")) {
                return text;
            }
        }
    };
    let text = tokio::time::timeout(Duration::from_secs(20), first).await.expect("the first that there is");
    assert!(!text.contains(&format!(" externalId={} ", below - 1)), "{text}");
    app.leave().await;
}
