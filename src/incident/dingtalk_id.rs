//! DingTalk IDs: the public name under which people find one another, apart from the `userid`.

use std::fmt;

/// More than any DingTalk ID has, in bytes.
const BYTES_MAX: usize = 64;
/// DingTalk's bounds for an id that is chosen, in characters.
const CHOSEN_CHARS_MIN: usize = 6;
const CHOSEN_CHARS_MAX: usize = 20;

/// Text that cannot be a DingTalk ID; the text itself is not repeated, it may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the DingTalk ID is not usable: {0}")]
pub struct InvalidDingTalkId(&'static str);

/// A DingTalk ID as somebody has it: 1 to 64 visible ASCII characters, because those that DingTalk gave out
/// itself need not have the form of chosen ones. Personal, so it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DingTalkId(String);

impl DingTalkId {
    /// Takes text of that form.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidDingTalkId> {
        let valid = (1..=BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDingTalkId("it has 1 to 64 visible ASCII characters"))
        }
    }

    /// The id as text, for look-ups. Not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DingTalkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DingTalkId(redacted)")
    }
}

/// A DingTalk ID that may be chosen: 6 to 20 letters and digits of ASCII, a letter first. Whether somebody
/// else has it, or it is reserved, only DingTalk knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenDingTalkId(DingTalkId);

impl ChosenDingTalkId {
    /// Takes text of that form.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidDingTalkId> {
        if !(CHOSEN_CHARS_MIN..=CHOSEN_CHARS_MAX).contains(&text.chars().count()) {
            return Err(InvalidDingTalkId("it has 6 to 20 characters"));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(InvalidDingTalkId("it has only letters and digits of ASCII"));
        }
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(InvalidDingTalkId("it begins with a letter"));
        }
        DingTalkId::parse(text).map(Self)
    }

    /// The id as text, for the call. Not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documented_form_can_be_chosen() {
        for good in ["abc123", "A2345678901234567890", "abcdef"] {
            assert_eq!(ChosenDingTalkId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "abc12", "a23456789012345678901", "1abcdef", "abc-123", "abc 123", "張三張三張三", "аbcdef"]
        {
            assert!(ChosenDingTalkId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_that_somebody_has_may_have_another_form() {
        assert_eq!(DingTalkId::parse("7_x-y").unwrap().as_str(), "7_x-y");
        for bad in ["", "a b", "a\nb", "a\u{202e}b", &"a".repeat(65)] {
            assert!(DingTalkId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(!format!("{:?}", ChosenDingTalkId::parse("zhang2027").unwrap()).contains("zhang"));
    }
}
