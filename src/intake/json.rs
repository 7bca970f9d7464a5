//! Reads a body as strict JSON, and says in the intake's words why it is none.

use serde_json::Value;

use super::Unreadable;
use crate::incident::flawed;
use crate::incident::json::{self, NotStrict};

/// The one JSON document in `bytes`, as the bodies of alerts are read: with no name twice in an object,
/// no number that would be changed, and neither too deep nor too large.
///
/// # Errors
/// Any of the `Json…` reasons.
pub fn parse(bytes: &[u8]) -> Result<Value, Unreadable> {
    json::parse(bytes).map_err(in_our_words)
}

/// The same, but of a document of which parts cannot be taken so: those are marked. Says how many they are.
///
/// # Errors
/// The document as a whole cannot.
pub(super) fn parse_around(bytes: &[u8]) -> Result<(Value, usize), Unreadable> {
    match parse(bytes) {
        Ok(document) => Ok((document, 0)),
        Err(reason) => flawed::parse_around(bytes).map_err(|_| reason),
    }
}

/// What is wrong with the first part that is marked.
pub(super) fn flaw(value: &Value) -> Option<Unreadable> {
    flawed::first_flaw(value).map(in_our_words)
}

fn in_our_words(problem: NotStrict) -> Unreadable {
    match problem {
        NotStrict::Syntax => Unreadable::JsonSyntax,
        NotStrict::DuplicateKey => Unreadable::JsonDuplicateKey,
        NotStrict::ReservedKey => Unreadable::JsonReservedKey,
        NotStrict::Limits => Unreadable::JsonLimits,
        NotStrict::Number => Unreadable::JsonNumber,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_keeps_its_name() {
        for (text, reason) in [
            ("{", Unreadable::JsonSyntax),
            (r#"{"a":1,"a":1}"#, Unreadable::JsonDuplicateKey),
            (r#"{"$serde_json::private::RawValue":"1"}"#, Unreadable::JsonReservedKey),
            (&"[".repeat(100), Unreadable::JsonLimits),
            ("18446744073709551616", Unreadable::JsonNumber),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(reason), "{text}");
        }
        assert_eq!(parse(b"1"), Ok(1.into()));
    }
}
