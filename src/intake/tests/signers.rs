//! Senders of tokens, with keys that are made anew in each test process.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use serde_json::{Value, json};

use crate::intake::issue::TokenSigner;
use crate::intake::keys::KeySet;

static ED25519: LazyLock<TokenSigner> = LazyLock::new(|| new_ed25519("ed-1"));
static P256: LazyLock<TokenSigner> = LazyLock::new(|| new_p256("p256-1"));
static RSA_PKCS8: LazyLock<Vec<u8>> = LazyLock::new(|| new_rsa(KeySize::Rsa2048));
static RSA: LazyLock<TokenSigner> = LazyLock::new(|| TokenSigner::new("rsa-1", &RSA_PKCS8).unwrap());

/// A known sender, which calls its key `ed-1`.
pub(super) fn ed25519() -> &'static TokenSigner {
    &ED25519
}

/// Another, which calls its key `p256-1`.
pub(super) fn p256() -> &'static TokenSigner {
    &P256
}

/// The slow one, which calls its key `rsa-1`; made once in a process.
pub(super) fn rsa() -> &'static TokenSigner {
    &RSA
}

/// The private key of [`rsa`].
pub(super) fn rsa_pkcs8() -> &'static [u8] {
    &RSA_PKCS8
}

/// Somebody new, under any name.
pub(super) fn new_ed25519(kid: &str) -> TokenSigner {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    TokenSigner::new(kid, pkcs8.as_ref()).unwrap()
}

pub(super) fn new_p256(kid: &str) -> TokenSigner {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    TokenSigner::new(kid, pkcs8.as_ref()).unwrap()
}

pub(super) fn new_rsa(size: KeySize) -> Vec<u8> {
    KeyPair::generate(size).unwrap().as_der().unwrap().as_ref().to_vec()
}

/// What these senders publish.
pub(super) fn jwks(signers: &[&TokenSigner]) -> Vec<u8> {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
    json!({"keys": keys}).to_string().into_bytes()
}

pub(super) fn keys(signers: &[&TokenSigner]) -> KeySet {
    KeySet::from_jwks(&jwks(signers)).unwrap()
}
