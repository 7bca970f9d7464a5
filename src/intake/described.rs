//! A way of signing that an operator describes in the configuration, in the words of the table.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::SchemeName;
use super::scheme::{
    Algorithm, Encoding, Grammar, Piece, Scheme, SecretFormat, Signature, Text, TimestampFormat, TimestampPlace,
    TimestampRule,
};
use crate::incident::Assurance;

/// The longest name and the longest text of a description, in bytes.
const TEXT_BYTES_MAX: usize = 128;
/// How far a time may be off unless something else is said, in seconds.
const TOLERANCE_S_DEFAULT: i64 = 300;
/// The most that can be said: beyond it a captured request is good for long.
const TOLERANCE_S_MAX: i64 = 3_600;

/// How a source signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureSettings {
    /// As one of the senders that are known.
    Known(SchemeName),
    /// As the operator says.
    Described(Box<Described>),
}

/// A description of a way to sign.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// The header with the signature.
    header: String,
    /// How many signatures it has.
    #[serde(default)]
    grammar: GrammarName,
    /// What parts several of them; a comma unless something else is said.
    separator: Option<char>,
    /// What stands before each.
    #[serde(default)]
    prefix: String,
    /// The keys under which signatures stand, of `key-value`.
    #[serde(default)]
    keys: Vec<String>,
    encoding: Encoding,
    algorithm: Algorithm,
    /// What is signed: text with `{header:NAME}`, `{item:KEY}` and `{body}` in it.
    content: String,
    /// How the secret is written in its file.
    secret: SecretFormat,
    /// The header with the delivery's id, if it is signed.
    id_header: Option<String>,
    /// The time of sending, if it is signed.
    timestamp: Option<DescribedTime>,
}

/// Where a signed time is and how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribedTime {
    header: Option<String>,
    item: Option<String>,
    format: TimestampFormat,
    tolerance_s: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum GrammarName {
    #[default]
    Single,
    List,
    KeyValue,
}

impl SignatureSettings {
    /// What it comes to.
    ///
    /// # Errors
    /// What is wrong with a description.
    pub(super) fn scheme(&self) -> Result<Scheme, String> {
        match self {
            Self::Known(name) => Ok(name.row()),
            Self::Described(described) => described.scheme(),
        }
    }

    /// How strongly a delivery signed this way proves itself; least, if the description is wrong.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        self.scheme().map_or(Assurance::D, |scheme| scheme.assurance())
    }
}

impl From<SchemeName> for SignatureSettings {
    fn from(name: SchemeName) -> Self {
        Self::Known(name)
    }
}

/// A name, or a table. Not left to serde's untagged enums, whose errors do not say what is wrong.
impl<'de> Deserialize<'de> for SignatureSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = SignatureSettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a signature or a table that describes one")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
                SchemeName::deserialize(StrDeserializer::new(name)).map(SignatureSettings::Known)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let described = Described::deserialize(MapAccessDeserializer::new(map))?;
                Ok(SignatureSettings::Described(Box::new(described)))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl Described {
    fn scheme(&self) -> Result<Scheme, String> {
        let separator =
            u8::try_from(self.separator.unwrap_or(',')).ok().filter(|byte| matches!(byte, b',' | b' ' | b';'));
        let separator = separator.ok_or("`separator` is a comma, a blank or a semicolon")?;
        let grammar = match self.grammar {
            GrammarName::Single => Grammar::Single { prefix: text(&self.prefix)? },
            GrammarName::List => Grammar::List { separator, prefix: text(&self.prefix)? },
            GrammarName::KeyValue if self.keys.is_empty() => return Err("`key-value` needs `keys`".to_owned()),
            GrammarName::KeyValue => {
                Grammar::KeyValue { separator, keys: self.keys.iter().map(|key| item(key)).collect::<Result<_, _>>()? }
            }
        };
        if self.grammar != GrammarName::KeyValue && !self.keys.is_empty() {
            return Err("`keys` are for `key-value`".to_owned());
        }
        if self.grammar == GrammarName::KeyValue && !self.prefix.is_empty() {
            return Err("`prefix` is not for `key-value`".to_owned());
        }
        let algorithm = self.algorithm;
        let secret = self.secret;
        if (algorithm == Algorithm::Ed25519) != (secret == SecretFormat::Whpk) {
            return Err("`ed25519` takes a public key, `secret = \"whpk\"`, and nothing else does".to_owned());
        }
        let scheme = Scheme {
            signature: Signature { header: header(&self.header)?, grammar, encoding: self.encoding },
            algorithm,
            content: content(&self.content)?,
            secret,
            id_header: self.id_header.as_deref().map(header).transpose()?,
            timestamp: self.timestamp.as_ref().map(DescribedTime::rule).transpose()?,
        };
        let has_items = matches!(scheme.signature.grammar, Grammar::KeyValue { .. });
        if !has_items && scheme.content.iter().any(|piece| matches!(piece, Piece::Item(_))) {
            return Err("`{item:…}` is for `key-value`".to_owned());
        }
        match scheme.flaw() {
            Some(flaw) => Err(flaw.to_owned()),
            None => Ok(scheme),
        }
    }
}

impl DescribedTime {
    fn rule(&self) -> Result<TimestampRule, String> {
        let at = match (&self.header, &self.item) {
            (Some(name), None) => TimestampPlace::Header(header(name)?),
            (None, Some(key)) => TimestampPlace::Item(item(key)?),
            _ => return Err("`timestamp` needs `header` or `item`".to_owned()),
        };
        let tolerance_s = self.tolerance_s.unwrap_or(TOLERANCE_S_DEFAULT);
        if !(1..=TOLERANCE_S_MAX).contains(&tolerance_s) {
            return Err(format!("`tolerance_s` is 1 to {TOLERANCE_S_MAX}"));
        }
        Ok(TimestampRule { at, format: self.format, tolerance_s })
    }
}

/// The pieces of `{header:x-time}.{body}`.
fn content(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        if !before.is_empty() {
            pieces.push(Piece::Literal(text(before)?));
        }
        let (name, behind) = behind.split_once('}').ok_or("`content` has a `{` without a `}`")?;
        pieces.push(match (name, name.split_once(':')) {
            ("body", _) => Piece::Body,
            (_, Some(("header", name))) => Piece::Header(header(name)?),
            (_, Some(("item", key))) => Piece::Item(item(key)?),
            _ => return Err(format!("`{{{name}}}` is none of {{body}}, {{header:NAME}}, {{item:KEY}}")),
        });
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(text(rest)?));
    }
    Ok(pieces)
}

/// A name of RFC 9110 section 5.6.2, in lower case.
pub(super) fn header(name: &str) -> Result<Text, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_name = (1..=TEXT_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_token);
    if is_name { Ok(name.to_ascii_lowercase().into()) } else { Err(format!("`{name}` is no name of a header")) }
}

fn item(key: &str) -> Result<Text, String> {
    let is_key = (1..=TEXT_BYTES_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_key { Ok(key.to_owned().into()) } else { Err(format!("`{key}` is no key of an item")) }
}

fn text(text: &str) -> Result<Text, String> {
    let is_text = text.len() <= TEXT_BYTES_MAX && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_text {
        Ok(text.to_owned().into())
    } else {
        Err(format!("a text is at most {TEXT_BYTES_MAX} visible ASCII characters"))
    }
}
