//! What sources keep when they are read anew.

use std::sync::Arc;

use serde_json::json;
use sha2::Digest as _;

use super::signers::{p256, rsa};
use super::stub::{Reply, Stub};
use super::*;

#[test]
fn a_source_keeps_its_allowance_unless_it_is_given_another() {
    let setup = Setup::usual();
    let (before, same) = (setup.build(), setup.build());
    let after = same.taking_over(&before);
    let limiter = |intake: &Intake, name: &str| Arc::clone(&intake.sources[&SourceName::parse(name).unwrap()].limiter);
    assert!(Arc::ptr_eq(&limiter(&before, SIEM), &limiter(&after, SIEM)));
    assert!(Arc::ptr_eq(&before.per_address, &after.per_address));
    assert!(Arc::ptr_eq(&before.trials, &after.trials));

    let mut setup = Setup::usual();
    let other = RateSettings { per_second: std::num::NonZeroU32::MIN, burst: std::num::NonZeroU32::MIN };
    setup.settings_of(SIEM).rate = other;
    setup.settings.per_address = other;
    let after = setup.build().taking_over(&before);
    assert!(!Arc::ptr_eq(&limiter(&before, SIEM), &limiter(&after, SIEM)));
    assert!(Arc::ptr_eq(&limiter(&before, GITHUB), &limiter(&after, GITHUB)));
    assert!(!Arc::ptr_eq(&before.per_address, &after.per_address));
}

#[tokio::test]
async fn keys_are_kept_for_as_long_as_they_are_at_the_same_address() {
    let keys =
        |signer: &crate::intake::TokenSigner| Reply::ok(json!({ "keys": [signer.jwk()] }).to_string().as_bytes());
    let stubs = [Stub::start(keys(rsa())).await, Stub::start(keys(p256())).await];
    let intake = |url: &str| {
        let hash = json!({"claim": "body", "encoding": "hex"});
        let algorithms = ["RS256", "ES256"];
        let jwt = json!({"issuer": "a", "audience": ["b"], "jwks": url, "algorithms": algorithms, "body_hash": hash});
        let sources = json!({"hashed": {"kind": "generic", "jwt": jwt}});
        let mut settings: Settings =
            serde_json::from_value(json!({"test_only_plain_http": true, "sources": sources})).unwrap();
        settings.listening_on = vec![IpAddr::from([127, 0, 0, 1])];
        Intake::new(&settings, Path::new("/nowhere")).unwrap()
    };
    let send = async |intake: &Intake, signer: &crate::intake::TokenSigner| {
        let body = hex::encode(sha2::Sha256::digest(b"{}"));
        let token = signer.token(&json!({"iss": "a", "aud": "b", "body": body, "iat": NOW_S})).unwrap();
        let headers = [("authorization", token.as_bytes()), ("content-type", &b"application/json"[..])];
        let peer = IpAddr::from([192, 0, 2, 1]);
        let headers = headers.into_iter().collect();
        let request = crate::intake::Request {
            source: "hashed",
            secret: None,
            query: "",
            headers,
            peer,
            certificate: None,
            body: b"{}",
        };
        intake.receive(&request, now()).await.is_ok()
    };
    let first = intake(&stubs[0].text("/jwks"));
    assert!(send(&first, rsa()).await);
    let second = intake(&stubs[0].text("/jwks")).taking_over(&first);
    assert!(send(&second, rsa()).await);
    assert_eq!(stubs[0].asked().len(), 1);
    let third = intake(&stubs[1].text("/jwks")).taking_over(&second);
    assert!(send(&third, p256()).await && !send(&third, rsa()).await);
    assert_eq!((stubs[0].asked().len(), stubs[1].asked().len()), (1, 1));
}
