//! Who does not prove itself is refused, always with the same answer, and leaves no record of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use portcullis::incident::{Event, SenderEvent, SourceName, Timestamp};
use portcullis::trail::Record;

use crate::harness::{Delivery, GITHUB, OKTA, RawAnswer, RawConnection, SIEM, Set, Source, TestApp, harmless, hook};

/// What a delivery is made into, and the reason under which its refusal is counted.
type Spoiling = (&'static str, fn(Delivery, Timestamp) -> Delivery, &'static str);

const SPOILINGS: &[Spoiling] = &[
    ("B02 no signature", |d, _| d.without("webhook-signature"), "signature_missing"),
    ("B02 empty signature", |d, _| d.with("webhook-signature", ""), "signature_missing"),
    ("B03 one bit of the body", |d, _| with_body(d, |body| body[40] ^= 1), "signature_wrong"),
    ("B03 one byte more", |d, _| with_body(d, |body| body.push(b' ')), "signature_wrong"),
    ("B04 the same JSON, spaced", |d, _| with_body(d, |body| body.insert(1, b' ')), "signature_wrong"),
    ("B05 truncated", |d, _| with_signature(d, |text| text[..text.len() - 4].to_owned()), "signature_malformed"),
    ("B05 extended", |d, _| with_signature(d, |text| format!("{text}AAAA")), "signature_malformed"),
    ("B05 no padding", |d, _| with_signature(d, |text| text.trim_end_matches('=').to_owned()), "signature_malformed"),
    ("B05 hexadecimal", |d, _| d.with("webhook-signature", &format!("v1,{}", "ab".repeat(32))), "signature_malformed"),
    ("B06 another source's key", |d, now| resigned_by_another(&d, now), "signature_wrong"),
    ("B10 negative", |d, _| d.with("webhook-timestamp", "-1"), "timestamp_malformed"),
    ("B10 a fraction", |d, _| with_time(d, |text| format!("{text}.5")), "timestamp_malformed"),
    ("B10 milliseconds", |d, _| with_time(d, |text| format!("{text}000")), "timestamp_malformed"),
    ("B10 a leading zero", |d, _| with_time(d, |text| format!("0{text}")), "timestamp_malformed"),
    ("B10 arabic digits", |d, _| d.with("webhook-timestamp", "١٧٦٣٦٩٦٤٠٠"), "timestamp_malformed"),
    ("B10 missing", |d, _| d.without("webhook-timestamp"), "timestamp_missing"),
    (
        "B11 another time than the signed",
        |d, now| d.with("webhook-timestamp", &now.as_second().saturating_add(1).to_string()),
        "signature_wrong",
    ),
    ("B12 the boundary moved", |d, _| d.with("webhook-id", "msg.1"), "id_malformed"),
    ("B12 no id", |d, _| d.without("webhook-id"), "id_missing"),
    ("B12 an endless id", |d, _| d.with("webhook-id", &"a".repeat(129)), "id_malformed"),
    ("B13 good and bad", |d, _| d.and("webhook-signature", "v1,bad"), "header_repeated"),
    (
        "B13 bad and good",
        |d, _| {
            let good = d.header("webhook-signature").to_owned();
            d.with("webhook-signature", "v1,bad").and("webhook-signature", &good)
        },
        "header_repeated",
    ),
    ("B13 two times", |d, now| d.and("webhook-timestamp", &now.as_second().to_string()), "header_repeated"),
    (
        "B14 nine signatures",
        |d, _| with_signature(d, |text| format!("{}{text}", "v1,bad ".repeat(8))),
        "signature_malformed",
    ),
    ("B15 other versions only", |d, _| with_signature(d, |text| text.replace("v1,", "v2,")), "signature_malformed"),
    ("B16 another algorithm", |d, _| with_signature(d, |text| text.replace("v1,", "v1a,")), "signature_malformed"),
    ("B09 a second too old", |_, now| at(now, -301), "timestamp_stale"),
    ("B09 a second too early", |_, now| at(now, 301), "timestamp_future"),
    ("A12 not ASCII", |d, _| with_signature(d, |text| format!("{text}é")), "signature_malformed"),
    ("B18 the prefix is missing", |d, now| github(&d, now, |text| text.replace("sha256=", "")), "signature_malformed"),
    (
        "B18 an older algorithm",
        |d, now| github(&d, now, |text| text.replace("sha256=", "sha1=")),
        "signature_malformed",
    ),
    (
        "B05 upper case",
        |d, now| github(&d, now, |text| format!("sha256={}", text[7..].to_uppercase())),
        "signature_malformed",
    ),
    ("B07 an unknown source", |d, _| d.to("nobody"), "unknown_source"),
    ("A18 up and away", |d, _| d.to("%2e%2e%2fetc"), "unknown_source"),
    ("A18 a null", |d, _| d.to("okta%00"), "unknown_source"),
    ("A18 a line break", |d, _| d.to("okta%0d%0ab"), "unknown_source"),
    ("A18 no text", |d, _| d.to("%ff"), "unknown_source"),
    ("A18 upper case", |d, _| d.to("OKTA"), "unknown_source"),
    ("A18 endless", |d, _| d.to(&"o".repeat(300)), "unknown_source"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_of_authentication_has_one_answer_and_leaves_nothing_but_a_count() {
    let app = TestApp::start().await;
    let records = app.records();
    let mut first: Option<RawAnswer> = None;
    let mut expected: BTreeMap<(Option<&str>, &str), u64> = BTreeMap::new();
    for (what, spoil, reason) in SPOILINGS {
        let delivery = spoil(at(app.now(), 0), app.now());
        let mut connection = RawConnection::open(&app).await;
        connection.send(&delivery.bytes()).await;
        let answer = connection.answer().await.without_date_and_id();
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
        assert_eq!(&answer, first.get_or_insert_with(|| answer.clone()), "{what}");
        let source = ["okta", "github"].into_iter().find(|name| delivery.source == *name);
        *expected.entry((source, *reason)).or_default() += 1;
    }
    let one = first.unwrap();
    assert_eq!(one.header("content-type"), Some("application/problem+json"));
    assert_eq!(one.header("server"), None);
    assert_eq!(app.records(), records, "nobody who is not known writes a record");
    assert_eq!(app.dingtalk().calls(), []);

    let minute = app.now();
    let records = app.end_unharmed(0).await;
    let counted: BTreeMap<_, _> = refusals(&records)
        .map(|(source, reason, of, count)| {
            assert_eq!(of, minute);
            ((source.map(SourceName::as_str), reason), count)
        })
        .collect();
    assert_eq!(counted, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_summed_up_by_source_reason_and_minute() {
    let app = TestApp::start().await;
    let minutes = [app.now(), app.now() + Duration::from_secs(60)];
    let bad = |now| with_body(at(now, 0), |body| body[40] ^= 1);
    for _ in 0..3 {
        app.deliver(&bad(app.now())).await;
    }
    app.deliver(&bad(app.now()).to("stranger")).await;
    app.deliver(&bad(app.now()).to("another-stranger")).await;
    app.advance(Duration::from_secs(61));
    for _ in 0..2 {
        app.deliver(&bad(app.now())).await;
    }
    let records = app.end().await;
    let okta = SourceName::parse("okta").unwrap();
    let mut counted: Vec<_> = refusals(&records).collect();
    counted.sort_unstable();
    assert_eq!(
        counted,
        [
            (None, "unknown_source", minutes[0], 2),
            (Some(&okta), "signature_wrong", minutes[0], 3),
            (Some(&okta), "signature_wrong", minutes[1], 2),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn b09_a_delivery_exactly_at_either_end_of_the_window_is_taken() {
    let app = TestApp::start().await;
    for (number, offset_s) in [(1, -300), (2, 300)] {
        let sent = app.now() + jiff::SignedDuration::from_secs(offset_s);
        let answer = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", number, sent)).await;
        assert_eq!(answer.status, 202, "{offset_s}");
    }
    app.clock.advance(Duration::from_millis(1));
    let stale = app.deliver(&at(app.now(), -300)).await;
    assert_eq!(stale.status, 401, "a millisecond beyond it is not");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b20_an_exact_replay_after_the_window_is_refused() {
    let app = TestApp::start().await;
    let delivery = at(app.now(), 0);
    assert_eq!(app.deliver(&delivery).await.status, 202);
    app.advance(Duration::from_secs(300));
    assert_eq!(app.deliver(&delivery).await.status, 200);
    app.advance(Duration::from_secs(1));
    assert_eq!(app.deliver(&delivery).await.status, 401);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b14_one_good_signature_in_a_list_of_eight_suffices() {
    let app = TestApp::start().await;
    let delivery = with_signature(at(app.now(), 0), |text| format!("{}{text}", "v1,bad ".repeat(7)));
    assert_eq!(app.deliver(&delivery).await.status, 202);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b24_old_and_new_secret_are_both_taken_while_both_are_live_and_the_trail_names_the_one() {
    const ROTATING: &str = r#"
[intake.sources.rotating]
kind = "okta-event-hook"
signature = "github-hmac"
secrets = [{ name = "old", file = "slow-secret" }, { name = "new", file = "next-secret" }]
"#;
    let app = TestApp::start_with(Set { config: ROTATING, ..Set::default() }).await;
    for (number, secret) in
        ["test-secret-for-the-slow-source-0", "test-secret-for-what-comes-next-1"].iter().enumerate()
    {
        let source = Source { name: "rotating", secret, ..GITHUB };
        let body = hook(&[harmless(&format!("event-{number}"))]);
        assert_eq!(app.deliver(&Delivery::signed(&source, "", body, app.now())).await.status, 202);
    }
    let secrets: Vec<String> = app
        .records_of("alert.admitted")
        .into_iter()
        .filter_map(|record| match record.event {
            Event::AlertAdmitted { alert, .. } => Some(alert.secret),
            _ => None,
        })
        .collect();
    assert_eq!(secrets, ["old", "new"]);
    app.end().await;
}

/// A good delivery, sent so many seconds from now.
fn at(now: Timestamp, offset_s: i64) -> Delivery {
    Delivery::of_high_risk("zhang.san@example.com", 1, now + jiff::SignedDuration::from_secs(offset_s))
}

fn with_body(mut delivery: Delivery, spoil: impl Fn(&mut Vec<u8>)) -> Delivery {
    spoil(&mut delivery.body);
    delivery
}

fn with_signature(delivery: Delivery, spoil: impl Fn(&str) -> String) -> Delivery {
    let spoilt = spoil(delivery.header("webhook-signature"));
    delivery.with("webhook-signature", &spoilt)
}

fn with_time(delivery: Delivery, spoil: impl Fn(&str) -> String) -> Delivery {
    let spoilt = spoil(delivery.header("webhook-timestamp"));
    delivery.with("webhook-timestamp", &spoilt)
}

fn resigned_by_another(delivery: &Delivery, now: Timestamp) -> Delivery {
    Delivery::signed(&SIEM, "msg_1", delivery.body.clone(), now).to(OKTA.name)
}

fn github(delivery: &Delivery, now: Timestamp, spoil: impl Fn(&str) -> String) -> Delivery {
    let good = Delivery::signed(&GITHUB, "", delivery.body.clone(), now);
    let spoilt = spoil(good.header("x-hub-signature-256"));
    good.with("x-hub-signature-256", &spoilt)
}

fn refusals(records: &[Record]) -> impl Iterator<Item = (Option<&SourceName>, &str, Timestamp, u64)> {
    records.iter().filter_map(|record| match &record.event {
        Event::Sender(SenderEvent::Refused { source, assurance, reason, minute, count, latest }) => {
            assert_eq!(source.is_some(), assurance.is_some());
            assert!(latest.is_some_and(|latest| latest >= *minute));
            Some((source.as_ref(), reason.as_str(), *minute, *count))
        }
        _ => None,
    })
}
