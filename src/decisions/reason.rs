//! Why somebody decides something, as it lands on the trail.

use serde::Deserialize;

use crate::incident::shows_nothing;

/// The longest reason that people give, in characters.
const CHARACTERS_MAX: usize = 500;

/// A reason that somebody gives: it says something, in at most 500 characters, on one line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Reason(String);

/// It says nothing, is too long, or has control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reason says something, in at most {CHARACTERS_MAX} characters, on one line")]
pub struct NoReason;

impl Reason {
    /// # Errors
    /// It cannot stand on the trail as a reason.
    pub fn parse(text: &str) -> Result<Self, NoReason> {
        let fits = text.chars().count() <= CHARACTERS_MAX && !text.chars().any(char::is_control);
        if fits && !shows_nothing(text) { Ok(Self(text.to_owned())) } else { Err(NoReason) }
    }

    /// As it stands on the trail.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

impl TryFrom<String> for Reason {
    type Error = NoReason;

    fn try_from(text: String) -> Result<Self, NoReason> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something_on_one_line() {
        for fit in ["it was a drill", "误报", &"x".repeat(500)] {
            assert_eq!(Reason::parse(fit).map(Reason::into_text), Ok(fit.to_owned()));
        }
        for unfit in ["", "  ", "\u{200b}", "two\nlines", "\u{1b}[2J", &"x".repeat(501)] {
            assert_eq!(Reason::parse(unfit), Err(NoReason), "{unfit:?}");
        }
    }
}
