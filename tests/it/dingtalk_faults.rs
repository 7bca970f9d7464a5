//! DingTalk refuses, throttles, hangs and breaks off: each class waits its time or asks its human,
//! and what took effect is not done twice.

use std::ops::RangeInclusive;
use std::time::Duration;

use portcullis::incident::{HoldReason, IncidentId, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};

use crate::harness::{CONTAINED, Delivery, Set, TestApp, edit, high_risk, leaked};

/// The two orders, with where their records stand in the story of a containment.
const ORDERS: [(Api, usize, &str); 2] = [(Api::SignOut, 2, "sign_out"), (Api::Disable, 4, "disable")];

#[tokio::test(flavor = "multi_thread")]
async fn busy_is_tried_again_with_growing_waits() {
    for order in ORDERS {
        waits(FaultKind::Busy, order, &["failed: busy"], &[1_000..=1_499, 2_000..=2_999, 4_000..=5_999]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d15_a_disable_never_overtakes_a_sign_out_that_is_tried_again() {
    for kind in [FaultKind::Busy, FaultKind::Throttled, FaultKind::ResetBeforeWork, FaultKind::ResetAfterWork] {
        let app = TestApp::start().await;
        strike(&app, Fault::new(kind).on(Api::SignOut).times(3));
        let incident = open(&app).await;
        for attempt in 1..=3 {
            let (_, retry_at) = app.until_postponed(&incident, 0, attempt).await;
            assert_eq!(received(&app, Api::Disable), 0, "{kind:?} at attempt {attempt}");
            app.advance_to(retry_at);
        }
        app.until_contained(&incident).await;
        let story = app.story(&incident);
        let place = |words: &str| story.iter().position(|told| told == words).unwrap();
        assert!(place("sign_out answered") < place("disable started"), "{story:?}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g10_an_account_that_is_gone_or_disabled_already_is_an_end_and_no_loop() {
    let rules =
        |rules: &std::path::Path| edit(rules, "identities.csv", "li.si@example.com,lisi", "li.si@example.com,left");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let nobody = app.open(&Delivery::of_high_risk("li.si@example.com", 1, app.now())).await;
    app.until_told(&nobody, &["admitted", "resolved", "held: account_not_found"]).await;
    // Disabled by another hand.
    let disabled = app.open(&Delivery::of_high_risk("wang.wu@example.com", 2, app.now())).await;
    app.until_contained(&disabled).await;
    assert!(app.story(&disabled).contains(&"disable already_so".to_owned()));
    app.advance(Duration::from_secs(3_600));
    let other = app.open(&Delivery::of_high_risk("zhang.san@example.com", 3, app.now())).await;
    app.until_contained(&other).await;
    let calls = app.dingtalk().calls_to(Api::Disable);
    assert!(calls.iter().all(|call| call.user_id.as_deref() == Some("zhangsan")), "{calls:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttle_by_the_second_waits_a_second_and_one_by_the_minute_a_minute() {
    for order in ORDERS {
        waits(FaultKind::Throttled, order, &["failed: throttled"], &[1_000..=1_999, 1_000..=1_999]).await;
        waits(FaultKind::ThrottledMinute, order, &["failed: throttled_minute"], &[60_000..=60_999]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_address_keeps_still_for_five_minutes() {
    for order in ORDERS {
        // A page where an answer belongs is how the ban looks, too.
        for kind in [FaultKind::AddressBlocked, FaultKind::HtmlWith200] {
            keeps_still(kind, order).await;
        }
    }
}

/// Whatever is called for meanwhile, and for whomever, waits with it.
async fn keeps_still(kind: FaultKind, (api, begins, step): (Api, usize, &str)) {
    let app = TestApp::start().await;
    strike(&app, Fault::new(kind).on(api));
    let incident = open(&app).await;
    let (_, retry_at) = app.until_postponed(&incident, begins / 2 - 1, 1).await;
    let barred_at = app.now();
    assert_eq!(retry_at, barred_at + Duration::from_secs(300), "{kind:?} on {api:?}");
    let calls = app.dingtalk().calls().len();
    app.advance_to(retry_at - Duration::from_millis(1));
    let other = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.until(&other, |state| state.user_id.is_some()).await;
    app.advance_to(retry_at);
    app.until_contained(&incident).await;
    app.until_in_time(&other, |state| state.is_containing()).await;
    assert!(app.dingtalk().calls()[calls..].iter().all(|call| call.at >= retry_at), "{kind:?} on {api:?}");
    let trouble = [format!("{step} started"), format!("{step} failed: address_blocked")];
    let whole: Vec<String> = CONTAINED.iter().map(ToString::to_string).collect();
    assert_eq!(app.story(&incident), [&whole[..begins], &trouble, &whole[begins..]].concat());
    assert_eq!(app.story(&other), CONTAINED, "it failed at nothing");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_say_yes_is_never_success() {
    for order in ORDERS {
        for kind in [FaultKind::EmptyObject, FaultKind::ResultFalse] {
            let trouble = ["unknown: unexpected_answer", "failed: unknown"];
            waits(kind, order, &trouble, &[1_000..=1_499, 2_000..=2_999]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_an_answer_that_was_not_done_is_done() {
    for order in ORDERS {
        let trouble = ["unknown: connection_lost", "failed: unknown"];
        waits(FaultKind::ResetBeforeWork, order, &trouble, &[1_000..=1_499]).await;
        waits(FaultKind::HangBeforeWork, order, &["unknown: timeout", "failed: unknown"], &[1_000..=1_499]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_without_an_answer_is_repeated_because_nothing_shows_sessions() {
    let trouble = ["unknown: connection_lost", "failed: unknown"];
    waits(FaultKind::ResetAfterWork, ORDERS[0], &trouble, &[1_000..=1_499]).await;
    waits(FaultKind::HangAfterWork, ORDERS[0], &["unknown: timeout", "failed: unknown"], &[1_000..=1_499]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_disable_that_was_done_but_not_answered_is_found_done_and_not_ordered_again() {
    for (kind, code) in [(FaultKind::HangAfterWork, "timeout"), (FaultKind::ResetAfterWork, "connection_lost")] {
        let app = TestApp::start().await;
        strike(&app, Fault::new(kind).on(Api::Disable));
        let incident = open(&app).await;
        app.until_contained(&incident).await;
        let unknown = format!("disable unknown: {code}");
        let settled = ["disable started", &unknown, "disable recovered", "disable verified"];
        assert_eq!(app.story(&incident), [&CONTAINED[..4], &settled].concat());
        assert_eq!(received(&app, Api::Disable), 1);
        app.end().await;
    }
}

/// Strikes one order as often as waits are given; each has to be waited for, and then all is well.
async fn waits(
    kind: FaultKind,
    (api, begins, step): (Api, usize, &str),
    trouble: &[&str],
    waits_ms: &[RangeInclusive<i64>],
) {
    let app = TestApp::start().await;
    let times = u32::try_from(waits_ms.len()).unwrap();
    strike(&app, Fault::new(kind).on(api).times(times));
    let incident = open(&app).await;
    let mut story: Vec<String> = CONTAINED[..begins].iter().map(ToString::to_string).collect();
    for (attempt, wait_ms) in (1..).zip(waits_ms) {
        let (_, retry_at) = app.until_postponed(&incident, begins / 2 - 1, attempt).await;
        let waited_ms = retry_at.as_millisecond() - app.now().as_millisecond();
        assert!(wait_ms.contains(&waited_ms), "{kind:?} on {api:?}: {waited_ms} ms");
        story.push(format!("{step} started"));
        story.extend(trouble.iter().map(|words| format!("{step} {words}")));
        assert_eq!(app.story(&incident), story, "{kind:?} on {api:?}");

        app.advance_to(retry_at - Duration::from_millis(1));
        what_is_due_was_done(&app, attempt).await;
        assert_eq!(received(&app, api), attempt, "{kind:?} on {api:?}: not a millisecond too early");
        app.advance_to(retry_at);
    }
    app.until_contained(&incident).await;
    story.extend(CONTAINED[begins..].iter().map(ToString::to_string));
    assert_eq!(app.story(&incident), story, "{kind:?} on {api:?}");
    let account = app.dingtalk().account("zhangsan").unwrap();
    assert_eq!((account.sessions, account.disabled), (0, true));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_an_expired_token_is_refreshed_once_and_the_order_sent_again() {
    for (api, ..) in ORDERS {
        let app = TestApp::start().await;
        strike(&app, Fault::new(FaultKind::ExpiredToken).on(api));
        let incident = open(&app).await;
        app.until_contained(&incident).await;
        assert_eq!(app.story(&incident), CONTAINED, "the refresh is no attempt of its own");
        assert_eq!((app.dingtalk().received(Api::AccessToken), received(&app, api)), (2, 2));
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_stays_refused_is_a_failure_that_waits() {
    for order in ORDERS {
        // Each attempt is refused twice: with the token at hand and with the fresh one.
        let app = TestApp::start().await;
        strike(&app, Fault::new(FaultKind::ExpiredToken).on(order.0).times(2));
        let incident = open(&app).await;
        let (_, retry_at) = app.until_postponed(&incident, order.1 / 2 - 1, 1).await;
        assert_eq!(app.story(&incident).last().unwrap(), &format!("{} failed: token_refused", order.2));
        app.advance_to(retry_at);
        app.until_contained(&incident).await;
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_dingtalk_has_ended_is_replaced_before_anything_else() {
    let app = TestApp::start().await;
    let first = open(&app).await;
    app.until_contained(&first).await;
    app.dingtalk().expire_token();
    let second = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.until_contained(&second).await;
    assert_eq!(app.story(&second), CONTAINED);
    assert_eq!(app.dingtalk().received(Api::AccessToken), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_an_operator_can_mend_is_held_and_goes_on_when_approved() {
    let cases = [
        (FaultKind::QuotaExhausted, HoldReason::QuotaExhausted, "quota_exhausted"),
        (FaultKind::PermissionDenied, HoldReason::OperatorNeeded, "operator_needed"),
    ];
    for (kind, reason, word) in cases {
        for (api, begins, step) in ORDERS {
            let app = TestApp::start().await;
            strike(&app, Fault::new(kind).on(api));
            let incident = open(&app).await;
            app.until(&incident, |state| state.status == Status::Held(reason)).await;
            let (started, failed, held) =
                (format!("{step} started"), format!("{step} failed: {word}"), format!("held: {word}"));
            let trouble = [&CONTAINED[..begins], &[&started, &failed, &held]].concat();
            assert_eq!(app.story(&incident), trouble);
            app.advance(Duration::from_secs(3_600));
            what_is_due_was_done(&app, 1).await;
            assert_eq!(received(&app, api), 1, "no retry by itself");

            app.approve(&incident).await;
            app.until_contained(&incident).await;
            assert_eq!(app.story(&incident), [&trouble[..], &["approved"], &CONTAINED[begins..]].concat());
            app.end().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e10_ten_minutes_of_trouble_are_met_with_few_calls() {
    for kind in [FaultKind::Busy, FaultKind::EmptyObject, FaultKind::ResetBeforeWork] {
        let app = TestApp::start().await;
        strike(&app, Fault::new(kind).on(Api::SignOut).until_cleared());
        let incident = open(&app).await;
        let end = app.now() + Duration::from_secs(600);
        let mut last = 0;
        while app.now() < end {
            let (attempt, retry_at) = app.until_postponed(&incident, 0, last + 1).await;
            app.advance_to(retry_at);
            last = attempt;
        }
        assert!((5..=16).contains(&last), "{kind:?}: {last} attempts in ten minutes");
        app.dingtalk().clear_faults();
        app.until_in_time(&incident, |state| state.is_containing()).await;
        app.end().await;
    }
}

async fn open(app: &TestApp) -> IncidentId {
    app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await
}

/// Strikes calls about the account that [`open`] is about.
fn strike(app: &TestApp, fault: Fault) {
    app.dingtalk().inject(fault.about("zhangsan")).unwrap();
}

/// How many calls of an API there were about that account.
fn received(app: &TestApp, api: Api) -> u32 {
    let calls = app.dingtalk().calls_to(api);
    u32::try_from(calls.iter().filter(|call| call.user_id.as_deref() == Some("zhangsan")).count()).unwrap()
}

/// Has an incident on another account go all the way, so that the executor has looked at what is due.
async fn what_is_due_was_done(app: &TestApp, time: u32) {
    let id = format!("other-{time}");
    let event = match time {
        1 => high_risk("li.si@example.com", &id),
        2 => high_risk("wang.wu@example.com", &id),
        _ => leaked("li.si@example.com", &id),
    };
    let other = app.open(&Delivery::of_events(&id, &[event], app.now())).await;
    app.until_contained(&other).await;
}
