//! An identity provider that lies: every ID token that OpenID Connect Core section 3.1.3.7 refuses is refused
//! (attacks.md I07).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::intake::TokenSigner;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Set, TestApp, Visitor};

/// A provider on this machine as long as the test runs.
struct Liar {
    issuer: String,
    keys: Arc<Mutex<Vec<TokenSigner>>>,
    /// The next ID token that it gives out.
    token: Arc<Mutex<String>>,
    /// How often its keys were read.
    read: Arc<AtomicU32>,
}

fn key(kid: &str) -> TokenSigner {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    TokenSigner::new(kid, pkcs8.as_ref()).unwrap()
}

impl Liar {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let keys = Arc::new(Mutex::new(vec![key("first")]));
        let liar = Self { issuer, keys, token: Arc::default(), read: Arc::default() };
        let (issuer, keys, token, read) =
            (liar.issuer.clone(), liar.keys.clone(), liar.token.clone(), liar.read.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let jwks = || json!({ "keys": keys.lock().unwrap().iter().map(TokenSigner::jwk).collect::<Vec<_>>() });
                let token = token.lock().unwrap().clone();
                answer(stream, |path| match path {
                    "/.well-known/openid-configuration" => json!({
                        "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
                        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
                        "response_types_supported": ["code"], "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
                    }),
                    "/jwks" => {
                        read.fetch_add(1, Ordering::Relaxed);
                        jwks()
                    }
                    _ => json!({ "access_token": "test-only", "token_type": "Bearer", "id_token": token }),
                })
                .await;
            }
        });
        liar
    }
}

async fn answer(mut stream: TcpStream, say: impl FnOnce(&str) -> Value) {
    let mut read = [0; 8_192];
    let count = stream.read(&mut read).await.unwrap_or(0);
    let head = String::from_utf8_lossy(&read[..count]).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = say(&path).to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let whole = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(whole.as_bytes()).await;
}

/// A token as the provider would sign it, but for its head and its signature.
fn token(head: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(head), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

async fn start(liar: &Liar) -> TestApp {
    let config = format!(
        "[notices]\npublic_url = \"https://soc.example\"\n[access.oidc]\nissuer = \"{}\"\nclient_id = \"portcullis\"\n\
         client_secret_file = \"oidc\"\nroles = {{ soc = \"responder\" }}\n",
        liar.issuer
    );
    let files = vec![("oidc", "test-only-secret-of-an-oidc-client-0002".to_owned())];
    TestApp::start_with(Set { config: config.leak(), files, ..Set::default() }).await
}

/// Goes there, has the provider give out what `give` makes of good claims, and comes back; gives the status.
async fn sign_in(app: &TestApp, liar: &Liar, give: impl FnOnce(Value) -> String) -> u16 {
    let mut visitor = Visitor::of(app);
    let gone = visitor.get("/sign-in/oidc").await;
    let url = reqwest::Url::parse(gone.location()).unwrap();
    let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let now = app.now().as_second();
    let claims = json!({
        "iss": liar.issuer, "aud": "portcullis", "sub": "1", "iat": now, "exp": now + 300, "nonce": asked["nonce"],
        "preferred_username": "li", "groups": ["soc"],
    });
    *liar.token.lock().unwrap() = give(claims);
    visitor.get(&format!("/sign-in/callback?code=any&state={}", asked["state"])).await.status
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

#[tokio::test(flavor = "multi_thread")]
async fn i07_no_token_is_believed_that_is_not_for_us_now_and_signed_by_the_provider() {
    let liar = Liar::start().await;
    let app = start(&liar).await;
    let signed = |claims: &Value| liar.keys.lock().unwrap()[0].token(claims).unwrap();
    assert_eq!(sign_in(&app, &liar, |claims| signed(&claims)).await, 303, "a good one");
    let before = app.records().len();
    let now = app.now().as_second();
    for (name, value) in [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("somebody-else")),
        ("aud", json!(["portcullis", "somebody-else"])),
        ("iss", json!("http://127.0.0.1:1")),
        ("exp", json!(now - 1)),
        ("iat", json!(now + 3_600)),
        ("iat", json!(now - 86_400)),
    ] {
        let status = sign_in(&app, &liar, |claims| signed(&with(claims, name, value.clone()))).await;
        assert_eq!(status, 401, "{name} {value}");
    }
    let none = json!({ "alg": "none", "typ": "JWT" });
    assert_eq!(sign_in(&app, &liar, |claims| token(&none, &claims, |_| Vec::new())).await, 401, "alg none");
    // With what everybody knows, or what we share with the provider, in place of its private key.
    let public = liar.keys.lock().unwrap()[0].jwk().to_string();
    for secret in [public.as_str(), "test-only-secret-of-an-oidc-client-0002"] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let head = json!({ "alg": "HS256", "kid": "first", "typ": "JWT" });
        let forged = |claims| token(&head, &claims, |bytes| hmac::sign(&key, bytes).as_ref().to_vec());
        assert_eq!(sign_in(&app, &liar, forged).await, 401, "{secret}");
    }
    let other = key("first");
    assert_eq!(sign_in(&app, &liar, |claims| other.token(&claims).unwrap()).await, 401, "another's key");
    assert_eq!(sign_in(&app, &liar, |_| "not.a.token".to_owned()).await, 401);
    assert_eq!(app.records().len(), before);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i07_keys_are_read_anew_when_one_is_missing_and_not_more_often_than_once_a_minute() {
    let liar = Liar::start().await;
    let app = start(&liar).await;
    let second = key("second");
    for _ in 0..20 {
        assert_eq!(sign_in(&app, &liar, |claims| second.token(&claims).unwrap()).await, 401);
    }
    assert_eq!(liar.read.load(Ordering::Relaxed), 1, "read a moment ago");
    liar.keys.lock().unwrap().push(second);
    app.advance(Duration::from_secs(60));
    let signed = |claims: Value| liar.keys.lock().unwrap()[1].token(&claims).unwrap();
    assert_eq!(sign_in(&app, &liar, signed).await, 303);
    assert_eq!(liar.read.load(Ordering::Relaxed), 2);
    app.end().await;
}
