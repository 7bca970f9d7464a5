//! What a request says of itself as DingTalk's callbacks do: signature, time and nonce in the query, and in the body
//! what is encrypted. Well-formed when it comes from here, and not proven.
//!
//! The signature is over the four texts without anything between them, so a character could pass from the end of one
//! to the beginning of the next, and one signature would fit two requests. So each has one narrow spelling: a time
//! is 10 digits or the same with three more, a nonce has none of base64's `+`, `/` and `=` and is shorter than three
//! blocks of the cipher are in base64, and what is encrypted is whole blocks.

use std::borrow::Cow;

use serde::Deserialize;

use crate::intake::{Refusal, Request};

/// The parameters' names; DingTalk's own pages have both, of whatever age they are.
const SIGNATURE: [&str; 2] = ["signature", "msg_signature"];
const TIMESTAMP: [&str; 2] = ["timestamp", "timeStamp"];
const NONCE: [&str; 1] = ["nonce"];
/// The digits of a time in seconds and in milliseconds, until the year 2286.
const SECONDS_DIGITS: usize = 10;
const MILLISECONDS_DIGITS: usize = 13;
/// The longest nonce, in bytes.
const NONCE_BYTES_MAX: usize = 48;

/// What a request says of itself.
#[derive(Debug)]
pub(in crate::intake) struct Claim<'d> {
    pub(super) signature: [u8; 20],
    pub(super) timestamp: Cow<'d, str>,
    pub(super) nonce: Cow<'d, str>,
    pub(super) encrypted: Cow<'d, str>,
    /// When it was sent, in milliseconds since 1970.
    pub(in crate::intake) sent_ms: i64,
}

#[derive(Deserialize)]
struct Envelope<'d> {
    #[serde(borrow)]
    encrypt: Cow<'d, str>,
}

impl<'d> Claim<'d> {
    /// # Errors
    /// Something is missing, there twice, or not written as DingTalk writes it.
    pub(in crate::intake) fn read(request: &Request<'d>) -> Result<Self, Refusal> {
        let of = |names, malformed| parameter(request.query, names, malformed);
        let signature = of(&SIGNATURE, Refusal::SignatureMalformed)?.ok_or(Refusal::SignatureMissing)?;
        let signature = sha1(&signature).ok_or(Refusal::SignatureMalformed)?;
        let timestamp = of(&TIMESTAMP, Refusal::TimestampMalformed)?.ok_or(Refusal::TimestampMissing)?;
        let sent_ms = milliseconds(&timestamp).ok_or(Refusal::TimestampMalformed)?;
        let nonce = of(&NONCE, Refusal::SignatureMalformed)?;
        let nonce = nonce.filter(|nonce| is_nonce(nonce)).ok_or(Refusal::SignatureMalformed)?;
        // The same member twice is an error here; what stands beside it is not signed and not read.
        let Envelope { encrypt: encrypted } =
            serde_json::from_slice(request.body).map_err(|_| Refusal::SignatureMalformed)?;
        Ok(Self { signature, timestamp, nonce, encrypted, sent_ms })
    }
}

/// The value under these names: each of them once at most, and all with the same value, or each half of the way may
/// read another one.
fn parameter<'d>(query: &'d str, names: &[&str], malformed: Refusal) -> Result<Option<Cow<'d, str>>, Refusal> {
    let mut one = None;
    for name in names {
        let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(other, _)| other == name);
        let Some((_, value)) = values.next() else { continue };
        let is_other = |known: &Cow<'d, str>| *known != value;
        if values.next().is_some() || one.as_ref().is_some_and(is_other) {
            return Err(malformed);
        }
        one = Some(value);
    }
    Ok(one)
}

/// Forty lower-case hexadecimal digits.
fn sha1(text: &str) -> Option<[u8; 20]> {
    let is_lower_case = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hex::decode(text).ok().filter(|_| is_lower_case)?.try_into().ok()
}

fn milliseconds(text: &str) -> Option<i64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let number: i64 = text.parse().ok().filter(|_| is_plain)?;
    match text.len() {
        SECONDS_DIGITS => number.checked_mul(1_000),
        MILLISECONDS_DIGITS => Some(number),
        _ => None,
    }
}

fn is_nonce(text: &str) -> bool {
    let is_narrow = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    is_narrow && (1..=NONCE_BYTES_MAX).contains(&text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_ten_digits_or_thirteen() {
        assert_eq!(milliseconds("1614767836"), Some(1_614_767_836_000));
        assert_eq!(milliseconds("1614767836123"), Some(1_614_767_836_123));
        for bad in ["", "0614767836", "161476783", "16147678361", "161476783612", "16147678361234", "+614767836", "1.4"]
        {
            assert_eq!(milliseconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_nonce_is_narrow_and_short() {
        for good in ["a", "nEXhMP4r", "A_-9", &"x".repeat(48)] {
            assert!(is_nonce(good), "{good}");
        }
        for bad in ["", "a b", "a+b", "a/b", "a=", "ä", "a.b", &"x".repeat(49)] {
            assert!(!is_nonce(bad), "{bad}");
        }
    }
}
