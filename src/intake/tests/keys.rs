//! Which keys are taken from a JWKS or a file, and which of them a signature may be by.

use std::path::Path;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::PublicKeyData as _;
use serde_json::{Value, json};

use super::signers::{ed25519, jwks, keys, new_ed25519, new_rsa, p256, rsa, rsa_pkcs8};
use crate::intake::issue::{IssueProblem, TokenSigner};
use crate::intake::keys::algorithm::TokenAlgorithm::{EdDsa, Es256, Hs256, Hs384, Hs512, Ps256, Rs256};
use crate::intake::keys::file::KeyFileProblem;
use crate::intake::keys::jwks::{JWKS_BYTES_MAX, KeySetProblem};
use crate::intake::keys::{Judgement, KEYS_MAX, KeySet};

fn read(keys: &Value) -> Result<usize, KeySetProblem> {
    KeySet::from_jwks(json!({"keys": keys}).to_string().as_bytes()).map(|set| set.len())
}

fn pem(label: &str, der: &[u8]) -> String {
    let lines: Vec<String> =
        STANDARD.encode(der).as_bytes().chunks(64).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The `kid`, `alg` and `use` of a known key changed.
fn with(members: Value) -> Value {
    let mut key = ed25519().jwk();
    for (name, value) in members.as_object().unwrap() {
        key[name] = value.clone();
    }
    key
}

#[test]
fn keys_of_each_kind_are_taken() {
    assert_eq!(keys(&[ed25519(), p256(), rsa()]).len(), 3);
    let p384 = json!({"kty": "EC", "crv": "P-384", "x": URL_SAFE_NO_PAD.encode([1; 48]), "y": URL_SAFE_NO_PAD.encode([2; 48])});
    assert_eq!(read(&json!([p384])), Ok(1));
    for good in
        [json!({"key_ops": ["verify"]}), json!({"x5t": "a", "x5c": ["b"], "unknown": {}}), json!({"alg": "Ed25519"})]
    {
        assert_eq!(read(&json!([with(good.clone())])), Ok(1), "{good}");
    }
    let mut bare = ed25519().jwk();
    bare.as_object_mut().unwrap().retain(|name, _| !["kid", "alg", "use"].contains(&name.as_str()));
    assert_eq!(read(&json!([bare])), Ok(1));
}

#[test]
fn keys_that_must_not_verify_are_left_out() {
    let mut weak = [0; 32];
    weak[0] = 1;
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let mut half = p256().jwk();
    half["x"] = encode(&[1; 31]).into();
    let rsa_key = |modulus: &[u8], exponent: &[u8]| json!({"kty": "RSA", "n": encode(modulus), "e": encode(exponent)});
    let mut short = vec![0; 1];
    short.extend([0xff; 255]);
    for bad in [
        with(json!({"use": "enc"})),
        with(json!({"key_ops": ["sign"]})),
        with(json!({"key_ops": "verify"})),
        with(json!({"alg": "ES256"})),
        with(json!({"alg": "RSA-OAEP"})),
        with(json!({"alg": 7})),
        with(json!({"kid": 7})),
        with(json!({"kid": "k".repeat(257)})),
        with(json!({"d": "AAAA"})),
        with(json!({"x": encode(&weak)})),
        with(json!({"x": encode(&[1; 31])})),
        with(json!({"x": "*"})),
        with(json!({"crv": "X25519"})),
        with(json!({"kty": "oct", "k": encode(&[7; 64])})),
        with(json!({"kty": "unknown"})),
        half,
        json!({"kty": "oct", "k": encode(&[7; 64]), "alg": "HS256"}),
        rsa_key(&[0xff; 128], &[1, 0, 1]),
        rsa_key(&short, &[1, 0, 1]),
        rsa_key(&[0x7f; 256], &[1, 0, 1]),
        rsa_key(&[0xff; 1025], &[1, 0, 1]),
        rsa_key(&[0xff; 256], &[1]),
        rsa_key(&[0xff; 256], &[1, 0]),
        rsa_key(&[0xff; 256], &[]),
        rsa_key(&[0xff; 256], &[1; 9]),
        rsa_key(&[], &[1, 0, 1]),
        json!("key"),
        json!({}),
    ] {
        assert_eq!(read(&json!([bad])), Err(KeySetProblem::NoUsableKey), "{bad}");
        assert_eq!(read(&json!([bad, p256().jwk()])), Ok(1), "the others are still good");
    }
    assert_eq!(read(&json!([rsa_key(&[0xff; 256], &[1, 0, 1])])), Ok(1));
}

#[test]
fn what_is_no_set_is_refused() {
    let whole = |text: &str| KeySet::from_jwks(text.as_bytes()).map(|set| set.len());
    let key = ed25519().jwk().to_string();
    let twice = key.replacen('{', r#"{"kid":"other","#, 1);
    for bad in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]} x"#, &format!(r#"{{"keys":[{twice}]}}"#), &key]
    {
        assert_eq!(whole(bad), Err(KeySetProblem::NotASet), "{bad}");
    }
    assert_eq!(whole(r#"{"keys":[]}"#), Err(KeySetProblem::NoUsableKey));
    let many = |count: usize| json!(vec![ed25519().jwk(); count]);
    assert_eq!(read(&many(KEYS_MAX)), Ok(KEYS_MAX));
    assert_eq!(read(&many(KEYS_MAX + 1)), Err(KeySetProblem::TooMany));
    let padded = |bytes: usize| format!(r#"{{"keys":[{key}]}}{}"#, " ".repeat(bytes));
    assert_eq!(whole(&padded(JWKS_BYTES_MAX)), Err(KeySetProblem::TooLarge));
    assert_eq!(whole(&padded(1_000)), Ok(1));
}

#[test]
fn a_key_signs_with_what_it_allows_and_nothing_else() {
    let set = keys(&[ed25519(), p256(), rsa()]);
    let signature = |signer: &TokenSigner| signer.signature(b"message").unwrap();
    for (signer, algorithm) in [(ed25519(), EdDsa), (p256(), Es256), (rsa(), Rs256)] {
        let kid = signer.jwk()["kid"].as_str().unwrap().to_owned();
        let judge = |kid, algorithm, message: &[u8]| set.judge(kid, algorithm, message, &signature(signer));
        assert_eq!(judge(Some(&kid), algorithm, b"message"), Judgement::Signed);
        assert_eq!(judge(None, algorithm, b"message"), Judgement::Signed);
        assert_eq!(judge(Some(&kid), algorithm, b"massage"), Judgement::NotSigned);
        assert_eq!(judge(Some("other"), algorithm, b"message"), Judgement::NoKey);
        assert_eq!(judge(Some(&kid), Hs256, b"message"), Judgement::NoKey);
    }
    // It says `alg: RS256` of itself.
    assert_eq!(set.judge(Some("rsa-1"), Ps256, b"message", b""), Judgement::NoKey);
    assert_eq!(set.judge(Some("rsa-1"), Rs256, b"message", b""), Judgement::NotSigned);
}

#[test]
fn two_keys_of_one_name_are_both_tried() {
    let (old, new) = (new_ed25519("same"), new_ed25519("same"));
    let set = keys(&[&old, &new]);
    for signer in [old, new] {
        let signature = signer.signature(b"message").unwrap();
        assert_eq!(set.judge(Some("same"), EdDsa, b"message", &signature), Judgement::Signed);
    }
}

/// RFC 8037 appendix A.4.
#[test]
fn the_example_of_rfc_8037_verifies() {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let set = KeySet::from_jwks(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    assert_eq!(set.judge(None, EdDsa, message, &signature), Judgement::Signed);
    assert_eq!(set.judge(None, EdDsa, &message[1..], &signature), Judgement::NotSigned);
}

#[test]
fn a_public_key_in_pem_is_meant_by_any_token() {
    let pkcs8 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&pkcs8).unwrap();
    let rsa_pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(rsa_pkcs8()).unwrap();
    let rsa_public = aws_lc_rs::signature::KeyPair::public_key(&rsa_pair).as_der().unwrap();
    let p256_pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let signer = |pair: &rcgen::KeyPair| TokenSigner::new("any", &pair.serialize_der()).unwrap();
    for (signer, algorithm, pem) in [
        (signer(&pkcs8), EdDsa, pem("PUBLIC KEY", &pkcs8.subject_public_key_info())),
        (signer(&pkcs8), EdDsa, pem("CERTIFICATE", certificate.der())),
        (signer(&p256_pair), Es256, pem("PUBLIC KEY", &p256_pair.subject_public_key_info())),
        (TokenSigner::new("any", rsa_pkcs8()).unwrap(), Rs256, pem("PUBLIC KEY", rsa_public.as_ref())),
    ] {
        let signature = signer.signature(b"message").unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("\n{pem}")).unwrap();
        let set = KeySet::from_file(file.path()).unwrap();
        for kid in [None, Some("whatever")] {
            assert_eq!(set.judge(kid, algorithm, b"message", &signature), Judgement::Signed, "{pem}");
        }
    }
}

#[test]
fn what_is_no_public_key_is_refused() {
    let short = new_rsa(KeySize::Rsa2048);
    for (text, problem) in [
        (pem("PRIVATE KEY", &short), KeyFileProblem::NoPublicKey),
        (pem("PUBLIC KEY", b"no der"), KeyFileProblem::Unusable),
        (pem("CERTIFICATE", b"no der"), KeyFileProblem::NoPublicKey),
        ("-----BEGIN PUBLIC KEY-----\n".to_owned(), KeyFileProblem::NoPublicKey),
    ] {
        assert_eq!(KeySet::from_pem(text.as_bytes()).err(), Some(problem), "{text}");
    }
    let missing = KeySet::from_file(Path::new("/nonexistent")).err();
    assert_eq!(missing, Some(KeyFileProblem::Unreadable(std::io::ErrorKind::NotFound)));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), jwks(&[ed25519()])).unwrap();
    assert_eq!(KeySet::from_file(file.path()).unwrap().len(), 1);
    std::fs::write(file.path(), " ".repeat(JWKS_BYTES_MAX + 10)).unwrap();
    assert_eq!(KeySet::from_file(file.path()).err(), Some(KeyFileProblem::Jwks(KeySetProblem::TooLarge)));
}

#[test]
fn a_shared_secret_is_as_long_as_its_digest() {
    for (algorithm, bytes) in [(Hs256, 32), (Hs384, 48), (Hs512, 64)] {
        assert!(KeySet::from_secret(algorithm, &vec![7; bytes]).is_ok());
        let short = KeySet::from_secret(algorithm, &vec![7; bytes - 1]).err();
        assert_eq!(short, Some(KeyFileProblem::SecretTooShort));
    }
    assert_eq!(KeySet::from_secret(Rs256, &[7; 64]).err(), Some(KeyFileProblem::NotByASecret));
}

#[test]
fn a_signer_is_read_from_pem() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let signer = TokenSigner::read("a", pem("PRIVATE KEY", &pair.serialize_der()).as_bytes()).unwrap();
    assert_eq!((signer.algorithm(), signer.jwk()["kid"].as_str()), ("EdDSA", Some("a")));
    let public = pem("PUBLIC KEY", &pair.subject_public_key_info());
    assert_eq!(TokenSigner::read("a", public.as_bytes()).err(), Some(IssueProblem::NoPrivateKey));
    assert_eq!(TokenSigner::new("a", b"no der").err(), Some(IssueProblem::OtherKey));
}
