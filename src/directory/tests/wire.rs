//! What stands on the wire, and what is read from good answers.

use std::collections::BTreeMap;

use super::*;
use crate::directory::{Account, DepartmentId, DryRun};
use crate::incident::ChosenDingTalkId;

fn one(stub: &Stub, path: &str) -> Seen {
    let seen = stub.seen(path);
    assert_eq!(seen.len(), 1, "{path}");
    seen[0].clone()
}

#[tokio::test]
async fn a_sign_out_is_sent_byte_for_byte_as_the_sdk_sends_it() {
    let reply = Reply::Whole(200, "x-acs-request-id: req-1\r\n".to_owned(), YES.to_owned());
    let harness = Harness::start(move |_| reply.clone()).await;
    let order = Order::SignOut {
        user_id: user_id(),
        reason: "INC-4711: credential stuffing".to_owned(),
        employee_reason: BTreeMap::from([("zh_CN".to_owned(), "账号存在风险".to_owned())]),
    };
    let done = harness.directory.act(&order, &|| Ok(())).await.unwrap();
    assert_eq!(done.request_id.as_deref(), Some("req-1"));

    let seen = one(&harness.stub, "/v1.0/contact/orgAccounts/signOut");
    assert_eq!((seen.method.as_str(), seen.target.contains('?')), ("POST", false));
    assert_eq!(
        seen.body,
        r#"{"reason":"INC-4711: credential stuffing","reasonI18nForEmployee":{"zh_CN":"账号存在风险"},"userId":"user123"}"#
    );
    assert_eq!(seen.header("x-acs-dingtalk-access-token"), Some("test-token-1"));
    assert_eq!(seen.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("user-agent"), Some("portcullis"));
    assert_eq!((seen.header("authorization"), seen.header("accept-encoding")), (None, None));
}

#[tokio::test]
async fn the_token_is_fetched_with_key_and_secret_in_a_json_body() {
    let harness = Harness::start(|_| Reply::json(200, YES)).await;
    harness.disable().await.unwrap();
    let seen = one(&harness.stub, TOKEN_PATH);
    assert_eq!(seen.body, format!(r#"{{"appKey":"test-app","appSecret":"{TEST_SECRET}"}}"#));
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", TOKEN_PATH));
    assert_eq!(seen.header("x-acs-dingtalk-access-token"), None);
}

#[tokio::test]
async fn disable_and_enable_go_to_their_own_paths() {
    let harness = Harness::start(|_| Reply::json(200, YES)).await;
    harness.disable().await.unwrap();
    harness.directory.act(&Order::Enable { user_id: user_id() }, &|| Ok(())).await.unwrap();
    let disable = one(&harness.stub, "/v1.0/contact/orgAccounts/disable");
    assert_eq!(disable.body, r#"{"reason":"inc_1","userId":"user123"}"#);
    let enable = one(&harness.stub, "/v1.0/contact/orgAccounts/enable");
    assert_eq!(enable.body, r#"{"userId":"user123"}"#);
}

#[tokio::test]
async fn g09_the_status_is_asked_for_with_an_encoded_user_id() {
    let harness = Harness::start(|_| Reply::json(200, r#"{"disable":true}"#)).await;
    let hostile = UserId::parse("a/?&%=#+;b").unwrap();
    assert!(harness.directory.is_disabled(&hostile).await.unwrap());
    let seen = one(&harness.stub, "/orgAccounts/status");
    assert_eq!(seen.method, "GET");
    assert_eq!(seen.target, "/v1.0/contact/orgAccounts/status?userId=a%2F%3F%26%25%3D%23%2B%3Bb");
    assert_eq!((seen.body.as_str(), seen.header("content-type")), ("", None));

    let harness = Harness::start(|_| Reply::json(200, r#"{"disable":false}"#)).await;
    assert!(!harness.directory.is_disabled(&hostile).await.unwrap());
}

#[tokio::test]
async fn g09_hostile_user_ids_stay_inside_the_json_body() {
    let harness = Harness::start(|_| Reply::json(200, YES)).await;
    let user_id = UserId::parse(r#"a","x":"/?&%\b"#).unwrap();
    harness.directory.act(&Order::Enable { user_id: user_id.clone() }, &|| Ok(())).await.unwrap();
    let body: serde_json::Value = serde_json::from_str(&one(&harness.stub, "/enable").body).unwrap();
    assert_eq!(body, serde_json::json!({"userId": user_id.as_str()}));
}

#[tokio::test]
async fn legacy_calls_carry_the_token_in_the_query_and_json_in_the_body() {
    let harness = Harness::start(|_| {
        Reply::json(
            200,
            r#"{"errcode":0,"errmsg":"ok","result":{"userid":"u0","exclusive_account_userid_list":["u1"]}}"#,
        )
    })
    .await;
    assert_eq!(harness.directory.find(&mobile()).await.unwrap(), [UserId::parse("u1").unwrap()]);
    let seen = one(&harness.stub, "/getbymobile");
    assert_eq!(seen.target, "/topapi/v2/user/getbymobile?access_token=test-token-1");
    assert_eq!(seen.body, r#"{"mobile":"13800000001","support_exclusive_account_search":true}"#);
    assert_eq!(seen.header("x-acs-dingtalk-access-token"), None);
}

#[tokio::test]
async fn accounts_are_found_by_union_id_and_login_id() {
    let harness =
        Harness::start(|_| Reply::json(200, r#"{"errcode":0,"result":{"contact_type":0,"userid":"u1"}}"#)).await;
    let login = Lookup::LoginId(AccountRef::parse(AccountKind::LoginId, "zhang.san").unwrap());
    for lookup in [union_id(), login] {
        assert_eq!(harness.directory.find(&lookup).await.unwrap(), [UserId::parse("u1").unwrap()]);
    }
    assert_eq!(one(&harness.stub, "/topapi/user/getbyunionid").body, r#"{"unionid":"uN1"}"#);
    assert_eq!(one(&harness.stub, "/topapi/v2/user/get").body, r#"{"login_id":"zhang.san"}"#);
}

#[tokio::test]
async fn an_account_is_read_with_what_decides() {
    let harness = Harness::start(|_| {
        Reply::json(
            200,
            r#"{"errcode":"0","result":{"userid":"user123","exclusive_account":"true","exclusive_account_corp_id":"dingtest",
                "disable_status":false,"admin":"false","boss":false,"senior":true,"dept_id_list":"[2,3]",
                "dept_order_list":{"dept_id":1,"order":176294576350761512},"unheard_of":{}},"request_id":"r1"}"#,
        )
    })
    .await;
    let expected = Account {
        user_id: user_id(),
        enterprise_account: Some(true),
        owner_corp_id: Some("dingtest".to_owned()),
        disabled: Some(false),
        admin: Some(false),
        boss: Some(false),
        senior: Some(true),
        sign_in: None,
        active: None,
        departments: Some(vec![DepartmentId::new(2), DepartmentId::new(3)]),
        roles: Some(vec![]),
        names: crate::directory::names::Names::of(&serde_json::json!({"dept_id_list": [2]})),
    };
    assert_eq!(harness.directory.account(&user_id()).await.unwrap(), Some(expected));
    assert_eq!(one(&harness.stub, "/topapi/v2/user/get").body, r#"{"userid":"user123"}"#);
}

#[tokio::test]
async fn an_unknown_user_is_nobody_and_no_error() {
    for errcode in ["33012", "60121", "\"60121\""] {
        let body = format!(r#"{{"errcode":{errcode},"errmsg":"找不到该用户","request_id":"r"}}"#);
        let harness = Harness::start(move |_| Reply::json(200, &body)).await;
        assert_eq!(harness.directory.account(&user_id()).await.unwrap(), None);
        for lookup in [mobile(), union_id()] {
            assert_eq!(harness.directory.find(&lookup).await.unwrap(), []);
        }
    }
}

#[tokio::test]
async fn a_dry_run_reads_but_never_sends_an_order() {
    let harness = Harness::start(|_| Reply::json(200, r#"{"disable":true,"result":true}"#)).await;
    let dry_run = DryRun::new(Arc::clone(&harness.directory) as Arc<dyn Directory>);
    assert!(dry_run.is_disabled(&user_id()).await.unwrap());
    assert_eq!(failed(dry_run.act(&disable(), &|| Ok(())).await), (FailureClass::Permanent, "dry_run".to_owned()));
    let dingtalk_id = ChosenDingTalkId::parse("zhang2027").unwrap();
    let change = Order::ChangeDingTalkId { user_id: user_id(), dingtalk_id };
    assert_eq!(failed(dry_run.act(&change, &|| Ok(())).await), (FailureClass::Permanent, "dry_run".to_owned()));
    assert_eq!((harness.stub.seen("/status").len(), harness.stub.seen("/disable").len()), (1, 0));
    assert!(harness.stub.seen("/change").is_empty());
    let stopped = || Err(Failure::local(FailureClass::NotSent, "stopped"));
    assert_eq!(failed(dry_run.act(&disable(), &stopped).await), (FailureClass::NotSent, "stopped".to_owned()));
}

/// The child runs one plain test with proxies in its environment that nobody listens at.
#[test]
fn g12_proxies_in_the_environment_are_ignored() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "directory::tests::wire::disable_and_enable_go_to_their_own_paths"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        child.env(name, "http://127.0.0.1:1");
    }
    let output = child.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{text}");
}
