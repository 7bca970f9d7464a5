//! What senders sign with keys that they publish: tokens, security event tokens and messages of Amazon SNS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::super::issue::{IssueProblem, TokenSigner};
use super::super::keys::algorithm::TokenAlgorithm;
use super::super::sns::envelope::Envelope;
use super::super::token::HashEncoding;
use super::super::{JwtSettings, SetSettings};
use super::{Outgoing, PRIVATE_KEY, SendProblem};
use crate::incident::Timestamp;

/// How long a token is good, in seconds.
const TOKEN_S: i64 = 300;
const SET_MEDIA: &str = "application/secevent+jwt";

/// A SET with the claims in `body`; of what every SET must have, what they do not say is added.
pub(super) fn set(
    settings: &SetSettings,
    signer: &TokenSigner,
    authorization: Option<&str>,
    id: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Outgoing, SendProblem> {
    let mut claims = object(body)?;
    let audience = settings.audience.first().cloned().unwrap_or_default();
    let usual = [
        ("iss", Value::from(settings.issuer.as_str())),
        ("aud", audience.into()),
        ("iat", now.as_second().into()),
        ("jti", id.into()),
    ];
    for (name, value) in usual {
        claims.entry(name).or_insert(value);
    }
    let body = signer.set(&Value::Object(claims))?.into_bytes();
    let headers = authorization.map(|value| ("authorization".to_owned(), value.to_owned()));
    Ok(Outgoing { path: String::new(), headers: headers.into_iter().collect(), content_type: SET_MEDIA, body })
}

/// What a token must say that goes with this body.
pub(super) fn claims(settings: &JwtSettings, id: &str, body: &[u8], now: Timestamp) -> Value {
    let now_s = now.as_second();
    let mut claims = Map::from_iter([
        ("jti".to_owned(), Value::from(id)),
        ("iat".to_owned(), now_s.into()),
        ("exp".to_owned(), now_s.saturating_add(TOKEN_S).into()),
    ]);
    let mut say = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    if let Some(issuer) = &settings.issuer {
        say("iss", issuer.as_str().into());
    }
    if let Some(audience) = settings.audience.first() {
        say("aud", audience.as_str().into());
    }
    for claim in &settings.claims {
        say(&claim.name, claim.value.as_str().into());
        if claim.name == "email" {
            say("email_verified", true.into());
        }
    }
    if let Some(hash) = &settings.body_hash {
        let digest = Sha256::digest(body);
        let text = match hash.encoding {
            HashEncoding::Hex => hex::encode(digest),
            HashEncoding::Base64 => STANDARD.encode(digest),
        };
        say(&hash.claim, text.into());
    }
    Value::Object(claims)
}

/// A token by a secret that both sides have.
pub(super) fn by_secret(
    settings: &JwtSettings,
    secret: &str,
    id: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<String, SendProblem> {
    let shared = |algorithm: &&TokenAlgorithm| algorithm.is_shared();
    let algorithm = settings.algorithms.iter().find(shared);
    let algorithm = algorithm.ok_or(SendProblem::Needs(PRIVATE_KEY))?;
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::new(algorithm.to_library()), &claims(settings, id, body, now), &key);
    token.map_err(|_| SendProblem::Key(IssueProblem::NotSigned))
}

/// The header with the token.
pub(super) fn bearer(settings: &JwtSettings, token: &str) -> (String, String) {
    (settings.header.clone(), format!("Bearer {token}"))
}

/// The message in `body`, signed as SNS does (version 2) by the key of that certificate.
pub(super) fn sns(signer: &TokenSigner, certificate: &str, body: &[u8]) -> Result<Vec<u8>, SendProblem> {
    let mut message = object(body)?;
    for (name, value) in [("SignatureVersion", "2"), ("SigningCertURL", certificate), ("Signature", "")] {
        message.insert(name.to_owned(), json!(value));
    }
    let unsigned = Value::Object(message.clone()).to_string();
    let envelope = Envelope::read(unsigned.as_bytes()).map_err(|_| SendProblem::Needs("a whole message of SNS"))?;
    let signature = signer.signature(envelope.text_to_sign().as_bytes()).ok_or(IssueProblem::NotSigned)?;
    message.insert("Signature".to_owned(), STANDARD.encode(signature).into());
    Ok(Value::Object(message).to_string().into_bytes())
}

fn object(body: &[u8]) -> Result<Map<String, Value>, SendProblem> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(SendProblem::NotAnObject),
    }
}
