//! The three token calls, and how each family takes a token.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::*;
use crate::sandbox::{Api, CORP_ID, FOREIGN_CORP_ID};

const ACCESS_TOKEN: &str = "/v1.0/oauth2/accessToken";

#[tokio::test]
async fn the_three_token_calls_give_the_same_token_in_their_own_words() {
    let lab = Lab::start().await;
    let body = json!({ "appKey": APP_KEY, "appSecret": APP_SECRET });
    let expected = json!({ "accessToken": lab.token, "expireIn": 7200 });
    assert_eq!(lab.post(ACCESS_TOKEN, &body).await, (200, expected));
    let body = json!({ "client_id": APP_KEY, "client_secret": APP_SECRET, "grant_type": "client_credentials" });
    let expected = json!({ "access_token": lab.token, "expires_in": 7200 });
    assert_eq!(lab.post(&format!("/v1.0/oauth2/{CORP_ID}/token"), &body).await, (200, expected));
    let expected = json!({ "errcode": 0, "access_token": lab.token, "errmsg": "ok", "expires_in": 7200 });
    assert_eq!(lab.get(&format!("/gettoken?appkey={APP_KEY}&appsecret={APP_SECRET}")).await, (200, expected));
}

#[tokio::test]
async fn a_token_call_takes_json_only() {
    let lab = Lab::start().await;
    let form = format!("appKey={APP_KEY}&appSecret={APP_SECRET}");
    let request = lab.request(Method::POST, ACCESS_TOKEN).header("content-type", "application/x-www-form-urlencoded");
    let answer = send(request.body(form)).await;
    assert_refused(answer, 400, "Missingbody", "body is mandatory for this action.");
    let answer = send(lab.request(Method::POST, ACCESS_TOKEN)).await;
    assert_refused(answer, 400, "Missingbody", "body is mandatory for this action.");
}

#[tokio::test]
async fn wrong_credentials_are_refused_in_each_calls_way() {
    let lab = Lab::start().await;
    for body in [json!({}), json!({ "appKey": APP_KEY }), json!({ "appKey": APP_KEY, "appSecret": "wrong" })] {
        let answer = lab.post(ACCESS_TOKEN, &body).await;
        assert_refused(answer, 400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret");
    }
    let (status, answer) = lab.get(&format!("/gettoken?appkey={APP_KEY}&appsecret=wrong")).await;
    assert_eq!((status, answer), (200, json!({ "errcode": 40096, "errmsg": "不合法的appKey或appSecret" })));
    let (status, answer) = lab.get("/gettoken").await;
    assert_eq!((status, &answer["errcode"]), (200, &json!(40035)));
}

#[tokio::test]
async fn the_organizations_token_call_has_four_refusals() {
    let lab = Lab::start().await;
    let proper = json!({ "client_id": APP_KEY, "client_secret": APP_SECRET, "grant_type": "client_credentials" });
    for (corp, change, status, code) in [
        ("dingnobody", json!({}), 500, "unknownError"),
        (FOREIGN_CORP_ID, json!({}), 401, "unauthorized.client"),
        (CORP_ID, json!({ "client_secret": "wrong" }), 400, "invalid.client"),
        (CORP_ID, json!({ "grant_type": "password" }), 400, "unsupported.grant.type"),
    ] {
        let mut body = proper.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (answered, answer) = lab.post(&format!("/v1.0/oauth2/{corp}/token"), &body).await;
        assert_eq!((answered, answer["code"].as_str()), (status, Some(code)));
    }
}

#[tokio::test]
async fn a_token_ends_after_its_life_and_a_new_one_comes() {
    let (lab, clock) = Lab::with_clock(Settings { token_life_s: 100, ..settings() }).await;
    clock.advance(Duration::from_secs(99));
    assert_eq!(lab.fetch_token().await, lab.token, "asking renews it");
    clock.advance(Duration::from_secs(99));
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await.0, 200);
    clock.advance(Duration::from_secs(1));
    let answer = lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await;
    assert_refused(answer, 400, "InvalidAuthentication", "不合法的access_token");
    assert_ne!(lab.fetch_token().await, lab.token);
}

#[tokio::test]
async fn the_new_family_reads_the_token_in_its_header_only() {
    let lab = Lab::start().await;
    let path = format!("{SIGN_OUT}?access_token={}", lab.token);
    let body = json!({ "userId": "zhangsan", "access_token": lab.token });
    let missing = send(lab.request(Method::POST, &path).bearer_auth(&lab.token).json(&body)).await;
    assert_refused(missing, 400, "AuthenticationFailed.MissingParameter", "缺少参数：x-acs-dingtalk-access-token");
    for wrong in ["wrong".to_owned(), format!("\"{}\"", lab.token), format!("Bearer {}", lab.token)] {
        let request = lab.request(Method::POST, SIGN_OUT).header("x-acs-dingtalk-access-token", wrong);
        assert_refused(send(request.json(&body)).await, 400, "InvalidAuthentication", "不合法的access_token");
    }
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 0);
}

#[tokio::test]
async fn the_legacy_family_reads_the_token_in_query_or_form_and_not_in_the_header() {
    let lab = Lab::start().await;
    let path = "/topapi/v2/user/get";
    let (_, blank) = lab.post(path, &json!({ "userid": "zhangsan", "access_token": lab.token })).await;
    assert_gateway_refused(&blank, "40000", "access_token is blank");
    let (_, wrong) = lab.post(&format!("{path}?access_token=wrong"), &json!({ "userid": "zhangsan" })).await;
    assert_gateway_refused(&wrong, "40014", "不合法的access_token");
    let found = lab.form(path, &format!("access_token={}&userid=zhangsan", lab.token)).await;
    assert_eq!(found["result"]["userid"], "zhangsan");
}

#[tokio::test]
async fn an_ended_token_is_refused_by_both_families() {
    let lab = Lab::start().await;
    lab.state().expire_token();
    let answer = lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await;
    assert_refused(answer, 400, "InvalidAuthentication", "不合法的access_token");
    let answer = lab.legacy("/topapi/user/listadmin", &json!({})).await;
    assert_gateway_refused(&answer, "40014", "不合法的access_token");
}

#[tokio::test]
async fn credentials_and_tokens_are_not_kept_in_the_list_of_calls() {
    let lab = Lab::start().await;
    lab.legacy("/topapi/user/listadmin", &json!({})).await;
    lab.get(&format!("/gettoken?appkey={APP_KEY}&appsecret={APP_SECRET}")).await;
    let kept = serde_json::to_string(&lab.state().calls()).unwrap();
    assert!(!kept.contains(APP_SECRET) && !kept.contains(&lab.token), "{kept}");
    assert_eq!(lab.state().calls_to(Api::AccessToken)[0].body["appKey"], APP_KEY);
}
