//! Amazon SNS end to end: a subscription is confirmed once, and what is said of it is kept in order.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::incident::{Event, SenderEvent};
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};

use crate::harness::*;

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:findings";

/// Amazon, as far as this machine needs it: who signs, under a certificate of its own, and whoever is told yes.
struct Amazon {
    pair: RsaKeyPair,
    certificate: String,
    told: Sink,
}

impl Amazon {
    async fn new() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let der = PrivatePkcs8KeyDer::from(der.as_ref().to_vec());
        let own = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256).unwrap();
        let der = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&own).unwrap().der().to_vec();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der));
        let certificate = publish(pem).await.replace("/jwks", "/SimpleNotificationService-test.pem");
        Self { pair, certificate, told: Sink::start(&[]).await }
    }

    async fn start(&self) -> TestApp {
        let config = format!(
            "[intake]\ntest_only_plain_http = true\n[intake.sources.findings]\nkind = \"sns\"\nsns = {{ topics = \
             [\"{TOPIC}\"] }}\n"
        );
        TestApp::start_with(Set { config: Box::leak(config.into_boxed_str()), ..Set::default() }).await
    }

    /// A message about the subscription, signed as Amazon's documentation says.
    fn about_subscription(&self, app: &TestApp, kind: &str, id: &str, seconds_ago: i64) -> Delivery {
        let sent = app.now() - jiff::SignedDuration::from_secs(seconds_ago);
        let message = json!({
            "Type": kind, "MessageId": id, "TopicArn": TOPIC, "Timestamp": sent.to_string(),
            "Message": "You have chosen to subscribe.", "Token": "test-only",
            "SubscribeURL": format!("{}/?Action=ConfirmSubscription&TopicArn={TOPIC}", self.told.url()),
            "SignatureVersion": "2", "SigningCertURL": self.certificate,
        });
        self.sign(message, &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"])
    }

    /// What somebody has published.
    fn notification(&self, app: &TestApp, id: &str, text: &str) -> Delivery {
        let message = json!({
            "Type": "Notification", "MessageId": id, "TopicArn": TOPIC, "Timestamp": app.now().to_string(),
            "Message": text, "SignatureVersion": "2", "SigningCertURL": self.certificate,
        });
        self.sign(message, &["Message", "MessageId", "Timestamp", "TopicArn", "Type"])
    }

    fn sign(&self, mut message: Value, names: &[&str]) -> Delivery {
        let text: String = names.iter().map(|name| format!("{name}\n{}\n", message[name].as_str().unwrap())).collect();
        let mut signature = vec![0; self.pair.public_key().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        message["Signature"] = STANDARD.encode(signature).into();
        let headers = vec![("content-type".to_owned(), "text/plain; charset=UTF-8".to_owned())];
        Delivery { source: "findings".to_owned(), headers, body: message.to_string().into_bytes() }
    }
}

/// The same with members that nobody has signed.
fn padded(delivery: &Delivery, padding: &str) -> Delivery {
    let mut message: Value = serde_json::from_slice(&delivery.body).unwrap();
    message["Padding"] = padding.into();
    message["UnsubscribeURL"] = padding.into();
    Delivery { body: message.to_string().into_bytes(), ..delivery.clone() }
}

async fn status(app: &TestApp) -> Value {
    app.get("/v1/sources/findings", AUDITOR).await.body["stream"]["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_confirmed_once_also_over_a_restart() {
    let amazon = Amazon::new().await;
    let app = amazon.start().await;
    let asks = amazon.about_subscription(&app, "SubscriptionConfirmation", "id-1", 0);
    let (one, two) = tokio::join!(app.deliver(&asks), app.deliver(&asks));
    assert_eq!((one.status, two.status), (202, 202), "{}", one.body);
    assert_eq!((amazon.told.posted().len(), status(&app).await), (1, json!("enabled")));
    let app = app.restart().await;
    assert_eq!(app.deliver(&asks).await.status, 202);
    assert_eq!((amazon.told.posted().len(), app.records_of("source.stream").len()), (1, 1), "it is known");
    let other = amazon.about_subscription(&app, "SubscriptionConfirmation", "id-2", 0);
    assert_eq!(app.deliver(&other).await.status, 202);
    assert_eq!(amazon.told.posted().len(), 2, "another one is asked for anew");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_or_comes_late_does_not_say_how_a_subscription_stands() {
    let amazon = Amazon::new().await;
    let app = amazon.start().await;
    let ends = amazon.about_subscription(&app, "UnsubscribeConfirmation", "ends", 60);
    assert_eq!(app.deliver(&ends).await.status, 202);
    assert_eq!(status(&app).await, "unsubscribed");
    let asks = amazon.about_subscription(&app, "SubscriptionConfirmation", "asks", 0);
    assert_eq!(app.deliver(&asks).await.status, 202);
    assert_eq!(status(&app).await, "enabled");
    let late = amazon.about_subscription(&app, "UnsubscribeConfirmation", "late", 30);
    for (message, records) in [(&ends, 2), (&late, 3), (&late, 3)] {
        assert_eq!(app.deliver(message).await.status, 202);
        assert_eq!((status(&app).await, app.records_of("source.stream").len()), (json!("enabled"), records));
    }
    // Under a known id something else has come.
    let other = amazon.about_subscription(&app, "UnsubscribeConfirmation", "asks", 0);
    assert_eq!(app.deliver(&other).await.status, 409);
    let [record] = &app.records_of("delivery.conflict")[..] else { panic!("it is told once") };
    assert!(
        matches!(&record.event, Event::Sender(SenderEvent::Conflict { source, .. }) if source.as_str() == "findings")
    );
    assert_eq!(status(&app).await, "enabled");
    app.end().await;
}

/// Whoever has caught a message and has no key can make nothing of it but a repeat.
#[tokio::test(flavor = "multi_thread")]
async fn b22_what_nobody_has_signed_makes_no_conflict_and_is_not_kept() {
    let amazon = Amazon::new().await;
    let app = amazon.start().await;
    let finding = amazon.notification(&app, "id-1", r#"{"detail-type":"GuardDuty Finding"}"#);
    let unread = amazon.notification(&app, "id-2", "[]");
    let asks = amazon.about_subscription(&app, "SubscriptionConfirmation", "id-3", 0);
    for (message, statuses) in [(&finding, [202, 200, 200]), (&unread, [422; 3]), (&asks, [202; 3])] {
        assert_eq!(app.deliver(message).await.status, statuses[0]);
        for (padding, status) in ["a", &"b".repeat(10_000)].into_iter().zip(&statuses[1..]) {
            assert_eq!(app.deliver(&padded(message, padding)).await.status, *status);
        }
    }
    assert_eq!(app.records_of("delivery.conflict").len(), 0);
    let [record] = &app.records_of("delivery.not_understood")[..] else { panic!("once, whatever is added") };
    let Event::Sender(SenderEvent::NotUnderstood { private, .. }) = &record.event else { unreachable!() };
    let kept = app.app.trail().private(record.seq, private).unwrap().unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!((&kept["Message"], kept.as_object().unwrap().len()), (&json!("[]"), 5));
    app.end().await;
}
