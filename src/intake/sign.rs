//! Signs a delivery as a sender would, by the same table: for `send`, for set-up help and for tests.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT, URL_SAFE};
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::scheme::{Algorithm, Encoding, Grammar, Piece, Scheme, Text, TimestampFormat, TimestampPlace};
use super::sender::PRIVATE_KEY;
use super::{SecretProblem, SendProblem, TokenSigner};
use crate::incident::Timestamp;

/// What comes before the base64 of a Standard Webhooks private key: the seed, mostly with the public key.
const WHSK_PREFIX: &[u8] = b"whsk_";
const SEED_BYTES: usize = 32;

/// What a sender signs with.
#[derive(Clone, Copy)]
pub(super) enum By<'k> {
    /// A secret as it is written in its file; of asymmetric schemes the private key, `whsk_…`.
    Secret(&'k str),
    /// The private key of a pair.
    Key(&'k TokenSigner),
}

/// What a sender puts beside `body`, by its scheme.
///
/// # Errors
/// The secret is not written as the scheme has it, or the key is none of the scheme's.
pub(super) fn sign_by(
    row: &Scheme,
    by: By<'_>,
    id: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<(String, String)>, SendProblem> {
    let sent = row.timestamp.as_ref().map(|rule| (rule, written(rule.format, now)));
    let mut headers: Vec<(Text, String)> = row.id_header.iter().map(|name| (name.clone(), id.to_owned())).collect();
    let mut items = Vec::new();
    match sent.map(|(rule, time)| (&rule.at, time)) {
        Some((TimestampPlace::Header(name), time)) => headers.push((name.clone(), time)),
        Some((TimestampPlace::Item(key), time)) => items.push((key.clone(), time)),
        None => {}
    }
    let content = content(row, &headers, &items, body);
    let signature = encoded(row.signature.encoding, &signature(row, by, &content)?);
    let value = match &row.signature.grammar {
        Grammar::Single { prefix } | Grammar::List { prefix, .. } => format!("{prefix}{signature}"),
        Grammar::KeyValue { separator, keys } => {
            items.extend(keys.first().map(|key| (key.clone(), signature)));
            let items: Vec<String> = items.iter().map(|(key, value)| format!("{key}={value}")).collect();
            items.join(&char::from(*separator).to_string())
        }
    };
    headers.push((row.signature.header.clone(), value));
    Ok(headers.into_iter().map(|(name, value)| (name.into_owned(), value)).collect())
}

fn written(format: TimestampFormat, now: Timestamp) -> String {
    match format {
        TimestampFormat::Unix => now.as_second().to_string(),
        TimestampFormat::UnixMs => now.as_millisecond().to_string(),
        TimestampFormat::Rfc3339 => format!("{now:.3}"),
    }
}

fn content(row: &Scheme, headers: &[(Text, String)], items: &[(Text, String)], body: &[u8]) -> Vec<u8> {
    let value =
        |of: &[(Text, String)], name: &Text| of.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    let mut content = Vec::new();
    for piece in &row.content {
        match piece {
            Piece::Header(name) => content.extend(value(headers, name).unwrap_or_default().into_bytes()),
            Piece::Item(key) => content.extend(value(items, key).unwrap_or_default().into_bytes()),
            Piece::Literal(text) => content.extend_from_slice(text.as_bytes()),
            Piece::Body => content.extend_from_slice(body),
        }
    }
    content
}

fn signature(row: &Scheme, by: By<'_>, content: &[u8]) -> Result<Vec<u8>, SendProblem> {
    match row.algorithm {
        Algorithm::HmacSha1 => tag::<Hmac<Sha1>>(&by.material(row)?, content),
        Algorithm::HmacSha256 => tag::<Hmac<Sha256>>(&by.material(row)?, content),
        Algorithm::HmacSha384 => tag::<Hmac<Sha384>>(&by.material(row)?, content),
        Algorithm::HmacSha512 => tag::<Hmac<Sha512>>(&by.material(row)?, content),
        Algorithm::Ed25519 => match by {
            By::Key(key) => key.ed25519(content).ok_or(SendProblem::Needs("a key of ed25519")),
            By::Secret(secret) => {
                let seed = seed(secret.as_bytes()).ok_or(SendProblem::Needs(PRIVATE_KEY))?;
                Ok(SigningKey::from_bytes(&seed).sign(content).to_bytes().to_vec())
            }
        },
    }
}

impl By<'_> {
    fn material(self, row: &Scheme) -> Result<Vec<u8>, SendProblem> {
        match self {
            Self::Secret(secret) => Ok(row.secret.decode(secret.as_bytes())?),
            Self::Key(_) => Err(SendProblem::Needs("its secret")),
        }
    }
}

/// The seed in a private key of Standard Webhooks.
pub(super) fn seed(key: &[u8]) -> Option<[u8; SEED_BYTES]> {
    let encoded = key.strip_prefix(WHSK_PREFIX)?;
    STANDARD_PAD_INDIFFERENT.decode(encoded).ok()?.first_chunk().copied()
}

fn tag<M: Mac + KeyInit>(material: &[u8], content: &[u8]) -> Result<Vec<u8>, SendProblem> {
    let mut mac = <M as KeyInit>::new_from_slice(material).map_err(|_| SecretProblem::TooLong)?;
    mac.update(content);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn encoded(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Hex => hex::encode(bytes),
        Encoding::Base64 => STANDARD.encode(bytes),
        Encoding::Base64Url => URL_SAFE.encode(bytes),
    }
}
