//! The calls that read the organization: what stands on the wire for each, and what refusals mean.

use super::*;
use crate::directory::{DepartmentId, Organization, PageFrom, departments, members};
use crate::incident::{ChosenDingTalkId, DingTalkId};

/// The one request to a path that ends in `path`.
fn one(stub: &Stub, path: &str) -> Seen {
    let seen = stub.seen(path);
    assert_eq!(seen.len(), 1, "{path}");
    seen[0].clone()
}

#[tokio::test]
async fn a_dingtalk_id_is_changed_without_a_reason() {
    let harness = Harness::start(|_| Reply::json(200, YES)).await;
    let dingtalk_id = ChosenDingTalkId::parse("zhang2027").unwrap();
    harness.directory.act(&Order::ChangeDingTalkId { user_id: user_id(), dingtalk_id }, &|| Ok(())).await.unwrap();
    let seen = one(&harness.stub, "/v1.0/contact/orgAccounts/dingTalkIds/change");
    assert_eq!((seen.method.as_str(), seen.target.contains('?')), ("POST", false));
    assert_eq!(seen.body, r#"{"dingTalkId":"zhang2027","userId":"user123"}"#);
    assert_eq!(seen.header("x-acs-dingtalk-access-token"), Some("test-token-1"));
    assert_eq!(seen.header("content-type"), Some("application/json; charset=utf-8"));
}

#[tokio::test]
async fn every_refusal_of_a_change_is_for_good() {
    for code in [
        "incorrect.format",
        "incorrect.length",
        "incorrect.reserved",
        "have.been.set",
        "emp.not.exist",
        "internalenterpriseaccount.limit",
    ] {
        let body = format!(r#"{{"code":"{code}","requestid":"r","message":"钉钉号格式不正确"}}"#);
        let harness = Harness::start(move |_| Reply::json(400, &body)).await;
        let dingtalk_id = ChosenDingTalkId::parse("zhang2027").unwrap();
        let changed =
            harness.directory.act(&Order::ChangeDingTalkId { user_id: user_id(), dingtalk_id }, &|| Ok(())).await;
        assert_eq!(failed(changed), (FailureClass::Permanent, code.to_owned()));
    }
}

#[tokio::test]
async fn owned_organizations_are_asked_for_with_an_encoded_user_id() {
    let harness = Harness::start(|_| Reply::json(200, r#"{"orgList":[{"corpId":"ding2","corpName":"分部"}]}"#)).await;
    let hostile = UserId::parse("a/?&%=#+;b").unwrap();
    let owned = harness.directory.owned_organizations(&hostile).await.unwrap();
    assert_eq!(owned, [Organization { corp_id: "ding2".to_owned(), name: Some("分部".to_owned()) }]);
    let seen = one(&harness.stub, "/ownedOrganizations");
    let target = "/v1.0/contact/orgAccounts/ownedOrganizations?userId=a%2F%3F%26%25%3D%23%2B%3Bb";
    assert_eq!((seen.method.as_str(), seen.target.as_str(), seen.body.as_str()), ("GET", target, ""));
    assert_eq!(seen.header("x-acs-dingtalk-access-token"), Some("test-token-1"));
}

#[tokio::test]
async fn refusals_to_tell_owned_organizations_have_their_classes() {
    for (status, code, class) in [
        (400, "exclusive.account.limit", FailureClass::Permanent),
        (400, "profile.not.exist", FailureClass::Permanent),
        (400, "employee.not.exist", FailureClass::Permanent),
        (400, "invalid.param", FailureClass::Permanent),
        (500, "system.busy", FailureClass::Busy),
    ] {
        let body = format!(r#"{{"code":"{code}","requestid":"r"}}"#);
        let harness = Harness::start(move |_| Reply::json(status, &body)).await;
        let read = harness.directory.owned_organizations(&user_id()).await;
        assert_eq!(failed(read), (class, code.to_owned()));
    }
}

#[tokio::test]
async fn a_user_is_found_by_dingtalk_id_in_the_query() {
    let harness = Harness::start(|_| Reply::json(200, r#"{"userId":"u1"}"#)).await;
    let lookup = Lookup::DingTalkId(DingTalkId::parse("dt&x=1").unwrap());
    assert_eq!(harness.directory.find(&lookup).await.unwrap(), [UserId::parse("u1").unwrap()]);
    let seen = one(&harness.stub, "/getByDingTalkId");
    let target = "/v1.0/contact/user/getByDingTalkId?dingtalkId=dt%26x%3D1";
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", target));

    let harness = Harness::start(|_| Reply::json(400, r#"{"code":"user.not.exist","requestid":"r"}"#)).await;
    assert_eq!(harness.directory.find(&lookup).await.unwrap(), []);
    let harness = Harness::start(|_| Reply::json(200, "{}")).await;
    assert_eq!(failed(harness.directory.find(&lookup).await).0, FailureClass::Busy);
}

#[tokio::test]
async fn a_name_is_searched_for_as_the_document_shows() {
    let body = r#"{"hasMore":false,"totalCount":2,"list":["220141953"]}"#;
    let harness = Harness::start(move |_| Reply::json(200, body)).await;
    let found = harness.directory.search("Alice").await.unwrap();
    let listed = [UserId::parse("220141953").unwrap()];
    assert_eq!((found.user_ids.as_slice(), found.has_more), (&listed[..], true), "it counts two and lists one");
    let seen = one(&harness.stub, "/v1.0/contact/users/search");
    assert_eq!((seen.method.as_str(), seen.body.as_str()), ("POST", r#"{"offset":0,"queryWord":"Alice","size":50}"#));

    let refused = r#"{"code":"parameter.error","message":"parameter error","requestid":"r"}"#;
    let harness = Harness::start(move |_| Reply::json(400, refused)).await;
    let code = (FailureClass::Permanent, "parameter.error".to_owned());
    assert_eq!(failed(harness.directory.search("").await), code);
}

#[tokio::test]
async fn administrators_and_departments_are_legacy_calls() {
    let harness = Harness::start(|seen| {
        Reply::json(
            200,
            match seen.path() {
                "/topapi/user/listadmin" => r#"{"errcode":0,"result":[{"userid":"a","sys_level":1}]}"#,
                "/topapi/v2/department/get" => r#"{"errcode":0,"result":{"dept_id":3,"name":"研发部","parent_id":1}}"#,
                "/topapi/v2/department/listsub" => r#"{"errcode":0,"result":[{"dept_id":31,"parent_id":3}]}"#,
                "/topapi/v2/department/listsubid" => r#"{"errcode":0,"result":{"dept_id_list":[31]}}"#,
                _ => r#"{"errcode":0,"result":{"has_more":false,"list":[]}}"#,
            },
        )
    })
    .await;
    let (directory, id) = (&harness.directory, DepartmentId::new(3));
    assert_eq!(directory.admins().await.unwrap().len(), 1);
    assert_eq!(directory.department(id).await.unwrap().unwrap().parent, Some(DepartmentId::ROOT));
    assert_eq!(directory.sub_departments(id).await.unwrap()[0].id, DepartmentId::new(31));
    assert_eq!(directory.sub_department_ids(id).await.unwrap(), [DepartmentId::new(31)]);
    assert_eq!(directory.members(id, PageFrom::START).await.unwrap().next, None);
    for (path, body) in [
        ("/topapi/user/listadmin", "{}"),
        ("/topapi/v2/department/get", r#"{"dept_id":3}"#),
        ("/topapi/v2/department/listsub", r#"{"dept_id":3}"#),
        ("/topapi/v2/department/listsubid", r#"{"dept_id":3}"#),
        ("/topapi/v2/user/list", r#"{"cursor":0,"dept_id":3,"size":100}"#),
    ] {
        let seen = one(&harness.stub, path);
        assert_eq!(seen.target, format!("{path}?access_token=test-token-1"));
        assert_eq!((seen.method.as_str(), seen.body.as_str()), ("POST", body));
        assert_eq!(seen.header("x-acs-dingtalk-access-token"), None);
    }
}

#[tokio::test]
async fn an_unknown_department_is_none_and_what_the_app_may_not_see_is_a_failure() {
    let harness = Harness::start(|_| Reply::json(200, r#"{"errcode":60003,"errmsg":"部门不存在"}"#)).await;
    assert_eq!(harness.directory.department(DepartmentId::new(9)).await.unwrap(), None);
    let below = harness.directory.sub_departments(DepartmentId::new(9)).await;
    assert_eq!(failed(below), (FailureClass::Permanent, "60003".to_owned()));
    for (code, class) in [(60_011, FailureClass::OperatorNeeded), (50_004, FailureClass::Permanent)] {
        let body = format!(r#"{{"errcode":{code},"errmsg":"m"}}"#);
        let harness = Harness::start(move |_| Reply::json(200, &body)).await;
        assert_eq!(failed(harness.directory.admins().await), (class, code.to_string()));
        let read = harness.directory.department(DepartmentId::ROOT).await;
        assert_eq!(failed(read), (class, code.to_string()));
    }
}

#[tokio::test]
async fn a_tree_that_bends_back_on_itself_is_walked_once() {
    let harness = Harness::start(|seen| {
        Reply::json(
            200,
            match seen.path() {
                "/topapi/v2/department/get" => r#"{"errcode":0,"result":{"dept_id":1,"name":"root"}}"#,
                _ => r#"{"errcode":0,"result":[{"dept_id":1},{"dept_id":2},{"dept_id":2}]}"#,
            },
        )
    })
    .await;
    let mut told = Vec::new();
    let all = departments(harness.directory.as_ref(), |department| told.push(department.id)).await.unwrap();
    assert_eq!(told, [DepartmentId::ROOT, DepartmentId::new(2)]);
    assert_eq!((all.len(), harness.stub.seen("/listsub").len()), (2, 2));
}

#[tokio::test]
async fn pages_are_read_to_the_last_and_a_cursor_that_stands_still_ends_it() {
    let harness = Harness::start(|seen| {
        let first = seen.body.contains(r#""cursor":0"#);
        let page = if first {
            r#"{"has_more":true,"next_cursor":100,"list":[{"userid":"a"}]}"#
        } else {
            r#"{"has_more":false,"list":[{"userid":"b"}]}"#
        };
        Reply::json(200, &format!(r#"{{"errcode":0,"result":{page}}}"#))
    })
    .await;
    let mut all = Vec::new();
    let read = members(harness.directory.as_ref(), DepartmentId::ROOT, |page| all.extend(page)).await;
    read.unwrap();
    assert_eq!(all.iter().map(|member| member.account.user_id.as_str()).collect::<Vec<_>>(), ["a", "b"]);

    let still = r#"{"errcode":0,"result":{"has_more":true,"next_cursor":100,"list":[]}}"#;
    let harness = Harness::start(move |_| Reply::json(200, still)).await;
    let read = members(harness.directory.as_ref(), DepartmentId::ROOT, |_| ()).await;
    assert_eq!(failed(read), (FailureClass::Permanent, "cursor_does_not_advance".to_owned()));
    assert_eq!(harness.stub.seen("/list").len(), 2);
}

#[tokio::test]
async fn a_list_may_be_longer_than_an_ordinary_answer_but_not_endless() {
    let filler = " ".repeat(300 * 1024);
    let body = format!(r#"{{"errcode":0,{filler}"result":{{"has_more":false,"list":[]}}}}"#);
    let harness = Harness::start(move |_| Reply::json(200, &body)).await;
    harness.directory.members(DepartmentId::ROOT, PageFrom::START).await.unwrap();
    let read = harness.directory.department(DepartmentId::ROOT).await;
    assert_eq!(failed(read), (FailureClass::Busy, "oversized".to_owned()));
    let harness = Harness::start(|_| Reply::Endless).await;
    assert_eq!(failed(harness.directory.admins().await).0, FailureClass::Busy);
}
