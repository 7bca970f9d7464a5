//! Each fault that is an answer, a delay or a cut connection, as the client sees it.

use serde_json::json;

use super::*;
use crate::sandbox::{Api, Fault, FaultKind};

/// Injects a fault for one sign-out, and gives what the client got.
async fn struck(lab: &Lab, kind: FaultKind) -> Answered {
    lab.state().inject(Fault::new(kind).on(Api::SignOut)).unwrap();
    lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await
}

async fn legacy_struck(lab: &Lab, kind: FaultKind) -> Value {
    lab.state().inject(Fault::new(kind).on(Api::UserGet)).unwrap();
    lab.legacy("/topapi/v2/user/get", &json!({ "userid": "zhangsan" })).await
}

#[tokio::test]
async fn refusals_come_in_the_familys_own_documents_and_no_work_is_done() {
    let lab = Lab::start().await;
    for (kind, status, code, sub_code) in [
        (FaultKind::Throttled, 403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "90018"),
        (FaultKind::ThrottledMinute, 403, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", "90005"),
        (FaultKind::ExpiredToken, 400, "InvalidAuthentication", "40014"),
        (FaultKind::QuotaExhausted, 403, "Forbidden.AccessDenied.ApiCountLimitForOrg", "90020"),
        (FaultKind::PermissionDenied, 403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", "60011"),
    ] {
        let (answered, answer) = struck(&lab, kind).await;
        assert_eq!((answered, answer["code"].as_str()), (status, Some(code)));
        assert!(answer["requestid"].is_string() && answer["message"].is_string());
        let answer = legacy_struck(&lab, kind).await;
        let message = answer["sub_msg"].as_str().unwrap();
        assert_gateway_refused(&answer, sub_code, message);
    }
    assert_refused(struck(&lab, FaultKind::Busy).await, 500, "system.busy", "系统繁忙");
    assert_legacy_refused(&legacy_struck(&lab, FaultKind::Busy).await, -1, "系统繁忙");
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 0);
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let lab = Lab::start().await;
    let (_, answer) = struck(&lab, FaultKind::PermissionDenied).await;
    let detail = json!({ "requiredScopes": ["Contact.OrgAccountSecurity.ReadWrite"] });
    assert_eq!(answer["accessdenieddetail"], detail);
}

#[tokio::test]
async fn documents_that_only_look_like_success_come_with_status_200() {
    let lab = Lab::start().await;
    assert_eq!(struck(&lab, FaultKind::ResultFalse).await, (200, json!({ "result": false })));
    assert_eq!(struck(&lab, FaultKind::EmptyObject).await, (200, json!({})));
    let blocked = json!({ "status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "sandbox-block" });
    assert_eq!(struck(&lab, FaultKind::AddressBlocked).await, (200, blocked.clone()));
    assert_eq!(legacy_struck(&lab, FaultKind::AddressBlocked).await, blocked);
    let result_false = json!({ "errcode": 0, "errmsg": "ok", "result": false });
    assert_eq!(legacy_struck(&lab, FaultKind::ResultFalse).await, result_false);
    lab.state().inject(Fault::new(FaultKind::HtmlWith200).on(Api::SignOut)).unwrap();
    let page = lab.new_call(Method::POST, SIGN_OUT).json(&json!({ "userId": "zhangsan" })).send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), page.headers()["content-type"].as_bytes()),
        (200, &b"text/html;charset=UTF-8"[..])
    );
    assert!(page.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 0);
    assert!(lab.state().calls_to(Api::SignOut).iter().all(|call| !call.work_done && call.status == Some(200)));
}

#[tokio::test]
async fn an_expired_token_answer_leaves_the_token_alive() {
    let lab = Lab::start().await;
    assert_eq!(struck(&lab, FaultKind::ExpiredToken).await.0, 400);
    assert_eq!(lab.fetch_token().await, lab.token);
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 200);
}

#[tokio::test]
async fn a_fault_strikes_the_calls_it_was_made_for() {
    let lab = Lab::start().await;
    let fault = Fault::new(FaultKind::Busy).on(Api::Disable).about("lisi").from_call(2).times(1);
    lab.state().inject(fault).unwrap();
    let mut answers = Vec::new();
    for user_id in ["lisi", "zhangsan", "lisi", "lisi"] {
        answers.push(lab.post(DISABLE, &json!({ "userId": user_id })).await.0);
    }
    assert_eq!(answers, [200, 200, 500, 200]);
    let struck: Vec<_> = lab.state().calls_to(Api::Disable).iter().map(|call| call.fault).collect();
    assert_eq!(struck, [None, None, Some(FaultKind::Busy), None]);
}

#[tokio::test]
async fn a_fault_about_an_account_meets_look_ups_that_name_it_otherwise() {
    let lab = Lab::start().await;
    lab.state().inject(Fault::new(FaultKind::Busy).about("lisi").until_cleared()).unwrap();
    for (path, body) in [
        ("/topapi/v2/user/get", json!({ "login_id": "lisi@sandbox" })),
        ("/topapi/v2/user/getbymobile", json!({ "mobile": "+86-10000000002" })),
        ("/topapi/user/getbyunionid", json!({ "unionid": "sandboxunionlisi" })),
    ] {
        assert_eq!(lab.legacy(path, &body).await["errcode"], -1, "{path}");
    }
    let (status, _) = lab.get("/v1.0/contact/orgAccounts/status?userId=lisi").await;
    assert_eq!(status, 500);
}

#[tokio::test]
async fn a_connection_cut_before_the_work_leaves_nothing_done() {
    let lab = Lab::start().await;
    lab.state().inject(Fault::new(FaultKind::ResetBeforeWork).on(Api::SignOut)).unwrap();
    assert_eq!(lab.raw(&lab.raw_sign_out("zhangsan")).await, "");
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 0);
    let calls = lab.state().calls_to(Api::SignOut);
    assert_eq!((calls.len(), calls[0].status, calls[0].work_done), (1, None, false));
}

#[tokio::test]
async fn a_connection_cut_after_the_work_leaves_it_done_and_unanswered() {
    let lab = Lab::start().await;
    lab.state().inject(Fault::new(FaultKind::ResetAfterWork).on(Api::SignOut)).unwrap();
    let request = lab.new_call(Method::POST, SIGN_OUT).json(&json!({ "userId": "zhangsan" }));
    let failed = request.send().await.unwrap_err();
    assert!(failed.is_request() && !failed.is_connect() && !failed.is_timeout(), "{failed:?}");
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 1);
    let calls = lab.state().calls_to(Api::SignOut);
    assert_eq!((calls.len(), calls[0].status, calls[0].work_done), (1, None, true));
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 200, "the server lives on");
}

#[tokio::test]
async fn a_slow_call_is_answered_as_usual() {
    let lab = Lab::start().await;
    let before = std::time::Instant::now();
    assert_eq!(struck(&lab, FaultKind::SlowMs(40)).await, (200, json!({ "result": true })));
    assert!(before.elapsed() >= std::time::Duration::from_millis(40));
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 1);
}
