//! A transmitter of security event tokens, for the battery: says what it sends, and what becomes of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::signers::{ed25519, keys, new_ed25519, p256};
use super::{NOW_S, now};
use crate::incident::Digest;
use crate::intake::Headers;
use crate::intake::issue::TokenSigner;
use crate::intake::keys::algorithm::TokenAlgorithm;
use crate::intake::prove::Unproven;
use crate::intake::set::SetRules;
use crate::intake::set::event::{self, SetOutcome};
use crate::intake::shared::SecretPlace;

pub(super) const ISSUER: &str = "https://idp.example.com/";
pub(super) const AUDIENCE: &str = "https://portcullis.example.com/";
pub(super) const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
pub(super) const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type/";
pub(super) const STREAM_TOKEN: &str = "Bearer test-only stream token";

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    /// An event about this person.
    EventOf(&'static str),
    /// An event about nobody we could name.
    EventOfNobody,
    Verification,
    StreamUpdated,
    /// The transmitter's, and not to be understood: why.
    Unreadable(&'static str),
    /// Turned away: our reason, and what the transmitter is told.
    Refused(&'static str, &'static str),
    /// Not provable with these keys: our reason if there are no others.
    NeedsKeys(&'static str),
}

/// A request under construction.
pub(super) struct Sent {
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) signer: &'static TokenSigner,
    pub(super) content_type: Vec<&'static str>,
    pub(super) authorization: Vec<&'static str>,
    /// Changes the whole body at the end.
    pub(super) body: Box<dyn Fn(String) -> String>,
}

impl Sent {
    pub(super) fn good() -> Self {
        let sub_id = json!({"format": "email", "email": "Zhang.San@example.com"});
        let event = json!({"initiating_entity": "policy", "event_timestamp": NOW_S - 9});
        Self {
            header: json!({"typ": "secevent+jwt", "alg": "EdDSA", "kid": "ed-1"}),
            claims: json!({
                "iss": ISSUER, "aud": AUDIENCE, "jti": "756e6971", "iat": NOW_S, "sub_id": sub_id,
                "events": {format!("{CAEP}session-revoked"): event},
            }),
            signer: ed25519(),
            content_type: vec!["application/secevent+jwt"],
            authorization: vec![STREAM_TOKEN],
            body: Box::new(|body| body),
        }
    }

    pub(super) fn signed_by(&mut self, signer: &'static TokenSigner, kid: &str) {
        self.signer = signer;
        self.header["alg"] = signer.algorithm().into();
        self.header["kid"] = kid.into();
    }

    pub(super) fn event(&mut self, uri: &str, event: Value) {
        self.claims["events"] = json!({uri: event});
    }

    /// Names its subject by several names.
    pub(super) fn aliases(&mut self, names: Value) {
        self.claims["sub_id"] = json!({"format": "aliases", "identifiers": names});
    }

    pub(super) fn without(&mut self, claim: &str) {
        self.claims.as_object_mut().unwrap().remove(claim);
    }

    pub(super) fn body(&self) -> Vec<u8> {
        (self.body)(self.signer.sign(&self.header, &self.claims).unwrap()).into_bytes()
    }

    pub(super) fn judged(&self) -> Becomes {
        let headers = self.content_type.iter().map(|value| ("Content-Type", value.as_bytes()));
        let headers: Headers<'_> =
            headers.chain(self.authorization.iter().map(|value| ("Authorization", value.as_bytes()))).collect();
        let known = keys(&[ed25519(), p256()]);
        match rules().verify(&headers, &self.body(), Some(&known), now()) {
            Ok(SetOutcome::Verification(_)) => Becomes::Verification,
            Ok(SetOutcome::StreamUpdated(_)) => Becomes::StreamUpdated,
            Ok(SetOutcome::Event(set)) => {
                assert_eq!(set.claims, self.claims, "rules see what was sent");
                let person = event::person(&set.claims, &[]).map(|person| person.key());
                person.map_or(Becomes::EventOfNobody, |person| Becomes::EventOf(person.leak()))
            }
            Ok(SetOutcome::Unreadable(set)) => {
                assert!(set.jti.is_none_or(|jti| jti == "756e6971"), "what it is called is known");
                Becomes::Unreadable(set.reason.code())
            }
            Err(Unproven::Refused(refusal)) => Becomes::Refused(refusal.name(), refusal.code()),
            Err(Unproven::NeedsKeys(_, refusal)) => {
                assert_eq!(refusal.code(), "invalid_key");
                Becomes::NeedsKeys(refusal.name())
            }
        }
    }
}

pub(super) fn rules() -> SetRules {
    use TokenAlgorithm::{EdDsa, Es256, Ps256, Rs256};
    SetRules {
        issuer: ISSUER.to_owned(),
        audiences: vec![AUDIENCE.to_owned(), "second".to_owned()],
        algorithms: vec![Rs256, Ps256, Es256, EdDsa],
        authorizations: vec![
            Digest::of(b"an older one"),
            SecretPlace::of_authorization().digest(STREAM_TOKEN.as_bytes()),
        ],
    }
}

/// The token with another signature: an HMAC by `secret`.
pub(super) fn by_hmac(sent: &mut Sent, secret: Vec<u8>) {
    sent.header["alg"] = "HS256".into();
    sent.body = Box::new(move |token| {
        let signed = token.rsplit_once('.').unwrap().0;
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    });
}

pub(super) fn stranger(kid: &str) -> &'static TokenSigner {
    Box::leak(Box::new(new_ed25519(kid)))
}

/// Signs `claims` as they are written here, not as our own JSON would write them.
pub(super) fn written(sent: &mut Sent, header: &'static str, claims: &'static str) {
    let known = ed25519();
    sent.body = Box::new(move |_| {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", encode(header), encode(claims));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(known.signature(signed.as_bytes()).unwrap()))
    });
}

pub(super) const HEADER: &str = r#"{"typ":"secevent+jwt","alg":"EdDSA","kid":"ed-1"}"#;
pub(super) const TWICE: &str = r#"{"iss":"https://idp.example.com/","aud":"second","jti":"a","iat":1,"iss":"https://idp.example.com/","events":{"urn:a":{}}}"#;
