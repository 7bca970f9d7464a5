//! The envelope of Amazon SNS: its members, and the text over which it is signed.

use serde_json::{Map, Value};

use super::refusal::SnsRefusal;
use crate::intake::json;

/// What is signed of a notification, in this order; a subject only if there is one.
const OF_NOTIFICATION: [&str; 6] = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
/// What is signed of a message about the subscription.
const OF_CONFIRMATION: [&str; 7] = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intake) enum MessageType {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

/// How a message is signed: RSA PKCS#1 v1.5 with SHA-1, or with SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intake) enum SignatureVersion {
    One,
    Two,
}

/// An envelope whose members are there. Nothing in it is proven.
pub(in crate::intake) struct Envelope {
    members: Map<String, Value>,
    pub message_type: MessageType,
    pub version: SignatureVersion,
}

impl Envelope {
    pub(in crate::intake) fn read(body: &[u8]) -> Result<Self, SnsRefusal> {
        let Ok(Value::Object(members)) = json::parse(body) else { return Err(SnsRefusal::Envelope) };
        let text = |name: &str| members.get(name).and_then(Value::as_str).ok_or(SnsRefusal::Envelope);
        let message_type = match text("Type")? {
            "Notification" => MessageType::Notification,
            "SubscriptionConfirmation" => MessageType::SubscriptionConfirmation,
            "UnsubscribeConfirmation" => MessageType::UnsubscribeConfirmation,
            _ => return Err(SnsRefusal::Type),
        };
        let version = match text("SignatureVersion")? {
            "1" => SignatureVersion::One,
            "2" => SignatureVersion::Two,
            _ => return Err(SnsRefusal::Version),
        };
        let envelope = Self { message_type, version, members };
        let complete = envelope.signed_members().all(|name| name == "Subject" || envelope.text(name).is_some());
        let named = ["Signature", "SigningCertURL"].iter().all(|name| envelope.text(name).is_some());
        // A subject that is no text would be signed by nobody and read by somebody.
        let subject = envelope.members.get("Subject").is_none_or(|subject| subject.is_string() || subject.is_null());
        if complete && named && subject && envelope.reads_one_way() { Ok(envelope) } else { Err(SnsRefusal::Envelope) }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// Each member that is there, its name and its value on lines of their own.
    pub(in crate::intake) fn text_to_sign(&self) -> String {
        let present = self.signed_members().filter_map(|name| Some((name, self.text(name)?)));
        present.map(|(name, value)| format!("{name}\n{value}\n")).collect()
    }

    /// What of it is signed, as JSON.
    pub(in crate::intake) fn signed_json(&self) -> Vec<u8> {
        let present = self.signed_members().filter_map(|name| Some((name.to_owned(), self.text(name)?.into())));
        Value::Object(present.collect()).to_string().into_bytes()
    }

    /// Whether the text that is signed can be of this message only. With a line break in any member but the first, what
    /// was signed as a subject could be sent again as the end of an id.
    fn reads_one_way(&self) -> bool {
        let has_break = |name: &str| self.text(name).is_some_and(|text| text.contains('\n'));
        !self.signed_members().any(|name| name != "Message" && has_break(name))
    }

    fn signed_members(&self) -> impl Iterator<Item = &'static str> {
        let members: &[&str] = match self.message_type {
            MessageType::Notification => &OF_NOTIFICATION,
            MessageType::SubscriptionConfirmation | MessageType::UnsubscribeConfirmation => &OF_CONFIRMATION,
        };
        members.iter().copied()
    }
}
