//! Users by DingTalk ID and by name.

use serde_json::json;

use super::*;

const BY_DINGTALK_ID: &str = "/v1.0/contact/user/getByDingTalkId";
const SEARCH: &str = "/v1.0/contact/users/search";

#[tokio::test]
async fn a_user_is_found_by_the_dingtalk_id_of_now() {
    let lab = Lab::start().await;
    let by_id = |id: &str| format!("{BY_DINGTALK_ID}?dingtalkId={id}");
    let zhangsan = (200, json!({ "userId": "zhangsan" }));
    assert_eq!(lab.get(&by_id("dtzhangsan")).await, zhangsan);
    lab.post(CHANGE_ID, &json!({ "userId": "zhangsan", "dingTalkId": "zhang2027" })).await;
    assert_eq!(lab.get(&by_id("zhang2027")).await, zhangsan);
    assert_refused(lab.get(&by_id("dtzhangsan")).await, 400, "user.not.exist", "用户不存在");
    assert_refused(lab.get(BY_DINGTALK_ID).await, 400, "invalid.param", "无效参数");
}

#[tokio::test]
async fn a_name_is_searched_for_in_pages() {
    let lab = Lab::start().await;
    let search = |word: &str, offset: u64, size: u64| json!({ "queryWord": word, "offset": offset, "size": size });
    let zhang = json!({ "hasMore": false, "totalCount": 1, "list": ["zhangsan"] });
    assert_eq!(lab.post(SEARCH, &search("张", 0, 10)).await, (200, zhang));
    let (_, first) = lab.post(SEARCH, &search("用户", 0, 100)).await;
    assert_eq!((&first["hasMore"], &first["totalCount"]), (&json!(true), &json!(200)));
    let (_, last) = lab.post(SEARCH, &search("用户", 1, 100)).await;
    assert_eq!((&last["hasMore"], last["list"].as_array().unwrap().len()), (&json!(false), 100));
    let exact = json!({ "queryWord": "张", "offset": 0, "size": 10, "fullMatchField": 1 });
    assert_eq!(lab.post(SEARCH, &exact).await.1["totalCount"], 0);
}

#[tokio::test]
async fn a_search_without_its_members_is_refused() {
    let lab = Lab::start().await;
    for body in [
        json!({ "offset": 0, "size": 10 }),
        json!({ "queryWord": "", "offset": 0, "size": 10 }),
        json!({ "queryWord": 1, "offset": 0, "size": 10 }),
        json!({ "queryWord": "张", "size": 10 }),
        json!({ "queryWord": "张", "offset": 0, "size": 0 }),
        json!({ "queryWord": "张", "offset": 0, "size": 101 }),
    ] {
        assert_refused(lab.post(SEARCH, &body).await, 400, "parameter.error", "parameter error");
    }
}
