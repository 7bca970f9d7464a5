//! Killed at every point of a step's way: guard read, intent, call, outcome, reading back. What the
//! trail holds then is exact, and so is how the next process goes on.

use std::fs;

use portcullis::incident::{IncidentId, Timestamp};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::Value;

use super::laws::{self, life};
use super::site::{Program, Site};
use crate::harness::{Delivery, high_risk};

/// A point of the way, and what comes of it.
struct Point {
    /// The call that hangs, so that the program waits there.
    at: Fault,
    /// That call, and how many of its kind are received by then.
    reached: (Api, u64),
    /// The incident's life when the program is killed.
    left: &'static [&'static str],
    /// What the next process adds.
    added: &'static [&'static str],
    /// How many sign-outs were received in the end, and how many of them were carried out.
    sign_outs: (usize, usize),
    /// The same for disables.
    disables: (usize, usize),
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_fetches_a_token_it_has_begun_nothing() {
    killed_at(Point {
        at: Fault::new(FaultKind::HangBeforeWork).on(Api::AccessToken),
        reached: (Api::AccessToken, 1),
        left: &["alert.admitted", "account.resolved"],
        added: &[
            "step.started 0/1",
            "step.succeeded 0/1 answered",
            "step.started 1/1",
            "step.succeeded 1/1 answered",
            "step.verified 1",
        ],
        sign_outs: (1, 1),
        disables: (1, 1),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_the_guards_read_before_the_sign_out_it_has_begun_nothing() {
    killed_at(Point {
        at: Fault::new(FaultKind::HangBeforeWork).on(Api::UserGet),
        reached: (Api::UserGet, 1),
        left: &["alert.admitted", "account.resolved"],
        added: &[
            "step.started 0/1",
            "step.succeeded 0/1 answered",
            "step.started 1/1",
            "step.succeeded 1/1 answered",
            "step.verified 1",
        ],
        sign_outs: (1, 1),
        disables: (1, 1),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_sign_out_was_done_it_signs_out_again() {
    killed_at(Point {
        at: Fault::new(FaultKind::HangBeforeWork).on(Api::SignOut),
        reached: (Api::SignOut, 1),
        left: &["alert.admitted", "account.resolved", "step.started 0/1"],
        added: &[
            "step.unknown 0/1",
            "step.failed 0/1",
            "step.started 0/2",
            "step.succeeded 0/2 answered",
            "step.started 1/1",
            "step.succeeded 1/1 answered",
            "step.verified 1",
        ],
        sign_outs: (2, 1),
        disables: (1, 1),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_sign_out_was_done_it_signs_out_once_more_which_harms_nobody() {
    killed_at(Point {
        at: Fault::new(FaultKind::HangAfterWork).on(Api::SignOut),
        reached: (Api::SignOut, 1),
        left: &["alert.admitted", "account.resolved", "step.started 0/1"],
        added: &[
            "step.unknown 0/1",
            "step.failed 0/1",
            "step.started 0/2",
            "step.succeeded 0/2 answered",
            "step.started 1/1",
            "step.succeeded 1/1 answered",
            "step.verified 1",
        ],
        sign_outs: (2, 2),
        disables: (1, 1),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_once_the_sign_out_is_recorded_it_goes_on_with_the_disable() {
    killed_at(Point {
        at: Fault::new(FaultKind::HangBeforeWork).on(Api::UserGet).from_call(2),
        reached: (Api::UserGet, 2),
        left: &["alert.admitted", "account.resolved", "step.started 0/1", "step.succeeded 0/1 answered"],
        added: &["step.started 1/1", "step.succeeded 1/1 answered", "step.verified 1"],
        sign_outs: (1, 1),
        disables: (1, 1),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d07_killed_before_the_disable_was_done_it_looks_and_disables() {
    killed_at(Point {
        at: Fault::new(FaultKind::HangBeforeWork).on(Api::Disable),
        reached: (Api::Disable, 1),
        left: &[
            "alert.admitted",
            "account.resolved",
            "step.started 0/1",
            "step.succeeded 0/1 answered",
            "step.started 1/1",
        ],
        added: &[
            "step.unknown 1/1",
            "step.failed 1/1",
            "step.started 1/2",
            "step.succeeded 1/2 answered",
            "step.verified 1",
        ],
        sign_outs: (1, 1),
        disables: (2, 1),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d08_killed_after_the_disable_was_done_it_looks_and_does_not_disable_again() {
    killed_at(Point {
        at: Fault::new(FaultKind::HangAfterWork).on(Api::Disable),
        reached: (Api::Disable, 1),
        left: &[
            "alert.admitted",
            "account.resolved",
            "step.started 0/1",
            "step.succeeded 0/1 answered",
            "step.started 1/1",
        ],
        added: &["step.unknown 1/1", "step.succeeded 1/1 recovered", "step.verified 1"],
        sign_outs: (1, 1),
        disables: (1, 1),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_reads_the_disable_back_it_reads_it_back() {
    killed_at(Point {
        at: Fault::new(FaultKind::HangBeforeWork).on(Api::UserGet).from_call(3),
        reached: (Api::UserGet, 3),
        left: &[
            "alert.admitted",
            "account.resolved",
            "step.started 0/1",
            "step.succeeded 0/1 answered",
            "step.started 1/1",
            "step.succeeded 1/1 answered",
        ],
        added: &["step.verified 1"],
        sign_outs: (1, 1),
        disables: (1, 1),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_once_all_is_verified_it_does_nothing_more() {
    let site = Site::new().await;
    let program = site.start().await;
    let incident = deliver_about(&program, "zhang.san@example.com").await;
    program.until_contained(&incident).await;
    program.kill();
    let left = life(&site.left().await, &incident);
    let calls = calls_about(&site, "zhangsan");

    let program = site.start().await;
    // The other one's turn comes after everything that was due at the start.
    let other = deliver_about(&program, "li.si@example.com").await;
    program.until_contained(&other).await;
    assert_shown_as_done(&program.until_contained(&incident).await);
    program.stop().await;

    let records = site.records().await;
    assert_eq!(life(&records, &incident), left);
    assert_eq!(calls_about(&site, "zhangsan"), calls);
    laws::check(&records, &site.dingtalk().calls());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_during_the_recovery_it_recovers_all_the_same() {
    let site = Site::new().await;
    site.dingtalk().inject(Fault::new(FaultKind::HangAfterWork).on(Api::Disable)).unwrap();
    let program = site.start().await;
    let incident = deliver_about(&program, "zhang.san@example.com").await;
    site.received(Api::Disable, 1).await;
    program.kill();

    let reads = site.dingtalk().received(Api::UserGet);
    site.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::UserGet)).unwrap();
    let program = site.start().await;
    site.received(Api::UserGet, reads + 1).await;
    program.kill();
    let left = life(&site.left().await, &incident);
    assert_eq!(left.last().map(String::as_str), Some("step.unknown 1/1"));

    let program = site.start().await;
    assert_shown_as_done(&program.until_contained(&incident).await);
    program.stop().await;
    let records = site.records().await;
    assert_eq!(life(&records, &incident)[left.len()..], ["step.succeeded 1/1 recovered", "step.verified 1"]);
    assert_eq!(received_and_done(&site, Api::Disable), (1, 1));
    laws::check(&records, &site.dingtalk().calls());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_an_enable_was_done_it_looks_and_enables() {
    killed_while_enabling(
        FaultKind::HangBeforeWork,
        &[
            "step.unknown 0/1",
            "step.failed 0/1",
            "step.started 0/2",
            "step.succeeded 0/2 answered",
            "step.verified 0",
            "incident.closed done",
        ],
        (2, 1),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_an_enable_was_done_it_looks_and_does_not_enable_again() {
    killed_while_enabling(
        FaultKind::HangAfterWork,
        &["step.unknown 0/1", "step.succeeded 0/1 recovered", "step.verified 0", "incident.closed done"],
        (1, 1),
    )
    .await;
}

async fn killed_at(point: Point) {
    let site = Site::new().await;
    site.dingtalk().inject(point.at).unwrap();
    let program = site.start().await;
    let incident = deliver_about(&program, "zhang.san@example.com").await;
    let (api, count) = point.reached;
    site.received(api, count).await;
    program.kill();
    assert_eq!(life(&site.left().await, &incident), point.left);

    let program = site.start().await;
    assert_shown_as_done(&program.until_contained(&incident).await);
    program.stop().await;

    let records = site.records().await;
    assert_eq!(life(&records, &incident), [point.left, point.added].concat());
    assert_eq!(received_and_done(&site, Api::SignOut), point.sign_outs);
    assert_eq!(received_and_done(&site, Api::Disable), point.disables);
    let account = site.dingtalk().account("zhangsan").unwrap();
    assert_eq!((account.sessions, account.disabled), (0, true));
    laws::check(&records, &site.dingtalk().calls());
}

/// Wang Wu is disabled from the start; a rule of this test's own gives the account back.
async fn killed_while_enabling(fault: FaultKind, added: &[&str], enables: (usize, usize)) {
    let site = Site::new().await;
    fs::write(site.path("rules/account-given-back.yml"), ACCOUNT_GIVEN_BACK).unwrap();
    site.dingtalk().inject(Fault::new(fault).on(Api::Enable)).unwrap();
    let program = site.start().await;
    let mut event = high_risk("wang.wu@example.com", "event-given-back");
    event["eventType"] = "user.account.unlock".into();
    let incident = deliver(&program, &Delivery::of_events("msg_given_back", &[event], Timestamp::now())).await;
    site.received(Api::Enable, 1).await;
    program.kill();
    let left = life(&site.left().await, &incident);
    assert_eq!(left, ["alert.admitted", "account.resolved", "step.started 0/1"]);

    let program = site.start().await;
    program.until(&incident, |document| document["status"] == serde_json::json!({ "closed": "done" })).await;
    program.stop().await;
    let records = site.records().await;
    assert_eq!(life(&records, &incident)[left.len()..], *added);
    assert_eq!(received_and_done(&site, Api::Enable), enables);
    assert!(!site.dingtalk().account("wangwu").unwrap().disabled);
    laws::check(&records, &site.dingtalk().calls());
}

async fn deliver_about(program: &Program, person: &str) -> IncidentId {
    let id = format!("msg_{}", person.len());
    deliver(program, &Delivery::of_events(&id, &[high_risk(person, &id)], Timestamp::now())).await
}

async fn deliver(program: &Program, delivery: &Delivery) -> IncidentId {
    let answer = program.deliver(delivery).await.expect("an answer");
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.incident()
}

fn assert_shown_as_done(document: &Value) {
    let states: Vec<_> = document["steps"].as_array().unwrap().iter().map(|step| &step["is"]["state"]).collect();
    assert_eq!(states, ["claimed", "verified", "pending"], "{document:#}");
    assert_eq!(document["status"], "open");
}

fn received_and_done(site: &Site, api: Api) -> (usize, usize) {
    let calls = site.dingtalk().calls_to(api);
    (calls.len(), calls.iter().filter(|call| call.work_done).count())
}

/// The calls that changed, or were to change, the account.
fn calls_about(site: &Site, user_id: &str) -> Vec<Api> {
    let acting = [Api::SignOut, Api::Disable, Api::Enable];
    let calls = site.dingtalk().calls().into_iter().filter(|call| call.user_id.as_deref() == Some(user_id));
    calls.map(|call| call.api).filter(|api| acting.contains(api)).collect()
}

const ACCOUNT_GIVEN_BACK: &str = "\
title: Account given back
id: 3f0d5a52-98f5-4f0e-9d8e-5a4f6f7c2b11
status: test
logsource:
    product: okta
    service: okta
detection:
    unlocked:
        eventType: user.account.unlock
    condition: unlocked
level: low
owner: tests
response:
    mode: enforce
    account: { email: 'target[type=User].alternateId' }
    steps:
        - enable
    cooldown: 1h
    assurance: C
tests:
    - name: an unlocked account is enabled
      alert:
          eventType: user.account.unlock
          target:
              - { type: User, alternateId: wang.wu@example.com }
      expect: { account: wang.wu@example.com, steps: [enable] }
    - name: anything else is left alone
      alert:
          eventType: user.session.start
          target:
              - { type: User, alternateId: wang.wu@example.com }
      expect: none
";
