//! DingTalk IDs: the public name under which people find one another, apart from the `userid`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Digest, IncidentId};

/// More than any DingTalk ID has, in bytes.
const BYTES_MAX: usize = 64;
/// DingTalk's bounds for an id that is chosen, in characters.
const CHOSEN_CHARS_MIN: usize = 6;
const CHOSEN_CHARS_MAX: usize = 20;
/// The longest prefix, in characters: what follows it has 60 bits then, which nobody guesses.
const PREFIX_CHARS_MAX: usize = 8;
/// What follows a prefix: base32, as RFC 4648 has it, in small letters.
const BASE32: [u8; 32] = *b"abcdefghijklmnopqrstuvwxyz234567";

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

    /// The same as somebody has it, for look-ups.
    #[must_use]
    pub fn as_taken(&self) -> &DingTalkId {
        &self.0
    }
}

impl TryFrom<String> for ChosenDingTalkId {
    type Error = InvalidDingTalkId;

    fn try_from(text: String) -> Result<Self, InvalidDingTalkId> {
        Self::parse(&text)
    }
}

impl From<ChosenDingTalkId> for String {
    fn from(id: ChosenDingTalkId) -> String {
        id.0.0
    }
}

/// What a new DingTalk ID is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewDingTalkId {
    /// This one; no two accounts can have it, so it is for one account.
    Chosen(ChosenDingTalkId),
    /// One that begins so and that nobody can guess.
    Prefixed(DingTalkIdPrefix),
}

impl NewDingTalkId {
    /// It, or what it begins with, as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Chosen(id) => id.as_str(),
            Self::Prefixed(prefix) => &prefix.0,
        }
    }

    /// The id for an incident on the account of that pseudonym.
    #[must_use]
    pub fn of(&self, incident: &IncidentId, pseudonym: &str) -> ChosenDingTalkId {
        match self {
            Self::Chosen(id) => id.clone(),
            Self::Prefixed(prefix) => prefix.id_for(incident, pseudonym),
        }
    }
}

/// What new DingTalk IDs begin with: 1 to 8 letters and digits of ASCII, a letter first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DingTalkIdPrefix(String);

impl DingTalkIdPrefix {
    /// Takes text of that form.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidDingTalkId> {
        let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric());
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
        if is_plain && begins_well && text.len() <= PREFIX_CHARS_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDingTalkId("a prefix has 1 to 8 letters and digits of ASCII, and begins with a letter"))
        }
    }

    /// The id for an incident on the account of that pseudonym: the same on every attempt, and another one for every
    /// other incident. The pseudonym is keyed, so whoever knows the incident's id, as the employee does, cannot tell
    /// the new one from it.
    #[must_use]
    pub fn id_for(&self, incident: &IncidentId, pseudonym: &str) -> ChosenDingTalkId {
        let parts = [b"dingtalk id".as_slice(), incident.as_str().as_bytes(), pseudonym.as_bytes()];
        let Digest(hash) = Digest::of_parts(&parts);
        // Five bits of each byte: 32 divides 256, so every letter is as likely as every other.
        let letters = hash.iter().filter_map(|byte| BASE32.get(usize::from(byte % 32))).copied().map(char::from);
        let id = self.0.chars().chain(letters).take(CHOSEN_CHARS_MAX).collect();
        ChosenDingTalkId(DingTalkId(id))
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

    #[test]
    fn a_prefix_leaves_room_for_what_nobody_guesses() {
        for good in ["a", "sec", "Sec12345"] {
            assert!(DingTalkIdPrefix::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "a-b", "a b", "sec123456", "张", "é"] {
            assert!(DingTalkIdPrefix::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_new_id_is_the_same_on_every_attempt_and_another_one_for_every_other_incident_and_account() {
        let incident = |text: &str| IncidentId::parse(text).unwrap();
        let (one, other) = (incident("inc_0123456789abcdef"), incident("inc_0123456789abcdee"));
        for prefix in ["s", "sec", "Sec12345"] {
            let new = NewDingTalkId::Prefixed(DingTalkIdPrefix::parse(prefix).unwrap());
            let id = new.of(&one, "00ff");
            assert_eq!(new.of(&one, "00ff"), id);
            assert_eq!(ChosenDingTalkId::parse(id.as_str()), Ok(id.clone()));
            assert!(id.as_str().len() == CHOSEN_CHARS_MAX && id.as_str().starts_with(prefix));
            assert!(new.of(&other, "00ff") != id && new.of(&one, "00fe") != id);
        }
        let chosen = ChosenDingTalkId::parse("zhang2027").unwrap();
        assert_eq!(NewDingTalkId::Chosen(chosen.clone()).of(&one, "00ff"), chosen);
    }

    #[test]
    fn what_is_read_from_a_record_has_the_form_too() {
        assert!(serde_json::from_str::<ChosenDingTalkId>("\"zhang2027\"").is_ok());
        assert!(serde_json::from_str::<ChosenDingTalkId>("\"1zhang\"").is_err());
    }
}
