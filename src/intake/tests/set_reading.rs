//! What is read out of a SET beside its claims: times, reasons, the handshake; and a SET of somebody else's making.

use serde_json::{Value, json};

use super::set_sender::{CAEP, ISSUER, Sent, rules};
use super::signers::{ed25519, keys};
use super::{NOW_S, at, now};
use crate::incident::{Digest, Timestamp};
use crate::intake::Headers;
use crate::intake::keys::KeySet;
use crate::intake::keys::algorithm::TokenAlgorithm;
use crate::intake::set::event::{
    SetEvent, SetOutcome, StreamUpdated, Verification, event_type, occurred_at, person, reason_user,
};
use crate::intake::set::refusal::{SetError, SetRefusal};
use crate::intake::set::{SetRules, SetRulesProblem};

fn outcome(sent: &Sent) -> SetOutcome {
    let rules = SetRules { authorizations: Vec::new(), ..rules() };
    rules.verify(&headers(), &sent.body(), Some(&keys(&[ed25519()])), now()).unwrap()
}

fn headers() -> Headers<'static> {
    [("content-type", "application/secevent+jwt".as_bytes())].into_iter().collect()
}

fn event(change: impl FnOnce(&mut Sent)) -> SetEvent {
    let mut sent = Sent::good();
    change(&mut sent);
    match outcome(&sent) {
        SetOutcome::Event(event) => *event,
        other => panic!("{other:?}"),
    }
}

fn of_session(content: Value) -> SetEvent {
    event(|sent| sent.event(&format!("{CAEP}session-revoked"), content))
}

#[test]
fn an_event_carries_what_all_of_them_have() {
    let event = event(|sent| sent.claims["txn"] = "8675309".into());
    assert_eq!(event_type(&event.claims), Some(format!("{CAEP}session-revoked")));
    assert_eq!((event.jti.as_str(), event.issued_at, event.has_expiry), ("756e6971", now(), false));
    assert_eq!(occurred_at(&event.claims), Some(at(NOW_S - 9)));
    assert_eq!((&event.claims["iss"], &event.claims["txn"]), (&json!(ISSUER), &json!("8675309")));
    assert!(!format!("{event:?}").contains("example.com"), "nothing personal is printed: {event:?}");
}

#[test]
fn the_time_of_an_event_is_seconds_or_milliseconds() {
    let millis = |millis: i64| Timestamp::from_millisecond(millis).ok();
    for (content, time) in [
        (json!({"event_timestamp": 1_615_304_991}), millis(1_615_304_991_000)),
        (json!({"event_timestamp": 1_615_304_991_643_i64}), millis(1_615_304_991_643)),
        (json!({"event_timestamp": 1_615_304_991.5}), millis(1_615_304_991_000)),
        (json!({"event_at": 1_615_304_991}), millis(1_615_304_991_000)),
        (json!({"event_timestamp": 99_999_999_999_i64}), millis(99_999_999_999_000)),
        (json!({"event_timestamp": 100_000_000_000_i64}), millis(100_000_000_000)),
        (json!({"event_timestamp": "2021-03-09"}), None),
        (json!({"event_timestamp": -1}), None),
        (json!({"event_timestamp": i64::MAX}), None),
        (json!({}), None),
    ] {
        assert_eq!(occurred_at(&of_session(content.clone()).claims), time, "{content}");
    }
    let by_toe = event(|sent| {
        sent.claims["toe"] = json!(1_615_304_991);
        sent.event("urn:a", json!({}));
    });
    assert_eq!(occurred_at(&by_toe.claims), millis(1_615_304_991_000));
}

#[test]
fn reasons_are_read_by_language_and_bounded() {
    let event = of_session(json!({
        "reason_user": {
            "en": "Access attempt from multiple regions.", "es-410": "Intento de acceso.", "zh-Hans-CN": "多地访问",
            "": "no tag", "x": "short tag", "en us": "no tag", "de": "two\nlines", "fr": "a".repeat(501), "it": 7, "pt": "",
        },
    }));
    let reasons = reason_user(&event.claims);
    let languages: Vec<_> = reasons.keys().map(String::as_str).collect();
    assert_eq!(languages, ["en", "es-410", "zh-Hans-CN"]);
    assert_eq!(reasons["zh-Hans-CN"], "多地访问");
    let one = of_session(json!({"reason_user": "Landspeed Policy Violation"}));
    assert_eq!(reason_user(&one.claims)["und"], "Landspeed Policy Violation");
    let many: Value =
        (0..100).map(|number| (format!("x-{number:03}"), json!("text"))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(reason_user(&of_session(json!({"reason_user": many})).claims).len(), 32);
}

#[test]
fn an_expiry_is_borne_and_told() {
    assert!(event(|sent| sent.claims["exp"] = json!(NOW_S + 10)).has_expiry);
}

#[test]
fn names_of_another_issuer_count_if_it_is_configured() {
    let other = "https://other.example.com/";
    let event = event(|sent| sent.claims["sub_id"] = json!({"format": "iss_sub", "iss": other, "sub": "jane"}));
    assert_eq!(person(&event.claims, &[]), None);
    assert_eq!(person(&event.claims, &[other.to_owned()]).unwrap().value(), "jane");
}

#[test]
fn a_verification_names_the_stream_and_the_state() {
    let mut sent = Sent::good();
    sent.claims["sub_id"] = json!({"format": "opaque", "id": "f67e39a0"});
    sent.event("https://schemas.openid.net/secevent/ssf/event-type/verification", json!({"state": "s"}));
    let SetOutcome::Verification(verification) = outcome(&sent) else { panic!() };
    let state = |state: Option<&str>| Verification { state: state.map(str::to_owned), ..verification.clone() };
    assert_eq!((verification.stream_id.as_deref(), verification.jti.as_str()), (Some("f67e39a0"), "756e6971"));
    assert_eq!(verification, state(Some("s")));
    assert_eq!(verification.answers(Some("s")), Ok(()));
    assert_eq!(verification.answers(Some("t")), Err(SetRefusal::State));
    assert_eq!(verification.answers(None), Ok(()));
    assert_eq!(state(None).answers(Some("t")), Ok(()), "one that comes unasked");
    assert_eq!(SetRefusal::State.code(), "invalid_state");
}

#[test]
fn a_stream_update_says_what_has_become_of_the_stream() {
    let mut sent = Sent::good();
    sent.claims["sub_id"] = json!({"format": "opaque", "id": "f67e39a0"});
    sent.event("https://schemas.openid.net/secevent/ssf/event-type/stream-updated", json!({"status": "paused"}));
    let mut lasting = sent.claims.clone();
    lasting.as_object_mut().unwrap().remove("iat");
    let updated = StreamUpdated {
        jti: "756e6971".to_owned(),
        issued_at: Timestamp::from_second(sent.claims["iat"].as_i64().unwrap()).unwrap(),
        said: Digest::of(lasting.to_string().as_bytes()),
        stream_id: Some("f67e39a0".to_owned()),
        status: Some("paused".to_owned()),
        reason: None,
    };
    assert_eq!(outcome(&sent), SetOutcome::StreamUpdated(updated));
}

/// From the documentation of duo-labs/sharedsignals: its published key, and its answer to a poll.
#[test]
fn a_set_of_duo_labs_verifies() {
    let key = json!({"crv": "P-256", "kid": "transmitter-ES256-001", "kty": "EC", "alg": "ES256", "use": "sig",
        "x": "YJ0AaXbOH8wcB1FLXiqXj2zGSfciIb_-x-i9B5Ica7Q", "y": "bll4Myk4oui5P8kCzaMzgxlEV9q7tECVcpcVACJzWNU"});
    let published = KeySet::from_jwks(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
    let token = concat!(
        "eyJ0eXAiOiJzZWNldmVudCtqd3QiLCJhbGciOiJFUzI1NiIsImtpZCI6InRyYW5zbWl0dGVyLUVTMjU2LTAwMSJ9.",
        "eyJqdGkiOiIxNzY3YjEwNDQzZTUxMWVjYTc3NDAyNDJhYzEyMDAwMiIsImlhdCI6MTYzNjc0MTE3NiwiaXNzIjoiaHR0cHM6Ly9tb3N0LXNlY3Vy",
        "ZS5jb20vIiwiYXVkIjoiaHR0cHM6Ly9wb3B1bGFyLWFwcC5jb20iLCJldmVudHMiOnsiaHR0cHM6Ly9zY2hlbWFzLm9wZW5pZC5uZXQvc2VjZXZl",
        "bnQvc3NlL2V2ZW50LXR5cGUvdmVyaWZpY2F0aW9uIjp7InN0YXRlIjoiVkdocGN5QnBjeUJoYmlCbGVHIn19fQ.",
        "eNBqxZ5YmUrWMzDxBJa2_AMMh7aiUp4-35Ipc4_q2B3kIjwWZk7Qh1nDNmw_i06u11SOYJnxM9iN6xfi752cLg",
    );
    let rules = SetRules {
        issuer: "https://most-secure.com/".to_owned(),
        audiences: vec!["https://popular-app.com".to_owned()],
        algorithms: vec![TokenAlgorithm::Es256],
        authorizations: Vec::new(),
    };
    let outcome = rules.verify(&headers(), token.as_bytes(), Some(&published), now()).unwrap();
    let SetOutcome::Verification(verification) = outcome else { panic!("{outcome:?}") };
    assert_eq!(verification.state.as_deref(), Some("VGhpcyBpcyBhbiBleG"));
}

#[test]
fn rules_that_would_let_anybody_in_are_none() {
    assert_eq!(rules().check(), Ok(()));
    let nobody = SetRules { issuer: String::new(), ..rules() };
    assert_eq!(nobody.check(), Err(SetRulesProblem::NotNamed));
    for audiences in [Vec::new(), vec![String::new()]] {
        assert_eq!(SetRules { audiences, ..rules() }.check(), Err(SetRulesProblem::NotNamed));
    }
    assert_eq!(SetRules { algorithms: Vec::new(), ..rules() }.check(), Err(SetRulesProblem::NoAlgorithm));
    let shared = SetRules { algorithms: vec![TokenAlgorithm::Rs256, TokenAlgorithm::Hs256], ..rules() };
    assert_eq!(shared.check(), Err(SetRulesProblem::SharedSecret));
}

#[test]
fn every_code_that_we_give_is_in_the_registry() {
    use SetError::{AuthenticationFailed, InvalidAudience, InvalidIssuer, InvalidKey, InvalidRequest, InvalidState};
    let all = [InvalidRequest, InvalidKey, InvalidIssuer, InvalidAudience, AuthenticationFailed, InvalidState];
    let registered = [
        "invalid_request",
        "invalid_key",
        "invalid_issuer",
        "invalid_audience",
        "authentication_failed",
        "invalid_state",
    ];
    assert_eq!(all.map(SetError::code), registered);
}
