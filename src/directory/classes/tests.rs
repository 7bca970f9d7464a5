//! The table, row by row as DingTalk's documents and live answers have it.

use super::*;
use crate::incident::FailureClass::*;
use proptest::prelude::*;
use serde_json::json;

fn new(status: u16, body: Value) -> FailureClass {
    classify(Api::Disable, status, &Body::Json(body)).0
}

fn legacy(body: Value) -> FailureClass {
    classify(Api::User, 200, &Body::Json(body)).0
}

#[test]
fn every_row_of_the_new_api() {
    for (status, code, class) in [
        (400, "InvalidAuthentication", TokenRefused),
        (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", Throttled),
        (403, "Forbidden.AccessDenied.QpsLimitForApi", Throttled),
        (403, "Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi", Throttled),
        (403, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", ThrottledMinute),
        (403, "Forbidden.AccessDenied.QpmLimitForApi", ThrottledMinute),
        (429, "system.busy", Throttled),
        (429, "systemBusy", Throttled),
        (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", QuotaExhausted),
        (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", OperatorNeeded),
        (403, "Forbidden.AccessDenied.IpNotInWhiteList", OperatorNeeded),
        (400, "invalidClientIdOrSecret", OperatorNeeded),
        (400, "invalid.client", OperatorNeeded),
        (401, "unauthorized.client", OperatorNeeded),
        (400, "unsupported.grant.type", Permanent),
        (400, "AuthenticationFailed.MissingParameter", OperatorNeeded),
        (500, "system.busy", Busy),
        (500, "unknownError", Busy),
        (400, "serviceBusy", Busy),
        (500, "server.error", Busy),
        (502, "whatever", Busy),
        (503, "whatever", Busy),
        (504, "whatever", Busy),
        (400, "invalid.param", Permanent),
        (400, "user.not.exist", Permanent),
        (400, "exclusive.account.only", Permanent),
        (400, "Missingbody", Permanent),
        (400, "MissinguserId", Permanent),
        (403, "Forbidden.AccessDenied.SomethingNew", Permanent),
        (404, "InvalidAction.NotFound", Permanent),
    ] {
        let body = json!({"code": code, "requestid": "r", "message": "系统繁忙"});
        assert_eq!(classify(Api::Disable, status, &Body::Json(body)), (class, code.to_owned()), "{status} {code}");
        assert_eq!(new(status, json!({"Code": code})), class, "capital keys: {status} {code}");
    }
}

#[test]
fn every_row_of_the_legacy_api_bare_and_wrapped() {
    let rows: [(&[i64], FailureClass); 7] = [
        (&[40_014, 42_001, 40_001, 33_001], TokenRefused),
        (&[90_018, 90_002, 90_001, 90_003, 90_004, 90_005, 90_006, 90_007, 90_008], Throttled),
        (&[90_009, 90_010, 90_011, 90_012, 90_013, 90_014], Throttled),
        (&[90_020], QuotaExhausted),
        (&[60_011, 60_020, 40_096, 40_089], OperatorNeeded),
        (&[-1], Busy),
        (&[22, 33_012, 60_121, 60_003, 400_002, 40_104, 40_000, 50_002, 50_004, 90_015, 90_019], Permanent),
    ];
    for (codes, class) in rows {
        for code in codes {
            for body in [
                json!({"errcode": code, "errmsg": "m"}),
                json!({"errcode": code.to_string()}),
                json!({"errcode": 88, "sub_code": code.to_string(), "sub_msg": "m"}),
                json!({"errcode": "88", "sub_code": code}),
            ] {
                let judged = classify(Api::User, 200, &Body::Json(body));
                assert_eq!(judged, (class, code.to_string()));
            }
        }
    }
}

#[test]
fn the_sub_code_counts_only_behind_88() {
    assert_eq!(legacy(json!({"errcode": 60_011, "sub_code": "40014"})), OperatorNeeded);
    assert_eq!(legacy(json!({"errcode": 88})), Permanent);
    assert_eq!(legacy(json!({"errcode": 88, "sub_code": "isp.unknown"})), Permanent);
}

#[test]
fn a_banned_address_is_known_by_its_shape_whatever_the_status() {
    let ban = json!({"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "u"});
    for api in Api::ALL {
        for status in [200, 302, 400, 403, 429, 500] {
            assert_eq!(classify(api, status, &Body::Json(ban.clone())).0, AddressBlocked, "{status}");
        }
        for status in [200, 400, 403, 404] {
            assert_eq!(classify(api, status, &Body::NotJson).0, AddressBlocked, "{status}");
        }
    }
    assert_eq!(new(200, json!({"status": 200})), Unknown);
}

#[test]
fn a_page_of_a_gateway_is_an_outage_and_no_ban() {
    for status in [500, 502, 503, 504] {
        assert_eq!(classify(Api::Disable, status, &Body::NotJson), (Busy, format!("http_{status}")));
        assert_eq!(classify(Api::User, status, &Body::Empty).0, Busy);
    }
    assert_eq!(classify(Api::Disable, 429, &Body::NotJson).0, Throttled);
}

#[test]
fn a_2xx_or_3xx_that_is_no_success_leaves_the_end_unclear() {
    for body in [
        json!({}),
        json!(null),
        json!([true]),
        json!({"result": false}),
        json!({"result": "true"}),
        json!({"errcode": 404, "errmsg": "请求的URI地址不存在"}),
        json!({"errcode": 0, "errmsg": "ok"}),
        json!({"code": "InvalidAuthentication"}),
    ] {
        assert_eq!(new(200, body.clone()), Unknown, "{body}");
        assert_eq!(new(302, body.clone()), Unknown, "{body}");
    }
    assert_eq!(classify(Api::Disable, 200, &Body::Empty), (Unknown, "unexpected_answer".to_owned()));
    assert_eq!(classify(Api::Disable, 302, &Body::NotJson), (Unknown, "http_302".to_owned()));
    for body in [json!({"errcode": 0}), json!({}), json!({"code": "x"})] {
        assert_eq!(legacy(body.clone()), Busy, "{body}");
    }
    assert_eq!(classify(Api::Status, 200, &Body::Json(json!({}))).0, Busy);
    assert_eq!(classify(Api::AccessToken, 200, &Body::Json(json!({}))).0, NotSent);
}

#[test]
fn a_refusal_without_a_code_goes_by_its_status() {
    for (status, class) in [(400, Permanent), (401, Permanent), (404, Permanent), (429, Throttled), (500, Busy)] {
        for body in [Body::Json(json!({})), Body::Json(json!({"code": ""})), Body::Empty] {
            assert_eq!(classify(Api::Disable, status, &body), (class, format!("http_{status}")));
        }
    }
}

proptest! {
    #[test]
    fn a_code_is_short_visible_ascii_whatever_comes(status in 200_u16..600, code in any::<String>(), new: bool) {
        let api = if new { Api::Disable } else { Api::User };
        let (_, code) = classify(api, status, &Body::Json(json!({"code": code})));
        prop_assert!((1..=128).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_graphic()));
    }
}
