//! Incidents of several rules on one account: nothing is done twice, nothing that is asked for is lost, and of two
//! containments the longer one lasts.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{ActionKind, Event, HoldReason, Incident, IncidentId, Status, VerdictKind};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use crate::harness::{CONTAINED, Delivery, ENGINEER, GITHUB, RESPONDER, Set, TestApp, edit, high_risk, hook, leaked};

const HOUR: Duration = Duration::from_secs(3_600);
const WHO: &str = "zhang.san@example.com";
/// What a rule does that takes eight hours, and one that takes a day.
const TRAVEL: &str = "impossible-travel.yml";
const LEAK: &str = "leaked-credential.yml";

async fn travels(number: u32, app: &TestApp) -> IncidentId {
    app.open(&Delivery::of_high_risk(WHO, number, app.now())).await
}

async fn leaks(number: u32, app: &TestApp) -> IncidentId {
    let id = format!("leak-{number}");
    app.open(&Delivery::of_events(&id, &[leaked(WHO, &id)], app.now())).await
}

fn is_closed(incident: &Incident) -> bool {
    matches!(incident.status, Status::Closed(_))
}

/// Without the sign-out that the shipped rule begins with, or without its disable.
fn without(rules: &Path, file: &str, step: &str) {
    let text = std::fs::read_to_string(rules.join(file)).unwrap();
    let (head, tests) = text.split_once("\ntests:").unwrap();
    let (before, rest) = head.split_once(&format!("        - {step}:\n")).unwrap();
    let rest: String = rest.split_inclusive('\n').skip_while(|line| line.starts_with("              ")).collect();
    let tests = tests.replace(
        "steps: [sign_out, disable]",
        if step == "disable" { "steps: [sign_out]" } else { "steps: [disable]" },
    );
    std::fs::write(rules.join(file), format!("{before}{rest}\ntests:{tests}")).unwrap();
}

fn calls(app: &TestApp) -> [usize; 3] {
    [Api::SignOut, Api::Disable, Api::Enable].map(|api| app.dingtalk().calls_to(api).len())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_open_incident_has_done_another_does_not_do_again_and_both_say_so() {
    let app = TestApp::start().await;
    let first = travels(1, &app).await;
    app.until_contained(&first).await;
    app.advance(HOUR);
    let second = leaks(2, &app).await;
    app.until_contained(&second).await;
    let story = ["admitted", "resolved", "sign_out started", "sign_out already_ours", "disable started"];
    app.until_told(&second, &[&story[..], &["disable already_ours", "disable verified"]].concat()).await;
    assert_eq!(
        app.story(&first)[7..],
        ["beside: account.resolved", "beside: step.succeeded", "beside: step.succeeded"]
    );
    assert_eq!(calls(&app), [1, 1, 0]);
    assert_ne!(app.incident(&first).plan.digest(), app.incident(&second).plan.digest());
    let records = app.end().await;
    let said = records.iter().filter_map(|record| match &record.event {
        Event::StepSucceeded { incident, by: Some(by), .. } => Some((incident, by)),
        _ => None,
    });
    assert!(said.eq([(&second, &first), (&second, &first)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_added_while_the_weaker_incident_waits() {
    let rules = |rules: &Path| without(rules, TRAVEL, "disable");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::SignOut).until_cleared()).unwrap();
    let weaker = travels(1, &app).await;
    app.until_postponed(&weaker, 0, 1).await;
    let stronger = leaks(2, &app).await;
    app.until_postponed(&stronger, 0, 1).await;
    app.dingtalk().clear_faults();
    app.until_in_time(&stronger, Incident::is_containing).await;
    app.until_in_time(&weaker, is_closed).await;
    let signed_out = app
        .records_of("step.succeeded")
        .into_iter()
        .filter(|record| matches!(&record.event, Event::StepSucceeded { step: 0, by: None, .. }));
    assert_eq!(signed_out.count(), 1, "of the two sign-outs one was made, by whichever came first");
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_of_before_the_alert_is_made_again_unless_the_account_is_disabled_since() {
    let rules = |rules: &Path| without(rules, TRAVEL, "disable");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let first = travels(1, &app).await;
    app.until(&first, is_closed).await;
    let second = leaks(2, &app).await;
    app.until_contained(&second).await;
    assert_eq!(app.story(&second), CONTAINED, "the alert may be about a session that was opened since");
    assert_eq!(calls(&app), [2, 1, 0]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_containment_for_good_is_not_ended_by_one_that_expires() {
    let rules = |rules: &Path| edit(rules, LEAK, "expires_in: 1d", "permanent: true");
    for is_longest_first in [true, false] {
        let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
        let (short, long) = if is_longest_first {
            let long = leaks(1, &app).await;
            app.until(&long, is_closed).await;
            (travels(2, &app).await, long)
        } else {
            let short = travels(1, &app).await;
            app.until_contained(&short).await;
            (short, leaks(2, &app).await)
        };
        app.until(&long, is_closed).await;
        app.until_contained(&short).await;
        app.advance(8 * HOUR);
        app.until(&short, is_closed).await;
        let end = ["enable started", "enable given up: contained_by_another_incident", "closed: partly"];
        assert!(app.story(&short).ends_with(&end.map(str::to_owned)), "{:?}", app.story(&short));
        assert_eq!(calls(&app)[1..], [1, 0]);
        // Whoever is enabled on purpose is no longer kept, and what comes later expires as it says.
        if is_longest_first {
            app.enable_by_another_hand("zhangsan").await;
        } else {
            let account = json!({ "kind": "user_id", "value": "zhangsan" });
            let asked = json!({ "account": account, "steps": ["enable"], "reason": "it was me" });
            assert_eq!(app.post("/v1/incidents", RESPONDER, &asked).await.status, 200);
            app.until_called(Api::Enable, 1).await;
        }
        app.advance(HOUR);
        let again = travels(3, &app).await;
        app.until_contained(&again).await;
        app.advance(8 * HOUR);
        app.until(&again, is_closed).await;
        assert_eq!(app.story(&again).last().unwrap(), "closed: done");
        assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_asks_for_more_than_before_is_not_covered_by_what_it_asked_for_then() {
    let app = TestApp::start_with(Set { rules: |rules| without(rules, LEAK, "disable"), ..Set::default() }).await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::SignOut).until_cleared()).unwrap();
    let weaker = leaks(1, &app).await;
    app.until_postponed(&weaker, 0, 1).await;
    let covered = app.deliver(&Delivery::of_events("again", &[leaked(WHO, "again")], app.now())).await;
    assert_eq!(covered.status, 202);
    assert_eq!(app.records_of("alert.admitted").len(), 2);
    let opened = |app: &TestApp| app.app.trail().board(|board| board.live_count());
    assert_eq!(opened(&app), 1, "the same once more is covered");

    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(LEAK);
    let folder = app.config.resolve(&app.config.rules.folder);
    std::fs::copy(shipped, folder.join(LEAK)).unwrap();
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.status, 200);
    let stronger = leaks(2, &app).await;
    assert_eq!(app.incident(&stronger).plan.actions[1].kind(), ActionKind::Disable);
    app.dingtalk().clear_faults();
    app.until_in_time(&stronger, Incident::is_containing).await;

    // It asks for a longer one, and gets it.
    edit(&folder, LEAK, "expires_in: 1d", "expires_in: 2d");
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.status, 200);
    let longer = leaks(3, &app).await;
    app.until_contained(&longer).await;
    app.advance(25 * HOUR);
    app.until(&stronger, is_closed).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled, "the longer one lasts");
    app.advance(24 * HOUR);
    app.until(&longer, is_closed).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_on_the_word_of_one_source_does_not_keep_another_from_acting() {
    let app = TestApp::start().await;
    let paused = app.post("/v1/pause", RESPONDER, &json!({ "source": "okta", "reason": "a drill" })).await;
    assert_eq!(paused.status, 200, "{}", paused.body);
    let waits = travels(1, &app).await;
    assert_eq!(app.incident(&waits).status, Status::Held(HoldReason::Paused));
    let same = app.deliver(&Delivery::of_high_risk(WHO, 2, app.now())).await;
    assert_eq!(same.status, 202);
    let Event::AlertAdmitted { verdict, .. } = app.records_of("alert.admitted").pop().unwrap().event else { panic!() };
    assert_eq!(verdict.kind, VerdictKind::Suppressed, "what would have to wait as well is covered");

    let body = hook(&[high_risk(WHO, "event-3")]);
    let acts = app.open(&Delivery::signed(&GITHUB, "", body, app.now())).await;
    app.until_contained(&acts).await;
    assert_eq!(app.story(&acts), CONTAINED);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_incident_has_guards_of_its_own() {
    let rules = |rules: &Path| {
        edit(
            rules,
            LEAK,
            "    cooldown: 1d",
            "    approval: { people: 1, within: 2h, otherwise: drop }\n    cooldown: 1d",
        )
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let second = leaks(1, &app).await;
    app.until(&second, |state| state.status == Status::Held(HoldReason::ApprovalWanted)).await;
    let first = travels(2, &app).await;
    app.until_contained(&first).await;
    app.advance(HOUR);
    assert_eq!(app.incident(&second).status, Status::Held(HoldReason::ApprovalWanted), "nobody has approved it");
    assert_eq!(calls(&app), [1, 1, 0]);
    app.advance(7 * HOUR);
    app.until(&first, is_closed).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled, "what nobody approved makes nothing longer");
    app.end().await;
}
