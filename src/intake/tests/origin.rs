//! Client certificates beside a signature or a secret: both have to fit, and neither stands for the other.

use rcgen::SanType;
use serde_json::json;

use super::super::client_certificate::tests::certificate;
use super::*;
use crate::incident::Assurance;

const BEARER: &str = "Bearer test-only-shown-secret-9xPw2mRt";
const SHOWS: &str = "shows";
const NAME: &str = "webhooks.pager.example.com";

fn of(name: &str) -> ClientCertificate {
    certificate(&["test"], vec![SanType::DnsName(name.try_into().unwrap())]).0
}

fn listed(names: &[&str]) -> Vec<ListedCertificate> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// The usual sources and one that shows a secret, all of which are to show a certificate.
fn setup() -> Setup {
    let mut setup = Setup::usual();
    let secrets = vec![setup.secret(SHOWS, "only", BEARER)];
    let source = SourceSettings { allow_unsigned: true, ..SourceSettings::of(SourceKind::Alertmanager, secrets) };
    setup.settings.sources.insert(SourceName::parse(SHOWS).unwrap(), source);
    setup.settings.asks_for_certificates = true;
    for name in [GITHUB, SIEM, SHOWS] {
        setup.settings_of(name).client_certificates = listed(&["nobody@example.com", NAME]);
    }
    setup
}

fn shows(request: Request, certificate: ClientCertificate) -> Request {
    Request { certificate: Some(certificate), ..request }
}

fn alert() -> Request {
    let alert = json!({"alerts": [{"status": "firing", "labels": {"alertname": "a"}, "startsAt": "2023-11-14T21:58:23Z", "fingerprint": "f"}]});
    Request::unsigned(SHOWS, alert.to_string()).with("authorization", BEARER)
}

#[test]
fn b29_signature_and_certificate_have_to_fit_both() {
    let intake = setup().build();
    for source in [GITHUB, SIEM] {
        let signed = Request::signed(source, json!({"id": "a"}).to_string());
        let spoilt = signed.clone().with_body(json!({"id": "b"}).to_string());
        shows(signed.clone(), of(NAME)).delivery(&intake);
        check_refusals(
            &intake,
            [
                (signed.clone(), Refusal::CertificateNotListed),
                (shows(signed, of("other.example.com")), Refusal::CertificateNotListed),
                (shows(spoilt.clone(), of(NAME)), Refusal::SignatureWrong),
                (spoilt, Refusal::CertificateNotListed),
            ],
        );
    }
}

#[test]
fn b29_secret_certificate_and_address_have_to_fit_all() {
    let mut setup = setup();
    setup.settings_of(SHOWS).addresses = vec!["192.0.2.0/24".parse().unwrap()];
    let intake = setup.build();
    assert_eq!(shows(alert(), of(NAME)).delivery(&intake).assurance, Assurance::C);
    let elsewhere = Request { peer: IpAddr::from([198, 51, 100, 1]), ..alert() };
    check_refusals(
        &intake,
        [
            (alert(), Refusal::CertificateNotListed),
            (shows(alert().without("authorization"), of(NAME)), Refusal::SecretMissing),
            (shows(alert().with("authorization", "Bearer other"), of(NAME)), Refusal::SecretWrong),
            (shows(elsewhere, of(NAME)), Refusal::AddressNotListed),
        ],
    );
}

#[test]
fn a_certificate_that_ends_while_its_connection_goes_on_ends_its_worth() {
    let intake = setup().build();
    let later = "2027-01-01T00:00:00Z".parse().unwrap();
    let signed = Request::signed_at(SIEM, json!({"id": "a"}).to_string(), later);
    let judged = shows(signed, of(NAME)).send_at(&intake, later);
    assert_eq!(judged.err(), Some(Refusal::CertificateNotListed));
}

#[test]
fn a_certificate_is_asked_of_no_other_source() {
    let intake = setup().build();
    let signed = Request::signed(OKTA, json!({"data": {"events": [{"uuid": "a", "eventType": "b"}]}}).to_string());
    signed.delivery(&intake);
    shows(signed, of("other.example.com")).delivery(&intake);
}

#[test]
fn a_listed_certificate_makes_a_shown_secret_worth_more_but_not_one_in_the_url() {
    for (kind, expected) in [(SourceKind::Alertmanager, Assurance::C), (SourceKind::Splunk, Assurance::D)] {
        let mut source = SourceSettings::of(kind, Vec::new());
        assert_eq!(source.assurance(), Assurance::D);
        source.client_certificates = listed(&[NAME]);
        assert_eq!(source.assurance(), expected, "{kind:?}");
    }
}

#[test]
fn k02_certificates_that_nobody_is_asked_for_and_too_many_are_refused() {
    let mut unasked = setup();
    unasked.settings.asks_for_certificates = false;
    let error = unasked.try_build().unwrap_err();
    assert!(matches!(error, SetupError::CertificatesNotAskedFor { .. }), "{error}");
    let mut many = setup();
    many.settings_of(SIEM).client_certificates = listed(&[NAME; 17]);
    assert!(matches!(many.try_build().unwrap_err(), SetupError::ClientCertificates { .. }));
    let mut most = setup();
    most.settings_of(SIEM).client_certificates = listed(&[NAME; 16]);
    most.build();
}
