//! What we sign for others, the official libraries of Standard Webhooks take.

use portcullis::incident::Timestamp;

use super::official::{ALL, ask};
use crate::harness::*;
use crate::notices::{WEBHOOK_SECRET, set, webhook};

#[tokio::test(flavor = "multi_thread")]
async fn what_people_are_told_by_webhook_the_official_libraries_take_and_with_one_byte_changed_refuse() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&webhook(&sink, r#""actions_paused""#))).await;
    // The libraries know no other time.
    app.clock.set(Timestamp::now());
    app.steer("/v1/pause").await;
    let posted = sink.received(1).await.remove(0);
    assert_eq!((posted.path.as_str(), posted.query["team"].as_str()), ("/in", "soc"));
    let headers = posted.headers.iter().filter(|(name, _)| name.starts_with("webhook-")).cloned().collect();
    let whole = Delivery { source: "hook".to_owned(), headers, body: posted.body.clone().into_bytes() };
    let mut altered = whole.clone();
    altered.body[20] ^= 1;
    let judged = |delivery| ALL.map(|official| official.verify_with(WEBHOOK_SECRET, delivery));
    let outcomes = ask(&[judged(&whole), judged(&altered)].concat());
    let refused: Vec<bool> = outcomes.iter().map(|outcome| !outcome.is_null()).collect();
    assert_eq!(refused, [false, false, false, false, true, true, true, true], "{outcomes:?}");
    app.end().await;
}
