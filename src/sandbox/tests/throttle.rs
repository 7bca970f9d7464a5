//! The limit of calls per second, in the words of each family.

use std::time::Duration;

use serde_json::json;

use super::*;

#[tokio::test]
async fn the_twenty_first_call_in_a_second_is_refused_in_both_families() {
    let (lab, clock) = Lab::with_clock(Settings { calls_per_second: 20, ..settings() }).await;
    for _ in 0..20 {
        assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 200);
        assert_eq!(lab.legacy("/topapi/user/listadmin", &json!({})).await["errcode"], 0);
    }
    let refused = lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await;
    let code = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi";
    assert_refused(refused, 403, code, "当前企业应用调用开放接口触发了QPS限流");
    let refused = lab.legacy("/topapi/user/listadmin", &json!({})).await;
    assert_gateway_refused(&refused, "90018", "您的应用调用该接口的频率过高，请降低调用频率");
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 20, "a refused call does no work");
    assert_eq!(lab.post(DISABLE, &json!({ "userId": "zhangsan" })).await.0, 200, "another API is not touched");
    clock.advance(Duration::from_secs(1));
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 200);
}

#[tokio::test]
async fn token_calls_are_limited_too() {
    let (lab, _clock) = Lab::with_clock(Settings { calls_per_second: 1, ..settings() }).await;
    let body = json!({ "appKey": APP_KEY, "appSecret": APP_SECRET });
    let (status, answer) = lab.post("/v1.0/oauth2/accessToken", &body).await;
    assert_eq!((status, &answer["code"]), (403, &json!("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")));
}

#[tokio::test]
async fn a_call_with_a_wrong_token_does_not_count() {
    let (lab, _clock) = Lab::with_clock(Settings { calls_per_second: 1, ..settings() }).await;
    for _ in 0..5 {
        let request = lab.request(Method::POST, SIGN_OUT).header("x-acs-dingtalk-access-token", "wrong");
        assert_eq!(send(request.json(&json!({ "userId": "zhangsan" }))).await.0, 400);
    }
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 200);
}
