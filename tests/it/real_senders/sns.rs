//! Messages of Amazon SNS, judged by us and by Amazon's own validator. Where we differ, we differ on purpose.

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::installed::Oracle;
use crate::harness::*;

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:guardduty-findings";
/// What the validator reads; where our own server reads, the same certificate is on this machine.
const CERTIFICATE_URL: &str = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem";
const CONFIRM_URL: &str = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:123456789012:guardduty-findings&Token=test-only";
const OTHER_URL: &str = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:123456789012:guardduty-findings&Token=other";
/// After so long a certificate that did not fit is asked for again, and the verdict is final.
const MINUTE: Duration = Duration::from_secs(61);

/// A message, what is changed before it is signed and in its text afterwards, and who takes it.
type Row = (&'static str, fn(&mut Value), fn(&mut Value), Taken);

/// Who takes a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    ByBoth,
    ByNone,
    /// By the validator and not by us, because.
    NotByUs(&'static str),
    /// By us and not by the validator, because.
    NotByIt(&'static str),
}
use Taken::{ByBoth, ByNone, NotByIt, NotByUs};

static KEY: LazyLock<Vec<u8>> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap().as_ref().to_vec());
static CERTIFICATE: LazyLock<String> = LazyLock::new(|| {
    let pair =
        rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(KEY.clone()), &rcgen::PKCS_RSA_SHA256);
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&pair.unwrap()).unwrap();
    pem("CERTIFICATE", certificate.der())
});

fn pem(label: &str, der: &[u8]) -> String {
    let digits = STANDARD.encode(der).into_bytes();
    let lines: String = digits.chunks(64).map(|line| format!("{}\n", str::from_utf8(line).unwrap())).collect();
    format!("-----BEGIN {label}-----\n{lines}-----END {label}-----\n")
}

fn version_1(message: &mut Value) {
    message["SignatureVersion"] = "1".into();
}

fn confirmation(message: &mut Value) {
    message["Type"] = "SubscriptionConfirmation".into();
    message["Message"] = "You have chosen to subscribe.\nVisit the address.".into();
    message["Token"] = "test-only".into();
    message["SubscribeURL"] = CONFIRM_URL.into();
}

fn confirmation_1(message: &mut Value) {
    confirmation(message);
    version_1(message);
}

fn unsubscribed(message: &mut Value) {
    confirmation(message);
    message["Type"] = "UnsubscribeConfirmation".into();
}

fn as_it_is(_: &mut Value) {}

fn without(message: &mut Value, name: &str) {
    message.as_object_mut().unwrap().remove(name);
}

fn altered_signature(message: &mut Value) {
    let mut bytes = STANDARD.decode(message["Signature"].as_str().unwrap()).unwrap();
    bytes[100] ^= 1;
    message["Signature"] = STANDARD.encode(bytes).into();
}

const SCRIBBLE: &str = "a signature has one spelling";
const UNSIGNED: &str = "what is not in the documented text is not signed, and is read by nobody";

const ROWS: &[Row] = &[
    ("a notification, version 2", as_it_is, as_it_is, ByBoth),
    ("a notification, version 1", version_1, as_it_is, ByBoth),
    ("with a subject", |m| m["Subject"] = "A finding: 登录".into(), as_it_is, ByBoth),
    ("with an empty subject", |m| m["Subject"] = "".into(), as_it_is, ByBoth),
    ("with a subject that is null", as_it_is, |m| m["Subject"] = Value::Null, ByBoth),
    ("another way to unsubscribe", as_it_is, |m| m["UnsubscribeURL"] = "https://evil.example.com".into(), ByBoth),
    ("a confirmation, version 2", confirmation, as_it_is, ByBoth),
    ("a confirmation, version 1", confirmation_1, as_it_is, ByBoth),
    ("version 2 said to be 1", as_it_is, version_1, ByNone),
    ("version 1 said to be 2", version_1, |m| m["SignatureVersion"] = "2".into(), ByNone),
    ("version 3", as_it_is, |m| m["SignatureVersion"] = "3".into(), ByNone),
    ("a version in digits", as_it_is, |m| m["SignatureVersion"] = json!(2), ByNone),
    ("another message", as_it_is, |m| m["Message"] = "{}".into(), ByNone),
    ("another id", as_it_is, |m| m["MessageId"] = "other".into(), ByNone),
    ("another time", as_it_is, |m| m["Timestamp"] = "2026-11-21T02:59:59.999Z".into(), ByNone),
    ("a subject that nobody signed", as_it_is, |m| m["Subject"] = "A finding".into(), ByNone),
    ("no subject where one was signed", |m| m["Subject"] = "A finding".into(), |m| without(m, "Subject"), ByNone),
    ("another token", confirmation, |m| m["Token"] = "other".into(), ByNone),
    ("another address to confirm at", confirmation, |m| m["SubscribeURL"] = OTHER_URL.into(), ByNone),
    ("a confirmation said to be a notification", confirmation, |m| m["Type"] = "Notification".into(), ByNone),
    ("a notification said to be a confirmation", as_it_is, confirmation, ByNone),
    ("another byte in the signature", as_it_is, altered_signature, ByNone),
    ("an empty signature", as_it_is, |m| m["Signature"] = "".into(), ByNone),
    ("no signature", as_it_is, |m| without(m, "Signature"), ByNone),
    ("no id", as_it_is, |m| without(m, "MessageId"), ByNone),
    ("no token to confirm with", confirmation, |m| without(m, "Token"), ByNone),
    ("a signature with a blank in it", as_it_is, blank_in_signature, NotByUs(SCRIBBLE)),
    ("a signature in the alphabet of URLs", as_it_is, url_signature, NotByUs(SCRIBBLE)),
    (
        "another topic",
        |m| m["TopicArn"] = "arn:aws:sns:us-east-1:999999999999:theirs".into(),
        as_it_is,
        NotByUs("anybody's topic sends well-signed messages"),
    ),
    (
        "more than an hour old",
        |m| m["Timestamp"] = "2026-11-21T01:59:00.000Z".into(),
        as_it_is,
        NotByUs("whoever recorded a message could send it again for ever"),
    ),
    (
        "more than five minutes ahead",
        |m| m["Timestamp"] = "2026-11-21T04:06:00.000Z".into(),
        as_it_is,
        NotByUs("a message is not sent before its time"),
    ),
    (
        "an unknown type",
        |m| m["Type"] = "Notice".into(),
        as_it_is,
        NotByUs("what is not known is not taken for something"),
    ),
    (
        "a confirmation elsewhere",
        |m| {
            confirmation(m);
            m["SubscribeURL"] = "https://evil.example.com/".into();
        },
        as_it_is,
        NotByUs("a server that visits what it is told to is anybody's hand"),
    ),
    (
        "the address of the certificate as functions write it",
        as_it_is,
        |m| {
            m["SigningCertUrl"] = m["SigningCertURL"].take();
            without(m, "SigningCertURL");
        },
        NotByUs("over HTTP it has one name"),
    ),
    (
        "the end of a subscription",
        unsubscribed,
        as_it_is,
        NotByIt("it leaves the token out, against the documentation"),
    ),
    (
        "an address to confirm at in a notification",
        as_it_is,
        |m| m["SubscribeURL"] = CONFIRM_URL.into(),
        NotByIt(UNSIGNED),
    ),
];

fn blank_in_signature(message: &mut Value) {
    let signature = message["Signature"].as_str().unwrap();
    message["Signature"] = format!("{}\n{}", &signature[..76], &signature[76..]).into();
}

fn url_signature(message: &mut Value) {
    let signature = message["Signature"].as_str().unwrap().replace('+', "-").replace('/', "_");
    message["Signature"] = signature.into();
}

fn notification(number: usize) -> Value {
    json!({
        "Type": "Notification", "MessageId": format!("c1d431f4-test-{number}"), "TopicArn": TOPIC,
        "Timestamp": "2026-11-21T03:00:00.000Z", "Message": json!({"detail-type": "GuardDuty Finding", "é": "ü\n"}).to_string(),
        "SignatureVersion": "2", "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    })
}

/// Signed by other hands than ours.
fn signed(messages: Vec<Value>) -> Vec<Value> {
    let key = pem("PRIVATE KEY", &KEY);
    let cases: Vec<Value> =
        messages.iter().map(|message| json!({"do": "sign", "message": message, "key": key})).collect();
    let signatures = Oracle::Sns.ask(&cases);
    let with = |(mut message, signature): (Value, Value)| {
        message["Signature"] = signature;
        message
    };
    messages.into_iter().zip(signatures).map(with).collect()
}

/// What Amazon's validator says to each text: nothing, or why not.
fn validated(texts: &[String]) -> Vec<Option<String>> {
    let case = |text: &String| json!({"do": "judge", "text": text, "certificate": *CERTIFICATE});
    let outcomes = Oracle::Sns.ask(&texts.iter().map(case).collect::<Vec<_>>());
    outcomes.into_iter().map(|outcome| outcome.as_str().map(str::to_owned)).collect()
}

/// Publishes the certificate as long as the test runs.
async fn published() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4_096]).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", CERTIFICATE.len());
            let _ = stream.write_all((head + &CERTIFICATE).as_bytes()).await;
        }
    });
    url
}

async fn start(allow_sha1: bool) -> TestApp {
    let config = format!(
        "[intake]\ntest_only_plain_http = true\n[intake.sources.aws]\nkind = \"sns\"\n\
         sns = {{ topics = [\"{TOPIC}\"], allow_sha1 = {allow_sha1}, confirm = false }}\n"
    );
    TestApp::start_with(Set { config: Box::leak(config.into_boxed_str()), ..Set::default() }).await
}

async fn status(app: &TestApp, text: &str) -> u16 {
    let headers = vec![("content-type".to_owned(), "text/plain; charset=UTF-8".to_owned())];
    let answer = app.deliver(&Delivery { source: "aws".to_owned(), headers, body: text.as_bytes().to_vec() }).await;
    // A whole minute: the bound says so, and nobody was asked in vain.
    assert!(answer.status != 503 || answer.header("retry-after") == "60", "{answer:?}");
    answer.status
}

/// What is wrong with two verdicts, if they are not as expected.
fn wrong(name: &str, expected: Taken, ours: u16, its: Option<&String>, by_us: u16) -> Option<String> {
    let expected_ours = if matches!(expected, ByBoth | NotByIt(_)) { by_us } else { 401 };
    let expected_its = matches!(expected, ByBoth | NotByUs(_));
    (ours != expected_ours || its.is_none() != expected_its)
        .then(|| format!("{name}: we say {ours}, it says {its:?}, {expected:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_amazons_validator_refuses_we_refuse_but_for_what_we_differ_in_on_purpose() {
    let (app, here) = (start(true).await, published().await);
    let messages = ROWS.iter().enumerate().map(|(number, (_, before, _, _))| {
        let mut message = notification(number);
        before(&mut message);
        message
    });
    let mut texts = Vec::new();
    for ((_, _, after, _), mut message) in ROWS.iter().zip(signed(messages.collect())) {
        after(&mut message);
        texts.push(message.to_string());
    }
    let mut found = Vec::new();
    for (((name, _, _, expected), text), its) in ROWS.iter().zip(&texts).zip(validated(&texts)) {
        app.advance(MINUTE);
        let text = text.replace(CERTIFICATE_URL, &format!("{here}/test.pem"));
        found.extend(wrong(name, *expected, status(&app, &text).await, its.as_ref(), 202));
    }
    assert!(found.is_empty(), "{found:#?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_amazons_validator_reads_leniently_is_read_strictly_or_not_at_all() {
    let (app, here) = (start(false).await, published().await);
    let mut version_1s = notification(1);
    version_1(&mut version_1s);
    let both = signed(vec![notification(0), version_1s]);
    let text = both[0].to_string();
    let rows = [
        ("as it is", text.clone(), ByBoth),
        ("version 1", both[1].to_string(), NotByUs("SHA-1 has to be allowed in so many words")),
        (
            "a member twice",
            text.replacen('{', "{\"Message\":\"x\",", 1),
            NotByUs("two readers may take another one each"),
        ),
        ("more behind it", format!("{text}{{}}"), ByNone),
        ("a mark of its encoding before it", format!("\u{feff}{text}"), ByNone),
        ("a list", format!("[{text}]"), ByNone),
        ("nothing", String::new(), ByNone),
        ("null", "null".to_owned(), ByNone),
    ];
    let texts: Vec<String> = rows.iter().map(|(_, text, _)| text.clone()).collect();
    let mut found = Vec::new();
    for ((name, text, expected), its) in rows.iter().zip(validated(&texts)) {
        app.advance(MINUTE);
        let text = text.replace(CERTIFICATE_URL, &format!("{here}/test.pem"));
        found.extend(wrong(name, *expected, status(&app, &text).await, its.as_ref(), 202));
    }
    assert!(found.is_empty(), "{found:#?}");
    app.end().await;
}

const ONE_ADDRESS: &str = "an address of Amazon's has one spelling";
const ADDRESSES: &[(&str, Taken)] = &[
    (CERTIFICATE_URL, ByBoth),
    ("https://sns.eu-west-1.amazonaws.com/a.pem", ByBoth),
    ("https://sns.us-gov-west-1.amazonaws.com/a.pem", ByBoth),
    ("https://sns.cn-north-1.amazonaws.com.cn/a.pem", ByBoth),
    ("http://sns.us-east-1.amazonaws.com/a.pem", ByNone),
    ("https://sns.us-east-1.amazonaws.com.evil/a.pem", ByNone),
    ("https://sns.us-east-1.amazonaws.com.evil.cn/a.pem", ByNone),
    ("https://sns.us-east-1.amazonaws.com@evil/a.pem", ByNone),
    ("https://sns.us-east-1.amazonaws.com/a.pem?y=1", ByNone),
    ("https://sns.us-east-1.amazonaws.com/a.pem?", ByNone),
    ("https://sns.us-east-1.amazonaws.com:8443/a.pem", ByNone),
    ("https://sns.us-east-1.amazonaws.com:443/a.pem", ByNone),
    ("https://sns.us-east-1.amazonaws.com/a.pem/b", ByNone),
    ("https://sns.us.amazonaws.com/a.pem", ByNone),
    ("https://sns..amazonaws.com/a.pem", ByNone),
    ("https://sns.us-east-1.a.amazonaws.com/a.pem", ByNone),
    ("https://sns.us_east_1.amazonaws.com/a.pem", ByNone),
    ("https://s3.us-east-1.amazonaws.com/a.pem", ByNone),
    ("https://my-sns.us-east-1.amazonaws.com/a.pem", ByNone),
    ("https://sns.us-east-1.amazonaws.com./a.pem", ByNone),
    ("https://169.254.169.254/a.pem", ByNone),
    (
        "https://evil@sns.us-east-1.amazonaws.com/a.pem",
        NotByUs("an address with a name in it is no address of Amazon's"),
    ),
    ("https://sns.us-east-1.amazonaws.com/a?b=.pem", NotByUs("what is behind the path names nothing of Amazon's")),
    ("https://sns.us-east-1.amazonaws.com/a.pem#x", NotByUs("a certificate is a whole document")),
    ("https://sns.us-east-1.amazonaws.com\\@evil/a.pem", NotByUs(ONE_ADDRESS)),
    ("https://SNS.US-EAST-1.AMAZONAWS.COM/a.pem", NotByUs(ONE_ADDRESS)),
];

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_asked_for_where_amazons_validator_asks_for_them() {
    let (app, here) = (start(false).await, published().await);
    let message = signed(vec![notification(0)]).pop().unwrap();
    let at = |address: &str| {
        let mut message = message.clone();
        // It is not signed.
        message["SigningCertURL"] = address.into();
        message.to_string()
    };
    // Two new ones are asked for in a minute for one neighbour. An address of Amazon's is then answered with 503, and nobody is asked.
    for number in 0..2 {
        // Where a certificate is nobody has signed, so that to us the second one is the first again: proven they are all.
        let expected = if number == 0 { 202 } else { 200 };
        assert_eq!(status(&app, &at(&format!("{here}/{number}.pem"))).await, expected);
    }
    let texts: Vec<String> = ADDRESSES.iter().map(|(address, _)| at(address)).collect();
    let mut found = Vec::new();
    for (((address, expected), text), its) in ADDRESSES.iter().zip(&texts).zip(validated(&texts)) {
        found.extend(wrong(address, *expected, status(&app, text).await, its.as_ref(), 503));
    }
    assert!(found.is_empty(), "{found:#?}");
    app.end().await;
}
