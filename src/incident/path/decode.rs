//! Reads what texts say: JSON in a text, base64, lines, a part of it. What is no such text is not reached.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::DECODED_BYTES_MAX;
use super::step::{self, Read};
use crate::incident::json;

/// Senders pad or do not. Bits that stand for nothing must be zero all the same, or one text could be
/// written in several ways.
const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER_PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER_PADDING);

/// Reads the texts on the way of one path through one event, and remembers what it could not read.
#[derive(Debug)]
pub(super) struct Decoder {
    bytes_left: usize,
    /// The most values that a step may reach.
    pub(super) most: usize,
    /// There was more text than is read.
    pub(super) is_spent: bool,
    /// There was something that could not be read.
    pub(super) has_unread: bool,
}

impl Decoder {
    pub(super) fn new(most: usize) -> Self {
        Self { bytes_left: DECODED_BYTES_MAX, most, is_spent: false, has_unread: false }
    }

    /// What the value says, read in this way. Null says nothing, as a member that is missing.
    pub(super) fn read<'v>(&mut self, read: &Read, value: Cow<'v, Value>) -> Vec<Cow<'v, Value>> {
        if value.is_null() {
            return Vec::new();
        }
        if *read == Read::Text {
            return self.noting(text(value));
        }
        let Some(text) = value.as_str() else { return self.noting(None) };
        let Some(text) = self.within(text) else { return Vec::new() };
        let said = match read {
            Read::Json => json::parse(text.as_bytes()).ok(),
            Read::Base64 => from_base64(text).map(Value::String),
            Read::Lines => return lines(text, self.most),
            // An expression is asked whether it is there. That it is not is an answer.
            Read::Capture(capture) => return said(capture.first_in(text)),
            Read::Lower => Some(Value::String(text.to_lowercase())),
            Read::Text => None,
        };
        self.noting(said.map(Cow::Owned))
    }

    /// The value, and a note if there is none.
    fn noting<'v>(&mut self, said: Option<Cow<'v, Value>>) -> Vec<Cow<'v, Value>> {
        self.has_unread |= said.is_none();
        said.into_iter().collect()
    }

    /// The text, if there may be as much.
    fn within<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let left = self.bytes_left.checked_sub(text.len());
        self.is_spent |= left.is_none();
        self.bytes_left = left.unwrap_or(0);
        left.map(|_| text)
    }
}

fn text(value: Cow<'_, Value>) -> Option<Cow<'_, Value>> {
    if value.is_string() {
        return Some(value);
    }
    step::exact_text(&value).map(|text| Cow::Owned(Value::String(text.into_owned())))
}

fn from_base64(text: &str) -> Option<String> {
    let engine = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    String::from_utf8(engine.decode(text).ok()?).ok()
}

fn lines<'v>(text: &str, most: usize) -> Vec<Cow<'v, Value>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.take(most + 1).map(|line| Cow::Owned(line.into())).collect()
}

fn said<'v>(text: Option<&str>) -> Vec<Cow<'v, Value>> {
    text.map(|text| Cow::Owned(text.into())).into_iter().collect()
}
