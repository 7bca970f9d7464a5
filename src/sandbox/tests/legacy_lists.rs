//! The legacy lists of users and departments.

use serde_json::json;

use super::*;

const SIMPLE: &str = "/topapi/user/listsimple";
const FULL: &str = "/topapi/v2/user/list";

#[tokio::test]
async fn pages_follow_one_another_and_the_last_has_no_cursor() {
    let lab = Lab::start().await;
    let mut seen = Vec::new();
    let mut cursor = json!(0);
    loop {
        let page = lab.legacy(SIMPLE, &json!({ "dept_id": 31, "cursor": cursor, "size": 60 })).await;
        let list = page["result"]["list"].as_array().unwrap();
        seen.extend(list.iter().map(|user| user["userid"].as_str().unwrap().to_owned()));
        if page["result"]["has_more"] == false {
            assert_eq!(page["result"].get("next_cursor"), None);
            break;
        }
        cursor = page["result"]["next_cursor"].clone();
    }
    // 100 of the many, zhangsan and wangwu.
    assert_eq!(seen.len(), 102);
    assert!(seen.is_sorted_by(|a, b| a < b), "no user twice");
    let ids = lab.legacy("/topapi/user/listid", &json!({ "dept_id": 31 })).await;
    assert_eq!(ids["result"]["userid_list"], json!(seen));
}

#[tokio::test]
async fn a_page_that_ends_exactly_at_the_end_says_so() {
    let lab = Lab::start().await;
    let page = lab.legacy(SIMPLE, &json!({ "dept_id": 32, "cursor": 0, "size": 100 })).await;
    assert_eq!(page["result"]["list"].as_array().unwrap().len(), 100);
    assert_eq!((&page["result"]["has_more"], page["result"].get("next_cursor")), (&json!(false), None));
    let page = lab.legacy(SIMPLE, &json!({ "dept_id": 32, "cursor": 99, "size": 1 })).await;
    assert_eq!(page["result"], json!({ "has_more": false, "list": [{ "userid": "user0200", "name": "用户0200" }] }));
    let beyond = lab.legacy(SIMPLE, &json!({ "dept_id": 32, "cursor": u64::MAX, "size": 1 })).await;
    assert_eq!(beyond["result"], json!({ "has_more": false, "list": [] }));
}

#[tokio::test]
async fn the_full_list_shows_what_the_look_up_shows() {
    let lab = Lab::start().await;
    let page = lab.legacy(FULL, &json!({ "dept_id": 4, "cursor": 0, "size": 10 })).await;
    let list = page["result"]["list"].as_array().unwrap();
    assert_eq!(list.iter().map(|user| &user["userid"]).collect::<Vec<_>>(), ["lisi", "plain01"]);
    let lisi = &list[0];
    assert_eq!((&lisi["login_id"], &lisi["disable_status"]), (&json!("lisi@sandbox"), &json!(false)));
    assert_eq!((&lisi["leader"], &lisi["dept_order"]), (&json!(false), &json!(1)));
}

#[tokio::test]
async fn lists_refuse_absent_improper_and_unknown_values_apart() {
    let lab = Lab::start().await;
    for path in [SIMPLE, FULL] {
        for (body, code) in [
            (json!({ "cursor": 0, "size": 10 }), 400_002),
            (json!({ "dept_id": 31, "size": 10 }), 400_002),
            (json!({ "dept_id": 31, "cursor": 0 }), 400_002),
            (json!({ "dept_id": 31, "cursor": 0, "size": 0 }), 40035),
            (json!({ "dept_id": 31, "cursor": 0, "size": 101 }), 40035),
            (json!({ "dept_id": 31, "cursor": -1, "size": 10 }), 40035),
            (json!({ "dept_id": "x", "cursor": 0, "size": 10 }), 40035),
            (json!({ "dept_id": 999, "cursor": 0, "size": 10 }), 60003),
        ] {
            assert_eq!(lab.legacy(path, &body).await["errcode"], code, "{body}");
        }
    }
    assert_eq!(lab.legacy("/topapi/user/listid", &json!({ "dept_id": 999 })).await["errcode"], 60003);
}

#[tokio::test]
async fn departments_are_told_one_level_at_a_time() {
    let lab = Lab::start().await;
    let ids = |answer: &Value| {
        answer["result"].as_array().unwrap().iter().map(|d| d["dept_id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let path = "/topapi/v2/department/listsub";
    assert_eq!(ids(&lab.legacy(path, &json!({})).await), [2, 3, 4]);
    let below = lab.legacy(path, &json!({ "dept_id": 3, "language": "en_US" })).await;
    assert_eq!(ids(&below), [31, 32]);
    assert_eq!((&below["result"][0]["name"], &below["result"][0]["parent_id"]), (&json!("Platform"), &json!(3)));
    let sub_ids = lab.legacy("/topapi/v2/department/listsubid", &json!({ "dept_id": 3 })).await;
    assert_eq!(sub_ids["result"], json!({ "dept_id_list": [31, 32] }));
    assert_eq!(ids(&lab.legacy(path, &json!({ "dept_id": 31 })).await), [311]);
    assert_eq!(ids(&lab.legacy(path, &json!({ "dept_id": 311 })).await), [0; 0]);
}

#[tokio::test]
async fn a_department_is_told_by_its_id() {
    let lab = Lab::start().await;
    let path = "/topapi/v2/department/get";
    let root = lab.legacy(path, &json!({ "dept_id": 1 })).await;
    assert_eq!((&root["result"]["name"], root["result"].get("parent_id")), (&json!("沙盒科技"), None));
    assert_eq!(root["result"]["dept_manager_userid_list"], json!(["boss01"]));
    assert_legacy_refused(&lab.legacy(path, &json!({ "dept_id": 999 })).await, 60003, "部门不存在");
    assert_legacy_refused(&lab.legacy(path, &json!({})).await, 400_002, "无效的参数");
    let sub = lab.legacy("/topapi/v2/department/listsub", &json!({ "dept_id": 999 })).await;
    assert_legacy_refused(&sub, 60003, "部门不存在");
}

#[tokio::test]
async fn roles_stand_in_their_groups_and_those_who_have_one_on_pages() {
    let lab = Lab::start().await;
    let (roles, holders) = ("/topapi/role/list", "/topapi/role/simplelist");
    let listed = lab.legacy(roles, &json!({})).await;
    let groups = listed["result"]["list"].as_array().unwrap();
    assert_eq!(groups.iter().map(|group| group["roles"].as_array().unwrap().len()).collect::<Vec<_>>(), [2, 1]);
    let first = lab.legacy(roles, &json!({ "offset": 0, "size": 1 })).await;
    assert_eq!((&first["result"]["hasMore"], &first["result"]["list"][0]), (&json!(true), &groups[0]));
    let on_call = &groups[1]["roles"][0]["id"];
    let page = lab.legacy(holders, &json!({ "role_id": on_call, "offset": 2, "size": 2 })).await;
    assert_eq!(page["result"], json!({ "hasMore": false, "list": [{ "userid": "user0003", "name": "用户0003" }] }));
    // Without its size an offset says nothing.
    let whole = lab.legacy(holders, &json!({ "role_id": on_call, "offset": 2 })).await;
    assert_eq!(whole["result"]["list"].as_array().unwrap().len(), 3);
    for (path, body, code) in [
        (roles, json!({ "offset": 0, "size": 201 }), 40069),
        (roles, json!({ "offset": -1, "size": 10 }), 40068),
        (holders, json!({ "offset": 0, "size": 10 }), 400_002),
        (holders, json!({ "role_id": 7 }), 33011),
        (holders, json!({ "role_id": on_call, "offset": 0, "size": 101 }), 40069),
        (holders, json!({ "role_id": on_call, "offset": 0, "size": 0 }), 40069),
    ] {
        assert_eq!(lab.legacy(path, &body).await["errcode"], code, "{path} {body}");
    }
}
