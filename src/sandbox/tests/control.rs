//! The control plane, as people and other processes use it.

use serde_json::json;

use super::*;
use crate::sandbox::{Api, Call};

async fn ask(lab: &Lab, method: Method, path: &str) -> Answered {
    send(lab.request(method, path)).await
}

#[tokio::test]
async fn accounts_can_be_looked_at_without_a_token() {
    let lab = Lab::start().await;
    lab.post(SIGN_OUT, &json!({ "userId": "zhangsan", "reasonI18nForEmployee": { "zh_CN": "文" } })).await;
    let (status, account) = ask(&lab, Method::GET, "/sandbox/accounts/zhangsan").await;
    assert_eq!((status, &account["sessions"], &account["sign_outs"]), (200, &json!(0), &json!(1)));
    assert_eq!(account["last_sign_out"]["shown"], json!({ "zh_CN": "文" }));
    let (_, all) = ask(&lab, Method::GET, "/sandbox/accounts").await;
    assert_eq!(all["accounts"].as_array().unwrap().len(), 210);
    assert_eq!(ask(&lab, Method::GET, "/sandbox/accounts/nobody").await.0, 404);
}

#[tokio::test]
async fn an_employee_signs_in_again_unless_disabled() {
    let lab = Lab::start().await;
    lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await;
    let path = "/sandbox/accounts/zhangsan/sign-in";
    assert_eq!(ask(&lab, Method::POST, path).await, (200, json!({ "sessions": 1 })));
    lab.post(DISABLE, &json!({ "userId": "zhangsan" })).await;
    assert_eq!(ask(&lab, Method::POST, path).await, (409, json!({ "error": "the account is disabled" })));
    assert_eq!(lab.state().account("zhangsan").unwrap().sessions, 1);
    assert_eq!(ask(&lab, Method::POST, "/sandbox/accounts/nobody/sign-in").await.0, 404);
}

#[tokio::test]
async fn calls_are_listed_from_a_sequence_number_on_and_control_is_not_among_them() {
    let lab = Lab::start().await;
    lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await;
    let (_, answer) = ask(&lab, Method::GET, "/sandbox/calls?after=1").await;
    let calls: Vec<Call> = serde_json::from_value(answer["calls"].clone()).unwrap();
    assert_eq!((calls.len(), calls[0].api, &answer["last"]), (1, Api::SignOut, &json!(2)));
    let (_, all) = ask(&lab, Method::GET, "/sandbox/calls").await;
    assert_eq!(all["calls"].as_array().unwrap().len(), 2);
    assert_eq!(ask(&lab, Method::GET, "/sandbox/calls?after=x").await.0, 400);
}

#[tokio::test]
async fn faults_are_given_listed_and_removed() {
    let lab = Lab::start().await;
    let fault = json!({ "kind": "busy", "api": "sign_out", "user_id": "zhangsan", "from": 1, "times": null });
    let (status, answer) = send(lab.request(Method::POST, "/sandbox/faults").json(&fault)).await;
    assert_eq!((status, &answer), (201, &json!({ "faults": [fault] })));
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 500);
    assert_eq!(ask(&lab, Method::GET, "/sandbox/faults").await.1, json!({ "faults": [fault] }));
    assert_eq!(ask(&lab, Method::DELETE, "/sandbox/faults").await.0, 200);
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 200);
}

#[tokio::test]
async fn a_fault_needs_only_its_kind() {
    let lab = Lab::start().await;
    for kind in [json!("empty_object"), json!({ "slow_ms": 5 })] {
        let request = lab.request(Method::POST, "/sandbox/faults").json(&json!({ "kind": kind }));
        let expected = json!({ "kind": kind, "api": null, "user_id": null, "from": 1, "times": 1 });
        assert_eq!(send(request).await, (201, json!({ "faults": [expected] })));
        lab.state().clear_faults();
    }
}

#[tokio::test]
async fn what_is_no_fault_is_refused_with_the_reason() {
    let lab = Lab::start().await;
    for body in [
        json!({}),
        json!({ "kind": "explode" }),
        json!({ "kind": "busy", "api": "nothing" }),
        json!({ "kind": "busy", "tiems": 3 }),
        json!({ "kind": "busy", "times": -1 }),
    ] {
        let (status, answer) = send(lab.request(Method::POST, "/sandbox/faults").json(&body)).await;
        assert!(status == 400 && answer["error"].as_str().unwrap().starts_with("not a fault: "), "{answer}");
    }
    assert_eq!(send(lab.request(Method::POST, "/sandbox/faults")).await.0, 400);
    assert!(lab.state().faults().is_empty());
}

#[tokio::test]
async fn hanging_calls_are_released_from_outside() {
    let lab = Lab::start().await;
    let fault = json!({ "kind": "hang_after_work", "api": "sign_out" });
    send(lab.request(Method::POST, "/sandbox/faults").json(&fault)).await;
    let call = tokio::spawn(send(lab.new_call(Method::POST, SIGN_OUT).json(&json!({ "userId": "zhangsan" }))));
    lab.state().wait_for(Api::SignOut, 1).await;
    assert_eq!(ask(&lab, Method::POST, "/sandbox/release").await.0, 200);
    assert_eq!(call.await.unwrap().0, 200);
}

#[tokio::test]
async fn the_token_can_be_ended_from_outside() {
    let lab = Lab::start().await;
    assert_eq!(ask(&lab, Method::POST, "/sandbox/expire-token").await.0, 200);
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 400);
    assert_ne!(lab.fetch_token().await, lab.token);
}

#[tokio::test]
async fn a_reset_brings_back_the_start_and_keeps_the_token() {
    let lab = Lab::start().await;
    let at_start = lab.state().accounts();
    lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await;
    lab.post(ENABLE, &json!({ "userId": "wangwu" })).await;
    send(lab.request(Method::POST, "/sandbox/faults").json(&json!({ "kind": "busy" }))).await;
    assert_eq!(ask(&lab, Method::POST, "/sandbox/reset").await.0, 200);
    assert_eq!(lab.state().accounts(), at_start);
    assert!(lab.state().calls().is_empty() && lab.state().faults().is_empty());
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 200);
    assert_eq!((lab.state().received(Api::SignOut), lab.state().calls()[0].sequence), (1, 4));
}

#[tokio::test]
async fn the_control_plane_explains_itself_and_refuses_what_it_does_not_know() {
    let lab = Lab::start().await;
    for path in ["/sandbox", "/sandbox/"] {
        let help = lab.request(Method::GET, path).send().await.unwrap().text().await.unwrap();
        assert!(help.contains("not part of DingTalk"), "{help}");
    }
    for (method, path) in [(Method::GET, "/sandbox/nothing"), (Method::PUT, "/sandbox/faults")] {
        assert_eq!(ask(&lab, method, path).await.0, 404, "{path}");
    }
}
