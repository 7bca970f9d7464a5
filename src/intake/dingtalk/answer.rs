//! What DingTalk is answered, and what it sends: the same envelope both ways.

use std::sync::Arc;

use serde_json::{Value, json};

use super::DingTalkKey;
use crate::incident::Timestamp;
use crate::intake::any_case;

/// What DingTalk wants to read in the answer to every event.
pub(in crate::intake) const SUCCESS: &str = "success";
/// The longest `Random` that is given back, in bytes.
const RANDOM_BYTES_MAX: usize = 128;

/// What a sender is answered that reads only what is encrypted for it. Sent when the delivery is recorded, not before.
#[derive(Debug, Clone)]
pub struct Answer {
    key: Arc<DingTalkKey>,
    text: String,
}

/// The same text for the same key.
impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.key, &other.key) && self.text == other.text
    }
}

impl Eq for Answer {}

/// Chance that one envelope is made with; never used for two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// What comes before the message.
    pub bytes: [u8; 16],
    /// What is signed beside it: letters and digits.
    pub nonce: String,
}

/// What DingTalk sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// What stands behind the `?` of the URL.
    pub query: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Fresh {
    /// From the system's own.
    ///
    /// # Errors
    /// The system has none.
    pub fn random() -> Result<Self, getrandom::Error> {
        let (mut bytes, mut nonce) = ([0; 16], [0; 8]);
        getrandom::fill(&mut bytes)?;
        getrandom::fill(&mut nonce)?;
        Ok(Self { bytes, nonce: hex::encode(nonce) })
    }
}

impl Answer {
    pub(super) fn new(key: Arc<DingTalkKey>, text: String) -> Self {
        Self { key, text }
    }

    /// The document to answer with at `now`.
    #[must_use]
    pub fn document(&self, now: Timestamp, fresh: &Fresh) -> Value {
        let Envelope { signature, timestamp, encrypted } = self.key.envelope(self.text.as_bytes(), now, fresh);
        json!({ "msg_signature": signature, "timeStamp": timestamp, "nonce": fresh.nonce, "encrypt": encrypted })
    }
}

struct Envelope {
    signature: String,
    timestamp: String,
    encrypted: String,
}

impl DingTalkKey {
    /// What DingTalk sends at `now` to say `message`: for `send`, for set-up help and for tests.
    #[must_use]
    pub fn push(&self, message: &[u8], now: Timestamp, fresh: &Fresh) -> Push {
        let Envelope { signature, timestamp, encrypted } = self.envelope(message, now, fresh);
        let query = format!("msg_signature={signature}&timestamp={timestamp}&nonce={}", fresh.nonce);
        Push { query, body: json!({ "encrypt": encrypted }).to_string().into_bytes() }
    }

    /// What DingTalk reads in an answer. `None` if it is not signed and encrypted for it.
    #[must_use]
    pub fn read_answer(&self, document: &Value) -> Option<Vec<u8>> {
        let text = |name: &str| document.get(name)?.as_str();
        let encrypted = text("encrypt")?;
        let signature = hex::decode(text("msg_signature")?).ok()?.try_into().ok()?;
        let is_signed = self.has_signed(signature, text("timeStamp")?, text("nonce")?, encrypted);
        is_signed.then(|| self.open(encrypted))?
    }

    fn envelope(&self, message: &[u8], now: Timestamp, fresh: &Fresh) -> Envelope {
        let timestamp = now.as_millisecond().to_string();
        let encrypted = self.seal(message, fresh.bytes);
        let signature = hex::encode(self.signature(&timestamp, &fresh.nonce, &encrypted));
        Envelope { signature, timestamp, encrypted }
    }
}

/// What is to be answered to an event that only asks whether we are there.
pub(in crate::intake) fn handshake(document: &Value) -> Option<String> {
    match any_case::member(document, "EventType")?.as_str()? {
        "check_url" => Some(SUCCESS.to_owned()),
        "check_create_suite_url" | "check_update_suite_url" => {
            let random = any_case::member(document, "Random")?.as_str()?;
            let is_plain = (1..=RANDOM_BYTES_MAX).contains(&random.len()) && !random.chars().any(char::is_control);
            is_plain.then(|| random.to_owned())
        }
        _ => None,
    }
}
