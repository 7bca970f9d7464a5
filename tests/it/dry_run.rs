//! In a dry run everything is as ever, except that nothing is done to anybody.

use portcullis::incident::{Outcome, Status};
use portcullis::sandbox::Api;

use crate::harness::{Delivery, Set, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_reads_and_decides_and_no_order_leaves() {
    let app = TestApp::start_with(Set { adjust: |config| config.directory.dry_run = true, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Failed)).await;
    let story = app.story(&incident);
    assert_eq!(story[..2], ["admitted", "resolved"]);
    assert!(story.contains(&"sign_out given up: dry_run".to_owned()), "{story:?}");
    assert!(story.contains(&"disable given up: dry_run".to_owned()), "{story:?}");
    for order in [Api::SignOut, Api::Disable, Api::Enable, Api::ChangeDingtalkId] {
        assert_eq!(app.dingtalk().calls_to(order), [], "{order:?}");
    }
    assert!(!app.dingtalk().calls_to(Api::UserGet).is_empty(), "it looked");
    app.end().await;
}
