//! A responder's main task in a browser, from sign-in to result: approve, release, pause, let go on.

use portcullis::incident::Status;

use super::person::Person;
use crate::harness::{Delivery, RESPONDER, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_pauses_approves_and_releases_by_clicking() {
    let app = TestApp::start().await;
    let responder = Person::signed_in(&app, RESPONDER).await;
    responder.click("Pause all actions").await;
    // The same words once more: on the button of the form that has come out.
    let [_, button] = &responder.all_named("Pause all actions").await[..] else { panic!("a form has come out") };
    responder.decide_with(button, "a drill").await;
    responder.reads("Actions are paused").await;
    responder.reads("by responder: a drill").await;

    let held = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until(&held, |incident| matches!(incident.status, Status::Held(_))).await;
    responder.click("Now").await;
    responder.click("Let actions run again").await;
    let [_, button] = &responder.all_named("Let actions run again").await[..] else { panic!("a form has come out") };
    responder.decide_with(button, "the drill is over").await;
    responder.reads("Actions run.").await;

    responder.click(held.as_str()).await;
    responder.reads("It waits for a human").await;
    responder.decide("Approve: let it go on", "it is real").await;
    app.until_contained(&held).await;
    responder.open(&format!("/incidents/{held}")).await;
    responder.reads("The account is contained.").await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);

    responder.decide("Release: give the account back", "it was a drill").await;
    app.until(&held, |incident| matches!(incident.status, Status::Closed(_))).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    responder.open(&format!("/incidents/{held}")).await;
    responder.reads("Nothing is left to do.").await;
    responder.click("Sign out responder").await;
    responder.arrives("/sign-in").await;
    responder.open("/").await;
    responder.arrives("/sign-in").await;
    assert_eq!(responder.complaints().await, Vec::<String>::new());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_sends_no_form_without_a_reason_and_nobody_signs_in_with_what_is_no_token() {
    let app = TestApp::start().await;
    let responder = Person::at(&app).await;
    responder.open("/").await;
    responder.fill("Token", "no-token-at-all").await;
    responder.click("Sign in").await;
    responder.reads("That is no token that may sign in.").await;
    responder.sign_in(RESPONDER).await;
    let before = app.records().len();
    responder.click("Pause all actions").await;
    let [_, button] = &responder.all_named("Pause all actions").await[..] else { panic!("a form has come out") };
    button.click().await.unwrap();
    responder.reads("Actions run.").await;
    assert_eq!(app.records().len(), before);
    app.end().await;
}
