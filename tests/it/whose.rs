//! Only a disable of ours is undone: not one that somebody else has made before, between or after our own orders.

use std::time::Duration;

use portcullis::incident::{Finding, HoldReason, IncidentId, Status, StepState};
use portcullis::sandbox::{Api, Fault, FaultKind};

use crate::harness::{CONTAINED, Delivery, TestApp};

const HOUR: Duration = Duration::from_secs(3_600);

async fn open(app: &TestApp) -> IncidentId {
    app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disable_that_was_refused_has_done_nothing_and_claims_nothing() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::Disable)).unwrap();
    let incident = open(&app).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::OperatorNeeded)).await;
    app.disable_by_another_hand("zhangsan").await;
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    app.advance(8 * HOUR);
    let rest = [
        "disable failed: operator_needed",
        "held: operator_needed",
        "approved",
        "disable started",
        "disable already_so",
        "disable verified",
        "enable started",
        "enable not_ours",
        "closed: done",
    ];
    app.until_told(&incident, &[&CONTAINED[..5], &rest].concat()).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled, "by another hand");
    app.end().await;
}

/// Whoever is throttled was not served either; whoever met an error may have been, though.
#[tokio::test(flavor = "multi_thread")]
async fn only_an_attempt_that_may_have_come_through_makes_a_disable_ours() {
    for (kind, finding) in [
        (FaultKind::Throttled, Finding::AlreadySo),
        (FaultKind::ExpiredToken, Finding::AlreadySo),
        (FaultKind::Busy, Finding::Recovered),
        (FaultKind::ResetBeforeWork, Finding::Recovered),
    ] {
        let app = TestApp::start().await;
        app.dingtalk().inject(Fault::new(kind).on(Api::Disable).times(2)).unwrap();
        let incident = open(&app).await;
        let (_, retry_at) = app.until_postponed(&incident, 1, 1).await;
        app.disable_by_another_hand("zhangsan").await;
        app.advance_to(retry_at);
        app.dingtalk().clear_faults();
        let state = app.until_contained(&incident).await;
        assert!(
            matches!(state.steps[1], StepState::Verified { finding: found, .. } if found == finding),
            "{kind:?}: {:?}",
            state.steps
        );
        app.end().await;
    }
}
