//! Signs tokens as their senders do: for `send`, for set-up help and for tests. Knows nothing of how they are
//! verified.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::sign;

/// Why a token cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueProblem {
    /// The file is none of a private key.
    #[error("it holds no PEM block `PRIVATE KEY` (PKCS#8), nor a key of Standard Webhooks (`whsk_`)")]
    NoPrivateKey,
    /// A key of another kind.
    #[error("its key is neither ed25519, P-256 nor RSA of at least 2048 bits")]
    OtherKey,
    /// The library refused.
    #[error("the token could not be signed")]
    NotSigned,
}

/// A private key, with the name that tokens call it by.
pub struct TokenSigner {
    kid: String,
    key: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl TokenSigner {
    /// The private key in PEM, or of ed25519 as Standard Webhooks writes it.
    ///
    /// # Errors
    /// There is none, or one of another kind.
    pub fn read(kid: &str, pem: &[u8]) -> Result<Self, IssueProblem> {
        if let Some(seed) = sign::seed(pem.trim_ascii()) {
            let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| IssueProblem::OtherKey)?;
            return Ok(Self { kid: kid.to_owned(), key: Pair::Ed25519(pair) });
        }
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| IssueProblem::NoPrivateKey)?;
        Self::new(kid, der.secret_pkcs8_der())
    }

    /// The private key in PKCS#8.
    ///
    /// # Errors
    /// It is of another kind.
    pub fn new(kid: &str, pkcs8: &[u8]) -> Result<Self, IssueProblem> {
        let ed25519 = || Ed25519KeyPair::from_pkcs8(pkcs8).map(Pair::Ed25519).ok();
        let p256 = || EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map(Pair::P256).ok();
        let rsa = || RsaKeyPair::from_pkcs8(pkcs8).map(Pair::Rsa).ok();
        let key = ed25519().or_else(p256).or_else(rsa).ok_or(IssueProblem::OtherKey)?;
        Ok(Self { kid: kid.to_owned(), key })
    }

    /// A SET with these claims.
    ///
    /// # Errors
    /// The library refused.
    pub fn set(&self, claims: &Value) -> Result<String, IssueProblem> {
        self.sign(&json!({"typ": "secevent+jwt", "alg": self.algorithm(), "kid": self.kid}), claims)
    }

    /// A JWT with these claims.
    ///
    /// # Errors
    /// The library refused.
    pub fn token(&self, claims: &Value) -> Result<String, IssueProblem> {
        self.sign(&json!({"typ": "JWT", "alg": self.algorithm(), "kid": self.kid}), claims)
    }

    /// A token with any header and any claims.
    ///
    /// # Errors
    /// The library refused.
    pub fn sign(&self, header: &Value, claims: &Value) -> Result<String, IssueProblem> {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.signature(signed.as_bytes()).ok_or(IssueProblem::NotSigned)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The algorithm's name in headers.
    pub fn algorithm(&self) -> &'static str {
        match self.key {
            Pair::Ed25519(_) => "EdDSA",
            Pair::P256(_) => "ES256",
            Pair::Rsa(_) => "RS256",
        }
    }

    /// The public half, as it stands in a JWKS.
    pub fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.key {
            Pair::Ed25519(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())}),
            Pair::P256(pair) => {
                // The first byte says that both coordinates follow.
                let coordinates = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                let (n, e) = (key.modulus(), key.exponent());
                json!({"kty": "RSA", "n": encode(n.big_endian_without_leading_zero()), "e": encode(e.big_endian_without_leading_zero())})
            }
        };
        if let Value::Object(members) = &mut jwk {
            members.extend([
                ("kid".to_owned(), self.kid.as_str().into()),
                ("alg".to_owned(), self.algorithm().into()),
                ("use".to_owned(), "sig".into()),
            ]);
        }
        jwk
    }

    /// The public half as Standard Webhooks writes it, of a key of ed25519.
    #[must_use]
    pub fn whpk(&self) -> Option<String> {
        match &self.key {
            Pair::Ed25519(pair) => Some(format!("whpk_{}", STANDARD.encode(pair.public_key().as_ref()))),
            Pair::P256(_) | Pair::Rsa(_) => None,
        }
    }

    /// The signature over a message by a key of ed25519.
    pub(super) fn ed25519(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.key {
            Pair::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
            Pair::P256(_) | Pair::Rsa(_) => None,
        }
    }

    /// The signature over a message, if the library makes one.
    pub(super) fn signature(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.key {
            Pair::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
            Pair::P256(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}
