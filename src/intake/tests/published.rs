//! Sources whose senders publish their keys, through the door.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::Digest as _;

use super::signers::{p256, rsa, rsa_pkcs8};
use super::sns::{certificate as published_certificate, notification_to, signed};
use super::stub::{Reply as StubReply, Stub};
use super::*;
use crate::incident::{Assurance, StreamStatus};
use crate::intake::{Holds, SendProblem, Sender, TokenSigner};

const SOURCE: &str = "published";

/// An intake with this one source, which fetches keys from this machine.
fn intake(source: Value) -> Intake {
    let sources = json!({ SOURCE: source });
    let mut settings: Settings =
        serde_json::from_value(json!({"test_only_plain_http": true, "sources": sources})).unwrap();
    settings.listening_on = vec![IpAddr::from([127, 0, 0, 1])];
    Intake::new(&settings, Path::new("/nowhere")).unwrap()
}

async fn received(intake: &Intake, request: &Request) -> Result<Received, Refusal> {
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let request = crate::intake::Request {
        source: SOURCE,
        secret: None,
        query: "",
        headers,
        peer: request.peer,
        certificate: request.certificate.as_ref(),
        body: &request.body,
    };
    intake.receive(&request, now()).await
}

async fn jwks(keys: &[Value]) -> (Stub, String) {
    let stub = Stub::start(StubReply::ok(json!({ "keys": keys }).to_string().as_bytes())).await;
    let url = stub.text("/jwks");
    (stub, url)
}

#[tokio::test]
async fn a_push_of_google_is_taken_with_a_token_of_its_service_account_for_us() {
    let (_stub, url) = jwks(&[rsa().jwk()]).await;
    let source = |more: Value| {
        let mut source = json!({"kind": "google-pubsub", "allow_unsigned": true, "addresses": ["192.0.2.0/24"], "jwt": {
            "issuer": "https://accounts.google.com", "audience": ["https://us.example.com"], "jwks": url,
            "claims": [{"name": "email", "value": "push@project.example.com"}],
        }});
        source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        source
    };
    let intake = intake(source(json!({})));
    let alert = json!({"alertId": "a1", "createTime": "2023-11-14T22:13:20Z", "type": "Leaked password", "data": {"email": "x@example.com"}});
    let body = |number: u32| {
        let data = STANDARD.encode(alert.to_string());
        let subscription = format!("projects/test/subscriptions/{number}");
        let message = json!({"data": data, "messageId": "136969346945"});
        json!({"message": message, "subscription": subscription, "deliveryAttempt": number}).to_string()
    };
    let claims = json!({"iss": "https://accounts.google.com", "aud": "https://us.example.com", "iat": NOW_S, "exp": NOW_S + 3_600,
        "email": "push@project.example.com", "email_verified": true});
    let with = |claims: &Value, body: &str| {
        Request::unsigned(SOURCE, body).with("authorization", format!("Bearer {}", rsa().token(claims).unwrap()))
    };
    let mut ids = Vec::new();
    for number in 1..=2 {
        let Ok(Received::Understood(delivery)) = received(&intake, &with(&claims, &body(number))).await else {
            panic!()
        };
        let delivery = delivery.into_inner();
        assert_eq!((delivery.assurance, delivery.alerts.len()), (Assurance::C, 1));
        assert_eq!(delivery.id, Some("136969346945".to_owned()));
        assert_eq!(delivery.alerts[0].event, alert, "decoded");
        ids.push((delivery.alerts[0].summary.id.clone(), delivery.content));
    }
    assert_eq!(ids[0], ids[1], "an attempt more is the same alert");
    for (member, value, code) in [
        ("aud", json!("https://other.example.com"), "token_audience"),
        ("iss", json!("https://evil.example.com"), "token_issuer"),
        ("email", json!("other@project.example.com"), "token_claim"),
        ("email_verified", json!(false), "token_claim"),
        ("exp", json!(NOW_S - 3_600), "token_expired"),
    ] {
        let mut changed = claims.clone();
        changed[member] = value;
        let refusal = received(&intake, &with(&changed, &body(1))).await.err().unwrap();
        assert_eq!((refusal.code(), refusal.is_authentication()), (code, true));
    }
    let token = rsa().token(&claims).unwrap();
    for scheme in ["bearer", "BEARER"] {
        let shown = Request::unsigned(SOURCE, body(3)).with("authorization", format!("{scheme} {token}"));
        assert!(matches!(received(&intake, &shown).await, Ok(Received::Understood(_))), "{scheme}");
    }
    let basic = Request::unsigned(SOURCE, body(3)).with("authorization", format!("Basic {token}"));
    assert_eq!(received(&intake, &basic).await.err().map(|refusal| refusal.code()), Some("token_not_compact"));
    let bare = received(&intake, &Request::unsigned(SOURCE, body(1))).await.err();
    assert_eq!(bare, Some(Refusal::SecretMissing));
}

#[tokio::test]
async fn a_message_of_sns_is_taken_from_its_topics_only() {
    let stub = Stub::start(StubReply::ok(published_certificate().as_bytes())).await;
    let certificate = stub.text("/SimpleNotificationService-test.pem");
    let topic = "arn:aws:sns:us-east-1:123456789012:guardduty-findings";
    let intake = intake(json!({"kind": "sns", "sns": {"topics": [topic]}}));
    let message = |topic: &str| {
        let finding = json!({"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "time": "2023-11-14T22:13:00Z",
            "detail": {"type": "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"}});
        Request::unsigned(SOURCE, signed(notification_to(topic, &certificate, &finding.to_string())))
            .with("content-type", "text/plain; charset=UTF-8")
            .with("x-amz-sns-message-type", "Notification")
    };
    let Ok(Received::Understood(delivery)) = received(&intake, &message(topic)).await else { panic!("not understood") };
    let delivery = delivery.into_inner();
    let alert = &delivery.alerts[0];
    assert_eq!((delivery.assurance, delivery.id), (Assurance::A, Some(format!("{topic}\nc1d431f4-6f42"))));
    assert_eq!(alert.summary.event_type.as_deref(), Some("UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"));
    assert_eq!(alert.event["source"], "aws.guardduty");
    assert_eq!(alert.log_sources[0].product.as_deref(), Some("aws"));
    let other = received(&intake, &message("arn:aws:sns:us-east-1:999999999999:theirs")).await.err().unwrap();
    assert_eq!(other.code(), "sns_topic");
    let body = String::from_utf8(message(topic).body).unwrap().replace("ConsoleLoginSuccess", "ConsoleLoginSuccesS");
    let refusal = received(&intake, &message(topic).with_body(body)).await.err().unwrap();
    // The certificate may have been renewed, but it is not asked for again so soon.
    assert!(matches!(refusal, Refusal::KeysUnavailable { .. }), "{refusal:?}");
    let mut ended = notification_to(topic, &certificate, "You have been unsubscribed.");
    ended["Type"] = "UnsubscribeConfirmation".into();
    ended["Token"] = "test-only".into();
    ended["SubscribeURL"] = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription".into();
    let ended = message(topic).with_body(signed(ended)).with("x-amz-sns-message-type", "UnsubscribeConfirmation");
    let Ok(Received::Stream(news)) = received(&intake, &ended).await else { panic!("no news") };
    assert_eq!(news.get().source.as_str(), SOURCE);
    let told = StreamTold { status: StreamStatus::Unsubscribed, reason: Some(topic.to_owned()) };
    assert_eq!(news.into_inner().told, told);
    let text = Request::unsigned(SOURCE, "{}").with("content-type", "text/plain");
    assert!(received(&intake, &text).await.err().unwrap().is_authentication());
}

/// Whoever has caught one could otherwise make conflicts and fill the disk without any key.
#[tokio::test]
async fn what_is_added_to_a_message_of_sns_changes_nothing_and_is_not_kept() {
    let stub = Stub::start(StubReply::ok(published_certificate().as_bytes())).await;
    let certificate = stub.text("/SimpleNotificationService-test.pem");
    let topic = "arn:aws:sns:us-east-1:123456789012:guardduty-findings";
    let intake = intake(json!({"kind": "sns", "sns": {"topics": [topic]}}));
    let sent = async |message: &str, added: &str| {
        let mut body: Value = serde_json::from_slice(&signed(notification_to(topic, &certificate, message))).unwrap();
        body["Padding"] = added.into();
        body["UnsubscribeURL"] = added.into();
        let request = Request::unsigned(SOURCE, body.to_string()).with("content-type", "text/plain");
        received(&intake, &request).await.unwrap()
    };
    let taken = async |message: &str, added: &str| match sent(message, added).await {
        Received::Understood(delivery) => delivery.into_inner(),
        other => panic!("{other:?}"),
    };
    let known = |delivery: &Delivery| (delivery.id.clone(), delivery.content, delivery.body_digest);
    let (first, again) = (taken("{\"a\":1}", "a").await, taken("{\"a\":1}", "b").await);
    assert_eq!(known(&first), known(&again));
    assert_ne!(known(&first), known(&taken("{\"a\":2}", "a").await));
    let unread = async |added: &str| match sent("[]", added).await {
        Received::NotUnderstood(delivery) => delivery.into_inner(),
        other => panic!("{other:?}"),
    };
    let kept = unread("a").await;
    assert_eq!((unread("b").await, &kept.id), (kept.clone(), &first.id));
    let kept: Value = serde_json::from_slice(&kept.proven.unwrap()).unwrap();
    let names: Vec<&str> = kept.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["Message", "MessageId", "Timestamp", "TopicArn", "Type"]);
}

#[tokio::test]
async fn only_those_who_send_tokens_may_call_their_bodies_so() {
    let (_stub, url) = jwks(&[p256().jwk()]).await;
    let set = intake(json!({"kind": "ssf", "set": {
        "issuer": "https://idp.example.com/", "audience": ["https://us.example.com/"], "jwks": url, "algorithms": ["ES256"],
    }}));
    let token = |media: &str| Request::unsigned(SOURCE, "x.y.z").with("content-type", media);
    let refused = received(&set, &token("application/secevent+jwt")).await.err().unwrap();
    assert!(refused.is_authentication());
    assert_eq!(received(&set, &token("text/plain")).await.err(), Some(Refusal::ContentType));
    let usual = Setup::usual().build();
    assert_eq!(received(&usual, &token("application/secevent+jwt")).await.err(), Some(Refusal::ContentType));
}

#[test]
fn what_cannot_be_meant_does_not_start() {
    let start = |source: Value, listening_on: IpAddr| {
        let settings = json!({"test_only_plain_http": true, "sources": {SOURCE: source}});
        let mut settings: Settings = serde_json::from_value(settings).unwrap();
        settings.listening_on = vec![listening_on];
        Intake::new(&settings, Path::new("/nowhere")).map(drop).map_err(|error| error.to_string())
    };
    let here = IpAddr::from([127, 0, 0, 1]);
    let set = json!({"issuer": "https://idp.example.com/", "audience": ["us"], "jwks": "https://idp.example.com/keys"});
    let good = json!({"kind": "ssf", "set": set});
    assert_eq!(start(good.clone(), here), Ok(()));
    assert!(start(good, IpAddr::from([0, 0, 0, 0])).unwrap_err().contains("test_only_plain_http"));
    let changed = |member: &str, value: Value| {
        let mut set = set.clone();
        set[member] = value;
        json!({"kind": "ssf", "set": set})
    };
    let over_the_body = |mut jwt: Value| {
        jwt["jwks"] = "https://a.example.com/".into();
        jwt["body_hash"] = json!({"claim": "request_body_sha256", "encoding": "hex"});
        json!({"kind": "keycloak", "jwt": jwt})
    };
    for (source, said) in [
        (json!({"kind": "ssf"}), "needs a table `set`"),
        (json!({"kind": "sns"}), "needs a table `sns`"),
        (json!({"kind": "sns", "sns": {"topics": []}}), "topics"),
        (json!({"kind": "sns", "sns": {"topics": ["nonsense"]}}), "no ARN"),
        (
            json!({"kind": "sns", "sns": {"topics": ["arn:aws:sns:eu-west-1:123456789012:a", "arn:aws:sqs:eu-west-1:123456789012:a"]}}),
            "no ARN",
        ),
        (json!({"kind": "sns", "sns": {"topics": ["arn:aws:sns:eu-west-1:12345678901:a"]}}), "no ARN"),
        (json!({"kind": "sns", "sns": {"topics": ["arn:aws:sns:eu-west-1:123456789012:"]}}), "no ARN"),
        (json!({"kind": "google-pubsub"}), "needs a table `jwt`"),
        (changed("audience", json!([])), "audience"),
        (changed("algorithms", json!(["HS256"])), "shared secret"),
        (changed("jwks", json!("http://idp.example.com/keys")), "jwks"),
        (
            json!({"kind": "google-pubsub", "jwt": {"issuer": "a", "audience": ["b"], "jwks": "https://a.example.com/"}}),
            "allow_unsigned",
        ),
        (
            json!({"kind": "google-pubsub", "allow_unsigned": true, "jwt": {"audience": ["b"], "jwks": "https://a.example.com/"}}),
            "whose tokens",
        ),
        (over_the_body(json!({"audience": ["b"]})), "needs `issuer`"),
        (over_the_body(json!({"issuer": "a"})), "needs `audience`"),
        (
            json!({"kind": "google-pubsub", "allow_unsigned": true, "jwt": {"issuer": "a", "audience": ["b"]}}),
            "one of `jwks`",
        ),
        (json!({"kind": "ssf", "set": set, "signature": "svix"}), "it can have one"),
    ] {
        let error = start(source.clone(), here).unwrap_err();
        assert!(error.contains(said), "{source}: {error}");
    }
}

/// What `send` makes with a key of one's own is what the door takes, set up as `source add` writes it.
#[tokio::test]
async fn a_sample_of_every_kind_by_published_keys_is_understood() {
    let (_stub, url) = jwks(&[rsa().jwk()]).await;
    let certificate = Stub::start(StubReply::ok(published_certificate().as_bytes())).await;
    let set = json!({"set": {"issuer": "https://idp.example.com", "audience": ["us"], "jwks": url}});
    let email = json!({"name": "email", "value": "push@acme.iam.gserviceaccount.com"});
    let jwt = json!({"issuer": "https://accounts.google.com", "audience": ["us"], "jwks": url, "claims": [email]});
    let jwt = json!({"allow_unsigned": true, "jwt": jwt});
    let hash = json!({"claim": "body", "encoding": "hex"});
    let bound =
        json!({"jwt": {"issuer": "https://idp.example.com", "audience": ["us"], "jwks": url, "body_hash": hash}});
    let sns = json!({"sns": {"topics": ["arn:aws:sns:eu-central-1:123456789012:findings", "arn:aws:sns:eu-central-1:123456789012:a"]}});
    for (kind, table) in
        [("ssf", &set), ("okta-ssf", &set), ("google-pubsub", &jwt), ("generic", &bound), ("sns", &sns)]
    {
        let mut source = table.clone();
        source["kind"] = kind.into();
        let settings: SourceSettings = serde_json::from_value(source.clone()).unwrap();
        let intake = intake(source);
        let signer = TokenSigner::new("rsa-1", rsa_pkcs8()).unwrap();
        let certificate = Some(certificate.text("/SimpleNotificationService-1.pem"));
        let holds = Holds::Key { signer: Box::new(signer), authorization: None, certificate };
        let sender = Sender::holding(&settings, holds).unwrap();
        let mut ids = std::collections::BTreeSet::new();
        for id in ["one", "two"] {
            let body = sender.sample(settings.kind, id, now());
            let outgoing = sender.prove(id, body.as_bytes(), now()).unwrap();
            let request = Request::unsigned(SOURCE, &outgoing.body).with("content-type", outgoing.content_type);
            let request = outgoing.headers.iter().fold(request, |request, (name, value)| request.with(name, value));
            let received = received(&intake, &request).await;
            let Ok(Received::Understood(delivery)) = received else { panic!("{kind}: {received:?}") };
            ids.insert(delivery.into_inner().alerts[0].summary.id.clone());
        }
        assert_eq!(ids.len(), 2, "{kind}");
        let by_secret = Sender::new(&settings, "test-secret").unwrap().prove("id", b"{}", now());
        assert!(matches!(by_secret, Err(SendProblem::Needs(_))), "{kind}: {by_secret:?}");
    }
}

/// A sender that tries again may make another token for the same event.
#[tokio::test]
async fn a_token_over_the_body_proves_the_body_and_is_no_id_of_it() {
    let (_stub, url) = jwks(&[rsa().jwk()]).await;
    let hash = json!({"claim": "body", "encoding": "hex"});
    let jwt = json!({"issuer": "https://idp.example.com", "audience": ["us"], "jwks": url, "body_hash": hash});
    let source = json!({"kind": "keycloak", "jwt": jwt});
    let intake = intake(source);
    let body = json!({"id": "8f14", "type": "access.LOGIN_ERROR"}).to_string();
    let mut keys = std::collections::BTreeSet::new();
    for more in [json!({"jti": "t1"}), json!({"jti": "t2"}), json!({})] {
        let hash = hex::encode(sha2::Sha256::digest(&body));
        let mut claims = json!({"iss": "https://idp.example.com", "aud": "us", "iat": NOW_S, "body": hash});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let token = rsa().token(&claims).unwrap();
        let received = received(&intake, &Request::unsigned(SOURCE, &body).with("authorization", token)).await;
        let Ok(Received::Understood(delivery)) = received else { panic!("{received:?}") };
        let delivery = delivery.into_inner();
        let own = "8f14".to_owned();
        assert_eq!((delivery.assurance, delivery.id), (Assurance::B, Some(own)), "the event's own");
        keys.insert(delivery.alerts[0].key.clone());
    }
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), ["8f14"]);
}

/// What cannot be read is kept as it came, but for a secret that it shows.
#[tokio::test]
async fn a_secret_in_the_body_is_not_kept_with_what_cannot_be_read() {
    let secret = "test-only-shown-secret-7yQm4vTzKc1";
    let mut setup = Setup::empty();
    let mut settings = SourceSettings::of(SourceKind::Graph, Vec::new());
    settings.allow_unsigned = true;
    settings.mapping = serde_json::from_value(json!({"key": ["id"]})).unwrap();
    settings.secrets = vec![setup.secret(SOURCE, "only", secret)];
    setup.settings.sources.insert(SourceName::parse(SOURCE).unwrap(), settings);
    let intake = setup.build();
    let item = |id: Value| json!({"id": id, "clientState": secret, "changeType": "updated"});
    let bad = json!({"value": [item(json!(null))]}).to_string();
    let Ok(Received::NotUnderstood(kept)) = received(&intake, &Request::unsigned(SOURCE, bad)).await else { panic!() };
    let kept = String::from_utf8(kept.into_inner().proven.unwrap()).unwrap();
    assert!(kept.contains("updated") && !kept.contains(secret), "{kept}");

    let mixed = json!({"value": [item(json!(null)), item(json!("g1"))]}).to_string();
    let Ok(Received::Understood(delivery)) = received(&intake, &Request::unsigned(SOURCE, mixed)).await else {
        panic!()
    };
    let delivery = delivery.into_inner();
    let left_out = String::from_utf8(delivery.left_out.unwrap().body).unwrap();
    assert_eq!(delivery.alerts.len(), 1);
    assert!(left_out.contains("g1") && !left_out.contains(secret), "{left_out}");
}
