//! The access token's life, as the stub sees it.

use tokio::task::JoinSet;

use super::*;

const REFUSED_NEW: &str = r#"{"code":"InvalidAuthentication","requestid":"r","message":"不合法的access_token"}"#;
const REFUSED_LEGACY: &str = r#"{"errcode":88,"sub_code":"40014","sub_msg":"不合法的access_token","request_id":"r"}"#;

fn is_first_token(seen: &Seen) -> bool {
    let in_header = seen.header("x-acs-dingtalk-access-token") == Some("test-token-1");
    in_header || seen.target.ends_with("access_token=test-token-1")
}

#[tokio::test]
async fn fifty_calls_at_once_fetch_one_token() {
    let harness = Harness::start(|_| Reply::json(200, YES)).await;
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let directory = Arc::clone(&harness.directory);
        calls.spawn(async move { directory.act(&disable(), &|| Ok(())).await });
    }
    assert!(calls.join_all().await.into_iter().all(|outcome| outcome.is_ok()));
    assert_eq!((harness.stub.seen(TOKEN_PATH).len(), harness.stub.seen("/disable").len()), (1, 50));
}

#[tokio::test]
async fn g08_a_token_that_is_refused_to_fifty_calls_is_fetched_once_more() {
    let harness = Harness::start(|seen| match is_first_token(seen) {
        true => Reply::json(400, REFUSED_NEW),
        false => Reply::json(200, YES),
    })
    .await;
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let directory = Arc::clone(&harness.directory);
        calls.spawn(async move { directory.act(&disable(), &|| Ok(())).await });
    }
    assert!(calls.join_all().await.into_iter().all(|outcome| outcome.is_ok()));
    assert_eq!(harness.stub.seen(TOKEN_PATH).len(), 2);
}

#[tokio::test]
async fn a_refused_token_is_fetched_anew_and_the_call_repeated_once() {
    let harness = Harness::start(|seen| match (is_first_token(seen), seen.path().starts_with("/topapi")) {
        (true, true) => Reply::json(200, REFUSED_LEGACY),
        (true, false) => Reply::json(400, REFUSED_NEW),
        (false, true) => Reply::json(200, r#"{"errcode":0,"result":{"userid":"u1"}}"#),
        (false, false) => Reply::json(200, YES),
    })
    .await;
    harness.directory.find(&union_id()).await.unwrap();
    assert_eq!((harness.stub.seen(TOKEN_PATH).len(), harness.stub.seen("/getbyunionid").len()), (2, 2));
    harness.disable().await.unwrap();
    assert_eq!((harness.stub.seen(TOKEN_PATH).len(), harness.stub.seen("/disable").len()), (2, 1));
}

#[tokio::test]
async fn a_second_refusal_ends_the_call() {
    for (status, body) in [(400, REFUSED_NEW), (200, REFUSED_LEGACY)] {
        let harness = Harness::start(move |_| Reply::json(status, body)).await;
        let (outcome, path) = match status {
            400 => (ok_or(harness.disable().await.map(|_| ())), "/disable"),
            _ => (ok_or(harness.directory.find(&mobile()).await.map(|_| ())), "/getbymobile"),
        };
        assert_eq!(outcome.unwrap_err().0, FailureClass::TokenRefused);
        assert_eq!((harness.stub.seen(TOKEN_PATH).len(), harness.stub.seen(path).len()), (2, 2));
    }
}

#[tokio::test]
async fn a_token_is_fetched_again_before_it_expires() {
    let harness = Harness::start(|_| Reply::json(200, YES)).await;
    harness.disable().await.unwrap();
    harness.clock.advance(Duration::from_secs(6_899));
    harness.disable().await.unwrap();
    assert_eq!(harness.stub.seen(TOKEN_PATH).len(), 1);
    harness.clock.advance(Duration::from_secs(1));
    harness.disable().await.unwrap();
    assert_eq!(harness.stub.seen(TOKEN_PATH).len(), 2);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_the_failure_says_so() {
    for (reply, class, code) in [
        (
            Reply::json(400, r#"{"code":"invalidClientIdOrSecret","requestid":"r"}"#),
            FailureClass::OperatorNeeded,
            "invalidClientIdOrSecret",
        ),
        (Reply::json(500, r#"{"code":"unknownError"}"#), FailureClass::Busy, "unknownError"),
        (
            Reply::json(403, r#"{"code":"Forbidden.AccessDenied.QpsLimitForApi"}"#),
            FailureClass::Throttled,
            "Forbidden.AccessDenied.QpsLimitForApi",
        ),
        (Reply::json(200, "<html></html>"), FailureClass::AddressBlocked, "not_json"),
        (Reply::json(200, "{}"), FailureClass::NotSent, "unexpected_answer"),
        (Reply::json(200, r#"{"accessToken":"","expireIn":7200}"#), FailureClass::NotSent, "unexpected_answer"),
        (Reply::json(200, r#"{"accessToken":"a\r\nb","expireIn":7200}"#), FailureClass::NotSent, "unexpected_answer"),
        (Reply::json(302, ""), FailureClass::NotSent, "http_302"),
        (Reply::Raw(Vec::new()), FailureClass::NotSent, "connection_lost"),
        (Reply::Hang, FailureClass::NotSent, "timeout"),
    ] {
        let harness = Harness::start_all(move |_| reply.clone()).await;
        assert_eq!(failed(harness.disable().await), (class, code.to_owned()));
        assert_eq!(harness.stub.seen("/disable").len(), 0, "{code}");
    }
}

/// Turn and token can be long in coming, and what was refused for its token waits for them once more.
#[tokio::test]
async fn an_order_is_asked_each_time_before_it_is_sent_whether_it_may_still_leave() {
    let harness = Harness::start(|seen| match is_first_token(seen) {
        true => Reply::json(400, REFUSED_NEW),
        false => Reply::json(200, YES),
    })
    .await;
    let seen = || (harness.stub.seen(TOKEN_PATH).len(), harness.stub.seen("/disable").len());
    let stopped = || Err(Failure::local(FailureClass::NotSent, "stopped"));
    let order = disable();
    let no = (FailureClass::NotSent, "stopped".to_owned());
    assert_eq!(failed(harness.directory.act(&order, &stopped).await), no);
    assert_eq!(seen(), (1, 0), "it was asked when the token was there");

    let asked = AtomicUsize::new(0);
    let only_once = || if asked.fetch_add(1, Ordering::SeqCst) == 0 { Ok(()) } else { stopped() };
    assert_eq!(failed(harness.directory.act(&order, &only_once).await), no);
    assert_eq!(seen(), (2, 1), "the second time it did not leave");
    harness.directory.act(&order, &|| Ok(())).await.unwrap();
    assert_eq!(seen(), (2, 2));
    assert_eq!(harness.directory.usage().unwrap().calls, 2, "what did not leave is not counted");
    assert!(harness.directory.outages().is_none(), "nor held against DingTalk");
}

#[tokio::test]
async fn an_order_is_asked_whether_it_may_still_leave_when_its_turn_has_come() {
    let stub = Stub::start(|seen| match seen.path() {
        TOKEN_PATH => Reply::json(200, &format!(r#"{{"accessToken":"{TEST_TOKEN}-1","expireIn":7200}}"#)),
        _ => Reply::json(200, YES),
    })
    .await;
    let clock = Arc::new(HandSetClock::at(Timestamp::from_second(1_700_000_000).unwrap()));
    let limits = Limits::new(NonZeroU32::new(4).unwrap(), NonZeroU32::MIN, WAIT_MAX);
    let settings = settings(&format!("http://{}", stub.address)).check().unwrap();
    let directory = DingTalk::with_limits(settings, limits, SecretString::from(TEST_SECRET), clock).unwrap();
    let order = disable();
    directory.act(&order, &|| Ok(())).await.unwrap();
    // A quarter of a second passes between the orders, in which the first of these is long done.
    let may_not_follow = || match stub.seen("/disable").len() {
        2 => Err(Failure::local(FailureClass::NotSent, "stopped")),
        _ => Ok(()),
    };
    let (one, other) = tokio::join!(directory.act(&order, &|| Ok(())), directory.act(&order, &may_not_follow));
    assert!(one.is_ok());
    assert_eq!(failed(other), (FailureClass::NotSent, "stopped".to_owned()));
    assert_eq!(stub.seen("/disable").len(), 2);
}
