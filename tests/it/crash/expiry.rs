//! Killed at every call by which an account is given back when its time is over: the next process brings that to its
//! end, and enables nobody twice.

use std::fs;
use std::time::Duration;

use portcullis::incident::{IncidentId, Timestamp};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;
use tempfile::TempDir;

use super::laws::{self, life};
use super::site::Site;
use crate::harness::{Delivery, Kept, PSEUDONYM_KEY, Set, TestApp};

/// Token, account, order, account; a start also looks whether whoever is contained is protected by now.
const CALLS_MIN: u32 = 4;
/// Longer than the disable lasts.
const AGO: Duration = Duration::from_secs(9 * 3_600);

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_call_of_an_expiry_before_anything_is_done() {
    killed_at_every_call(FaultKind::HangBeforeWork).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_call_of_an_expiry_when_all_is_done_and_nothing_recorded() {
    killed_at_every_call(FaultKind::HangAfterWork).await;
}

async fn killed_at_every_call(kind: FaultKind) {
    for number in 1.. {
        let (folder, incident) = contained_long_ago().await;
        let site = Site::taking_over(folder).await;
        site.dingtalk().change("zhangsan", |account| account.disabled = true);
        site.dingtalk().inject(Fault::new(kind).from_call(number)).unwrap();
        let path = format!("/v1/incidents/{incident}");
        let closed = json!({ "closed": "done" });
        let program = site.start().await;
        let is_struck = site.is_struck_before(program.until_shown(&path, |shown| shown["status"] == closed)).await;
        if !is_struck {
            program.stop().await;
            assert!(number > CALLS_MIN, "{:#?}", site.dingtalk().calls());
            return;
        }
        program.kill();
        let left = life(&site.left().await, &incident);

        let program = site.start().await;
        program.until_shown(&path, |shown| shown["status"] == closed).await;
        program.stop().await;
        let records = site.records().await;
        let life = life(&records, &incident);
        assert_eq!(life[..left.len()], left, "{kind:?} at call {number}");
        assert!(life.contains(&"step.verified 2".to_owned()), "{kind:?} at call {number}: {life:#?}");
        assert!(!site.dingtalk().account("zhangsan").unwrap().disabled, "{kind:?} at call {number}");
        let enables = site.dingtalk().calls_to(Api::Enable);
        let done = enables.iter().filter(|call| call.work_done).count();
        let is_unheard = enables.iter().any(|call| call.fault.is_some()) && kind == FaultKind::HangBeforeWork;
        assert_eq!((enables.len(), done), (1 + usize::from(is_unheard), 1), "{kind:?} at call {number}");
        laws::check(&records, &site.dingtalk().calls());
    }
}

/// A trail on which the disable is over, and what it stands on.
async fn contained_long_ago() -> (TempDir, IncidentId) {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    app.clock.set(Timestamp::now() - AGO);
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let folder = app.leave().await;
    fs::write(folder.path().join("trail/pseudonym.key"), PSEUDONYM_KEY).unwrap();
    (folder, incident)
}
