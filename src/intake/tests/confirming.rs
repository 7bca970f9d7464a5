//! When a subscription of Amazon SNS is confirmed, and how often.

use serde_json::json;

use super::sns::{CONFIRMS, certificate, confirmation_of, signed};
use super::stub::{Reply as StubReply, Stub};
use super::*;
use crate::incident::StreamStatus;

const SOURCE: &str = "findings";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:findings";

struct Town {
    amazon: Stub,
    /// Where its certificate is, apart from where subscriptions are confirmed.
    certificates: Stub,
    settings: Settings,
}

impl Town {
    async fn new(rate: serde_json::Value) -> Self {
        let source = json!({"kind": "sns", "sns": {"topics": [TOPIC]}, "rate": rate});
        let settings = json!({"test_only_plain_http": true, "sources": {SOURCE: source}});
        let mut settings: Settings = serde_json::from_value(settings).unwrap();
        settings.listening_on = vec![IpAddr::from([127, 0, 0, 1])];
        let amazon = Stub::start(StubReply::ok(b"<ConfirmSubscriptionResponse/>")).await;
        let certificates = Stub::start(StubReply::ok(certificate().as_bytes())).await;
        Self { amazon, certificates, settings }
    }

    fn intake(&self) -> Intake {
        Intake::new(&self.settings, Path::new("/nowhere")).unwrap()
    }

    fn asks(&self, id: &str) -> Request {
        let certificate = self.certificates.text("/SimpleNotificationService-test.pem");
        let confirm = self.amazon.text(&format!("/?{CONFIRMS}{TOPIC}"));
        Request::unsigned(SOURCE, signed(confirmation_of(TOPIC, id, &certificate, &confirm)))
            .with("content-type", "text/plain; charset=UTF-8")
    }

    fn visits(&self) -> usize {
        self.amazon.asked().len()
    }
}

async fn received(intake: &Intake, request: &Request) -> Result<Received, Refusal> {
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let (peer, body) = (request.peer, request.body.as_slice());
    let request =
        crate::intake::Request { source: SOURCE, secret: None, query: "", headers, peer, certificate: None, body };
    match intake.receive(&request, now()).await? {
        Received::Stream(news) => intake.follow(news, now()).await.map(Received::Stream),
        received => Ok(received),
    }
}

/// What is told of the stream, once it is.
fn stream(received: &Result<Received, Refusal>) -> Option<StreamStatus> {
    match received {
        Ok(Received::Stream(news)) => Some(news.get().told.status),
        _ => None,
    }
}

#[tokio::test]
async fn one_confirmation_is_visited_once_however_often_it_is_sent() {
    let town = Town::new(json!({"per_second": 1_000, "burst": 1_000})).await;
    let intake = town.intake();
    town.amazon.reply(StubReply::status("500 Internal Server Error"));
    let failed = received(&intake, &town.asks("one")).await;
    assert!(matches!(failed, Err(Refusal::KeysUnavailable { .. })), "it is sent again: {failed:?}");
    assert_eq!((town.visits(), stream(&failed)), (1, None));
    town.amazon.reply(StubReply::ok(b"<ConfirmSubscriptionResponse/>"));
    for _ in 0..3 {
        assert_eq!(stream(&received(&intake, &town.asks("one")).await), Some(StreamStatus::Enabled));
    }
    assert_eq!(town.visits(), 2);
    // Also by the sources that are read anew.
    let anew = town.intake().taking_over(&intake);
    assert!(received(&anew, &town.asks("one")).await.is_ok());
    assert_eq!(town.visits(), 2);
    assert!(received(&anew, &town.asks("two")).await.is_ok());
    assert_eq!(town.visits(), 3, "another one is asked for anew");
}

#[tokio::test]
async fn a_source_that_sends_too_much_has_nobody_visited() {
    let town = Town::new(json!({"per_second": 1, "burst": 1})).await;
    let intake = town.intake();
    let asks: Vec<Request> = (0..20).map(|number| town.asks(&format!("id-{number}"))).collect();
    let mut taken = 0;
    for request in &asks {
        match received(&intake, request).await {
            Ok(_) => taken += 1,
            Err(refusal) => {
                assert!(matches!(refusal, Refusal::RateLimitedSource { .. }), "{refusal:?}");
                assert_eq!(town.visits(), taken);
                return;
            }
        }
    }
    panic!("all {taken} were taken");
}

#[tokio::test]
async fn while_a_source_is_tried_out_its_subscription_is_shown_and_not_confirmed() {
    let town = Town::new(json!({"per_second": 1_000, "burst": 1_000})).await;
    let intake = town.intake();
    let name = SourceName::parse(SOURCE).unwrap();
    intake.open_trial(&name, Timestamp::MAX, now());
    let shown = received(&intake, &town.asks("one")).await;
    assert_eq!(intake.trial(&name, now()).unwrap().count, 0, "not before it is known what became of it");
    let Ok(Received::Stream(news)) = &shown else { panic!("{shown:?}") };
    for (became, is_told) in [
        (Became::Recorded { repeats: 0, conflicts: 0 }, true),
        (Became::Repeated { conflicts: 0 }, false),
        (Became::Conflict, false),
    ] {
        let found = Found::stream(news.get(), became);
        let Found::Stream { status: StreamStatus::Unconfirmed, why: Some(why), .. } = &found else {
            panic!("{found:?}")
        };
        assert_eq!(why.contains("no subscription is confirmed"), is_told, "{why}");
    }
    assert_eq!((town.visits(), stream(&shown)), (0, Some(StreamStatus::Unconfirmed)));
    intake.open_trial(&name, Timestamp::MIN, now());
    let confirmed = received(&intake, &town.asks("one")).await;
    assert_eq!((town.visits(), stream(&confirmed)), (1, Some(StreamStatus::Enabled)));
}
