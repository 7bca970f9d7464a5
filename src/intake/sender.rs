//! Plays a source's sender: for `send`, for set-up help and for tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::presets::SchemeName;
use super::scheme::{Scheme, SecretFormat};
use super::secret::SecretProblem;
use super::settings::{How, SourceSettings};
use super::shared::SecretPlace;
use super::sign::sign_by;
use crate::incident::Timestamp;

/// How many bytes of a new secret are random.
pub const SECRET_BYTES: usize = 32;

/// Whoever has a source's secret.
pub struct Sender {
    how: How,
    secret: String,
}

/// What goes over the wire beside the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What comes behind `/v1/alerts/<name>`: nothing, or the secret where it is in the URL.
    pub path: String,
    /// Names and values, without the content type.
    pub headers: Vec<(String, String)>,
}

impl Sender {
    /// With a secret as it is written in its file.
    ///
    /// # Errors
    /// What is wrong with how the settings say that it proves itself.
    pub fn new(settings: &SourceSettings, secret: &str) -> Result<Self, String> {
        Ok(Self { how: settings.how()?, secret: secret.trim_end_matches(['\r', '\n']).to_owned() })
    }

    /// The secret, where a body has to show it.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// What proves a body that is sent at `now` under `id`.
    ///
    /// # Errors
    /// The secret is not written as the source has it.
    pub fn prove(&self, id: &str, body: &[u8], now: Timestamp) -> Result<Outgoing, SecretProblem> {
        let none = || Outgoing { path: String::new(), headers: Vec::new() };
        Ok(match &self.how {
            How::Signs(scheme) => Outgoing { headers: sign_by(scheme, &self.secret, id, body, now)?, ..none() },
            How::Shows(SecretPlace::Header(name)) => {
                Outgoing { headers: vec![(name.clone(), self.secret.clone())], ..none() }
            }
            How::Shows(SecretPlace::Query(name)) => {
                let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, &self.secret).finish();
                Outgoing { path: format!("?{query}"), ..none() }
            }
            How::Shows(SecretPlace::Path) => Outgoing { path: format!("/{}", self.secret), ..none() },
            How::Shows(SecretPlace::Member(_)) => none(),
            // Only the sender has the key that it publishes the other half of.
            How::Set(_) | How::Jwt(_) | How::Sns(_) | How::CallsBack => return Err(SecretProblem::OnlySender),
        })
    }
}

impl SourceSettings {
    /// A new secret for such a source, from bytes that are random: as it is written in its file, and as the sender
    /// is given it. `None` where only the sender can make one.
    ///
    /// # Errors
    /// What is wrong with how the settings say that it proves itself.
    pub fn new_secret(&self, random: &[u8; SECRET_BYTES]) -> Result<Option<String>, String> {
        Ok(match self.how()? {
            How::Signs(scheme) => written(&scheme, random),
            How::Shows(SecretPlace::Header(name)) if name.eq_ignore_ascii_case("authorization") => {
                Some(format!("Bearer {}", hex::encode(random)))
            }
            How::Shows(_) => Some(hex::encode(random)),
            How::Set(_) | How::Jwt(_) | How::Sns(_) | How::CallsBack => None,
        })
    }
}

fn written(scheme: &Scheme, random: &[u8]) -> Option<String> {
    match scheme.secret {
        SecretFormat::Utf8 | SecretFormat::Hex => Some(hex::encode(random)),
        SecretFormat::Base64 => Some(STANDARD.encode(random)),
        SecretFormat::Whsec => Some(format!("whsec_{}", STANDARD.encode(random))),
        SecretFormat::Whpk => None,
    }
}

/// The headers that a sender with `secret` (as written in its file; of asymmetric schemes the private key,
/// `whsk_…`) puts beside `body` when it sends it at `now` under `id`: names and values, without the content
/// type. A scheme that signs no id or time leaves them out.
///
/// # Errors
/// The secret is not written as the scheme has it.
pub fn sign(
    scheme: SchemeName,
    secret: &str,
    id: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<(String, String)>, SecretProblem> {
    sign_by(&scheme.row(), secret, id, body, now)
}
