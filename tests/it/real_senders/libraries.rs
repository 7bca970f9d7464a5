//! What the official libraries sign is taken, and what we sign they take.

use portcullis::incident::{Event, Timestamp};
use portcullis::intake::sign;
use serde_json::{Value, json};

use super::official::{ALL, Official, ask, start};
use crate::harness::*;

/// Texts that a signer or a verifier could take for others.
const BODIES: [&str; 6] = [
    r#"{"type":"user.created","timestamp":"2026-11-21T03:00:00Z"}"#,
    r#"{"type":"登录异常","姓名":"张三","emoji":"🚪"}"#,
    "{ \"blanks\" : [ 1.0, 1e2 ] ,\r\n\t\"line\": \"\\u5f20\\ud83d\\udeaa\" }\n",
    "{\"separators\":\"\u{2028}\u{2029}\u{feff}\u{7f}\"}",
    r#"{"composed":"é","decomposed":"é","right-to-left":"שלום"}"#,
    r#"{"id.time":"msg_1.1795230000.{}","signature":"v1,AAAA"}"#,
];

/// Every body by every library, under an id of its own.
fn numbered() -> impl Iterator<Item = (Official, String, &'static str)> {
    let bodies = BODIES.iter().enumerate();
    bodies.flat_map(|(number, body)| {
        ALL.map(|official| (official, format!("msg_{:?}_{number}", official.language), *body))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn b01_b03_b19_what_the_official_libraries_sign_is_taken_once_and_with_one_byte_changed_refused() {
    let app = start().await;
    let time = app.now().as_second();
    let cases: Vec<_> =
        numbered().map(|(official, id, body)| official.sign(&["new"], &id, time, body.as_bytes())).collect();
    let mut admitted = 0;
    for ((official, id, body), headers) in numbered().zip(ask(&cases)) {
        let delivery = official.delivery(headers, body.as_bytes());
        let mut altered = delivery.clone();
        altered.body[body.len() / 2] ^= 1;
        assert_eq!(app.deliver(&altered).await.status, 401, "{official:?} {body}");
        let other_id = delivery.clone().with(&format!("{}-id", official.package.prefix()), &format!("{id}0"));
        assert_eq!(app.deliver(&other_id).await.status, 401, "{official:?} {body}");
        let first = app.deliver(&delivery).await;
        assert_eq!(first.status, 202, "{official:?} {body} {}", first.body);
        let again = app.deliver(&delivery).await;
        assert_eq!((again.status, again.alert()), (200, first.alert()), "{official:?} {body}");
        admitted += 1;
    }
    let records = app.records_of("alert.admitted");
    assert_eq!(records.len(), admitted);
    assert!(
        records
            .iter()
            .all(|record| matches!(&record.event, Event::AlertAdmitted { alert, .. } if alert.secret == "new"))
    );
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b24_b25_secrets_change_over_as_the_libraries_have_it() {
    let app = start().await;
    let time = app.now().as_second();
    // What the sender signs with, and which of our two secrets is found in it.
    let rows: [(&[&str], Option<&str>); 7] = [
        (&["new"], Some("new")),
        (&["old"], Some("old")),
        (&["old", "new"], Some("new")),
        (&["new", "next"], Some("new")),
        (&["next", "old"], Some("old")),
        (&["next"], None),
        (&["next", "former"], None),
    ];
    let rows: Vec<_> = rows.iter().enumerate().flat_map(|row| ALL.map(|official| (official, row))).collect();
    let id = |official: Official, number: usize| format!("msg_{:?}_{number}", official.language);
    let body = BODIES[1].as_bytes();
    let cases: Vec<_> = (rows.iter())
        .map(|(official, (number, (secrets, _)))| official.sign(secrets, &id(*official, *number), time, body))
        .collect();
    for ((official, (_, (secrets, found))), headers) in rows.iter().zip(ask(&cases)) {
        let before = app.records_of("alert.admitted").len();
        let answer = app.deliver(&official.delivery(headers, body)).await;
        assert_eq!(answer.status, if found.is_some() { 202 } else { 401 }, "{official:?} {secrets:?}");
        let secret = app.records_of("alert.admitted").get(before).map(|record| match &record.event {
            Event::AlertAdmitted { alert, .. } => alert.secret.clone(),
            other => panic!("{}", other.kind()),
        });
        assert_eq!(secret.as_deref(), *found, "{official:?} {secrets:?}");
    }
    app.end().await;
}

/// As our signer makes it, now: the libraries know no other time.
fn ours(official: Official, body: &str) -> Delivery {
    let package = official.package;
    let headers = sign(package.scheme(), &package.secret("new"), "msg_1", body.as_bytes(), Timestamp::now()).unwrap();
    Delivery { source: package.name().to_owned(), headers, body: body.as_bytes().to_vec() }
}

#[test]
fn what_we_sign_the_official_libraries_take_and_with_one_byte_changed_refuse() {
    let whole: Vec<_> = numbered().map(|(official, _, body)| (official, ours(official, body))).collect();
    let altered = whole.clone().into_iter().map(|(official, mut delivery)| {
        // Behind ASCII comes ASCII, so that it is the signature that refuses.
        let place = delivery.body.iter().rposition(u8::is_ascii_lowercase).unwrap();
        delivery.body[place] ^= 1;
        (official, delivery)
    });
    let count = whole.len();
    let cases: Vec<_> =
        whole.clone().into_iter().chain(altered).map(|(official, delivery)| official.verify(&delivery)).collect();
    for (place, ((official, case), outcome)) in cases.iter().zip(ask(&cases)).enumerate() {
        let expected = if place < count { Value::Null } else { json!("WebhookVerificationError") };
        assert_eq!(outcome, expected, "{official:?} {case}");
    }
}

/// The delivery in a `curl` line: every second piece between its quotes.
fn typed(line: &str) -> Delivery {
    let mut pieces: Vec<&str> = line.split('\'').skip(1).step_by(2).collect();
    let body = pieces.pop().unwrap().as_bytes().to_vec();
    let headers = pieces.iter().filter_map(|piece| piece.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Delivery { source: SIEM.name.to_owned(), headers, body }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_send_prints_the_official_libraries_take() {
    let app = TestApp::start().await;
    let config = app.folder().join("portcullis.toml");
    let printed = Process::run(&["send", SIEM.name, "--config", config.to_str().unwrap(), "--print"]).await.well();
    let delivery = typed(&printed.said());
    let mut altered = delivery.clone();
    altered.body.push(b' ');
    let generic = ALL.map(|official| official.verify_with(SIEM.secret, &delivery));
    let cases: Vec<_> =
        generic.into_iter().chain(ALL.map(|official| official.verify_with(SIEM.secret, &altered))).collect();
    let refused: Vec<bool> = ask(&cases).iter().map(|outcome| !outcome.is_null()).collect();
    // Svix's libraries take the general names of the headers too.
    assert_eq!(refused, [false, false, false, false, true, true, true, true], "{}", printed.said());
    app.end().await;
}
