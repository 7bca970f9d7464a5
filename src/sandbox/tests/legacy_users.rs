//! The legacy look-ups of one user, in both body forms and both answer forms.

use serde_json::json;

use super::*;
use crate::sandbox::{CORP_ID, FOREIGN_CORP_ID};

const GET: &str = "/topapi/v2/user/get";
const BY_MOBILE: &str = "/topapi/v2/user/getbymobile";
const BY_UNION_ID: &str = "/topapi/user/getbyunionid";

#[tokio::test]
async fn a_user_is_answered_with_native_types() {
    let lab = Lab::start().await;
    let answer = lab.legacy(GET, &json!({ "userid": "zhangsan", "language": "zh_CN" })).await;
    let order = 176_294_576_350_761_512_u64;
    let expected = json!({
        "errcode": 0,
        "errmsg": "ok",
        "request_id": answer["request_id"],
        "result": {
            "userid": "zhangsan",
            "unionid": "sandboxunionzhangsan",
            "name": "张三",
            "state_code": "86",
            "mobile": "10000000001",
            "hide_mobile": false,
            "job_number": "J0001",
            "email": "zhang.san@example.com",
            "dept_id_list": [3, 31],
            "dept_order_list": [{ "dept_id": 3, "order": order }, { "dept_id": 31, "order": order }],
            "leader_in_dept": [{ "dept_id": 3, "leader": false }, { "dept_id": 31, "leader": false }],
            "active": true,
            "real_authed": true,
            "admin": false,
            "boss": false,
            "senior": false,
            "exclusive_account": true,
            "exclusive_account_type": "sso",
            "exclusive_account_corp_id": CORP_ID,
            "exclusive_account_corp_name": "沙盒科技",
            "disable_status": false,
        },
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn the_documented_form_has_text_in_place_of_numbers_and_booleans() {
    let lab = Lab::with(Settings { stringly: true, ..settings() }).await;
    let answer = lab.legacy(GET, &json!({ "userid": "admin01" })).await;
    let result = &answer["result"];
    assert_eq!(answer["errcode"], "0");
    assert_eq!((&result["admin"], &result["disable_status"]), (&json!("true"), &json!("false")));
    assert_eq!(result["dept_id_list"], "[2]");
    assert_eq!(result["leader_in_dept"], json!({ "dept_id": "2", "leader": "false" }));
    assert_eq!(result["role_list"], json!({ "group_name": "默认", "name": "主管理员", "id": "2062489174" }));
    let unknown = lab.legacy(GET, &json!({ "userid": "nobody" })).await;
    assert_eq!(unknown["errcode"], "33012");
    assert_eq!(lab.post(SIGN_OUT, &json!({ "userId": "zhangsan" })).await, (200, json!({ "result": true })));
}

#[tokio::test]
async fn what_protects_an_account_is_told() {
    let lab = Lab::start().await;
    for (user_id, member) in [("admin01", "admin"), ("admin02", "admin"), ("boss01", "boss"), ("senior01", "senior")] {
        let result = &lab.legacy(GET, &json!({ "userid": user_id })).await["result"];
        let set: Vec<&str> = ["admin", "boss", "senior"].into_iter().filter(|name| result[*name] == true).collect();
        assert_eq!(set, [member]);
    }
    let foreign = &lab.legacy(GET, &json!({ "userid": "foreign01" })).await["result"];
    assert_eq!(foreign["exclusive_account_corp_id"], FOREIGN_CORP_ID);
    assert_eq!((&foreign["exclusive_account"], foreign.get("disable_status")), (&json!(true), None));
    let plain = &lab.legacy(GET, &json!({ "userid": "plain01" })).await["result"];
    assert_eq!((&plain["exclusive_account"], plain.get("exclusive_account_type")), (&json!(false), None));
    assert_eq!(lab.legacy(GET, &json!({ "userid": "wangwu" })).await["result"]["disable_status"], true);
}

#[tokio::test]
async fn a_login_name_goes_before_the_user_id() {
    let lab = Lab::start().await;
    let found = lab.legacy(GET, &json!({ "userid": "zhangsan", "login_id": "lisi@sandbox" })).await;
    let result = &found["result"];
    assert_eq!((&result["userid"], &result["exclusive_account_type"]), (&json!("lisi"), &json!("dingtalk")));
    assert_eq!((&result["login_id"], &result["nickname"]), (&json!("lisi@sandbox"), &json!("李四")));
    let none = lab.legacy(GET, &json!({ "userid": "zhangsan", "login_id": "nobody@sandbox" })).await;
    assert_legacy_refused(&none, 60121, "找不到该用户");
}

#[tokio::test]
async fn a_form_is_read_as_well_as_json() {
    let lab = Lab::start().await;
    let path = |path: &str| format!("{path}?access_token={}", lab.token);
    let by_id = lab.form(&path(GET), "userid=zhangsan&language=en_US").await;
    assert_eq!(by_id["result"]["name"], "张三");
    let body = "mobile=%2B86-10000000002&support_exclusive_account_search=true";
    let by_mobile = lab.form(&path(BY_MOBILE), body).await;
    assert_eq!(by_mobile["result"]["exclusive_account_userid_list"], json!(["lisi"]));
}

#[tokio::test]
async fn the_refusals_of_a_user_look_up() {
    let lab = Lab::start().await;
    assert_legacy_refused(&lab.legacy(GET, &json!({ "userid": "nobody" })).await, 60121, "找不到该用户");
    for body in [
        json!({}),
        json!({ "userid": "" }),
        json!({ "userid": "a".repeat(65) }),
        json!({ "userid": ["zhangsan"] }),
        json!({ "userid": "zhangsan", "language": "fr_FR" }),
    ] {
        assert_legacy_refused(&lab.legacy(GET, &body).await, 400_002, "无效的参数");
    }
}

#[tokio::test]
async fn an_enterprise_account_is_found_by_mobile_only_when_asked_for() {
    let lab = Lab::start().await;
    let zhangsan = json!({ "mobile": "10000000001" });
    assert_legacy_refused(&lab.legacy(BY_MOBILE, &zhangsan).await, 60121, "找不到该用户");
    let asked = json!({ "mobile": "10000000001", "support_exclusive_account_search": true });
    let found = &lab.legacy(BY_MOBILE, &asked).await["result"];
    assert_eq!(found, &json!({ "exclusive_account_userid_list": ["zhangsan"] }));
    let foreign = json!({ "mobile": "10000000007", "support_exclusive_account_search": true });
    assert_legacy_refused(&lab.legacy(BY_MOBILE, &foreign).await, 60121, "找不到该用户");
    let plain = &lab.legacy(BY_MOBILE, &json!({ "mobile": "10000000008" })).await["result"];
    assert_eq!(plain, &json!({ "userid": "plain01", "exclusive_account_userid_list": [] }));
}

#[tokio::test]
async fn a_mobile_number_that_is_none_is_refused() {
    let lab = Lab::start().await;
    assert_legacy_refused(&lab.legacy(BY_MOBILE, &json!({ "mobile": "12x" })).await, 40104, "无效的手机号码");
    assert_legacy_refused(&lab.legacy(BY_MOBILE, &json!({})).await, 400_002, "无效的参数");
}

#[tokio::test]
async fn a_user_is_found_by_union_id() {
    let lab = Lab::start().await;
    let found = lab.legacy(BY_UNION_ID, &json!({ "unionid": "sandboxunionlisi" })).await;
    assert_eq!(found["result"], json!({ "contact_type": 0, "userid": "lisi" }));
    assert_legacy_refused(&lab.legacy(BY_UNION_ID, &json!({ "unionid": "x" })).await, 60121, "找不到该用户");
    assert_legacy_refused(&lab.legacy(BY_UNION_ID, &json!({})).await, 400_002, "无效的参数");
}

#[tokio::test]
async fn administrators_and_their_scope_are_told() {
    let lab = Lab::start().await;
    let admins = lab.legacy("/topapi/user/listadmin", &json!({})).await;
    let both = json!([{ "userid": "admin01", "sys_level": 1 }, { "userid": "admin02", "sys_level": 2 }]);
    assert_eq!(admins["result"], both);
    let scope = lab.legacy("/topapi/user/get_admin_scope", &json!({ "userid": "admin01" })).await;
    assert_eq!((&scope["dept_ids"], scope.get("result")), (&json!([1]), None));
    let scope = lab.legacy("/topapi/user/get_admin_scope", &json!({ "userid": "admin02" })).await;
    assert_eq!(scope["dept_ids"], json!([311]));
    let scope = lab.legacy("/topapi/user/get_admin_scope", &json!({ "userid": "nobody" })).await;
    assert_legacy_refused(&scope, 60121, "找不到该用户");
}
