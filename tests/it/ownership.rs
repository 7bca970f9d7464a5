//! An account that owns other organizations: a human is told before it is disabled, and it is disabled.

use std::time::Duration;

use portcullis::incident::{AccountWarning, Event, HoldReason, IncidentId, Status};
use portcullis::sandbox::{Api, Fault, FaultKind, OWNED_CORP_ID};

use crate::harness::{CONTAINED, Delivery, TestApp};

/// The story of a containment in which a human was warned.
fn warned() -> Vec<&'static str> {
    [&CONTAINED[..4], &["warned"], &CONTAINED[4..]].concat()
}

async fn open(app: &TestApp, person: &str) -> IncidentId {
    app.open(&Delivery::of_high_risk(person, 1, app.now())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_of_other_organizations_is_a_warning_on_the_trail_and_is_disabled() {
    let app = TestApp::start().await;
    let incident = open(&app, "owner.one@example.com").await;
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), warned());
    let [record] = app.records_of("account.warned").try_into().unwrap();
    let corp_ids = vec![OWNED_CORP_ID.to_owned(), "dingownedcorp0004".to_owned()];
    let warning = AccountWarning::OwnsOrganizations { count: 2, corp_ids };
    assert_eq!(record.event, Event::AccountWarned { incident, warning });
    assert!(app.dingtalk().account("owner01").unwrap().disabled);

    let app = app.restart().await;
    assert_eq!(app.records_of("account.warned").len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_disabled_is_not_asked_about() {
    let app = TestApp::start().await;
    // Disabled already, and protected.
    for (number, person) in [(1, "wang.wu@example.com"), (2, "boss.one@example.com")] {
        let incident = app.open(&Delivery::of_high_risk(person, number, app.now())).await;
        app.until(&incident, |state| state.status != Status::Open || state.is_containing()).await;
    }
    assert_eq!(app.dingtalk().received(Api::OwnedOrganizations), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_fails_holds_nothing_up() {
    for kind in [
        FaultKind::Busy,
        FaultKind::Throttled,
        FaultKind::QuotaExhausted,
        FaultKind::PermissionDenied,
        FaultKind::AddressBlocked,
        FaultKind::HtmlWith200,
        FaultKind::EmptyObject,
        FaultKind::ResultFalse,
        FaultKind::ResetBeforeWork,
        FaultKind::ResetAfterWork,
        FaultKind::HangBeforeWork,
    ] {
        let app = TestApp::start().await;
        app.dingtalk().inject(Fault::new(kind).on(Api::OwnedOrganizations).until_cleared()).unwrap();
        let incident = open(&app, "owner.one@example.com").await;
        app.until_contained(&incident).await;
        assert_eq!(app.story(&incident), CONTAINED, "{kind:?}");
        assert_eq!(app.dingtalk().received(Api::OwnedOrganizations), 1, "{kind:?}: asked once");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disable_that_is_tried_again_warns_once() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::Disable)).unwrap();
    let incident = open(&app, "owner.one@example.com").await;
    let (_, retry_at) = app.until_postponed(&incident, 1, 1).await;
    app.advance_to(retry_at);
    app.until_contained(&incident).await;
    assert_eq!(app.records_of("account.warned").len(), 1);
    assert_eq!(app.dingtalk().received(Api::OwnedOrganizations), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_comes_during_the_look_is_kept() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::OwnedOrganizations)).unwrap();
    let incident = open(&app, "owner.one@example.com").await;
    app.dingtalk().wait_for(Api::OwnedOrganizations, 1).await;
    app.steer("/v1/pause").await;
    app.dingtalk().release_hangs();
    app.until(&incident, |state| state.status == Status::Held(HoldReason::Paused)).await;
    assert_eq!(app.story(&incident), [&CONTAINED[..4], &["held: paused"]].concat());
    assert_eq!(app.dingtalk().received(Api::Disable), 0);

    app.steer("/v1/resume").await;
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    let story = [&CONTAINED[..4], &["held: paused", "approved", "warned"], &CONTAINED[4..]].concat();
    assert_eq!(app.story(&incident), story);
    app.advance(Duration::from_secs(1));
    app.end().await;
}
