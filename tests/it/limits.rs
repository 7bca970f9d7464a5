//! Everything that comes in has a limit, and each has its own answer.

use std::time::{Duration, Instant};

use portcullis::incident::{Event, SenderEvent};
use portcullis::trail::Record;

use crate::harness::{
    Delivery, OKTA, RawAnswer, RawConnection, SLOW, SLOW_CONFIG, Set, TestApp, harmless, hook, request,
};

const BODY_BYTES_MAX: usize = 256 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn c03_a_body_of_the_limit_is_taken_and_one_byte_more_is_not() {
    let app = TestApp::start().await;
    for (length, status) in [(BODY_BYTES_MAX, 202), (BODY_BYTES_MAX + 1, 413)] {
        let whole = padded(&app, "msg_whole", length);
        assert_eq!(send(&app, &whole.bytes()).await.status, status, "{length} declared");
        let chunked = padded(&app, "msg_chunked", length);
        let last: &[u8] = if status == 202 { b"0\r\n\r\n" } else { b"" };
        let chunk = [format!("{length:x}\r\n").as_bytes(), &chunked.body, b"\r\n", last].concat();
        assert_eq!(send(&app, &[head_of_chunked(&chunked), chunk].concat()).await.status, status, "{length} in chunks");
    }
    assert_eq!(app.end().await.iter().filter(|record| record.event.kind() == "alert.admitted").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn c04_a_body_that_is_declared_too_large_is_refused_before_it_comes() {
    let app = TestApp::start().await;
    let head = request("POST", "/v1/alerts/okta", &[header("content-length", "300000")], None);
    let mut connection = RawConnection::open(&app).await;
    connection.send(&head).await;
    assert_problem(&connection.answer().await, 413, "too_large");
    connection.closed().await;
    app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c05_a_body_that_stops_coming_is_not_waited_for() {
    let app = TestApp::start_with(Set { config: "[intake]\nbody_deadline_ms = 150\n", ..Set::default() }).await;
    let mut connection = RawConnection::open(&app).await;
    let head = request("POST", "/v1/alerts/okta", &[header("content-length", "100")], None);
    let begun = Instant::now();
    connection.send(&[head.as_slice(), b"abc"].concat()).await;
    assert_problem(&connection.answer().await, 408, "body_timeout");
    assert!(begun.elapsed() >= Duration::from_millis(150));
    connection.closed().await;
    let records = app.end_unharmed(0).await;
    let reasons = records.iter().filter_map(|record| match &record.event {
        Event::Sender(SenderEvent::Refused { source, reason, count, .. }) => {
            Some((source.as_ref()?.as_str(), reason.as_str(), *count))
        }
        _ => None,
    });
    assert_eq!(reasons.collect::<Vec<_>>(), [("okta", "body_timeout", 1)], "counted, as every refusal");
}

#[tokio::test(flavor = "multi_thread")]
async fn c06_the_deadline_is_for_the_whole_body_and_no_drip_puts_it_off() {
    let app = TestApp::start_with(Set { config: "[intake]\nbody_deadline_ms = 150\n", ..Set::default() }).await;
    let mut connection = RawConnection::open(&app).await;
    connection.send(&request("POST", "/v1/alerts/okta", &[header("content-length", "10000")], None)).await;
    let begun = Instant::now();
    let answer = loop {
        // The drip is the attack: a byte for every ten milliseconds without an answer.
        match tokio::time::timeout(Duration::from_millis(10), connection.answer()).await {
            Ok(answer) => break answer,
            Err(_) => connection.send(b" ").await,
        }
    };
    assert_problem(&answer, 408, "body_timeout");
    assert!(begun.elapsed() < Duration::from_secs(5));
    connection.closed().await;
    app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c07_half_a_body_leaves_nothing() {
    let app = TestApp::start().await;
    let bytes = Delivery::of_high_risk("zhang.san@example.com", 1, app.now()).bytes();
    for part in [bytes.len() - 1, bytes.len() / 2, 20] {
        let mut connection = RawConnection::open(&app).await;
        connection.send(&bytes[..part]).await;
    }
    let records = app.end().await;
    let kinds: Vec<_> = records.iter().map(|record| record.event.kind()).collect();
    assert_eq!(kinds, ["system.started", "rules.loaded", "rules.watched", "system.stopped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn c01_no_body_is_decoded_for_a_stranger_or_anybody_else() {
    let app = TestApp::start().await;
    let good = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    for encoding in ["gzip", "deflate", "br", "zstd", "foo", "identity"] {
        let answer = app.deliver(&good.clone().with("content-encoding", encoding)).await;
        assert_eq!((answer.status, answer.code()), (415, "wrong_media_type"), "{encoding}");
    }
    assert_eq!(app.records_of("alert.admitted"), []);
    app.end_unharmed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c08_only_json_in_utf_8_is_taken() {
    let app = TestApp::start().await;
    let good = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    let bad = [
        good.clone().without("content-type"),
        good.clone().with("content-type", "text/plain"),
        good.clone().with("content-type", "application/x-www-form-urlencoded"),
        good.clone().with("content-type", "application/json; charset=utf-16"),
        good.clone().with("content-type", "application/xml"),
        good.clone().and("content-type", "application/json"),
    ];
    for delivery in bad {
        let answer = app.deliver(&delivery).await;
        assert_eq!((answer.status, answer.code()), (415, "wrong_media_type"), "{:?}", delivery.headers);
    }
    for (number, kind) in ["application/json; charset=UTF-8", "Application/JSON"].into_iter().enumerate() {
        let good = Delivery::of_events(&format!("msg_{number}"), &[harmless(&format!("event-{number}"))], app.now());
        assert_eq!(app.deliver(&good.with("content-type", kind)).await.status, 202, "c09: {kind}");
    }
    app.end_unharmed(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e01_a_source_over_its_rate_is_told_when_to_come_again_and_others_are_not_touched() {
    let app = TestApp::start_with(Set { config: SLOW_CONFIG, ..Set::default() }).await;
    let begun = Instant::now();
    let (mut taken, mut refused) = (0, 0);
    for number in 0..12 {
        let answer = app.deliver(&slow(&app, number)).await;
        match answer.status {
            202 => taken += 1,
            503 => {
                assert_eq!((answer.code(), answer.header("retry-after")), ("unavailable", "1"));
                refused += 1;
            }
            other => panic!("{other}"),
        }
    }
    let refilled = begun.elapsed().as_secs() + 1;
    assert!(refused > 0 && taken >= 2 && taken <= 2 + refilled, "{taken} taken, {refused} refused");
    assert_eq!(app.deliver(&Delivery::of_events("msg_1", &[harmless("a")], app.now())).await.status, 202);
    let records = app.end().await;
    assert_eq!(u64::try_from(admitted_by(&records, "slow")).unwrap(), taken, "nothing refused was recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn e04_forgeries_in_the_name_of_a_source_do_not_use_up_its_rate() {
    let app = TestApp::start_with(Set { config: SLOW_CONFIG, ..Set::default() }).await;
    for number in 0..30 {
        let mut forged = slow(&app, number);
        forged.body.push(b' ');
        assert_eq!(app.deliver(&forged).await.status, 401);
    }
    for number in 0..2 {
        assert_eq!(app.deliver(&slow(&app, number)).await.status, 202);
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e02_a_stranger_over_the_rate_of_its_address_is_refused_before_its_body_is_read() {
    let config = "[intake]\nper_address = { per_second = 1, burst = 3 }\n";
    let app = TestApp::start_with(Set { config, ..Set::default() }).await;
    let begun = Instant::now();
    let (mut heard, mut refused) = (0, 0);
    for number in 0..12 {
        // The head alone: whoever is over the rate is answered without it.
        let headers = [header("content-length", "2"), header("x-forwarded-for", &format!("192.0.2.{number}"))];
        let mut connection = RawConnection::open(&app).await;
        connection.send(&request("POST", "/v1/alerts/okta", &headers, None)).await;
        match tokio::time::timeout(Duration::from_millis(100), connection.answer()).await {
            Ok(answer) => {
                assert_problem(&answer, 429, "too_many_requests");
                assert_eq!(answer.header("retry-after"), Some("1"));
                refused += 1;
            }
            Err(_) => {
                connection.send(b"{}").await;
                assert_eq!(connection.answer().await.status, 415);
                heard += 1;
            }
        }
    }
    let refilled = begun.elapsed().as_secs() + 1;
    assert!(refused > 0 && heard >= 3 && heard <= 3 + refilled, "a24: {heard} heard, {refused} refused");
    app.end_unharmed(0).await;
}

fn slow(app: &TestApp, number: u32) -> Delivery {
    Delivery::signed(&SLOW, "", hook(&[harmless(&format!("event-{number}"))]), app.now())
}

/// A good delivery whose body has so many bytes, most of them spaces after the document.
fn padded(app: &TestApp, id: &str, length: usize) -> Delivery {
    let mut body = hook(&[harmless(id)]);
    body.resize(length, b' ');
    Delivery::signed(&OKTA, id, body, app.now())
}

fn head_of_chunked(delivery: &Delivery) -> Vec<u8> {
    let delivery = delivery.clone().and("transfer-encoding", "chunked");
    request("POST", &delivery.path(), &delivery.headers, None)
}

async fn send(app: &TestApp, bytes: &[u8]) -> RawAnswer {
    let mut connection = RawConnection::open(app).await;
    connection.send(bytes).await;
    connection.answer().await
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn assert_problem(answer: &RawAnswer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.body.contains(&format!("\"code\":\"{code}\"")), "{answer:?}");
}

fn admitted_by(records: &[Record], source: &str) -> usize {
    let is_by = |event: &Event| matches!(event, Event::AlertAdmitted { alert, .. } if alert.source.as_str() == source);
    records.iter().filter(|record| is_by(&record.event)).count()
}
