//! A rule that signs out once more after the disable: what somebody opened between the two ends, and what keeps it
//! from ending is recorded and changes nothing.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Event, Outcome, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};

use crate::harness::{CONTAINED, Delivery, Set, TestApp, edit};

const RULE: &str = "impossible-travel.yml";

fn rules(folder: &Path) {
    edit(folder, RULE, "expires_in: 8h\n", "expires_in: 8h\n        - sign_out\n");
    edit(folder, RULE, "steps: [sign_out, disable]", "steps: [sign_out, disable, sign_out]");
}

async fn start() -> TestApp {
    TestApp::start_with(Set { rules, ..Set::default() }).await
}

fn story(more: &[&str]) -> Vec<String> {
    CONTAINED.iter().chain(more).map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_opened_before_the_disable_is_ended_in_the_same_words() {
    let app = start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until(&incident, |_| app.story(&incident).len() == CONTAINED.len() + 2).await;
    assert_eq!(app.story(&incident), story(&["sign_out started", "sign_out answered"]));
    let account = app.dingtalk().account("zhangsan").unwrap();
    assert_eq!((account.sign_outs, account.disabled), (2, true));
    let notice = account.last_sign_out.unwrap();
    assert_eq!(notice.texts.len(), 15);
    assert!(notice.reason.unwrap().contains(incident.as_str()));
    app.advance(Duration::from_secs(8 * 3_600));
    app.until(&incident, |state| state.status == Status::Closed(Outcome::Done)).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_failure_is_recorded_and_the_incident_ends_as_without_it() {
    for (kind, told) in [
        (FaultKind::Busy, vec!["sign_out given up: system.busy"]),
        (FaultKind::Throttled, vec!["sign_out given up: Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"]),
        (FaultKind::PermissionDenied, vec!["sign_out given up: Forbidden.AccessDenied.AccessTokenPermissionDenied"]),
        (FaultKind::QuotaExhausted, vec!["sign_out given up: Forbidden.AccessDenied.ApiCountLimitForOrg"]),
        (FaultKind::ResetBeforeWork, vec!["sign_out given up: connection_lost"]),
        (FaultKind::ResetAfterWork, vec!["sign_out given up: connection_lost"]),
    ] {
        let app = start().await;
        app.dingtalk().inject(Fault::new(kind).on(Api::SignOut).from_call(2).until_cleared()).unwrap();
        let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
        app.until(&incident, |_| app.story(&incident).len() == CONTAINED.len() + 1 + told.len()).await;
        let more: Vec<&str> = ["sign_out started"].into_iter().chain(told).collect();
        assert_eq!(app.story(&incident), story(&more), "{kind:?}");
        app.advance(Duration::from_secs(8 * 3_600));
        let more: Vec<&str> =
            more.into_iter().chain(["enable started", "enable answered", "enable verified", "closed: done"]).collect();
        app.until(&incident, |state| matches!(state.status, Status::Closed(_))).await;
        assert_eq!(app.story(&incident), story(&more), "{kind:?}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_it_while_the_account_cannot_be_read_or_may_not_be_touched() {
    // The first look at the account is before the sign-out, the second before the disable, the third reads it back.
    let app = start().await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::UserGet).from_call(4).until_cleared()).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until(&incident, |_| app.story(&incident).len() == CONTAINED.len() + 2).await;
    assert_eq!(app.story(&incident), story(&["sign_out started", "sign_out given up: -1"]));
    assert_eq!(app.dingtalk().received(Api::SignOut), 1);
    let records = app.end().await;
    assert!(!records.iter().any(|record| matches!(record.event, Event::IncidentHeld { .. })));
}
