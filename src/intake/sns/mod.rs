//! Verifies messages of Amazon SNS, which are signed inside their JSON body by a certificate that they name, and
//! confirms subscriptions to our own topics.

pub(super) mod address;
pub(super) mod certificate;
pub(super) mod confirming;
pub(super) mod envelope;
pub(super) mod refusal;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use certificate::Certificate;
use envelope::{Envelope, MessageType, SignatureVersion};
use refusal::SnsRefusal;

use super::Headers;
use super::address::{Address, PlainHttp};
use super::fetch::{Fetcher, Unavailable};
use super::prove::Unproven;
use super::shelf::Why;
use crate::incident::Timestamp;

/// How old a message may be unless the source says otherwise, in seconds: SNS tries for an hour.
pub(super) const AGE_S_MAX: i64 = 3_600;
/// How far Amazon's clock may be ahead of ours, in seconds.
const AHEAD_S_MAX: i64 = 300;
/// The most of the answer to a confirmation that is read, in bytes; it is a little XML.
const CONFIRMED_BYTES_MAX: usize = 16 * 1024;
/// The header by which raw deliveries tell themselves.
const RAW_HEADER: &str = "x-amz-sns-rawdelivery";

/// What a message must be.
#[derive(Debug, Clone)]
pub(super) struct SnsRules {
    /// The topics, whole, letter by letter: a good signature says only that SNS sent it, not for whom.
    pub topics: Vec<String>,
    /// Whether version 1, which is by SHA-1, will do.
    pub allow_sha1: bool,
    /// How old it may be, in seconds; [`AGE_S_MAX`] unless configured.
    pub age_s_max: i64,
    /// For tests on this machine.
    pub plain_http: PlainHttp,
}

/// A message that is in order but for its signature: what it says cannot be seen, only where its certificate is.
pub(super) struct Unsigned {
    envelope: Envelope,
    signature: Vec<u8>,
    certificate: Address,
    confirm: Option<Address>,
    sent_at: Timestamp,
}

/// What a message turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SnsMessage {
    /// It carries something.
    Notification(Notification),
    /// SNS asks whether we want the topic's messages.
    Confirm(Confirm),
    /// The subscription has ended; an operator should know. Not to be visited: it would subscribe again.
    Unsubscribed { topic: String, message_id: String },
}

/// What a topic's owner has published.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Notification {
    /// The same when it is sent again.
    pub message_id: String,
    pub topic: String,
    pub subject: Option<String>,
    /// Mostly JSON in a text. Personal data.
    pub message: String,
    pub sent_at: Timestamp,
}

/// Whether it is an ARN of a topic: <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>.
pub(super) fn is_topic(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts[..] else { return false };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let are_names = [partition, region, name].iter().all(|part| !part.is_empty() && part.bytes().all(is_name));
    are_names && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
}

/// Proof that SNS asks about one of our topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Confirm {
    pub topic: String,
    pub message_id: String,
    address: Address,
}

impl SnsRules {
    /// Everything about a message that can be told without its certificate.
    ///
    /// # Errors
    /// It is refused.
    pub(super) fn read(&self, headers: &Headers<'_>, body: &[u8], now: Timestamp) -> Result<Unsigned, SnsRefusal> {
        if headers.all(RAW_HEADER).any(|value| !value.eq_ignore_ascii_case(b"false")) {
            return Err(SnsRefusal::Raw);
        }
        let envelope = Envelope::read(body)?;
        let text = |name| envelope.text(name).unwrap_or_default();
        if !self.topics.iter().any(|topic| topic == text("TopicArn")) {
            return Err(SnsRefusal::Topic);
        }
        if envelope.version == SignatureVersion::One && !self.allow_sha1 {
            return Err(SnsRefusal::Version);
        }
        let certificate = address::of_certificate(text("SigningCertURL"), self.plain_http);
        let certificate = certificate.ok_or(SnsRefusal::CertificateAddress)?;
        let confirm = match envelope.message_type {
            MessageType::SubscriptionConfirmation => {
                let address = address::of_confirmation(text("SubscribeURL"), text("TopicArn"), self.plain_http);
                Some(address.ok_or(SnsRefusal::ConfirmAddress)?)
            }
            MessageType::Notification | MessageType::UnsubscribeConfirmation => None,
        };
        let sent_at = self.sent_at(text("Timestamp"), now)?;
        let signature = STANDARD.decode(text("Signature")).map_err(|_| SnsRefusal::Signature)?;
        Ok(Unsigned { envelope, signature, certificate, confirm, sent_at })
    }

    fn sent_at(&self, text: &str, now: Timestamp) -> Result<Timestamp, SnsRefusal> {
        let exact: Timestamp = text.parse().map_err(|_| SnsRefusal::Timestamp)?;
        let age_ms = now.as_millisecond().saturating_sub(exact.as_millisecond());
        if age_ms > self.age_s_max.saturating_mul(1_000) {
            return Err(SnsRefusal::Stale);
        }
        if age_ms < -AHEAD_S_MAX * 1_000 {
            return Err(SnsRefusal::Future);
        }
        Timestamp::from_millisecond(exact.as_millisecond()).map_err(|_| SnsRefusal::Timestamp)
    }
}

impl Unsigned {
    /// Where its certificate is: at Amazon SNS.
    pub(super) fn certificate(&self) -> &Address {
        &self.certificate
    }

    /// What the message is, if the certificate's key signed it.
    ///
    /// # Errors
    /// It is refused, or another certificate of the same address could prove it.
    pub(super) fn prove(
        &self,
        certificate: Option<&Certificate>,
        now: Timestamp,
    ) -> Result<SnsMessage, Unproven<SnsRefusal>> {
        let Some(certificate) = certificate else {
            return Err(Unproven::NeedsKeys(Why::NoneFresh, SnsRefusal::Certificate));
        };
        if !certificate.is_valid_at(now) {
            return Err(Unproven::NeedsKeys(Why::NotFitting, SnsRefusal::Certificate));
        }
        let text = self.envelope.text_to_sign();
        if certificate.has_signed(self.envelope.version, text.as_bytes(), &self.signature) {
            self.opened().map_err(Unproven::Refused)
        } else {
            Err(Unproven::NeedsKeys(Why::NotFitting, SnsRefusal::Signature))
        }
    }

    /// The text that the signature is over.
    pub(super) fn text_to_sign(&self) -> String {
        self.envelope.text_to_sign()
    }

    /// The message with nothing in it but what is in that text, as JSON.
    pub(super) fn signed_members(&self) -> Vec<u8> {
        self.envelope.signed_json()
    }

    /// When it says that it was sent.
    pub(super) fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    fn opened(&self) -> Result<SnsMessage, SnsRefusal> {
        let text = |name| self.envelope.text(name).map(str::to_owned);
        let required = |name| text(name).ok_or(SnsRefusal::Envelope);
        let (topic, message_id) = (required("TopicArn")?, required("MessageId")?);
        // One that is no name would be that of many.
        if message_id.trim().is_empty() {
            return Err(SnsRefusal::Envelope);
        }
        Ok(match (self.envelope.message_type, &self.confirm) {
            (MessageType::Notification, _) => {
                let (subject, message) = (text("Subject"), required("Message")?);
                SnsMessage::Notification(Notification { message_id, topic, subject, message, sent_at: self.sent_at })
            }
            (MessageType::SubscriptionConfirmation, Some(address)) => {
                SnsMessage::Confirm(Confirm { topic, message_id, address: address.clone() })
            }
            (MessageType::SubscriptionConfirmation, None) => return Err(SnsRefusal::ConfirmAddress),
            (MessageType::UnsubscribeConfirmation, _) => SnsMessage::Unsubscribed { topic, message_id },
        })
    }
}

impl Confirm {
    /// Tells SNS yes.
    ///
    /// # Errors
    /// It did not answer 200; it will ask again, or an operator does.
    pub(super) async fn send(&self, fetcher: &Fetcher) -> Result<(), Unavailable> {
        fetcher.get(&self.address, CONFIRMED_BYTES_MAX).await.map(drop)
    }
}

/// Without what is published.
impl std::fmt::Debug for Notification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Notification");
        debug.field("message_id", &self.message_id).field("topic", &self.topic).finish_non_exhaustive()
    }
}
