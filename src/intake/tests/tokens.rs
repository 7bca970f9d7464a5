//! JWTs in a header, good ones and bad ones.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::Hmac;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::signers::{ed25519, keys, new_ed25519, p256, rsa};
use super::{NOW_S, now};
use crate::intake::jws::JwsProblem;
use crate::intake::keys::KeySet;
use crate::intake::keys::algorithm::TokenAlgorithm::{self, EdDsa, Es256, Hs256, Hs384, Hs512, Rs256};
use crate::intake::prove::Unproven;
use crate::intake::shelf::Why;
use crate::intake::token::{
    BodyHash, HashEncoding, LaxRules, RequiredClaim, TOKEN_BYTES_MAX, TokenClaims, TokenRefusal, TokenRules,
};

/// What is changed, how, and what becomes of it.
type Row = (&'static str, fn(&mut Value), TokenRefusal);

const BODY: &[u8] = b"{\"alert\":\"impossible_travel\"}\n";
const SECRET: &[u8; 64] = b"test-only secret of 64 bytes, as long as its longest digest is!!";

fn rules() -> TokenRules {
    TokenRules {
        issuer: Some("https://accounts.google.com".to_owned()),
        audiences: vec!["https://portcullis.example.com/v1/alerts/scc".to_owned()],
        algorithms: vec![Rs256, Es256, EdDsa],
        is_shared: false,
        required: vec![claim("email", "push@project.iam.gserviceaccount.com")],
        body_hash: None,
    }
}

/// As Keycloak (Phase Two) binds the body.
fn binding(encoding: HashEncoding) -> TokenRules {
    let body_hash = Some(BodyHash { claim: "request_body_sha256".to_owned(), encoding });
    TokenRules { body_hash, required: Vec::new(), ..rules() }
}

fn claim(name: &str, value: &str) -> RequiredClaim {
    RequiredClaim { name: name.to_owned(), value: value.to_owned() }
}

/// As Google Pub/Sub pushes.
fn claims() -> Value {
    json!({
        "iss": "https://accounts.google.com", "aud": "https://portcullis.example.com/v1/alerts/scc",
        "email": "push@project.iam.gserviceaccount.com", "email_verified": true, "sub": "113774264463038321964",
        "iat": NOW_S - 10, "exp": NOW_S + 3_590,
    })
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = claims();
    change(&mut claims);
    claims
}

fn verify(rules: &TokenRules, token: &str) -> Result<TokenClaims, Unproven<TokenRefusal>> {
    rules.verify(token.as_bytes(), BODY, Some(&keys(&[ed25519(), p256()])), now())
}

fn judged(rules: &TokenRules, claims: &Value) -> Result<TokenClaims, Unproven<TokenRefusal>> {
    verify(rules, &ed25519().token(claims).unwrap())
}

fn by_hmac<M: hmac::Mac + hmac::KeyInit>(algorithm: &str, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&json!({"alg": algorithm})), encode(claims));
    let mut mac = <M as hmac::KeyInit>::new_from_slice(SECRET).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[test]
fn a_good_token_proves_its_sender_by_each_algorithm() {
    let known = keys(&[ed25519(), p256(), rsa()]);
    for signer in [ed25519(), p256(), rsa()] {
        let token = signer.token(&claims()).unwrap();
        let proven = rules().verify(token.as_bytes(), BODY, Some(&known), now()).unwrap();
        assert_eq!((proven.expires_at_s, proven.binds_body), (Some(NOW_S + 3_590), false));
        assert!(!format!("{proven:?}").contains("gserviceaccount"), "nothing personal is printed");
        assert_eq!(Value::Object(proven.all), claims());
    }
}

#[test]
fn claims_that_are_not_as_configured_are_refused() {
    use TokenRefusal::{Audience, Claim, Expired, ExpiryMissing, Future, Issuer};
    let changes: [Row; 15] = [
        ("no issuer", |c| _ = c.as_object_mut().unwrap().remove("iss"), Issuer),
        ("another issuer", |c| c["iss"] = "https://accounts.google.com.evil".into(), Issuer),
        ("no audience", |c| _ = c.as_object_mut().unwrap().remove("aud"), Audience),
        ("another audience", |c| c["aud"] = json!(["https://other.example.com"]), Audience),
        ("no expiry", |c| _ = c.as_object_mut().unwrap().remove("exp"), ExpiryMissing),
        ("an expiry in text", |c| c["exp"] = "1800000000".into(), ExpiryMissing),
        ("an expiry of null", |c| c["exp"] = Value::Null, ExpiryMissing),
        ("expired", |c| c["exp"] = json!(NOW_S - 60), Expired),
        ("not yet", |c| c["nbf"] = json!(NOW_S + 61), Future),
        ("issued tomorrow", |c| c["iat"] = json!(NOW_S + 86_400), Future),
        ("an nbf that is no time", |c| c["nbf"] = "soon".into(), Future),
        ("another sender", |c| c["email"] = "evil@project.iam.gserviceaccount.com".into(), Claim),
        ("an address that is not verified", |c| c["email_verified"] = json!(false), Claim),
        ("an address that is verified in text", |c| c["email_verified"] = "true".into(), Claim),
        ("no word on the address", |c| _ = c.as_object_mut().unwrap().remove("email_verified"), Claim),
    ];
    for (name, change, refusal) in changes {
        assert_eq!(judged(&rules(), &with(change)), Err(Unproven::Refused(refusal)), "{name}");
    }
    for good in [json!({"exp": NOW_S - 59}), json!({"nbf": NOW_S + 60}), json!({"aud": ["x", claims()["aud"]]})] {
        let claims = with(|claims| claims.as_object_mut().unwrap().extend(good.as_object().unwrap().clone()));
        assert!(judged(&rules(), &claims).is_ok(), "{good}");
    }
}

#[test]
fn a_claim_may_be_a_list_that_has_the_value() {
    let rules =
        TokenRules { required: vec![claim("roles", "ActionGroupsSecureWebhook"), claim("appid", "a")], ..rules() };
    let claims = |roles: Value| with(|claims| (claims["roles"], claims["appid"]) = (roles, "a".into()));
    assert!(judged(&rules, &claims(json!(["other", "ActionGroupsSecureWebhook"]))).is_ok());
    for roles in [json!(["other"]), json!([]), json!({"ActionGroupsSecureWebhook": 1}), Value::Null] {
        assert_eq!(judged(&rules, &claims(roles)), Err(Unproven::Refused(TokenRefusal::Claim)));
    }
}

#[test]
fn a_token_that_binds_the_body_is_of_this_body_only() {
    let digest = Sha256::digest(BODY);
    for (encoding, text) in [
        (HashEncoding::Hex, hex::encode(digest)),
        (HashEncoding::Base64, STANDARD.encode(digest)),
        (HashEncoding::Base64, STANDARD.encode(digest).trim_end_matches('=').to_owned()),
    ] {
        let claims = |hash: Value| with(|claims| claims["request_body_sha256"] = hash);
        let proven = judged(&binding(encoding), &claims(text.clone().into())).unwrap();
        assert!(proven.binds_body);
        let other = Sha256::digest(b"other");
        for bad in [
            json!(hex::encode(other)),
            json!(STANDARD.encode(other)),
            json!(""),
            json!(&text[..text.len() / 2]),
            json!(format!("{text}00")),
            json!([text]),
            Value::Null,
        ] {
            let refused = judged(&binding(encoding), &claims(bad.clone()));
            assert_eq!(refused, Err(Unproven::Refused(TokenRefusal::Body)), "{bad}");
        }
        assert_eq!(judged(&binding(encoding), &self::claims()), Err(Unproven::Refused(TokenRefusal::Body)));
    }
}

#[test]
fn a_sender_that_binds_the_body_need_not_say_more() {
    let rules = TokenRules {
        issuer: None,
        audiences: Vec::new(),
        is_shared: true,
        algorithms: vec![Hs256, Hs384, Hs512],
        ..binding(HashEncoding::Base64)
    };
    let claims = json!({"request_body_sha256": STANDARD.encode(Sha256::digest(BODY))});
    let tokens: [(TokenAlgorithm, String); 3] = [
        (Hs256, by_hmac::<Hmac<Sha256>>("HS256", &claims)),
        (Hs384, by_hmac::<Hmac<Sha384>>("HS384", &claims)),
        (Hs512, by_hmac::<Hmac<Sha512>>("HS512", &claims)),
    ];
    for (algorithm, token) in &tokens {
        for (other, _) in &tokens {
            let shared = KeySet::from_secret(*other, SECRET).unwrap();
            let proven = rules.verify(token.as_bytes(), BODY, Some(&shared), now());
            assert_eq!(proven.is_ok(), algorithm == other, "a secret is for one algorithm");
        }
        let expired = json!({"request_body_sha256": claims["request_body_sha256"], "exp": NOW_S - 60});
        let token = by_hmac::<Hmac<Sha256>>("HS256", &expired);
        let shared = KeySet::from_secret(Hs256, SECRET).unwrap();
        let refused = rules.verify(token.as_bytes(), BODY, Some(&shared), now());
        assert_eq!(refused, Err(Unproven::Refused(TokenRefusal::Expired)));
    }
}

#[test]
fn a_token_over_the_body_by_published_keys_ends_or_is_young() {
    let rules = binding(HashEncoding::Hex);
    let judged = |change: fn(&mut serde_json::Map<String, Value>)| {
        let mut claims = with(|claims| claims["request_body_sha256"] = hex::encode(Sha256::digest(BODY)).into());
        change(claims.as_object_mut().unwrap());
        judged(&rules, &claims).map(|proven| proven.expires_at_s)
    };
    let refused = |refusal| Err(Unproven::Refused(refusal));
    assert_eq!(judged(|_| ()), Ok(Some(NOW_S + 3_590)));
    assert_eq!(judged(|claims| _ = claims.remove("exp")), Ok(None), "it is of now");
    fn age(claims: &mut serde_json::Map<String, Value>, seconds: i64) {
        claims.remove("exp");
        claims.insert("iat".to_owned(), json!(NOW_S - seconds));
    }
    assert_eq!(judged(|claims| age(claims, 359)), Ok(None));
    assert_eq!(judged(|claims| age(claims, 360)), refused(TokenRefusal::Expired));
    assert_eq!(judged(|claims| age(claims, NOW_S)), refused(TokenRefusal::Expired));
    assert_eq!(judged(|claims| age(claims, -61)), refused(TokenRefusal::Future));
    let timeless =
        |claims: &mut serde_json::Map<String, Value>| claims.retain(|name, _| name != "exp" && name != "iat");
    assert_eq!(judged(timeless), refused(TokenRefusal::ExpiryMissing));
}

#[test]
fn an_hmac_never_passes_for_a_public_key_and_the_reverse() {
    let rules = TokenRules { algorithms: vec![Hs256, EdDsa], ..rules() };
    let token = by_hmac::<Hmac<Sha256>>("HS256", &claims());
    let unknown = Err(Unproven::NeedsKeys(Why::NotFitting, TokenRefusal::Jws(JwsProblem::UnknownKey)));
    assert_eq!(verify(&rules, &token), unknown, "keys that are published take no HMAC");
    let shared = KeySet::from_secret(Hs256, SECRET).unwrap();
    assert!(rules.verify(token.as_bytes(), BODY, Some(&shared), now()).is_ok());
    let signed = ed25519().token(&claims()).unwrap();
    assert_eq!(rules.verify(signed.as_bytes(), BODY, Some(&shared), now()), unknown);
}

#[test]
fn what_is_no_token_is_refused_before_any_key_is_asked_for() {
    let token = ed25519().token(&claims()).unwrap();
    let forged = |header: Value| ed25519().sign(&header, &claims()).unwrap();
    let long = ed25519().token(&with(|claims| claims["x"] = "x".repeat(TOKEN_BYTES_MAX).into())).unwrap();
    for (token, problem) in [
        (String::new(), JwsProblem::NotCompact),
        ("Bearer ".to_owned() + &token, JwsProblem::NotCompact),
        (token.clone() + ".", JwsProblem::NotCompact),
        (token.clone() + " ", JwsProblem::NotCompact),
        (long, JwsProblem::TooLong),
        (forged(json!({"alg": "none"})), JwsProblem::AlgorithmNotAllowed),
        (forged(json!({"alg": "HS256"})), JwsProblem::AlgorithmNotAllowed),
        (forged(json!({"alg": "EdDSA", "crit": ["exp"]})), JwsProblem::Critical),
        (forged(json!({"alg": "EdDSA", "jwk": ed25519().jwk()})), JwsProblem::OwnKey),
        (forged(json!({"alg": "EdDSA", "jku": null})), JwsProblem::OwnKey),
        (forged(json!(["EdDSA"])), JwsProblem::HeaderUnreadable),
        (forged(json!({"alg": "EdDSA", "kid": ""})), JwsProblem::HeaderUnreadable),
    ] {
        let refused = rules().verify(token.as_bytes(), BODY, None, now());
        assert_eq!(refused, Err(Unproven::Refused(TokenRefusal::Jws(problem))), "{token}");
    }
}

#[test]
fn other_keys_are_asked_for_when_they_may_help() {
    let stranger = new_ed25519("ed-1");
    let token = stranger.token(&claims()).unwrap();
    let needs = |why, problem| Err(Unproven::NeedsKeys(why, TokenRefusal::Jws(problem)));
    assert_eq!(verify(&rules(), &token), needs(Why::NotFitting, JwsProblem::SignatureWrong));
    let unknown = new_ed25519("ed-2").token(&claims()).unwrap();
    assert_eq!(verify(&rules(), &unknown), needs(Why::NotFitting, JwsProblem::UnknownKey));
    let none = rules().verify(token.as_bytes(), BODY, None, now());
    assert_eq!(none, needs(Why::NoneFresh, JwsProblem::UnknownKey));
}

#[test]
fn a_token_without_a_kid_means_the_only_key_that_fits() {
    let nameless = ed25519().sign(&json!({"alg": "EdDSA"}), &claims()).unwrap();
    assert!(verify(&rules(), &nameless).is_ok());
    let two = keys(&[ed25519(), &new_ed25519("ed-2")]);
    let guess = rules().verify(nameless.as_bytes(), BODY, Some(&two), now());
    assert_eq!(guess, Err(Unproven::NeedsKeys(Why::NotFitting, TokenRefusal::Jws(JwsProblem::UnknownKey))));
}

#[test]
fn rules_that_would_let_anybody_in_are_none() {
    assert_eq!(rules().check(), Ok(()));
    assert_eq!(TokenRules { issuer: None, ..rules() }.check(), Err(LaxRules::Issuer));
    assert_eq!(TokenRules { audiences: Vec::new(), ..rules() }.check(), Err(LaxRules::Audience));
    assert_eq!(TokenRules { algorithms: Vec::new(), ..binding(HashEncoding::Hex) }.check(), Err(LaxRules::Algorithm));
    let bound = |is_shared| {
        let rules = TokenRules { issuer: None, audiences: Vec::new(), is_shared, ..binding(HashEncoding::Hex) };
        rules.check()
    };
    assert_eq!(bound(true), Ok(()), "nobody else has the secret");
    assert_eq!(bound(false), Err(LaxRules::Issuer), "what the issuer signs for others would do");
    let nobodys = TokenRules { audiences: Vec::new(), ..binding(HashEncoding::Hex) };
    assert_eq!(nobodys.check(), Err(LaxRules::Audience));
    assert_eq!(TokenRules { issuer: None, is_shared: true, ..rules() }.check(), Err(LaxRules::Issuer), "not the body");
}

#[test]
fn every_reason_has_a_name_of_its_own() {
    use TokenRefusal::{Audience, Body, Claim, Expired, ExpiryMissing, Future, Issuer};
    let own = [Issuer, Audience, ExpiryMissing, Expired, Future, Claim, Body].map(TokenRefusal::code);
    let mut all: Vec<_> = own.into_iter().chain(JwsProblem::CODES).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), own.len() + JwsProblem::CODES.len());
}
