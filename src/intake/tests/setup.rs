//! Settings and secrets with which the intake does not start.

use std::num::NonZeroU32;
use std::path::PathBuf;

use super::*;
use crate::incident::LogSource;

fn problem(setup: &Setup) -> SetupError {
    setup.try_build().unwrap_err()
}

fn siem() -> SourceName {
    SourceName::parse(SIEM).unwrap()
}

/// One source `siem` with these secrets.
fn with_secrets(secrets: &[(&str, String)]) -> Setup {
    let mut setup = Setup::empty();
    setup.source(SIEM, SourceKind::Generic, SchemeName::StandardWebhooks, secrets);
    setup
}

#[test]
fn without_sources_it_starts_and_takes_nothing() {
    let intake = Setup::empty().build();
    assert_eq!(intake.sources().count(), 0);
    assert_eq!(Request::signed(SIEM, "{}").refusal(&intake), Some(Refusal::UnknownSource));
}

#[test]
fn b27_a_source_without_secret_or_with_too_many_does_not_start() {
    assert_eq!(problem(&with_secrets(&[])), SetupError::SecretCount { at: siem() });
    let secrets: Vec<_> =
        (0..5).map(|n| (["a", "b", "c", "d", "e"][n], whsec(&format!("{SECRET_SIEM} {n}")))).collect();
    assert!(with_secrets(&secrets[..4]).try_build().is_ok());
    assert_eq!(problem(&with_secrets(&secrets)), SetupError::SecretCount { at: siem() });
}

#[test]
fn b27_k01_a_bad_secret_is_refused_by_file_and_never_by_value() {
    for (value, expected) in [
        ("whsec_c2hvcnQ=".to_owned(), SecretProblem::TooShort),
        (whsec("changeme changeme-tomorrow"), SecretProblem::Guessable),
        (format!("whsec_{}", "A".repeat(64)), SecretProblem::Guessable),
        ("bare text without its prefix".to_owned(), SecretProblem::NotWhsec),
    ] {
        let setup = with_secrets(&[("only", value.clone())]);
        let file = setup.directory.path().join("siem-only");
        let refused = problem(&setup);
        assert_eq!(refused, SetupError::Secret { at: siem(), file, problem: expected });
        let printed = format!("{refused} {refused:?}");
        assert!(printed.contains("siem-only") && !printed.contains(&value), "{printed}");
    }
}

#[test]
fn b27_a_secret_shared_by_two_sources_is_refused_however_it_is_used() {
    let mut setup = with_secrets(&[("only", whsec(SECRET_SIEM))]);
    let first = SourceName::parse("another").unwrap();
    for (scheme, value) in [
        (SchemeName::StandardWebhooks, whsec(SECRET_SIEM)),
        (SchemeName::GithubHmac, SECRET_SIEM.to_owned()),
        (SchemeName::GithubHmac, whsec(SECRET_SIEM)),
    ] {
        setup.source("another", SourceKind::Generic, scheme, &[("only", value)]);
        let file = setup.directory.path().join("siem-only");
        assert_eq!(problem(&setup), SetupError::SecretShared { at: siem(), file, first: first.clone() });
    }
}

#[test]
fn a_secret_twice_in_one_source_is_refused() {
    let setup = with_secrets(&[("a", whsec(SECRET_SIEM)), ("b", whsec(SECRET_SIEM))]);
    let file = setup.directory.path().join("siem-b");
    assert_eq!(problem(&setup), SetupError::SecretShared { at: siem(), file, first: siem() });
}

#[test]
fn k01_a_missing_secret_file_is_named() {
    let mut setup = with_secrets(&[("only", whsec(SECRET_SIEM))]);
    setup.settings_of(SIEM).secrets[0].file = PathBuf::from("nowhere");
    let printed = problem(&setup).to_string();
    assert!(printed.contains("siem") && printed.contains("nowhere"), "{printed}");
}

#[test]
fn secret_names_are_plain_and_differ() {
    for names in [["a", "a"], ["a", ""], ["a", "b c"], ["a", "ä"], ["a", &"x".repeat(65)]] {
        let mut setup = with_secrets(&[("a", whsec(SECRET_SIEM)), ("b", whsec(SECRET_OKTA))]);
        for (secret, name) in setup.settings_of(SIEM).secrets.iter_mut().zip(names) {
            secret.name = name.to_owned();
        }
        assert_eq!(problem(&setup), SetupError::SecretName { at: siem() }, "{names:?}");
    }
}

#[test]
fn a_kind_with_a_log_source_of_its_own_takes_no_other() {
    let mut setup = Setup::usual();
    setup.settings_of(OKTA).log_source = vec![LogSource::default()];
    assert_eq!(problem(&setup), SetupError::LogSourceFixed { at: SourceName::parse(OKTA).unwrap() });
}

#[test]
fn log_sources_that_cannot_be_meant_are_refused() {
    let of = |number: usize| LogSource { product: Some(format!("p{number}")), ..LogSource::default() };
    for log_sources in [vec![LogSource::default()], vec![of(1), of(2), of(1)], (0..17).map(of).collect()] {
        let mut setup = Setup::usual();
        setup.settings_of(SIEM).log_source = log_sources;
        assert_eq!(problem(&setup), SetupError::LogSources { at: siem() });
    }
}

/// A setting's name, and how it is put out of range.
type Case = (&'static str, fn(&mut Settings, NonZeroU32));

#[test]
fn k02_numbers_out_of_range_are_refused() {
    let huge = NonZeroU32::MAX;
    let cases: [Case; 7] = [
        ("body_bytes_max", |settings, _| settings.body_bytes_max = 0),
        ("body_bytes_max", |settings, _| settings.body_bytes_max = Settings::BODY_BYTES_CEILING + 1),
        ("body_deadline_ms", |settings, _| settings.body_deadline_ms = 99),
        ("body_deadline_ms", |settings, _| settings.body_deadline_ms = 60_001),
        ("per_address.per_second", |settings, huge| settings.per_address.per_second = huge),
        ("per_address.burst", |settings, huge| settings.per_address.burst = huge),
        ("rate and burst", |settings, huge| {
            settings.sources.values_mut().for_each(|source| source.rate.per_second = huge);
        }),
    ];
    for (named, change) in cases {
        let mut setup = Setup::usual();
        change(&mut setup.settings, huge);
        let printed = problem(&setup).to_string();
        assert!(printed.contains(named), "{named}: {printed}");
    }
}
