//! Whoever repeats a write under its key, because no answer came, is given the first answer; nothing is done twice.

use portcullis::api::{Gate, ROUTES};
use serde_json::json;

use crate::harness::{ADMIN, AUDITOR, Answer, DEPUTY, Delivery, RESPONDER, TestApp};

fn is_repeated(answer: &Answer) -> bool {
    answer.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_with_a_key_is_done_once_and_answered_as_the_first_time() {
    let app = TestApp::start().await;
    let why = json!({"reason": "a drill"});
    let first = app.post_once("/v1/pause", RESPONDER, &why, &["key-1"]).await;
    assert!(first.status == 200 && !is_repeated(&first), "{}", first.body);
    app.steer("/v1/resume").await;
    let again = app.post_once("/v1/pause", RESPONDER, &why, &["key-1"]).await;
    assert!(again.status == 200 && is_repeated(&again), "{}", again.body);
    assert_eq!((&again.body, &again.headers["content-type"]), (&first.body, &first.headers["content-type"]));
    assert_eq!(app.records_of("responder.paused").len(), 1, "and it is not paused again");

    let other = app.post_once("/v1/pause", RESPONDER, &json!({"reason": "another"}), &["key-1"]).await;
    assert_eq!((other.status, other.code()), (422, "key_used"));
    for (path, token, key) in
        [("/v1/pause", DEPUTY, "key-1"), ("/v1/resume", RESPONDER, "key-1"), ("/v1/pause", RESPONDER, "key-2")]
    {
        let answer = app.post_once(path, token, &why, &[key]).await;
        assert!(answer.status == 200 && !is_repeated(&answer), "{path} {key}: {}", answer.body);
    }
    assert_eq!(app.records_of("responder.paused").len(), 3);
    app.advance(std::time::Duration::from_secs(24 * 3_600));
    let later = app.post_once("/v1/pause", RESPONDER, &why, &["key-1"]).await;
    assert!(later.status == 200 && !is_repeated(&later), "a day later it is another");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_four_that_come_at_once_one_is_done() {
    let app = TestApp::start().await;
    let why = json!({"reason": "a drill"});
    let send = || app.post_once("/v1/pause", RESPONDER, &why, &["one"]);
    let (one, two, three, four) = tokio::join!(send(), send(), send(), send());
    for answer in [one, two, three, four] {
        let fits = answer.status == 200 || (answer.status, answer.code()) == (409, "key_under_way");
        assert!(fits, "{} {}", answer.status, answer.body);
    }
    assert_eq!(app.records_of("responder.paused").len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_refused_may_try_again_under_the_same_key() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let (approve, why) = (format!("/v1/incidents/{incident}/dismiss"), json!({"reason": "a drill"}));
    for _ in 0..2 {
        let refused = app.post_once(&approve, RESPONDER, &why, &["key-1"]).await;
        assert!(refused.status == 409 && !is_repeated(&refused), "{}", refused.body);
    }
    let unsaid = app.post_once("/v1/pause", RESPONDER, &json!({"reason": ""}), &["key-1"]).await;
    assert_eq!((unsaid.status, unsaid.code()), (422, "wrong_schema"));
    assert_eq!(app.post_once("/v1/pause", RESPONDER, &why, &["key-1"]).await.status, 200);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_nothing_to_whom_the_route_is_closed_and_has_to_be_one() {
    let app = TestApp::start().await;
    let why = json!({"reason": "a drill"});
    assert_eq!(app.post_once("/v1/pause", RESPONDER, &why, &["key-1"]).await.status, 200);
    for (token, status) in [("nobody-nobody-nobody-nobody-nobody-no", 401), (AUDITOR, 403)] {
        let answer = app.post_once("/v1/pause", token, &why, &["key-1"]).await;
        assert!(answer.status == status && !is_repeated(&answer), "{}", answer.body);
    }
    let long = "k".repeat(256);
    for keys in [&[""][..], &["two words"], &[long.as_str()], &["one", "one"], &["schlüssel"]] {
        let answer = app.post_once("/v1/pause", RESPONDER, &why, keys).await;
        assert_eq!((answer.status, answer.code()), (400, "bad_request"), "{keys:?}");
    }
    assert_eq!(app.records_of("responder.paused").len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_once_is_not_shown_again_whatever_key_it_has() {
    let app = TestApp::start().await;
    let wanted = json!({"name": "exporter", "role": "auditor", "days": 30, "reason": "a new machine"});
    let given = app.post_once("/v1/tokens/issue", ADMIN, &wanted, &["key-1"]).await;
    assert!(given.status == 200 && given.body["token"].is_string(), "{}", given.body);
    let again = app.post_once("/v1/tokens/issue", ADMIN, &wanted, &["key-1"]).await;
    assert_eq!((again.status, again.code()), (409, "name_taken"));
    assert!(!again.body.to_string().contains(given.body["token"].as_str().unwrap()));
    app.end().await;
}

/// No write is forgotten: each is kept by its key, but for those that say why not.
#[tokio::test(flavor = "multi_thread")]
async fn the_document_offers_a_key_for_every_write() {
    let app = TestApp::start().await;
    let document = app.get("/v1/openapi.json", "").await.body;
    for route in ROUTES.iter().filter(|route| route.methods == "POST" && matches!(route.gate, Gate::Token(_))) {
        let parameters = document["paths"][route.path]["post"]["parameters"].to_string();
        let without = ["/v1/subjects/find", "/v1/subjects/export", "/v1/tokens/issue"].contains(&route.path);
        assert_eq!(parameters.contains("idempotency-key"), !without, "{route:?}");
    }
    app.end().await;
}
