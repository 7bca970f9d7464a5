//! Ids. An alert's and an incident's are derived from content, so that a repeat has the same one.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Text that is not an id of the wanted kind; says which kind and what it wants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}: {wants}")]
pub struct InvalidId {
    kind: &'static str,
    wants: &'static str,
}

impl InvalidId {
    pub(super) fn new(kind: &'static str, wants: &'static str) -> Self {
        Self { kind, wants }
    }
}

/// A SHA-256 digest; shown and stored as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of several parts, each preceded by its length, so that no two lists of parts
    /// give the same input.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The digest of a JSON value, whatever order its names came in: RFC 8259 written without blanks, its names in order.
    #[must_use]
    pub fn of_json(value: &serde_json::Value) -> Self {
        Self::of(value.to_string().as_bytes())
    }

    /// The first `digits` hex digits (at most 64), for ids that people read aloud.
    #[must_use]
    pub fn short(&self, digits: usize) -> String {
        self.hex().as_str().get(..digits.min(64)).unwrap_or_default().to_owned()
    }

    fn hex(&self) -> Hex {
        let mut digits = [0; 64];
        // Two digits for each byte, so they always fit.
        let _ = hex::encode_to_slice(self.0, &mut digits);
        Hex(digits)
    }
}

/// A digest's digits, written without an allocation, because every record carries several.
struct Hex([u8; 64]);

impl Hex {
    fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hex().as_str())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Digest {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map(|()| Self(bytes))
            .map_err(|_| InvalidId { kind: "digest", wants: "64 hex digits" })
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.hex().as_str())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Makes a newtype over text that can only be had through its `parse`.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $wants:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes text that has the form the type's description names.
            ///
            /// # Errors
            /// The text has another form.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { kind: $kind, wants: $wants })
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A configured source's name: `^[a-z0-9][a-z0-9_-]{0,63}$`. Part of the URL a sender posts to,
    /// of every id derived below and of metric labels, hence the narrow alphabet.
    SourceName, "source name", "1 to 64 of a-z 0-9 _ -, beginning with a letter or digit",
    |text| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let mut bytes = text.bytes();
        text.len() <= 64
            && bytes.next().is_some_and(plain)
            && bytes.all(|b| plain(b) || b == b'_' || b == b'-')
    }
}

text_id! {
    /// The name of a channel that people are told by: `^[a-z0-9][a-z0-9_-]{0,63}$`, as that of a source.
    ChannelName, "channel name", "1 to 64 of a-z 0-9 _ -, beginning with a letter or digit",
    |text| SourceName::parse(text).is_ok()
}

text_id! {
    /// An alert's id: `alr_` and 32 hex digits of a digest over source and signed key.
    AlertId, "alert id", "alr_ and 32 lower-case hex digits",
    |text| has_prefix_and_hex(text, "alr_", 32)
}

text_id! {
    /// What a delivery is called that was not understood: `dlv_` and 32 hex digits of a digest over source, content
    /// and signed id.
    DeliveryId, "delivery id", "dlv_ and 32 lower-case hex digits",
    |text| has_prefix_and_hex(text, "dlv_", 32)
}

text_id! {
    /// An incident's id: `inc_` and 16 hex digits of a digest over alert and account. Short enough
    /// to be read out to a help desk.
    IncidentId, "incident id", "inc_ and 16 lower-case hex digits",
    |text| has_prefix_and_hex(text, "inc_", 16)
}

text_id! {
    /// A rule's id: a UUID in its hyphenated lower-case form, as Sigma asks for.
    RuleId, "rule id", "a UUID such as 5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11",
    |text| uuid::Uuid::parse_str(text).is_ok_and(|id| id.hyphenated().to_string() == text)
}

impl AlertId {
    /// The id of the alert that `source` named `key`. The key must come from signed material.
    #[must_use]
    pub fn derive(source: &SourceName, key: &str) -> Self {
        let digest = Digest::of_parts(&[b"alert", source.as_str().as_bytes(), key.as_bytes()]);
        Self(format!("alr_{}", digest.short(32)))
    }
}

impl DeliveryId {
    /// What is called so that came from `source` with this content, and under this id of its own where it has one.
    #[must_use]
    pub fn derive(source: &SourceName, content: Digest, id: Option<&str>) -> Self {
        let [with, id]: [&[u8]; 2] = id.map_or([b"without id", b""], |id| [b"id", id.as_bytes()]);
        let digest = Digest::of_parts(&[b"delivery", source.as_str().as_bytes(), &content.0, with, id]);
        Self(format!("dlv_{}", digest.short(32)))
    }
}

impl IncidentId {
    /// The id of the incident that `alert` opens on the account with this pseudonym. Of its name itself, whoever reads
    /// the trail could find out by trying which name it is.
    #[must_use]
    pub fn derive(alert: &AlertId, pseudonym: &str) -> Self {
        let digest = Digest::of_parts(&[b"incident", alert.as_str().as_bytes(), pseudonym.as_bytes()]);
        Self(format!("inc_{}", digest.short(16)))
    }

    /// The id of the incident that somebody opens on the account with this pseudonym, by their key for it.
    #[must_use]
    pub fn by_hand(actor: &str, key: &str, pseudonym: &str) -> Self {
        let digest = Digest::of_parts(&[b"incident by hand", actor.as_bytes(), key.as_bytes(), pseudonym.as_bytes()]);
        Self(format!("inc_{}", digest.short(16)))
    }
}

fn has_prefix_and_hex(text: &str, prefix: &str, digits: usize) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == digits && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn source_names_are_narrow() {
        for good in ["a", "okta-prod", "0_9", &"a".repeat(64)] {
            assert!(SourceName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "a.b", "a/b", "ä", "a\0", &"a".repeat(65)] {
            assert!(SourceName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn ids_are_the_same_for_the_same_content_only() {
        let okta = SourceName::parse("okta").unwrap();
        let other = SourceName::parse("okta2").unwrap();
        assert_eq!(AlertId::derive(&okta, "a"), AlertId::derive(&okta, "a"));
        assert_ne!(AlertId::derive(&okta, "2a"), AlertId::derive(&other, "a"));
        let alert = AlertId::derive(&okta, "a");
        assert!(AlertId::parse(alert.as_str()).is_ok());
        assert!(IncidentId::parse(IncidentId::derive(&alert, "email:x").as_str()).is_ok());
    }

    #[test]
    fn a_rule_id_is_a_canonical_uuid() {
        assert!(RuleId::parse("5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11").is_ok());
        for bad in ["5D0C7B0E-8A3E-4B7E-9A55-6F2A1C1F9C11", "5d0c7b0e8a3e4b7e9a556f2a1c1f9c11", "x"] {
            assert!(RuleId::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parts_never_run_together(a in "[a-c]{0,4}", b in "[a-c]{0,4}", c in "[a-c]{0,4}", d in "[a-c]{0,4}") {
            let same = a == c && b == d;
            let left = Digest::of_parts(&[a.as_bytes(), b.as_bytes()]);
            let right = Digest::of_parts(&[c.as_bytes(), d.as_bytes()]);
            prop_assert_eq!(left == right, same);
        }
    }
}
