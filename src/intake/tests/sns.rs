//! Messages of Amazon SNS: as its topics send them, and as strangers would.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};

use super::signers::rsa_pkcs8;
use super::sns_version_1 as version_1;
use super::stub::{Reply, Stub, plain_http};
use super::{NOW_S, at, now};
use crate::incident::Timestamp;
use crate::intake::Headers;
use crate::intake::address::PlainHttp;
use crate::intake::fetch::{Fetcher, Unavailable};
use crate::intake::limit::Neighbourhood;
use crate::intake::prove::{NotProven, Unproven};
use crate::intake::shelf::Why;
use crate::intake::sns::certificate::{CERTIFICATE_BOUNDS, Certificate, Certificates};
use crate::intake::sns::refusal::SnsRefusal;
use crate::intake::sns::{AGE_S_MAX, SnsMessage, SnsRules};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:guardduty-findings";
const CERT_URL: &str = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem";
const CONFIRM_URL: &str = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:123456789012:guardduty-findings&Token=t";
pub(super) const CONFIRMS: &str = "Action=ConfirmSubscription&TopicArn=";
const DAY_S: i64 = 86_400;

/// What is changed, how, and what becomes of it.
type Row = (&'static str, fn(&mut Value), SnsRefusal);

static PEM: LazyLock<String> = LazyLock::new(|| certificate_of(rsa_pkcs8(), 2023, 2024));

fn certificate_of(pkcs8: &[u8], from: i32, until: i32) -> String {
    let der = PrivatePkcs8KeyDer::from(pkcs8.to_vec());
    let pair = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256).unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    (parameters.not_before, parameters.not_after) =
        (rcgen::date_time_ymd(from, 1, 1), rcgen::date_time_ymd(until, 1, 1));
    let der = STANDARD.encode(parameters.self_signed(&pair).unwrap().der());
    format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
}

fn rules() -> SnsRules {
    let topics = vec!["arn:aws:sns:eu-west-1:123456789012:other".to_owned(), TOPIC.to_owned()];
    SnsRules { topics, allow_sha1: false, age_s_max: AGE_S_MAX, plain_http: PlainHttp::REFUSED }
}

/// A test's own certificate, as it is published.
pub(super) fn certificate() -> &'static str {
    &PEM
}

/// A message to this topic, signed under the certificate at that address.
pub(super) fn notification_to(topic: &str, certificate: &str, message: &str) -> Value {
    let mut envelope = notification();
    envelope["TopicArn"] = topic.into();
    envelope["SigningCertURL"] = certificate.into();
    envelope["Message"] = message.into();
    envelope
}

fn notification() -> Value {
    json!({
        "Type": "Notification", "MessageId": "c1d431f4-6f42", "TopicArn": TOPIC, "Timestamp": "2023-11-14T22:13:10.260Z",
        "Message": "{\"detail-type\": \"GuardDuty Finding\"}", "SignatureVersion": "2", "SigningCertURL": CERT_URL,
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    })
}

/// Asks for a subscription to this topic, under this id, to be confirmed at that address.
pub(super) fn confirmation_of(topic: &str, id: &str, certificate: &str, confirm: &str) -> Value {
    let mut envelope = confirmation("SubscriptionConfirmation");
    for (name, value) in
        [("TopicArn", topic), ("MessageId", id), ("SigningCertURL", certificate), ("SubscribeURL", confirm)]
    {
        envelope[name] = value.into();
    }
    envelope
}

fn confirmation(message_type: &str) -> Value {
    json!({
        "Type": message_type, "MessageId": "9fa79905-0ea1", "TopicArn": TOPIC, "Timestamp": "2023-11-14T22:13:10.260Z",
        "Message": "You have chosen to subscribe.\nVisit.", "Token": "2336412f", "SubscribeURL": CONFIRM_URL,
        "SignatureVersion": "2", "SigningCertURL": CERT_URL,
    })
}

/// Signs as Amazon does, by the words of its documentation.
pub(super) fn signed(mut message: Value) -> Vec<u8> {
    let names: &[&str] = if message["Type"] == "Notification" {
        &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    } else {
        &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    };
    let present = names.iter().filter_map(|name| Some((name, message.get(*name)?.as_str()?)));
    let text: String = present.map(|(name, value)| format!("{name}\n{value}\n")).collect();
    let pair = RsaKeyPair::from_pkcs8(rsa_pkcs8()).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    message["Signature"] = STANDARD.encode(signature).into();
    message.to_string().into_bytes()
}

fn judge(rules: &SnsRules, body: &[u8], pem: &str, now: Timestamp) -> Result<SnsMessage, Unproven<SnsRefusal>> {
    let certificate = Certificate::read(pem.as_bytes()).unwrap();
    let unsigned = rules.read(&Headers::default(), body, now).map_err(Unproven::Refused)?;
    unsigned.prove(Some(&certificate), now)
}

fn judged(message: Value) -> Result<SnsMessage, Unproven<SnsRefusal>> {
    judge(&rules(), &signed(message), &PEM, now())
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut message = notification();
    change(&mut message);
    message
}

#[test]
fn a_notification_of_our_topic_is_proven() {
    let SnsMessage::Notification(proven) = judged(notification()).unwrap() else { panic!() };
    assert_eq!(
        (proven.message_id.as_str(), proven.topic.as_str(), proven.subject.as_deref()),
        ("c1d431f4-6f42", TOPIC, None)
    );
    assert_eq!(proven.message, "{\"detail-type\": \"GuardDuty Finding\"}");
    assert_eq!(proven.sent_at, at(NOW_S) - jiff::SignedDuration::from_millis(9_740));
    assert!(!format!("{proven:?}").contains("GuardDuty Finding"));
    let with_subject = judged(with(|message| message["Subject"] = "A finding".into())).unwrap();
    assert!(matches!(with_subject, SnsMessage::Notification(proven) if proven.subject.as_deref() == Some("A finding")));
}

#[test]
fn what_is_wrong_with_an_envelope_is_found() {
    use SnsRefusal::{CertificateAddress, Envelope, Future, Stale, Topic, Type, Version};
    let changes: [Row; 17] = [
        ("another topic", |m| m["TopicArn"] = "arn:aws:sns:us-east-1:999999999999:guardduty-findings".into(), Topic),
        ("a topic with more behind it", |m| m["TopicArn"] = format!("{TOPIC}2").into(), Topic),
        ("an id with a line break", |m| m["MessageId"] = "c1d431f4\nSubject\nA finding".into(), Envelope),
        ("a subject with a line break", |m| m["Subject"] = "A\nTimestamp\n2023-11-14T22:13:10.260Z".into(), Envelope),
        ("no topic", |m| _ = m.as_object_mut().unwrap().remove("TopicArn"), Envelope),
        ("an unknown type", |m| m["Type"] = "Notice".into(), Type),
        ("version 1, which is switched off", |m| m["SignatureVersion"] = "1".into(), Version),
        ("an unknown version", |m| m["SignatureVersion"] = "3".into(), Version),
        ("a version in digits", |m| m["SignatureVersion"] = json!(2), Envelope),
        ("no message", |m| _ = m.as_object_mut().unwrap().remove("Message"), Envelope),
        ("a message that is no text", |m| m["Message"] = json!({}), Envelope),
        ("a subject that is no text", |m| m["Subject"] = json!(["x"]), Envelope),
        ("no time", |m| m["Timestamp"] = "yesterday".into(), SnsRefusal::Timestamp),
        ("an hour and a second old", |m| m["Timestamp"] = "2023-11-14T21:13:19Z".into(), Stale),
        ("six minutes ahead", |m| m["Timestamp"] = "2023-11-14T22:19:20Z".into(), Future),
        (
            "a certificate of a stranger",
            |m| m["SigningCertURL"] = "https://evil.example.com/a.pem".into(),
            CertificateAddress,
        ),
        ("no certificate", |m| _ = m.as_object_mut().unwrap().remove("SigningCertURL"), Envelope),
    ];
    for (name, change, refusal) in changes {
        assert_eq!(judged(with(change)), Err(Unproven::Refused(refusal)), "{name}");
    }
    assert!(judged(with(|m| m["Timestamp"] = "2023-11-14T21:13:20Z".into())).is_ok());
    assert!(judged(with(|m| m["Timestamp"] = "2023-11-14T22:18:20Z".into())).is_ok());
    let body = String::from_utf8(signed(notification())).unwrap();
    for bad in ["", "[]", "{}", "null", &body.replacen('{', r#"{"TopicArn":"x","#, 1), &format!("{body}x")] {
        assert_eq!(judge(&rules(), bad.as_bytes(), &PEM, now()), Err(Unproven::Refused(Envelope)), "{bad}");
    }
}

#[test]
fn whatever_is_altered_is_found() {
    let body: Value = serde_json::from_slice(&signed(with(|message| message["Subject"] = "A finding".into()))).unwrap();
    let wrong = Err(Unproven::NeedsKeys(Why::NotFitting, SnsRefusal::Signature));
    let altered = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        judge(&rules(), body.to_string().as_bytes(), &PEM, now())
    };
    assert!(altered("UnsubscribeURL", "https://evil.example.com".into()).is_ok(), "is not signed, and not used");
    for (name, value) in [
        ("Message", "{}".into()),
        ("MessageId", "other".into()),
        ("Subject", "Another".into()),
        ("Subject", Value::Null),
        ("Timestamp", "2023-11-14T22:13:10.261Z".into()),
        ("TopicArn", "arn:aws:sns:eu-west-1:123456789012:other".into()),
        ("Signature", STANDARD.encode([0; 256]).into()),
        ("Signature", "".into()),
        ("Signature", body["Signature"].as_str().unwrap()[..340].into()),
    ] {
        assert_eq!(altered(name, value.clone()), wrong, "{name} {value}");
    }
    assert_eq!(altered("Signature", "*".into()), Err(Unproven::Refused(SnsRefusal::Signature)));
}

/// The text that is signed only joins what it is made of.
#[test]
fn what_was_signed_as_a_subject_is_no_part_of_an_id() {
    let mut body: Value =
        serde_json::from_slice(&signed(with(|message| message["Subject"] = "A finding".into()))).unwrap();
    body["MessageId"] = "c1d431f4-6f42\nSubject\nA finding".into();
    body.as_object_mut().unwrap().remove("Subject");
    let judged = judge(&rules(), body.to_string().as_bytes(), &PEM, now());
    assert_eq!(judged, Err(Unproven::Refused(SnsRefusal::Envelope)));
    assert!(judge(&rules(), &signed(with(|message| message["Message"] = "a\nb".into())), &PEM, now()).is_ok());
}

#[test]
fn a_message_delivered_raw_is_refused() {
    let read = |value: &'static [u8]| {
        let headers: Headers<'_> = [("X-Amz-Sns-RawDelivery", value)].into_iter().collect();
        rules().read(&headers, &signed(notification()), now()).err()
    };
    assert_eq!(read(b"true"), Some(SnsRefusal::Raw));
    assert_eq!(read(b"1"), Some(SnsRefusal::Raw));
    assert_eq!(read(b"false"), None);
}

#[test]
fn a_certificate_counts_while_it_is_valid() {
    let needs = Err(Unproven::NeedsKeys(Why::NotFitting, SnsRefusal::Certificate));
    for (from, until, good) in [(2023, 2024, true), (2022, 2023, false), (2024, 2025, false)] {
        let pem = certificate_of(rsa_pkcs8(), from, until);
        let proven = judge(&rules(), &signed(notification()), &pem, now());
        assert_eq!(proven.is_ok(), good);
        assert!(good || proven == needs, "{proven:?}");
    }
    let unsigned = rules().read(&Headers::default(), &signed(notification()), now()).unwrap();
    assert_eq!(unsigned.certificate().as_str(), CERT_URL);
    assert_eq!(unsigned.prove(None, now()), Err(Unproven::NeedsKeys(Why::NoneFresh, SnsRefusal::Certificate)));
    for bad in ["", "no pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Certificate::read(bad.as_bytes()).is_none(), "{bad}");
    }
}

#[test]
fn version_1_is_taken_where_it_is_allowed() {
    let sent_at: Timestamp = version_1::TIMESTAMP.parse().unwrap();
    let message = with(|message| {
        message.as_object_mut().unwrap().extend([
            ("SignatureVersion".to_owned(), json!("1")),
            ("Message".to_owned(), json!("version one")),
            ("MessageId".to_owned(), json!("m-1")),
            ("Timestamp".to_owned(), json!(version_1::TIMESTAMP)),
            ("Signature".to_owned(), json!(version_1::SIGNATURE)),
        ]);
    });
    let judge = |allow_sha1, version: &str| {
        let mut message = message.clone();
        message["SignatureVersion"] = version.into();
        let rules = SnsRules { allow_sha1, ..rules() };
        self::judge(&rules, message.to_string().as_bytes(), version_1::CERTIFICATE, sent_at)
    };
    assert!(judge(true, "1").is_ok());
    assert_eq!(judge(false, "1"), Err(Unproven::Refused(SnsRefusal::Version)));
    assert_eq!(judge(true, "2"), Err(Unproven::NeedsKeys(Why::NotFitting, SnsRefusal::Signature)));
}

#[test]
fn a_subscription_is_confirmed_at_amazon_only() {
    assert!(
        matches!(judged(confirmation("SubscriptionConfirmation")).unwrap(), SnsMessage::Confirm(confirm) if confirm.topic == TOPIC)
    );
    let mut elsewhere = confirmation("SubscriptionConfirmation");
    let of_another = CONFIRM_URL.replace("guardduty", "other");
    let does_another = CONFIRM_URL.replace("ConfirmSubscription", "Publish");
    for url in [
        "https://evil.example.com/",
        "http://169.254.169.254/latest",
        "https://sns.us-east-1.amazonaws.com.evil/",
        "https://sns.us-east-1.amazonaws.com/",
        &of_another,
        &does_another,
    ] {
        elsewhere["SubscribeURL"] = url.into();
        assert_eq!(judged(elsewhere.clone()), Err(Unproven::Refused(SnsRefusal::ConfirmAddress)), "{url}");
    }
    let mut other = confirmation("SubscriptionConfirmation");
    other["TopicArn"] = "arn:aws:sns:us-east-1:999999999999:theirs".into();
    assert_eq!(judged(other), Err(Unproven::Refused(SnsRefusal::Topic)));
    let ended = judged(confirmation("UnsubscribeConfirmation")).unwrap();
    assert!(matches!(ended, SnsMessage::Unsubscribed { topic, .. } if topic == TOPIC));
    for name in ["Token", "SubscribeURL"] {
        let mut partial = confirmation("SubscriptionConfirmation");
        partial.as_object_mut().unwrap().remove(name);
        assert_eq!(judged(partial), Err(Unproven::Refused(SnsRefusal::Envelope)));
    }
}

#[test]
fn every_reason_has_a_name_of_its_own() {
    use SnsRefusal::{
        Certificate, CertificateAddress, ConfirmAddress, Envelope, Future, Raw, Signature, Stale, Timestamp, Topic,
        Type, Version,
    };
    let all = [
        Raw,
        Envelope,
        Type,
        Topic,
        Version,
        CertificateAddress,
        ConfirmAddress,
        Timestamp,
        Stale,
        Future,
        Certificate,
        Signature,
    ];
    let names: std::collections::BTreeSet<_> = all.map(SnsRefusal::code).into_iter().collect();
    assert_eq!(names.len(), all.len());
    assert!(names.iter().all(|name| name.starts_with("sns_")));
}

#[tokio::test]
async fn the_confirmation_is_one_request_without_redirects() {
    let stub = Stub::start(Reply::ok(b"<ConfirmSubscriptionResponse/>")).await;
    let mut message = confirmation("SubscriptionConfirmation");
    message["SubscribeURL"] = stub.text(&format!("/?{CONFIRMS}{TOPIC}")).into();
    let rules = SnsRules { plain_http: plain_http(), ..rules() };
    let proven = judge(&rules, &signed(message), &PEM, now()).unwrap();
    assert!(!format!("{proven:?}").contains("Action="), "it may carry a token");
    let SnsMessage::Confirm(confirm) = proven else { panic!("{proven:?}") };
    let fetcher = Fetcher::new().unwrap();
    assert_eq!(confirm.send(&fetcher).await, Ok(()));
    stub.reply(Reply::status("302 Found\r\nlocation: /elsewhere"));
    assert_eq!(confirm.send(&fetcher).await, Err(Unavailable::Status(302)));
    stub.reply(Reply::Endless);
    assert_eq!(confirm.send(&fetcher).await, Err(Unavailable::TooLarge));
    assert_eq!(stub.asked(), vec![format!("GET /?{CONFIRMS}{TOPIC} HTTP/1.1"); 3]);
}

fn asker(number: u8) -> Neighbourhood {
    Neighbourhood::own([192, 0, 2, number].into())
}

#[tokio::test]
async fn a_message_is_proven_with_the_certificate_that_it_names() {
    let stub = Stub::start(Reply::ok(PEM.as_bytes())).await;
    let certificates = Certificates::new(Fetcher::new().unwrap(), CERTIFICATE_BOUNDS);
    let rules = SnsRules { plain_http: plain_http(), ..rules() };
    let good = signed(with(|message| message["SigningCertURL"] = stub.text("/a.pem").into()));
    let altered = String::from_utf8(good.clone()).unwrap().replace("c1d431f4", "c2d431f4").into_bytes();
    let prove = async |body: &[u8], second: i64| {
        let unsigned = rules.read(&Headers::default(), body, at(NOW_S + second)).unwrap();
        certificates.prove(&unsigned, asker(1), at(NOW_S + second)).await
    };
    assert!(matches!(prove(&good, 0).await, Ok(SnsMessage::Notification(_))));
    assert!(prove(&good, 30).await.is_ok());
    let soon = prove(&altered, 31).await;
    assert_eq!(soon, Err(NotProven::Unavailable(Unavailable::TooSoon { retry_after_s: 29 })));
    assert_eq!(prove(&altered, 60).await, Err(NotProven::Refused(SnsRefusal::Signature)));
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn certificates_are_fetched_within_the_bounds_of_all_keys() {
    let stub = Stub::start(Reply::ok(PEM.as_bytes())).await;
    let certificates = Certificates::new(Fetcher::new().unwrap(), CERTIFICATE_BOUNDS);
    let address = stub.at("/a.pem");
    assert!(certificates.now(&address, now()).is_none());
    let first = certificates.renewed(&address, asker(1), None, Why::NoneFresh, now()).await.unwrap();
    assert!(certificates.now(&address, at(NOW_S + DAY_S - 1)).is_some());
    assert!(certificates.now(&address, at(NOW_S + DAY_S)).is_none());
    let soon = certificates.renewed(&address, asker(1), Some(first), Why::NotFitting, at(NOW_S + 1)).await;
    assert_eq!(soon.err(), Some(Unavailable::TooSoon { retry_after_s: 59 }));
    let mut brought = 0;
    for number in 0..50 {
        let other = stub.at(&format!("/{number}.pem"));
        brought += usize::from(certificates.renewed(&other, asker(1), None, Why::NoneFresh, now()).await.is_ok());
    }
    assert_eq!((brought, stub.asked().len()), (1, 2), "two in a minute for one neighbour, however many are named");
    for number in 0..50_u8 {
        let other = stub.at(&format!("/other/{number}.pem"));
        let asker = asker(number.saturating_add(2));
        brought += usize::from(certificates.renewed(&other, asker, None, Why::NoneFresh, now()).await.is_ok());
    }
    assert_eq!((brought, stub.asked().len()), (31, 32), "and 32 for all");
    assert!(certificates.now(&address, now()).is_some(), "and what is kept stays");
}

#[tokio::test]
async fn what_is_no_certificate_of_today_is_of_no_use() {
    let old = certificate_of(rsa_pkcs8(), 2020, 2021);
    for document in [old.as_bytes(), b"<html>", b""] {
        let stub = Stub::start(Reply::ok(document)).await;
        let certificates = Certificates::new(Fetcher::new().unwrap(), CERTIFICATE_BOUNDS);
        let brought = certificates.renewed(&stub.at("/a.pem"), asker(1), None, Why::NoneFresh, now()).await;
        assert_eq!(brought.err(), Some(Unavailable::Unusable));
        assert!(certificates.now(&stub.at("/a.pem"), now()).is_none());
    }
}
