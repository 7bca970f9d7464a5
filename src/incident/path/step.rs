//! One step of a path: which of a value's parts it goes on with, or how it reads the value first.

use std::borrow::Cow;

use serde_json::Value;

use super::capture::Capture;
use super::decode::Decoder;

/// What a path does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Goes on with parts of each value.
    Select(Select),
    /// Goes on with what each value says.
    Read(Read),
    /// Goes on with the first of all values that were reached.
    First,
}

/// Which parts of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Select {
    /// The member of this name.
    Member(String),
    /// The element at this place, from 0.
    Index(usize),
    /// All elements.
    Every,
    /// The elements in which the way through these members ends at this text.
    Where { members: Vec<String>, equals: String },
}

/// How a value is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    /// A text that is a JSON document.
    Json,
    /// A text that is base64 of text.
    Base64,
    /// A text of several lines.
    Lines,
    /// A text that has something in it.
    Capture(Capture),
    /// A text, in lower case.
    Lower,
    /// A text, a whole number or a boolean, as text.
    Text,
}

impl Step {
    /// The values it goes on with, at most one more than a step may reach.
    pub(super) fn apply<'v>(&self, values: Vec<Cow<'v, Value>>, decoder: &mut Decoder) -> Vec<Cow<'v, Value>> {
        let most = decoder.most + 1;
        match self {
            Self::Select(select) => values.into_iter().flat_map(|value| select.of(value, most)).take(most).collect(),
            Self::Read(read) => values.into_iter().flat_map(|value| decoder.read(read, value)).take(most).collect(),
            Self::First => values.into_iter().take(1).collect(),
        }
    }
}

impl Select {
    fn of<'v>(&self, value: Cow<'v, Value>, most: usize) -> Vec<Cow<'v, Value>> {
        match value {
            Cow::Borrowed(value) => self.parts(value).into_iter().map(Cow::Borrowed).collect(),
            // Decoded by a step before, so that it ends with this step; its parts go on.
            Cow::Owned(value) => {
                let parts = self.parts(&value).into_iter().take(most);
                parts.map(|part| Cow::Owned(part.clone())).collect()
            }
        }
    }

    fn parts<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Member(name), Value::Object(members)) => members.get(name).into_iter().collect(),
            (Self::Index(index), Value::Array(elements)) => elements.get(*index).into_iter().collect(),
            (Self::Every, Value::Array(elements)) => elements.iter().collect(),
            (Self::Where { members, equals }, Value::Array(elements)) => {
                let at_end = |element| members.iter().try_fold(element, |value: &Value, name| value.get(name));
                let says = |value: &Value| exact_text(value).is_some_and(|text| text == *equals);
                elements.iter().filter(|element| at_end(*element).is_some_and(says)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Read {
    /// Whether a text comes of it, of which nothing but another reading can be asked.
    pub(super) fn gives_text(&self) -> bool {
        match self {
            Self::Json => false,
            Self::Base64 | Self::Lines | Self::Capture(_) | Self::Lower | Self::Text => true,
        }
    }
}

/// What a value says, exactly as its sender wrote it. A number with a fraction or an exponent is left
/// out: it is kept as a float, from which `1.50` and `1e3` come back as `1.5` and `1000.0`.
pub(super) fn exact_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) if !number.is_f64() => Some(Cow::Owned(number.to_string())),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        _ => None,
    }
}
