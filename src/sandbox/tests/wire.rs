//! What goes over the wire: framing of bodies, headers, unknown paths, limits, addresses.

use serde_json::json;

use super::*;
use crate::sandbox::{Api, StartError};

/// The new family's token header and the rest of a chunked sign-out, as the official Node SDK sends it.
fn chunked(token: &str) -> String {
    format!(
        "POST {SIGN_OUT} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\nx-acs-dingtalk-access-token: {token}\r\n\
         content-type: application/json; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n\
         a\r\n{{\"userId\":\r\nb\r\n\"zhangsan\"}}\r\n0\r\n\r\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunked_body_is_read_whole() {
    let lab = Lab::start().await;
    let answer = lab.raw(&chunked(&lab.token)).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n{\"result\":true}"), "{answer}");
    assert_eq!(lab.state().calls_to(Api::SignOut)[0].body, json!({ "userId": "zhangsan" }));
}

#[tokio::test]
async fn a_body_with_a_length_is_read_whole() {
    let lab = Lab::start().await;
    let answer = lab.raw(&lab.raw_sign_out("zhangsan")).await;
    assert!(answer.ends_with("\r\n\r\n{\"result\":true}"), "{answer}");
}

#[tokio::test]
async fn the_new_family_sends_its_request_id_as_a_header_and_the_legacy_one_does_not() {
    let lab = Lab::start().await;
    let new = lab.new_call(Method::POST, SIGN_OUT).json(&json!({ "userId": "nobody" })).send().await.unwrap();
    let id = new.headers()["x-acs-request-id"].to_str().unwrap().to_owned();
    assert!(new.headers().contains_key("x-acs-trace-id"));
    assert_eq!(new.headers()["content-type"], "application/json;charset=UTF-8");
    assert_eq!(new.json::<Value>().await.unwrap()["requestid"], id);
    let sequence = lab.state().calls_to(Api::SignOut)[0].sequence;
    assert!(id.ends_with(&format!("-{sequence:012X}")), "{id}");
    let legacy = lab.request(Method::GET, "/gettoken").send().await.unwrap();
    assert!(!legacy.headers().contains_key("x-acs-request-id"));
}

#[tokio::test]
async fn unknown_paths_are_refused_in_their_familys_way() {
    let lab = Lab::start().await;
    let not_found = "Specified api is not found, please check your url and method.";
    let answer = lab.post("/v1.0/contact/orgAccounts/nothing", &json!({})).await;
    assert_refused(answer, 404, "InvalidAction.NotFound", not_found);
    assert_refused(lab.get(SIGN_OUT).await, 404, "InvalidAction.NotFound", not_found);
    let elsewhere = (200, json!({ "errcode": 404, "errmsg": "请求的URI地址不存在" }));
    assert_eq!(lab.post("/contact/orgAccounts/signOut", &json!({})).await, elsewhere);
    assert_eq!(lab.get("/").await, elsewhere);
    let answer = lab.legacy("/topapi/v2/user/nothing", &json!({})).await;
    assert_eq!(answer, json!({ "errcode": 22, "errmsg": "Invalid method[dingtalk.oapi.v2.user.nothing]" }));
    let (status, answer) = lab.get("/topapi/user/listadmin").await;
    assert_eq!(status, 200);
    assert_legacy_refused(&answer, 43002, "需要POST请求");
    assert_eq!(lab.state().received(Api::Unknown), 6);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_unread() {
    let lab = Lab::start().await;
    let body = json!({ "userId": "zhangsan", "reason": "x".repeat(64 * 1024) }).to_string();
    let request = lab.new_call(Method::POST, SIGN_OUT).header("content-type", "application/json").body(body);
    assert_eq!(request.send().await.unwrap().status(), 413);
    assert_eq!(lab.state().received(Api::SignOut), 0);
}

#[tokio::test]
async fn an_address_others_can_reach_must_be_allowed() {
    let open = Settings { listen: "0.0.0.0:0".parse().unwrap(), ..settings() };
    let Err(refused) = start(open.clone()).await else { panic!("it started") };
    assert!(matches!(refused, StartError::NotLoopback(_)));
    assert!(refused.to_string().contains("public credentials"), "{refused}");
    let allowed = start(Settings { beyond_loopback: true, ..open }).await.unwrap();
    allowed.stop().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let lab = Lab::start().await;
    let listen = lab.running.url().trim_start_matches("http://").parse().unwrap();
    assert!(matches!(start(Settings { listen, ..settings() }).await, Err(StartError::Listen { .. })));
}

#[tokio::test]
async fn a_stopped_sandbox_no_longer_answers() {
    let lab = Lab::start().await;
    let url = lab.running.url();
    lab.running.stop().await;
    assert!(TcpStream::connect(url.trim_start_matches("http://")).await.is_err());
}
