//! What senders ask before they send.

use serde_json::json;

use super::kinds::{intake_of, sent};
use super::*;

fn greeted(intake: &Intake, method: Method, request: &Request) -> Option<Reply> {
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    intake.greet(
        method,
        &crate::intake::Request {
            source: &request.source,
            secret: None,
            query: &request.query,
            headers,
            peer: request.peer,
            certificate: request.certificate.as_ref(),
            body: &request.body,
        },
        now(),
    )
}

#[test]
fn okta_gets_its_challenge_back_whatever_the_name_is() {
    let intake = intake_of(SourceKind::OktaEventHook);
    for name in ["source", "nobody"] {
        let asked = Request::unsigned(name, "").with("x-okta-verification-challenge", "c-1");
        assert_eq!(greeted(&intake, Method::Get, &asked), Some(Reply::Json(json!({"verification": "c-1"}))));
        assert_eq!(greeted(&intake, Method::Post, &asked), None);
    }
    for value in ["", "a\u{7f}b", &"x".repeat(2_049)] {
        let asked = Request::unsigned("source", "").with("x-okta-verification-challenge", value);
        assert_eq!(greeted(&intake, Method::Get, &asked), None, "{value}");
    }
    let twice = Request::unsigned("source", "")
        .with("x-okta-verification-challenge", "a")
        .and("x-okta-verification-challenge", "b");
    assert_eq!(greeted(&intake, Method::Get, &twice), None);
    let other = intake_of(SourceKind::Auth0);
    let asked = Request::unsigned("source", "").with("x-okta-verification-challenge", "c-1");
    assert_eq!(greeted(&other, Method::Get, &asked), None, "nobody here waits for Okta");
}

#[test]
fn graph_gets_its_token_back_decoded_and_only_that() {
    let intake = intake_of(SourceKind::Graph);
    let asked = |query: &str, body: &str| Request { query: query.to_owned(), ..Request::unsigned("source", body) };
    let token = greeted(&intake, Method::Post, &asked("validationToken=Validation%3a+Testing%20x", ""));
    assert_eq!(token, Some(Reply::Text("Validation: Testing x".to_owned())));
    for (query, body) in [
        ("validationToken=", ""),
        ("", ""),
        ("validationToken=a&validationToken=b", ""),
        ("validationToken=a%0d%0ab", ""),
        ("validationToken=a", "{}"),
    ] {
        assert_eq!(greeted(&intake, Method::Post, &asked(query, body)), None, "{query}");
    }
}

#[test]
fn event_grid_is_answered_in_both_of_its_ways() {
    let intake = intake_of(SourceKind::EventGrid);
    let asked = |origin: &str| Request::unsigned("source", "").with("webhook-request-origin", origin);
    for origin in ["eventgrid.azure.net", "eventgrid.azure.us", "eventgrid.azure.cn"] {
        let per_minute = (60 * RateSettings::default().per_second.get()).to_string();
        let allowed = [("webhook-allowed-origin", origin.to_owned()), ("webhook-allowed-rate", per_minute)];
        match greeted(&intake, Method::Options, &asked(origin)) {
            Some(Reply::Headers(headers)) => assert_eq!(headers[..2], allowed),
            other => panic!("{origin}: {other:?}"),
        }
    }
    let others =
        ["evil.example", "eventgrid.azure.net.evil.example", "a.eventgrid.azure.net", "eventgrid.azure.de", ""];
    for origin in others {
        assert_eq!(greeted(&intake, Method::Options, &asked(origin)), None, "{origin}");
    }
    let twice = asked("eventgrid.azure.net").and("webhook-request-origin", "eventgrid.azure.us");
    assert_eq!(greeted(&intake, Method::Options, &twice), None);

    let code = json!([{"id": "1", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "512d"}}]);
    match sent(SourceKind::EventGrid, &code.to_string()).send(&intake) {
        Ok(Received::Handshake(reply)) => assert_eq!(*reply.get(), Reply::Json(json!({"validationResponse": "512d"}))),
        other => panic!("{other:?}"),
    }
    let stranger = Request::unsigned("source", code.to_string());
    assert_eq!(stranger.refusal(&intake), Some(Refusal::SecretMissing), "the code is for who knows the secret");
}

#[test]
fn slack_gets_its_challenge_back_if_it_has_signed() {
    let intake = intake_of(SourceKind::Slack);
    let body = json!({"token": "x", "challenge": "3eZb", "type": "url_verification"}).to_string();
    match sent(SourceKind::Slack, &body).send(&intake) {
        Ok(Received::Handshake(reply)) => assert_eq!(*reply.get(), Reply::Text("3eZb".to_owned())),
        other => panic!("{other:?}"),
    }
    assert!(Request::unsigned("source", &body).refusal(&intake).unwrap().is_authentication());
}

#[test]
fn whoever_tries_a_source_out_sees_that_it_was_asked_for() {
    let source = SourceName::parse("source").unwrap();
    let shown = |intake: &Intake| -> Vec<Found> {
        intake.trial(&source, now()).unwrap().tried.into_iter().map(|tried| tried.found).collect()
    };
    let slack = intake_of(SourceKind::Slack);
    slack.open_trial(&source, Timestamp::MAX, now());
    let body = json!({"challenge": "3eZb", "type": "url_verification"}).to_string();
    assert!(matches!(sent(SourceKind::Slack, &body).send(&slack), Ok(Received::Handshake(_))));
    assert_eq!(shown(&slack), [Found::Handshake { secret: Some("only".to_owned()) }]);

    let graph = intake_of(SourceKind::Graph);
    graph.open_trial(&source, Timestamp::MAX, now());
    for name in ["source", "nobody"] {
        let query = "validationToken=a".to_owned();
        assert!(greeted(&graph, Method::Post, &Request { query, ..Request::unsigned(name, "") }).is_some());
    }
    assert_eq!(shown(&graph), [Found::Handshake { secret: None }]);
}
