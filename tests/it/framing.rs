//! HTTP as attackers write it, byte by byte: what two readers could read differently is refused.

use crate::harness::{Delivery, RawConnection, Set, TestApp, harmless, request};

/// Heads in front of the body of a good delivery, with `SIGNED` for its headers and `LENGTH` for its
/// length. Each must be refused with 400 before anything is believed, and the connection closed.
const TWO_LENGTHS: &[&str] = &[
    // A01
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length: LENGTH\r\ntransfer-encoding: chunked\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDtransfer-encoding: chunked\r\ncontent-length: LENGTH\r\n\r\n",
    // A02
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length: LENGTH\r\ncontent-length: 5\r\n\r\n",
    // A03
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length: LENGTH\r\ncontent-length: LENGTH\r\n\r\n",
    // A04
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length: LENGTH, LENGTH\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length: +LENGTH\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length: -1\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length: 0x5\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length: 18446744073709551616\r\n\r\n",
    // A05
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDtransfer-encoding: xchunked\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDtransfer-encoding: chunked, identity\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDtransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
    "POST PATH HTTP/1.0\r\nhost: a\r\nSIGNEDtransfer-encoding: chunked\r\n\r\n",
];
const BROKEN_LINES: &[&str] = &[
    // A08; the second folds the last header of the signature.
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDx-more: a\r\n b\r\ncontent-length: LENGTH\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNED b\r\ncontent-length: LENGTH\r\n\r\n",
    // A09
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length : LENGTH\r\n\r\n",
    // A11
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDx-more: a\rb\r\ncontent-length: LENGTH\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDx-more: a\0b\r\ncontent-length: LENGTH\r\n\r\n",
];
const NOT_THIS_HOST_OR_HTTP: &[&str] = &[
    // A13
    "POST PATH HTTP/1.1\r\nSIGNEDcontent-length: LENGTH\r\n\r\n",
    "POST PATH HTTP/1.1\r\nhost: a\r\nhost: b\r\nSIGNEDcontent-length: LENGTH\r\n\r\n",
    // A14
    "POST PATH\r\nhost: a\r\nSIGNEDcontent-length: LENGTH\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03",
];

#[tokio::test(flavor = "multi_thread")]
async fn a01_a02_a03_a04_a05_a_length_that_can_be_read_in_two_ways_is_refused() {
    all_are_refused(TWO_LENGTHS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a08_a09_a11_lines_that_can_be_read_in_two_ways_are_refused() {
    all_are_refused(BROKEN_LINES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a13_a14_what_is_not_for_one_host_or_not_http_is_refused() {
    all_are_refused(NOT_THIS_HOST_OR_HTTP).await;
}

async fn all_are_refused(heads: &[&str]) {
    let app = TestApp::start().await;
    let delivery = Delivery::of_events("msg_1", &[harmless("a")], app.now());
    for head in heads {
        let mut connection = RawConnection::open(&app).await;
        connection.send(&fill(head, &delivery)).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (400, ""), "{head:?}");
        connection.closed().await;
    }
    assert_eq!(app.records_of("alert.admitted"), []);
    let mut connection = RawConnection::open(&app).await;
    let sound = "POST PATH HTTP/1.1\r\nhost: a\r\nSIGNEDcontent-length: LENGTH\r\n\r\n";
    connection.send(&fill(sound, &delivery)).await;
    assert_eq!(connection.answer().await.status, 202, "the same delivery, framed as it should be");
    app.end_unharmed(1).await;
}

/// The head filled in, with the body behind it.
fn fill(head: &str, delivery: &Delivery) -> Vec<u8> {
    let signed: String = delivery.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = head.replace("PATH", &delivery.path()).replace("SIGNED", &signed);
    [head.replace("LENGTH", &delivery.body.len().to_string()).as_bytes(), &delivery.body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a06_broken_chunks_are_refused_without_a_word_of_the_parser() {
    let app = TestApp::start().await;
    let delivery = Delivery::of_high_risk("zhang.san@example.com", 1, app.now()).and("transfer-encoding", "chunked");
    let head = request("POST", &delivery.path(), &delivery.headers, None);
    for chunks in
        ["FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "2\n{}\n0\n\n", "2\r\n{}XX0\r\n\r\n"]
    {
        let mut connection = RawConnection::open(&app).await;
        connection.send(&[&head, chunks.as_bytes()].concat()).await;
        let answer = connection.answer().await;
        assert_eq!(answer.status, 400, "{chunks:?}: {answer:?}");
        assert!(answer.body.contains("\"code\":\"bad_request\"") && answer.body.len() < 200, "{chunks:?}: {answer:?}");
        connection.closed().await;
    }
    app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a07_a_body_in_pieces_with_extensions_and_trailers_is_the_body_that_was_signed() {
    let app = TestApp::start().await;
    let delivery = Delivery::of_high_risk("zhang.san@example.com", 1, app.now()).and("transfer-encoding", "chunked");
    let head = request("POST", &delivery.path(), &delivery.headers, None);
    let (first, rest) = delivery.body.split_at(10);
    let chunks =
        [b"a;ext=1\r\n", first, format!("\r\n{:x}\r\n", rest.len()).as_bytes(), rest, b"\r\n0\r\nx-trailer: a\r\n\r\n"]
            .concat();
    let mut connection = RawConnection::open(&app).await;
    connection.send(&[head, chunks].concat()).await;
    let status = connection.answer().await.status;
    assert!([202, 400].contains(&status), "{status}: never another body than the signed one");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_every_other_method_is_answered_405_with_those_that_are_allowed() {
    let app = TestApp::start().await;
    for method in ["GET", "PATCH", "DELETE", "TRACE", "OPTIONS", "CONNECT", "post", "put", "FOO"] {
        let mut connection = RawConnection::open(&app).await;
        connection.send(&request(method, "/v1/alerts/okta", &[], Some(b"{}"))).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST, PUT")), "{method}: {answer:?}");
    }
    app.end_unharmed(0).await;
}

/// Kibana's connector, Falcosidekick and others let their operators choose PUT.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_by_put_is_the_one_by_post() {
    let app = TestApp::start().await;
    let put = async |delivery: &Delivery| {
        let mut connection = RawConnection::open(&app).await;
        connection.send(&request("PUT", &delivery.path(), &delivery.headers, Some(&delivery.body))).await;
        connection.answer().await
    };
    let (put_first, posted_first) = (
        Delivery::of_events("msg_1", &[harmless("a")], app.now()),
        Delivery::of_events("msg_2", &[harmless("b")], app.now()),
    );
    assert_eq!(put(&put_first).await.status, 202);
    assert_eq!(app.deliver(&put_first).await.status, 200, "the same, by POST");
    assert_eq!(app.deliver(&posted_first).await.status, 202);
    assert_eq!(put(&posted_first).await.status, 200, "the same, by PUT");
    assert_eq!(put(&put_first.clone().without("webhook-signature")).await.status, 401);
    assert_eq!(put(&put_first.clone().without("content-type")).await.status, 415);
    let other = Delivery::of_events("msg_1", &[harmless("c")], app.now());
    assert_eq!(put(&other).await.status, 409, "another one under a known id");
    assert_eq!(app.records_of("alert.admitted").len(), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a16_a17_odd_paths_lead_nowhere_and_an_encoded_one_to_the_same_authentication() {
    let app = TestApp::start().await;
    let delivery = Delivery::of_events("msg_1", &[harmless("a")], app.now());
    for path in [
        "/v1/alerts",
        "/v1/alerts/",
        "/v1/alerts/okta/",
        "//v1/alerts/okta",
        "/x/../v1/alerts/okta",
        "/v1/alerts/a/b/okta",
    ] {
        let mut connection = RawConnection::open(&app).await;
        connection.send(&request("POST", path, &delivery.headers, Some(&delivery.body))).await;
        let answer = connection.answer().await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert!(answer.body.contains("\"code\":\"not_found\""), "{path}: {answer:?}");
    }
    for path in ["/v1/%61lerts/okta", "/v1/alerts/okta;x=1", "/v1/alerts/okta%2f", "/v1/alerts/a/okta"] {
        let mut connection = RawConnection::open(&app).await;
        connection
            .send(&request("POST", path, &delivery.clone().without("webhook-signature").headers, Some(b"{}")))
            .await;
        let status = connection.answer().await.status;
        assert!([401, 404].contains(&status), "{path}: {status}");
    }
    app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a22_authentication_is_for_each_request_not_for_the_connection() {
    let app = TestApp::start().await;
    let good = Delivery::of_events("msg_1", &[harmless("a")], app.now());
    let unsigned = Delivery::of_events("msg_2", &[harmless("b")], app.now()).without("webhook-signature");
    let stranger = request("GET", "/v1/trail", &[], None);
    let mut connection = RawConnection::open(&app).await;
    connection.send(&[good.bytes(), unsigned.bytes(), stranger, good.bytes()].concat()).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(connection.answer().await.status);
    }
    assert_eq!(statuses, [202, 401, 401, 200]);
    app.end_unharmed(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a23_what_follows_a_body_is_a_request_of_its_own() {
    let app = TestApp::start().await;
    let good = Delivery::of_events("msg_1", &[harmless("a")], app.now());
    let mut connection = RawConnection::open(&app).await;
    let follows = b"GET /v1/trail HTTP/1.1\r\nhost: a\r\nauthorization: Bearer nobody\r\n\r\n";
    connection.send(&[good.bytes().as_slice(), follows].concat()).await;
    assert_eq!(connection.answer().await.status, 202);
    assert_eq!(connection.answer().await.status, 401);
    app.end_unharmed(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a21_nothing_is_upgraded() {
    let app = TestApp::start_with(Set { config: "[intake]\nbody_deadline_ms = 150\n", ..Set::default() }).await;
    // The server takes what follows an upgrade to a websocket for an endless body. That is never
    // another body than the signed one: the deadline ends it.
    for (protocol, status) in [("h2c", 202), ("websocket", 408)] {
        let upgrade = Delivery::of_events(&format!("msg_{protocol}"), &[harmless(protocol)], app.now())
            .and("connection", "upgrade")
            .and("upgrade", protocol);
        let mut connection = RawConnection::open(&app).await;
        connection.send(&upgrade.bytes()).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.header("upgrade")), (status, None), "{protocol}");
    }
    app.end_unharmed(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_an_endless_head_is_refused() {
    let app = TestApp::start().await;
    let many = "x-more: a\r\n".repeat(200);
    let long = format!("x-more: {}\r\n", "a".repeat(200 * 1024));
    let path = "a".repeat(70 * 1024);
    for (head, statuses) in [
        (format!("GET /healthz HTTP/1.1\r\nhost: a\r\n{many}\r\n"), [431, 431]),
        (format!("GET /healthz HTTP/1.1\r\nhost: a\r\n{long}\r\n"), [431, 431]),
        (format!("GET /{path} HTTP/1.1\r\nhost: a\r\n\r\n"), [400, 414]),
    ] {
        let mut connection = RawConnection::open(&app).await;
        connection.send(head.as_bytes()).await;
        let status = connection.answer().await.status;
        assert!(statuses.contains(&status), "{status}");
    }
    app.end_unharmed(0).await;
}
