//! The Enterprise Account calls: what they change, and each of their refusals.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::sandbox::{Api, CORP_ID, OWNED_CORP_ID};

const STATUS: &str = "/v1.0/contact/orgAccounts/status";
const OWNED: &str = "/v1.0/contact/orgAccounts/ownedOrganizations";

fn done() -> Answered {
    (200, json!({ "result": true }))
}

#[tokio::test]
async fn a_sign_out_ends_the_sessions_and_shows_the_text_of_the_clients_language() {
    let lab = Lab::start().await;
    assert_eq!(lab.state().sign_in("admin01"), Ok(3));
    let texts = json!({ "zh_CN": "请联系安全部", "en_US": "Call security", "fr_FR": "Appelez", "tlh": "nuqneH" });
    let body = json!({ "userId": "admin01", "reason": "INC-1", "reasonI18nForEmployee": texts });
    assert_eq!(lab.post(SIGN_OUT, &body).await, done());
    let account = lab.state().account("admin01").unwrap();
    let notice = account.last_sign_out.unwrap();
    assert_eq!((account.sessions, account.sign_outs, account.disabled), (0, 1, false));
    assert_eq!((notice.sessions_ended, notice.reason.as_deref()), (3, Some("INC-1")));
    assert_eq!(json!(notice.texts), texts);
    assert_eq!(notice.unknown_locales, ["tlh"]);
    assert_eq!(json!(notice.shown), json!({ "zh_CN": "请联系安全部", "en_US": "Call security" }));
}

#[tokio::test]
async fn a_text_in_no_language_of_the_client_is_not_shown() {
    let lab = Lab::start().await;
    let body = json!({ "userId": "lisi", "reasonI18nForEmployee": { "zh_CN": "请联系安全部" } });
    assert_eq!(lab.post(SIGN_OUT, &body).await, done());
    assert!(lab.state().account("lisi").unwrap().last_sign_out.unwrap().shown.is_empty());
}

#[tokio::test]
async fn disabling_sets_the_flag_and_leaves_the_sessions() {
    let lab = Lab::start().await;
    let path = format!("{STATUS}?userId=zhangsan");
    assert_eq!(lab.get(&path).await, (200, json!({ "disable": false })));
    assert_eq!(lab.post(DISABLE, &json!({ "userId": "zhangsan", "reason": "INC-2" })).await, done());
    assert_eq!(lab.get(&path).await, (200, json!({ "disable": true })));
    let account = lab.state().account("zhangsan").unwrap();
    assert_eq!((account.sessions, account.disable_reason.as_deref()), (2, Some("INC-2")));
    assert!(lab.state().sign_in("zhangsan").is_err());
    assert_eq!(lab.post(ENABLE, &json!({ "userId": "zhangsan" })).await, done());
    assert_eq!(lab.get(&path).await, (200, json!({ "disable": false })));
    assert_eq!(lab.state().sign_in("zhangsan"), Ok(3));
}

#[tokio::test]
async fn repeating_a_call_is_answered_as_the_first() {
    let lab = Lab::start().await;
    for path in [SIGN_OUT, SIGN_OUT, DISABLE, DISABLE, SIGN_OUT, ENABLE, ENABLE] {
        assert_eq!(lab.post(path, &json!({ "userId": "wangwu" })).await, done(), "{path}");
    }
    assert_eq!(lab.state().account("wangwu").unwrap().sign_outs, 3);
}

#[tokio::test]
async fn an_unknown_a_foreign_and_an_absent_user_are_three_refusals() {
    let lab = Lab::start().await;
    for path in [SIGN_OUT, DISABLE, ENABLE] {
        let unknown = lab.post(path, &json!({ "userId": "nobody" })).await;
        assert_refused(unknown, 400, "user.not.exist", "用户不存在");
        for user_id in ["foreign01", "plain01"] {
            let foreign = lab.post(path, &json!({ "userId": user_id })).await;
            assert_refused(foreign, 400, "exclusive.account.only", "只能操作归属该组织的专属账号");
        }
        for body in [json!({}), json!({ "userId": "" }), json!({ "userId": null }), json!({ "userId": 7 }), json!([])] {
            assert_refused(lab.post(path, &body).await, 400, "invalid.param", "无效参数");
        }
    }
    for (query, code) in [
        ("?userId=nobody", "user.not.exist"),
        ("?userId=foreign01", "exclusive.account.only"),
        ("?userId=", "invalid.param"),
        ("", "invalid.param"),
    ] {
        let (status, answer) = lab.get(&format!("{STATUS}{query}")).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some(code)), "{query}");
    }
    assert!(lab.state().calls().iter().skip(1).all(|call| !call.work_done));
}

#[tokio::test]
async fn members_of_the_wrong_type_change_nothing() {
    let lab = Lab::start().await;
    for body in [
        json!({ "userId": "zhangsan", "reason": 1 }),
        json!({ "userId": "zhangsan", "reasonI18nForEmployee": "text" }),
        json!({ "userId": "zhangsan", "reasonI18nForEmployee": { "zh_CN": { "zh_CN": "nested" } } }),
    ] {
        assert_refused(lab.post(SIGN_OUT, &body).await, 400, "invalid.param", "无效参数");
    }
    assert_eq!(lab.state().account("zhangsan").unwrap().sign_outs, 0);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_no_body() {
    let lab = Lab::start().await;
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", "userId=zhangsan"),
        ("text/plain", r#"{"userId":"zhangsan"}"#),
        ("application/json", r#"{"userId":"zhangsan""#),
        ("application/json", ""),
    ] {
        let request = lab.new_call(Method::POST, SIGN_OUT).header("content-type", content_type).body(body);
        assert_refused(send(request).await, 400, "Missingbody", "body is mandatory for this action.");
    }
}

#[tokio::test]
async fn owned_organizations_are_told_for_own_accounts_only() {
    let lab = Lab::start().await;
    let own = json!({ "orgList": [{ "corpId": CORP_ID, "corpName": "沙盒科技" }] });
    assert_eq!(lab.get(&format!("{OWNED}?userId=boss01")).await, (200, own));
    assert_eq!(lab.get(&format!("{OWNED}?userId=zhangsan")).await, (200, json!({ "orgList": [] })));
    let (_, owned) = lab.get(&format!("{OWNED}?userId=owner01")).await;
    let ids: Vec<_> = owned["orgList"].as_array().unwrap().iter().map(|org| &org["corpId"]).collect();
    assert_eq!(ids, [OWNED_CORP_ID, "dingownedcorp0004"]);
    for (query, code) in [
        ("?userId=foreign01", "exclusive.account.limit"),
        ("?userId=nobody", "employee.not.exist"),
        ("", "invalid.param"),
    ] {
        let (status, answer) = lab.get(&format!("{OWNED}{query}")).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some(code)));
    }
}

#[tokio::test]
async fn a_dingtalk_id_is_changed_once_a_year() {
    let (lab, clock) = Lab::with_clock(Settings { token_life_s: u64::MAX, ..settings() }).await;
    let change = |id: &str| json!({ "userId": "zhangsan", "dingTalkId": id });
    assert_eq!(lab.post(CHANGE_ID, &change("zhang2027")).await, done());
    assert_eq!(lab.state().account("zhangsan").unwrap().dingtalk_id, "zhang2027");
    let again = lab.post(CHANGE_ID, &change("zhang2028")).await;
    assert_refused(again, 400, "have.been.set", "你已经设置过钉钉号，无法修改");
    clock.advance(Duration::from_secs(365 * 24 * 3600));
    assert_eq!(lab.post(CHANGE_ID, &change("zhang2028")).await, done());
}

#[tokio::test]
async fn each_refusal_of_a_dingtalk_id_has_its_code() {
    let lab = Lab::start().await;
    for (user_id, id, code) in [
        ("zhangsan", "short", "incorrect.length"),
        ("zhangsan", "1zhangsan", "incorrect.format"),
        ("zhangsan", "dingtalk", "incorrect.reserved"),
        ("zhangsan", "DTlisi", "incorrect.reserved"),
        ("nobody", "nobody2027", "emp.not.exist"),
        ("foreign01", "foreign2027", "internalenterpriseaccount.limit"),
        ("plain01", "plain2027", "internalenterpriseaccount.limit"),
        ("zhangsan", "", "invalid.param"),
        ("", "zhang2027", "invalid.param"),
    ] {
        let (status, answer) = lab.post(CHANGE_ID, &json!({ "userId": user_id, "dingTalkId": id })).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some(code)), "{user_id} {id}");
    }
    assert_eq!(lab.state().account("zhangsan").unwrap().dingtalk_id, "dtzhangsan");
}

#[tokio::test]
async fn every_call_is_written_down_with_its_outcome() {
    let lab = Lab::start().await;
    lab.post(SIGN_OUT, &json!({ "userId": "zhangsan", "reason": "INC-3" })).await;
    lab.post(DISABLE, &json!({ "userId": "nobody" })).await;
    let calls = lab.state().calls();
    let [_token, sign_out, disable] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!((sign_out.sequence, sign_out.api, sign_out.method.as_str()), (2, Api::SignOut, "POST"));
    assert_eq!((sign_out.path.as_str(), sign_out.user_id.as_deref()), (SIGN_OUT, Some("zhangsan")));
    assert_eq!(sign_out.body, json!({ "userId": "zhangsan", "reason": "INC-3" }));
    assert_eq!((sign_out.status, &sign_out.code, sign_out.work_done), (Some(200), &None, true));
    assert_eq!(
        (disable.status, disable.code.as_deref(), disable.work_done),
        (Some(400), Some("user.not.exist"), false)
    );
    assert_eq!(lab.state().account("zhangsan").unwrap().calls, 1);
}
