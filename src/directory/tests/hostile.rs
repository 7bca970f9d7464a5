//! Answers that are no answer: refusals, nonsense, silence, floods. None of them is success.

use super::*;

/// What an order and a read make of the same reply.
async fn order_and_read(reply: Reply) -> ((FailureClass, String), (FailureClass, String)) {
    let harness = Harness::start(move |_| reply.clone()).await;
    let both = async { (harness.disable().await, harness.directory.is_disabled(&user_id()).await) };
    let (order, read) = tokio::time::timeout(PATIENCE, both).await.expect("every call ends");
    assert_eq!(harness.stub.seen("/disable").len(), 1, "an order is sent once");
    (failed(order), failed(read))
}

#[tokio::test]
async fn g07_a_200_that_is_no_yes_is_unknown_for_an_order_and_busy_for_a_read() {
    for body in [
        r#"{"errcode":404,"errmsg":"请求的URI地址不存在"}"#,
        "{}",
        "null",
        "[]",
        "",
        r#"{"result":false}"#,
        r#"{"result":"true","disable":"true"}"#,
        r#"{"result":1,"disable":1}"#,
        r#"{"code":"user.not.exist"}"#,
    ] {
        let (order, read) = order_and_read(Reply::json(200, body)).await;
        assert_eq!((order.0, read.0), (FailureClass::Unknown, FailureClass::Busy), "{body}");
    }
}

#[tokio::test]
async fn the_answers_to_a_banned_address_are_recognised() {
    for body in [
        "<html><body>denied</body></html>",
        r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"u"}"#,
        "\u{1f}\u{8b}",
    ] {
        let (order, read) = order_and_read(Reply::json(200, body)).await;
        assert_eq!(order.0, FailureClass::AddressBlocked, "{body}");
        assert_eq!(read, (FailureClass::Unreachable, "address_blocked".to_owned()), "{body}: it does not leave");
    }
}

#[tokio::test]
async fn g03_redirects_are_not_followed() {
    let elsewhere = Stub::start(|_| Reply::json(200, r#"{"result":true,"disable":true}"#)).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: http://{}/\r\n", elsewhere.address);
        let (order, read) = order_and_read(Reply::Whole(status, location, String::new())).await;
        assert_eq!(order, (FailureClass::Unknown, format!("http_{status}")));
        assert_eq!(read.0, FailureClass::Busy);
    }
    assert_eq!(elsewhere.seen("").len(), 0);
}

#[tokio::test]
async fn g07_refusals_are_told_apart() {
    for (status, code, class) in [
        (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", FailureClass::Throttled),
        (403, "Forbidden.AccessDenied.QpmLimitForApi", FailureClass::ThrottledMinute),
        (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", FailureClass::QuotaExhausted),
        (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", FailureClass::OperatorNeeded),
        (500, "system.busy", FailureClass::Busy),
        (400, "exclusive.account.only", FailureClass::Permanent),
    ] {
        let body = format!(r#"{{"code":"{code}","requestid":"r-1","message":"m"}}"#);
        let harness = Harness::start(move |_| Reply::json(status, &body)).await;
        let failure = harness.disable().await.unwrap_err();
        assert_eq!((failure.class, failure.code.as_str()), (class, code));
        assert_eq!((failure.http_status, failure.request_id.as_deref()), (Some(status), Some("r-1")));
    }
}

#[tokio::test]
async fn g06_silence_ends_at_the_deadline() {
    let (order, read) = order_and_read(Reply::Hang).await;
    assert_eq!(order, (FailureClass::Unknown, "timeout".to_owned()));
    assert_eq!(read, (FailureClass::Busy, "timeout".to_owned()));
}

#[tokio::test]
async fn a_connection_cut_before_or_within_the_answer_leaves_an_order_unknown() {
    for bytes in [
        b"".as_slice(),
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{\"result\":true}",
        b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\nf\r\n{\"result\":true}\r\n",
        b"not http at all\r\n\r\n",
    ] {
        let (order, read) = order_and_read(Reply::Raw(bytes.to_vec())).await;
        assert_eq!(order, (FailureClass::Unknown, "connection_lost".to_owned()));
        assert_eq!(read.0, FailureClass::Busy);
    }
}

#[tokio::test]
async fn g06_a_flood_is_read_only_up_to_the_limit() {
    let (order, read) = order_and_read(Reply::Endless).await;
    assert_eq!(order, (FailureClass::Unknown, "oversized".to_owned()));
    assert_eq!(read, (FailureClass::Busy, "oversized".to_owned()));
    let padded = |size: usize| Reply::json(200, &format!("{YES}{}", " ".repeat(size - YES.len())));
    let harness = Harness::start(move |_| padded(256 * 1024)).await;
    harness.disable().await.expect("an answer of the greatest size is read");
    let harness = Harness::start(move |_| padded(256 * 1024 + 1)).await;
    assert_eq!(failed(harness.disable().await).1, "oversized");
}

#[tokio::test]
async fn what_never_left_is_not_sent() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let clock = Arc::new(HandSetClock::at(Timestamp::UNIX_EPOCH));
    let directory = client(&settings(&format!("http://{address}")), clock);
    for outcome in
        [directory.act(&disable(), &|| Ok(())).await.map(|_| ()), directory.find(&mobile()).await.map(|_| ())]
    {
        assert_eq!(failed(outcome), (FailureClass::NotSent, "connect_failed".to_owned()));
    }
}

/// The token comes over a good host, so that it is the call itself whose host refuses.
#[tokio::test]
async fn a_call_whose_own_host_refuses_the_connection_is_not_sent() {
    let harness = Harness::start(|_| Reply::json(200, YES)).await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = settings(&format!("http://{}", harness.stub.address));
    settings.oapi_url = Some(format!("http://{}", free.local_addr().unwrap()));
    drop(free);
    let directory = client(&settings, Arc::clone(&harness.clock));
    let refused = failed(directory.account(&user_id()).await);
    assert_eq!(refused, (FailureClass::NotSent, "connect_failed".to_owned()));
    assert_eq!(harness.stub.seen(TOKEN_PATH).len(), 1);
}

/// Plain HTTP behind an https address: the handshake fails before anything is sent.
#[tokio::test]
async fn g05_a_host_without_a_valid_certificate_gets_nothing() {
    let harness = Harness::start(|_| Reply::json(200, YES)).await;
    let clock = Arc::clone(&harness.clock);
    let directory = client(&settings(&format!("https://{}", harness.stub.address)), clock);
    assert_eq!(failed(directory.act(&disable(), &|| Ok(())).await).0, FailureClass::NotSent);
    assert_eq!(harness.stub.seen("").len(), 0);
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_not_sent() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clock = Arc::new(HandSetClock::at(Timestamp::UNIX_EPOCH));
    let directory = client(&settings(&format!("https://{}", silent.local_addr().unwrap())), clock);
    let outcome = tokio::time::timeout(PATIENCE, directory.act(&disable(), &|| Ok(()))).await.expect("every call ends");
    assert_eq!(failed(outcome), (FailureClass::NotSent, "connect_timeout".to_owned()));
}

#[tokio::test]
async fn an_unusable_account_answer_is_never_an_account() {
    for (body, class) in [
        (r#"{"errcode":0,"errmsg":"ok"}"#, FailureClass::Busy),
        (r#"{"errcode":0,"result":null}"#, FailureClass::Busy),
        (r#"{"errcode":0,"result":{"admin":false}}"#, FailureClass::Busy),
        (r#"{"errcode":0,"result":{"userid":"somebody-else"}}"#, FailureClass::Permanent),
        (r#"{"errcode":60011,"errmsg":"no permission"}"#, FailureClass::OperatorNeeded),
        (r#"{"errcode":88,"sub_code":"90018"}"#, FailureClass::Throttled),
        (r#"{"errcode":22,"errmsg":"Invalid method"}"#, FailureClass::Permanent),
        (r#"{"result":{"userid":"user123"}}"#, FailureClass::Busy),
    ] {
        let harness = Harness::start(move |_| Reply::json(200, body)).await;
        assert_eq!(failed(harness.directory.account(&user_id()).await).0, class, "{body}");
    }
}
