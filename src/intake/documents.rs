//! The JSON documents that a body is.

use serde_json::Value;

use super::mapping::{EVENTS_MAX, Readable};
use super::{Unreadable, json};

/// The documents of a body, at least one.
pub(super) struct Documents {
    pub(super) read: Vec<Value>,
    /// Why something beside them could not be read.
    pub(super) left_out: Option<Unreadable>,
    /// How many parts of them are not strict, and marked.
    pub(super) flaws: usize,
}

impl Documents {
    /// A document that is strict.
    pub(super) fn of(document: Value) -> Self {
        Self { read: vec![document], left_out: None, flaws: 0 }
    }

    /// One document, as far as it is strict.
    ///
    /// # Errors
    /// Nothing of it is.
    pub(super) fn around(body: &[u8]) -> Result<Self, Unreadable> {
        let (document, flaws) = json::parse_around(body)?;
        Ok(Self { read: vec![document], left_out: None, flaws })
    }

    /// One document, or one in each line; empty lines are between lines.
    ///
    /// # Errors
    /// Nothing could be read.
    pub(super) fn in_lines(body: &[u8]) -> Result<Self, Unreadable> {
        let whole = match Self::around(body) {
            Ok(whole) => return Ok(whole),
            Err(reason) => reason,
        };
        let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
        let lines: Vec<&[u8]> = lines.take(EVENTS_MAX + 1).collect();
        match lines.len() {
            // It is not in lines, so what is wrong is what was wrong with the whole.
            0 | 1 => Err(whole),
            2..=EVENTS_MAX => {
                let mut flaws = 0;
                let lines = lines.into_iter().map(|line| {
                    let (document, of_line) = json::parse_around(line)?;
                    flaws += of_line;
                    Ok(document)
                });
                let Readable { read, left_out } = Readable::of(lines)?;
                Ok(Self { read, left_out, flaws })
            }
            _ => Err(Unreadable::SchemaEvents),
        }
    }
}
