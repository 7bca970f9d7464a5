//! Alerts that name the account in DingTalk's own terms: it is looked up, or held when it is not
//! exactly one.

use std::path::Path;

use portcullis::incident::{HoldReason, IncidentId, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use crate::harness::{Delivery, Set, TestApp, edit, rules_by_way};

fn rules(folder: &Path) {
    rules_by_way(folder, &["user_id", "login_id", "mobile", "union_id", "job_number"]);
    let listed = "protected:\n  - email: wang.wu@example.com\n    why: test\n";
    edit(folder, "guardrails.yml", "protected: []\n", listed);
}

async fn start() -> TestApp {
    TestApp::start_with(Set { rules, ..Set::default() }).await
}

async fn open(app: &TestApp, way: &str, who: &str) -> IncidentId {
    let id = format!("{way}-{}", who.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    let event = json!({ "uuid": id, "eventType": format!("test.{way}"), "who": who });
    app.open(&Delivery::of_events(&id, &[event], app.now())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_by_each_name_that_dingtalk_can_look_up() {
    let app = start().await;
    let lisi = app.dingtalk().account("lisi").unwrap();
    let user = |number: u32| app.dingtalk().account(&format!("user{number:04}")).unwrap();
    let named = [
        ("user_id", "zhangsan".to_owned(), "zhangsan".to_owned()),
        ("login_id", lisi.login_id.unwrap(), "lisi".to_owned()),
        ("mobile", user(1).mobile, "user0001".to_owned()),
        ("mobile", format!("+86-{}", user(2).mobile), "user0002".to_owned()),
        ("union_id", user(3).union_id, "user0003".to_owned()),
    ];
    for (way, who, user_id) in named {
        let incident = open(&app, way, &who).await;
        let state = app.until_contained(&incident).await;
        assert_eq!(state.user_id.unwrap().as_str(), user_id, "{way}");
        assert!(app.dingtalk().account(&user_id).unwrap().disabled, "{way}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_found_or_only_guessed_is_held() {
    let app = start().await;
    let shared = app.dingtalk().account("user0200").unwrap().job_number;
    let cases = [
        ("user_id", "nobody", HoldReason::AccountNotFound),
        ("login_id", "nobody@sandbox", HoldReason::AccountNotFound),
        ("mobile", "10099999999", HoldReason::AccountNotFound),
        ("union_id", "nobody", HoldReason::AccountNotFound),
        ("job_number", shared.as_str(), HoldReason::AccountUnresolvable),
    ];
    for (way, who, reason) in cases {
        let incident = open(&app, way, who).await;
        app.until(&incident, |state| state.status == Status::Held(reason)).await;
    }
    assert_eq!(app.dingtalk().received(Api::Disable), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn protection_holds_whatever_the_alert_calls_the_account() {
    let app = start().await;
    let account = |user_id: &str| app.dingtalk().account(user_id).unwrap();
    let cases = [
        ("mobile", account("admin01").mobile, HoldReason::ProtectedLive),
        ("union_id", account("boss01").union_id, HoldReason::ProtectedLive),
        ("user_id", "senior01".to_owned(), HoldReason::ProtectedLive),
        ("mobile", account("plain01").mobile, HoldReason::NotEnterpriseAccount),
        ("user_id", "foreign01".to_owned(), HoldReason::ForeignOrganization),
        // Listed by a mail address that the identity map knows.
        ("user_id", "wangwu".to_owned(), HoldReason::ProtectedListed),
        ("mobile", account("wangwu").mobile, HoldReason::ProtectedListed),
    ];
    for (way, who, reason) in cases {
        let incident = open(&app, way, &who).await;
        let wanted = Status::Held(reason);
        app.until(&incident, |state| state.status == wanted || state.is_containing()).await;
        assert_eq!(app.incident(&incident).status, wanted, "{way}: {:?}", app.story(&incident));
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_that_fails_is_tried_again_in_its_time() {
    for kind in [FaultKind::Busy, FaultKind::EmptyObject, FaultKind::ResetAfterWork, FaultKind::ResultFalse] {
        let app = start().await;
        app.dingtalk().inject(Fault::new(kind).on(Api::UserGetByMobile)).unwrap();
        let mobile = app.dingtalk().account("user0001").unwrap().mobile;
        let incident = open(&app, "mobile", &mobile).await;
        app.when_called(Api::UserGetByMobile, 1).await;
        app.until_in_time(&incident, |state| state.is_containing()).await;
        assert_eq!(app.story(&incident)[..2], ["admitted", "resolved"], "{kind:?}");
        assert_eq!(app.dingtalk().received(Api::UserGetByMobile), 2);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_that_is_not_permitted_is_held_for_an_operator() {
    let app = start().await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::UserGetByMobile)).unwrap();
    let mobile = app.dingtalk().account("user0001").unwrap().mobile;
    let incident = open(&app, "mobile", &mobile).await;
    app.until_told(&incident, &["admitted", "held: operator_needed"]).await;
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    app.end().await;
}
