//! Records as syslog messages: RFC 5424, each behind its length as RFC 5425 and RFC 6587 (section 3.4.1) have it.

use super::sense::{Sense, Severity};
use super::{cef, ocsf};
use crate::trail::record::{InvalidRecord, Record};

/// RFC 5424's number for what logs audits.
const LOG_AUDIT: u32 = 13;
/// The longest message id.
const MESSAGE_ID_BYTES_MAX: usize = 32;

/// What a message says of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A line of the Common Event Format.
    #[default]
    Cef,
    /// An event of OCSF.
    Ocsf,
    /// The record itself.
    Record,
}

/// Adds the frame of one record to `out`.
///
/// # Errors
/// The bytes are not a record.
pub fn frame(message: Message, host: &str, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), InvalidRecord> {
    let record = Record::decode(bytes)?;
    let text = match message {
        Message::Cef => cef::line(&record, bytes),
        Message::Ocsf => ocsf::event(&record, bytes).to_string(),
        Message::Record => String::from_utf8_lossy(bytes).into_owned(),
    };
    let priority = LOG_AUDIT * 8 + severity(Sense::of(&record.event).severity);
    let kind: String = record.event.kind().chars().take(MESSAGE_ID_BYTES_MAX).collect();
    let line = format!("<{priority}>1 {:.3} {host} portcullis - {kind} - {text}", record.at);
    out.extend_from_slice(format!("{} ", line.len()).as_bytes());
    out.extend_from_slice(line.as_bytes());
    Ok(())
}

/// Whether syslog takes it for the name of a host: 1 to 255 visible characters of ASCII.
#[must_use]
pub fn is_host(name: &str) -> bool {
    (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

fn severity(severity: Severity) -> u32 {
    match severity {
        Severity::Informational => 6,
        Severity::Low => 5,
        Severity::Medium => 4,
        Severity::High => 3,
    }
}
