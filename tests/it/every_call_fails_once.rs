//! Whichever call to DingTalk goes wrong, and however, the account is contained in the end.

use portcullis::sandbox::{Api, Fault, FaultKind};

use crate::harness::{Delivery, TestApp};

/// More calls than a containment with one failure makes.
const CALLS_MAX: u32 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn busy() {
    at_every_call(FaultKind::Busy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled() {
    at_every_call(FaultKind::Throttled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_token() {
    at_every_call(FaultKind::ExpiredToken).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_off_before_the_work() {
    at_every_call(FaultKind::ResetBeforeWork).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_off_after_the_work() {
    at_every_call(FaultKind::ResetAfterWork).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_object() {
    at_every_call(FaultKind::EmptyObject).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page() {
    at_every_call(FaultKind::HtmlWith200).await;
}

/// Fails the first call, then, with a new app, the second, until no call is left to fail.
async fn at_every_call(kind: FaultKind) {
    for number in 1..CALLS_MAX {
        let app = TestApp::start().await;
        app.dingtalk().inject(Fault::new(kind).from_call(number)).unwrap();
        let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
        app.until_in_time(&incident, |state| state.is_containing()).await;
        let account = app.dingtalk().account("zhangsan").unwrap();
        assert_eq!((account.sessions, account.disabled), (0, true), "{kind:?} at call {number}");
        assert!(app.dingtalk().received(Api::SignOut) <= 2 && app.dingtalk().received(Api::Disable) <= 2);
        let is_over = app.dingtalk().faults().len() == 1;
        app.end().await;
        if is_over {
            assert_eq!(
                number, 8,
                "a containment is seven calls: token, account, order, account, owned organizations, order, account"
            );
            return;
        }
    }
    panic!("{kind:?}: there is no end of calls");
}
