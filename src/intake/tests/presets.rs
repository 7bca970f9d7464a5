//! Every known way of signing: what its sender publishes verifies, and whatever is changed does not.

use std::sync::Arc;

use base64::engine::general_purpose::STANDARD_PAD_INDIFFERENT;
use ed25519_dalek::SigningKey;

use super::super::key::Key;
use super::super::origin::Origin;
use super::super::scheme::{Algorithm, Encoding, Grammar, Scheme, SecretFormat, TimestampPlace};
use super::super::verify::{Method, Verifier};
use super::*;

const BODY: &[u8] = br#"{"alert":"impossible_travel","user":"zhang.wei@example.com"}"#;

type Sent = Vec<(String, String)>;

/// The key in a secret of any length: what is published is often short.
fn material(format: SecretFormat, secret: &str) -> Vec<u8> {
    let encoded = secret.trim_start_matches("whsec_").trim_start_matches("whpk_");
    match format {
        SecretFormat::Utf8 => secret.as_bytes().to_vec(),
        _ => STANDARD_PAD_INDIFFERENT.decode(encoded).unwrap(),
    }
}

fn verifier(scheme: Scheme, secrets: &[&str]) -> Verifier {
    let key = |secret: &&str| Key::new("test", scheme.algorithm, &material(scheme.secret, secret)).unwrap();
    let keys = secrets.iter().map(key).collect();
    Verifier::new(Method::Signed { scheme, keys }, Origin::default(), Arc::from([]))
}

fn verify(verifier: &Verifier, headers: &[(String, String)], body: &[u8], now: Timestamp) -> Option<Refusal> {
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let peer = IpAddr::from([192, 0, 2, 7]);
    let request =
        crate::intake::Request { source: "test", secret: None, query: "", headers, peer, certificate: None, body };
    block_on(verifier.verify(&request, now)).err()
}

/// Headers as they are written in a table.
type Written = &'static [(&'static str, &'static str)];

/// From the senders' own documentation, tests or source.
const PUBLISHED: [(SchemeName, &str, Written, &str, i64); 7] = [
    (
        SchemeName::StandardWebhooks,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        r#"{"test": 2432232314}"#,
        1_614_265_330,
    ),
    (
        SchemeName::Svix,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        &[
            ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("svix-timestamp", "1614265330"),
            ("svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        r#"{"test": 2432232314}"#,
        1_614_265_330,
    ),
    (
        SchemeName::StandardWebhooksV1a,
        "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
        &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            (
                "webhook-signature",
                "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
            ),
        ],
        r#"{"test": 2432232314}"#,
        1_614_265_330,
    ),
    (
        SchemeName::GithubHmac,
        "It's a Secret to Everybody",
        &[("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")],
        "Hello, World!",
        0,
    ),
    (
        SchemeName::Slack,
        "8f742231b10e8888abcd99yyyzzz85a5",
        &[
            ("x-slack-request-timestamp", "1531420618"),
            ("x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
        ],
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
         &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
         &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
         &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        1_531_420_618,
    ),
    // The key and the clock of Grafana's own test, which computes what it compares with.
    (
        SchemeName::Grafana,
        "secret",
        &[("x-grafana-alerting-signature", "3bcebf43c85d20bba6e3b6ba278af1d2ba3ab0d57de271b0ad30b833e851c5a6")],
        "test message",
        0,
    ),
    (
        SchemeName::GrafanaTimestamp,
        "secret",
        &[
            ("x-grafana-alerting-signature", "ac18a483a582b60a883e974541afe25aa1026136163e94665649743324183ef1"),
            ("x-grafana-alerting-timestamp", "0"),
        ],
        "test message",
        0,
    ),
];

/// Computed with another implementation (Python's hmac), where nobody publishes any.
const DERIVED: [(SchemeName, &str, Written, i64); 7] = [
    (
        SchemeName::Stripe,
        "whsec_test_secret",
        &[("stripe-signature", "t=1614265330,v1=85da1e1edea2aebd3771d7ef9d7b1f20d01dbbce90a84774a2142a880c96d67e")],
        1_614_265_330,
    ),
    (
        SchemeName::Keycloak,
        "A3jt6D8lz",
        &[("x-keycloak-signature", "43f548d688b2e050a91b3c84b595dfbfd1ec067a5fdea964a17f14a55a2d00b3")],
        0,
    ),
    (SchemeName::KeycloakSha1, "A3jt6D8lz", &[("x-keycloak-signature", "33eabd59430bfd1d254dde280b98ca452be242b0")], 0),
    (
        SchemeName::Sentry,
        "sentry-client-secret",
        &[("sentry-hook-signature", "01bcdd2109fd60afe721b4fd3c62082c48a928ad8af3b01dd7eec34170b22141")],
        0,
    ),
    (
        SchemeName::Snyk,
        "snyk-secret",
        &[("x-hub-signature", "sha256=c4a5c2fcbdd230853d7b5b4643cc418477fd3802fe2fed1f5968c8e362de4596")],
        0,
    ),
    (
        SchemeName::Crowdstrike,
        "Caprice_of_the_Leaves_0123456789",
        &[
            ("x-cs-primary-signature", "O5Zbb5YqlakI1t2BUuuflxAiXCkpRcw3QO1EwQXmepI="),
            ("x-cs-delivery-timestamp", "2021-02-25T15:02:10Z"),
        ],
        1_614_265_330,
    ),
    (
        SchemeName::SplunkObservability,
        "abc1234",
        &[("x-sfx-signature", "5587apR7kCOCcPWNudNGJj1Uy2RCUrn8+3sT62j60TU=")],
        0,
    ),
];

/// The body of those.
const DERIVED_BODY: &[u8] = br#"{"alert":"impossible_travel","user":"jane.smith@example.com"}"#;

#[test]
fn what_senders_publish_verifies() {
    let of_derived = |(name, secret, headers, now)| (name, secret, headers, str::from_utf8(DERIVED_BODY).unwrap(), now);
    for (name, secret, headers, body, now_s) in PUBLISHED.into_iter().chain(DERIVED.map(of_derived)) {
        let headers: Sent = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let verifier = verifier(name.row(), &[secret]);
        assert_eq!(verify(&verifier, &headers, body.as_bytes(), at(now_s)), None, "{name:?}");
        let other = format!("{body} ");
        assert_eq!(verify(&verifier, &headers, other.as_bytes(), at(now_s)), Some(Refusal::SignatureWrong), "{name:?}");
    }
}

/// What a sender signs with, and what it is checked with.
fn secrets(scheme: &Scheme, number: u8) -> (String, String) {
    let text = format!("test-only secret number {number}, not real");
    match scheme.secret {
        SecretFormat::Utf8 => (text.clone(), text),
        SecretFormat::Whsec => (whsec(&text), whsec(&text)),
        SecretFormat::Whpk => {
            let key = SigningKey::from_bytes(&[number; 32]);
            let written = |prefix: &str, bytes: &[u8]| format!("{prefix}{}", STANDARD.encode(bytes));
            (written("whsk_", &key.to_keypair_bytes()), written("whpk_", key.verifying_key().as_bytes()))
        }
        SecretFormat::Base64 | SecretFormat::Hex => panic!("no preset has it"),
    }
}

fn sent(name: SchemeName, secret: &str, body: &[u8]) -> Sent {
    sign(name, secret, "msg_1", body, now()).unwrap()
}

/// With the value of the signature's header changed.
fn with_signature(name: SchemeName, sent: &Sent, change: impl Fn(&str) -> String) -> Sent {
    let header = name.row().signature.header;
    let changed = |(other, value): &(String, String)| {
        (other.clone(), if *other == header { change(value) } else { value.clone() })
    };
    sent.iter().map(changed).collect()
}

#[test]
fn what_a_sender_signs_is_taken_by_either_of_two_live_secrets() {
    for name in SchemeName::ALL {
        let [(old, old_key), (new, new_key), (other, _)] = [1, 2, 3].map(|number| secrets(&name.row(), number));
        let verifier = verifier(name.row(), &[&old_key, &new_key]);
        for secret in [&old, &new] {
            assert_eq!(verify(&verifier, &sent(name, secret, BODY), BODY, now()), None, "{name:?}");
            // No text, and not even UTF-8.
            let bytes = b"\xff\x00{";
            assert_eq!(verify(&verifier, &sent(name, secret, bytes), bytes, now()), None, "{name:?}");
        }
        let forged = sent(name, &other, BODY);
        assert_eq!(verify(&verifier, &forged, BODY, now()), Some(Refusal::SignatureWrong), "{name:?}");
        assert_eq!(verify(&verifier, &sent(name, &new, BODY), b"{}", now()), Some(Refusal::SignatureWrong), "{name:?}");
    }
}

#[test]
fn b02_b03_b05_a_signature_that_is_missing_short_long_or_written_otherwise_is_refused() {
    for name in SchemeName::ALL {
        let scheme = name.row();
        let (secret, key) = secrets(&scheme, 1);
        let verifier = verifier(name.row(), &[&key]);
        let good = sent(name, &secret, BODY);
        for index in 0..good.len() {
            let mut less = good.clone();
            less.remove(index);
            assert!(verify(&verifier, &less, BODY, now()).is_some(), "{name:?} without {:?}", good[index]);
        }
        let value = &good.last().unwrap().1;
        let begin = value.len() - written_length(&scheme);
        let (before, tag) = value.split_at(begin);
        let half = &tag[..tag.len() / 2];
        let longer = match scheme.signature.encoding {
            Encoding::Hex => format!("{tag}0000"),
            _ => STANDARD.encode([STANDARD.decode(tag).unwrap(), vec![0; 2]].concat()),
        };
        let others = [
            String::new(),
            before.to_owned(),
            format!("{before}{half}"),
            format!("{before}{longer}"),
            format!("{before}{}", tag.to_uppercase()),
            format!("{before} {tag}x"),
            format!("x{value}"),
            format!("v9,{tag}"),
        ];
        for other in others.into_iter().filter(|other| other != value) {
            let bad = with_signature(name, &good, |_| other.clone());
            assert!(verify(&verifier, &bad, BODY, now()).is_some(), "{name:?}: {other}");
        }
    }
}

/// How long a signature is as it is written.
fn written_length(scheme: &Scheme) -> usize {
    let bytes = scheme.algorithm.signature_bytes();
    if scheme.signature.encoding == Encoding::Hex { 2 * bytes } else { bytes.div_ceil(3) * 4 }
}

#[test]
fn junk_in_a_list_is_passed_over_and_never_tried() {
    for name in SchemeName::ALL {
        let (secret, key) = secrets(&name.row(), 1);
        let verifier = verifier(name.row(), &[&key]);
        let good = sent(name, &secret, BODY);
        let separator = match name.row().signature.grammar {
            Grammar::Single { .. } => continue,
            Grammar::List { separator, .. } | Grammar::KeyValue { separator, .. } => char::from(separator),
        };
        let among = |value: &str| format!("garbage{separator}{separator}v7=x{separator}{value}{separator}v8,y=z");
        assert_eq!(verify(&verifier, &with_signature(name, &good, among), BODY, now()), None, "{name:?}");
        let many = |value: &str| format!("{value}{}", format!("{separator}v7=x").repeat(16));
        let refused = verify(&verifier, &with_signature(name, &good, many), BODY, now());
        assert_eq!(refused, Some(Refusal::SignatureMalformed), "{name:?}");
    }
}

#[test]
fn b16_b20_a_time_counts_where_it_is_signed_and_must_be_near() {
    for name in SchemeName::ALL {
        let scheme = name.row();
        let (secret, key) = secrets(&scheme, 1);
        let verifier = verifier(name.row(), &[&key]);
        let good = sent(name, &secret, BODY);
        let judged = |seconds: i64| verify(&verifier, &good, BODY, at(NOW_S + seconds));
        let Some(rule) = &scheme.timestamp else {
            assert_eq!([judged(-1_000_000), judged(1_000_000)], [None, None], "{name:?}");
            continue;
        };
        let far = rule.tolerance_s;
        assert_eq!([judged(-far), judged(far)], [None, None], "{name:?}");
        assert_eq!(judged(far + 1), Some(Refusal::TimestampStale), "{name:?}");
        assert_eq!(judged(-far - 1), Some(Refusal::TimestampFuture), "{name:?}");

        let time = match &rule.at {
            TimestampPlace::Header(header) => &good.iter().find(|(name, _)| name == header).unwrap().1,
            TimestampPlace::Item(_) => &NOW_S.to_string(),
        };
        for other in ["", "abc", "-1", &format!("{time}0"), &format!("0{time}"), &format!(" {time}x"), &"1".repeat(30)]
        {
            let moved: Sent =
                good.iter().map(|(name, value)| (name.clone(), value.replace(time.as_str(), other))).collect();
            assert!(verify(&verifier, &moved, BODY, now()).is_some(), "{name:?}: {other}");
        }
        let later = match rule.format {
            super::super::scheme::TimestampFormat::Rfc3339 => time.replace("20.000Z", "21.000Z"),
            _ => (NOW_S + 1).to_string(),
        };
        assert_ne!(&later, time);
        let moved: Sent =
            good.iter().map(|(name, value)| (name.clone(), value.replace(time.as_str(), &later))).collect();
        assert_eq!(verify(&verifier, &moved, BODY, now()), Some(Refusal::SignatureWrong), "{name:?}");
    }
}

#[test]
fn a_second_time_or_signature_in_a_list_is_no_way_in() {
    let (secret, key) = secrets(&SchemeName::Stripe.row(), 1);
    let verifier = verifier(SchemeName::Stripe.row(), &[&key]);
    let good = sent(SchemeName::Stripe, &secret, BODY);
    let judged = |change: &dyn Fn(&str) -> String| {
        verify(&verifier, &with_signature(SchemeName::Stripe, &good, change), BODY, now())
    };
    assert_eq!(judged(&|value| format!("{value},v1=00")), None, "one of them fits");
    assert_eq!(judged(&|value| format!("t=1,{value}")), Some(Refusal::SignatureMalformed));
    assert_eq!(judged(&|value| format!("{value},t={NOW_S}")), Some(Refusal::SignatureMalformed));
    assert_eq!(judged(&|value| value.replace("v1=", "v0=")), Some(Refusal::SignatureMalformed));
    assert_eq!(judged(&|value| value.replace("v1=", "v0=x,v1=00,")), None, "a bare item goes on with the key before");
    assert_eq!(judged(&|value| value.replace(&format!("t={NOW_S},"), "")), Some(Refusal::TimestampMissing));
}

#[test]
fn few_signatures_of_a_costly_sort_are_tried() {
    let name = SchemeName::StandardWebhooksV1a;
    let (secret, key) = secrets(&name.row(), 1);
    let verifier = verifier(name.row(), &[&key]);
    let good = sent(name, &secret, BODY);
    let wrong = format!("v1a,{} ", STANDARD.encode([1; 64]));
    let judged = |count: usize| {
        verify(&verifier, &with_signature(name, &good, |value| wrong.repeat(count) + value), BODY, now())
    };
    assert_eq!([judged(3), judged(4)], [None, Some(Refusal::SignatureMalformed)]);
    assert_eq!(name.row().algorithm, Algorithm::Ed25519);
}
