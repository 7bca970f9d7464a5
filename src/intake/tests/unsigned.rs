//! Sources that sign nothing: their secret is shown in a header, in the URL, or in every event.

use serde_json::json;

use super::*;
use crate::incident::Assurance;

const SECRET: &str = "test-only-shown-secret-7yQm4vTzKc1";
const BEARER: &str = "Bearer test-only-shown-secret-9xPw2mRt";
const SHOWS: &str = "shows";

/// One source of this kind, which shows a secret as its kind does.
fn setup(kind: SourceKind, secret: &str) -> Setup {
    let mut setup = Setup::empty();
    let secrets = vec![setup.secret(SHOWS, "only", secret)];
    let source = SourceSettings { allow_unsigned: true, ..SourceSettings::of(kind, secrets) };
    setup.settings.sources.insert(SourceName::parse(SHOWS).unwrap(), source);
    setup
}

fn alert() -> Request {
    Request::unsigned(SHOWS, json!({"alerts": [
        {"status": "firing", "labels": {"alertname": "a"}, "startsAt": "2026-11-20T21:58:23.4Z", "fingerprint": "f1"},
        {"status": "resolved", "labels": {}, "startsAt": "2026-11-20T21:58:23.4Z", "fingerprint": "f1"},
    ]}).to_string())
}

#[test]
fn a_secret_in_a_header_is_compared_as_a_whole() {
    let intake = setup(SourceKind::Alertmanager, BEARER).build();
    let delivery = alert().with("authorization", BEARER).delivery(&intake);
    assert_eq!(delivery.alerts.len(), 2, "each state of an alert is one");
    assert_eq!(delivery.alerts[0].summary.secret, "only");
    assert_eq!((delivery.id, delivery.assurance), (None, Assurance::D), "from anywhere");
    let token = BEARER.strip_prefix("Bearer ").unwrap();
    for scheme in ["bearer", "BEARER"] {
        let shown = alert().with("authorization", format!("{scheme} {token}"));
        assert_eq!(shown.delivery(&intake).alerts.len(), 2, "{scheme}");
    }
    check_refusals(
        &intake,
        [
            (alert(), Refusal::SecretMissing),
            (alert().with("authorization", ""), Refusal::SecretMissing),
            (alert().with("authorization", token), Refusal::SecretWrong),
            (alert().with("authorization", format!("Basic {token}")), Refusal::SecretWrong),
            (alert().with("authorization", BEARER.to_lowercase()), Refusal::SecretWrong),
            (alert().with("authorization", &BEARER[..BEARER.len() - 1]), Refusal::SecretWrong),
            (alert().with("authorization", format!("{BEARER}x")), Refusal::SecretWrong),
            (alert().with("authorization", "x".repeat(5_000)), Refusal::SecretWrong),
            (alert().with("authorization", BEARER).and("authorization", BEARER), Refusal::HeaderRepeated),
            (alert().with("x-api-key", BEARER), Refusal::SecretMissing),
        ],
    );
}

#[test]
fn a_secret_in_the_url_is_at_the_end_of_the_path_or_in_a_parameter() {
    let event = || Request::unsigned(SHOWS, json!({"sid": "s1", "search_name": null, "result": {}}).to_string());
    let intake = setup(SourceKind::Splunk, SECRET).build();
    let at = |secret: &str| Request { secret: Some(secret.to_owned()), ..event() };
    let delivery = at(SECRET).delivery(&intake);
    assert_eq!((delivery.alerts[0].key.clone(), delivery.assurance), (delivery.body_digest.to_string(), Assurance::D));
    check_refusals(
        &intake,
        [
            (event(), Refusal::SecretMissing),
            (at(""), Refusal::SecretMissing),
            (at(&SECRET[1..]), Refusal::SecretWrong),
            (at(&format!("{SECRET}%00")), Refusal::SecretWrong),
            (Request { query: format!("code={SECRET}"), ..event() }, Refusal::SecretMissing),
            (event().with("authorization", SECRET), Refusal::SecretMissing),
        ],
    );

    let intake = setup(SourceKind::EventGrid, SECRET).build();
    let event = || Request::unsigned(SHOWS, json!([{"id": "e1", "eventType": "a.b"}, {"id": "e2"}]).to_string());
    let asked = |query: String| Request { query, ..event() };
    assert_eq!(asked(format!("a=b&code={SECRET}")).delivery(&intake).alerts.len(), 2);
    check_refusals(
        &intake,
        [
            (event(), Refusal::SecretMissing),
            (asked("code=".to_owned()), Refusal::SecretMissing),
            (asked(format!("CODE={SECRET}")), Refusal::SecretMissing),
            (asked(format!("code={SECRET}&code={SECRET}")), Refusal::SecretWrong),
            (asked("code=x".to_owned()), Refusal::SecretWrong),
        ],
    );
}

#[test]
fn only_the_events_that_show_the_secret_count() {
    let intake = setup(SourceKind::Graph, SECRET).build();
    let item = |id: &str, state: serde_json::Value| json!({"id": id, "changeType": "updated", "clientState": state});
    let send = |items: &[serde_json::Value]| Request::unsigned(SHOWS, json!({"value": items}).to_string());
    let mixed = send(&[item("a", json!(SECRET)), item("b", json!("another")), item("c", json!(SECRET))]);
    let alerts = mixed.delivery(&intake).alerts;
    assert_eq!(alerts.iter().map(|alert| alert.key.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    for alert in &alerts {
        assert_eq!((alert.event.get("clientState"), &alert.event["changeType"]), (None, &json!("updated")));
    }
    check_refusals(
        &intake,
        [
            (send(&[item("a", json!("another"))]), Refusal::SecretWrong),
            (send(&[item("a", json!(null))]), Refusal::SecretWrong),
            (send(&[]), Refusal::SecretMissing),
            (Request::unsigned(SHOWS, b"{"), Refusal::SecretMissing),
            (Request::unsigned(SHOWS, json!({"value": [], "clientState": SECRET}).to_string()), Refusal::SecretMissing),
        ],
    );
}

#[test]
fn a_listed_address_makes_a_shown_secret_worth_more_but_not_one_in_the_url() {
    for (kind, secret, expected) in
        [(SourceKind::Alertmanager, BEARER, Assurance::C), (SourceKind::Splunk, SECRET, Assurance::D)]
    {
        let mut setup = setup(kind, secret);
        assert_eq!(setup.settings_of(SHOWS).assurance(), Assurance::D);
        setup.settings_of(SHOWS).addresses = vec!["192.0.2.0/24".parse().unwrap()];
        assert_eq!(setup.settings_of(SHOWS).assurance(), expected, "{kind:?}");
    }
}

#[test]
fn b29_whoever_comes_from_elsewhere_proves_nothing_with_the_right_secret() {
    let mut setup = setup(SourceKind::Alertmanager, BEARER);
    setup.settings_of(SHOWS).addresses = vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::7".parse().unwrap()];
    let intake = setup.build();
    let from = |peer: &str| Request { peer: peer.parse().unwrap(), ..alert().with("authorization", BEARER) };
    for peer in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"] {
        assert_eq!(from(peer).delivery(&intake).assurance, Assurance::C, "{peer}");
    }
    for peer in ["192.0.3.7", "2001:db8::8", "127.0.0.1"] {
        check_refusals(&intake, [(from(peer), Refusal::AddressNotListed)]);
    }
}

#[test]
fn nothing_unsigned_starts_unless_somebody_has_said_so() {
    let mut bare = setup(SourceKind::Alertmanager, BEARER);
    bare.settings_of(SHOWS).allow_unsigned = false;
    assert!(matches!(bare.try_build(), Err(SetupError::Unsigned { .. })));

    let mut both = setup(SourceKind::Alertmanager, BEARER);
    both.settings_of(SHOWS).signature = Some(SchemeName::Svix.into());
    both.settings_of(SHOWS).secret_in = Some(SecretPlace::Path);
    assert!(matches!(both.try_build(), Err(SetupError::Proof { .. })));

    let unsaid = setup(SourceKind::Generic, SECRET);
    assert!(matches!(unsaid.try_build(), Err(SetupError::Proof { .. })));

    let blank = setup(SourceKind::Splunk, BEARER);
    let error = blank.try_build().unwrap_err();
    assert!(matches!(error, SetupError::Secret { problem: SecretProblem::NotForUrl, .. }), "{error}");

    for everywhere in [&["0.0.0.0/0"][..], &["::/0"], &["0.0.0.0/1", "128.0.0.0/1"], &["192.0.2.0/24", "2000::/3"]] {
        let mut setup = setup(SourceKind::Alertmanager, BEARER);
        setup.settings_of(SHOWS).addresses = everywhere.iter().map(|network| network.parse().unwrap()).collect();
        let error = setup.try_build().unwrap_err();
        assert!(matches!(error, SetupError::Addresses { .. }) && error.to_string().contains("at least /8"), "{error}");
    }
}

#[test]
fn a_secret_is_shown_where_a_secret_can_be() {
    use SecretPlace::{Header, Member, Query};
    let built = |place: SecretPlace| {
        let mut setup = setup(SourceKind::Generic, SECRET);
        setup.settings_of(SHOWS).secret_in = Some(place);
        setup.try_build().map(drop)
    };
    for good in [Header("X-Api-Key".to_owned()), Query("code".to_owned()), Member("clientState".to_owned())] {
        assert_eq!(built(good.clone()), Ok(()), "{good:?}");
    }
    let headers = ["", "X Y", "x:y", "content-type", "Content-Length", "host", "transfer-encoding", "connection"];
    let headers = headers.map(|name| Header(name.to_owned()));
    for bad in headers.into_iter().chain([Query(String::new()), Member(String::new())]) {
        let error = built(bad.clone()).unwrap_err();
        assert!(
            matches!(error, SetupError::Proof { .. }) && error.to_string().contains("secret_in"),
            "{bad:?}: {error}"
        );
    }
}

#[test]
fn b27_one_secret_is_not_for_two_sources_whether_it_signs_or_is_shown() {
    let mut setup = setup(SourceKind::Alertmanager, BEARER);
    setup.source("signs", SourceKind::Github, SchemeName::GithubHmac, &[("only", BEARER.to_owned())]);
    assert!(matches!(setup.try_build(), Err(SetupError::SecretShared { .. })));
}
