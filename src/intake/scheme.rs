//! How senders sign, as data: where the signature is, what it is computed over, and how it is written. The
//! presets are in `presets`, and an operator can describe another sender in the same words (`custom`).

use std::borrow::Cow;

use serde::Deserialize;

use crate::incident::Assurance;

/// A name or text that is either in our table or in the configuration. Names of headers are lower-case.
pub(super) type Text = Cow<'static, str>;

/// One way to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scheme {
    /// Where the signature is and how it is written.
    pub signature: Signature,
    /// What computes it.
    pub algorithm: Algorithm,
    /// What it is computed over, piece by piece.
    pub content: Vec<Piece>,
    /// How the secret is written in its file.
    pub secret: SecretFormat,
    /// The header with the delivery's id, where the id is signed.
    pub id_header: Option<Text>,
    /// The time of sending, where it is signed.
    pub timestamp: Option<TimestampRule>,
}

/// Where a signature is and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    pub header: Text,
    pub grammar: Grammar,
    pub encoding: Encoding,
}

/// How many signatures one header holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Grammar {
    /// One, behind this.
    Single { prefix: Text },
    /// Several, of which one must fit, each behind this; those of another version are passed over.
    List { separator: u8, prefix: Text },
    /// `t=…,v1=…,v1=…`: signatures under these keys, and pieces of what is signed under others. An item
    /// without a key belongs to the key before it.
    KeyValue { separator: u8, keys: Vec<Text> },
}

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    /// Lower-case hexadecimal digits.
    Hex,
    /// RFC 4648 section 4, padded, no stray bits in the last character.
    Base64,
    /// RFC 4648 section 5, padded or not.
    Base64Url,
}

/// What computes a signature. Fixed by the scheme, never by the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Algorithm {
    /// Only for senders that know no other: as a MAC it still holds.
    #[serde(rename = "hmac-sha1")]
    HmacSha1,
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    #[serde(rename = "hmac-sha384")]
    HmacSha384,
    #[serde(rename = "hmac-sha512")]
    HmacSha512,
    /// RFC 8032, verified strictly.
    Ed25519,
}

/// A piece of what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A header's value, byte for byte.
    Header(Text),
    /// The value of an item of the signature's own header.
    Item(Text),
    /// These bytes.
    Literal(Text),
    /// The raw body.
    Body,
}

/// How a secret is written in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SecretFormat {
    /// The text itself is the key.
    Utf8,
    /// Base64 of the key, padded or not.
    Base64,
    /// Hexadecimal digits of the key.
    Hex,
    /// `whsec_` and base64 of the key, padded or not.
    Whsec,
    /// `whpk_` and base64 of the sender's public key of 32 bytes.
    Whpk,
}

/// A signed time of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TimestampRule {
    pub at: TimestampPlace,
    pub format: TimestampFormat,
    /// How far from our clock it may be, either way, in seconds; just so far is still taken.
    pub tolerance_s: i64,
}

/// Where a time is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TimestampPlace {
    Header(Text),
    /// In an item of the signature's own header.
    Item(Text),
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TimestampFormat {
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
    /// `2026-11-21T03:00:00Z`, with or without parts of a second.
    #[serde(rename = "rfc3339")]
    Rfc3339,
}

impl Algorithm {
    /// How many bytes a signature has.
    pub(super) fn signature_bytes(self) -> usize {
        match self {
            Self::HmacSha1 => 20,
            Self::HmacSha256 => 32,
            Self::HmacSha384 => 48,
            Self::HmacSha512 | Self::Ed25519 => 64,
        }
    }
}

impl Scheme {
    /// How strongly a delivery signed this way proves itself. Where the time is signed, a captured request
    /// cannot be sent again later; the id is signed with it, in a header or in the body.
    pub(super) fn assurance(&self) -> Assurance {
        if self.timestamp.is_some() { Assurance::A } else { Assurance::B }
    }

    /// The piece that the time of sending is.
    pub(super) fn timestamp_piece(&self) -> Option<Piece> {
        Some(match &self.timestamp.as_ref()?.at {
            TimestampPlace::Header(name) => Piece::Header(name.clone()),
            TimestampPlace::Item(key) => Piece::Item(key.clone()),
        })
    }

    /// Why nothing can be trusted that is signed like this, if so: the body has to be signed, once; what is
    /// trusted beside it has to be signed too, and nothing else is; and where one piece ends and the next
    /// begins must not be open, or one signature would fit two messages.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        let count = |piece: &Piece| self.content.iter().filter(|other| *other == piece).count();
        let id = self.id_header.as_ref().map(|name| Piece::Header(name.clone()));
        let trusted: Vec<Piece> = id.into_iter().chain(self.timestamp_piece()).collect();
        if count(&Piece::Body) != 1 {
            Some("`content` must have `{body}` in it, once")
        } else if trusted.iter().any(|piece| count(piece) != 1) {
            Some("the id and the time must be in `content`, once, or nobody has signed them")
        } else if self.content.iter().any(|piece| piece.is_value() && !trusted.contains(piece)) {
            Some("of headers and items only the id and the time may be in `content`")
        } else if self.is_open() {
            Some(
                "between two pieces of `content` there must be a text that tells where one ends: with a character that \
                 is no digit beside a time, and none of A-Z a-z 0-9 _ - beside an id; only a time as `rfc3339` needs none",
            )
        } else {
            None
        }
    }

    /// Whether anything that is signed beside the body could end elsewhere in the same bytes. It is read from both
    /// ends towards the body, which is what is left: what stands before it must tell where it ends, and what stands
    /// behind it where it begins.
    fn is_open(&self) -> bool {
        let before = self.content.iter().take_while(|piece| **piece != Piece::Body).count();
        self.content.windows(2).enumerate().any(|(place, pair)| match pair {
            [value, inward] if place < before => self.has_open_end(value, inward),
            [inward, value] => self.has_open_end(value, inward),
            _ => false,
        })
    }

    /// A time of RFC 3339 is as the verifier wants it, with one `T` and one `Z`, at its end: no other time begins
    /// with it, and none ends with it. How many digits a number has is open, as is how long an id is, so that a text
    /// must have a character that cannot be in them.
    fn has_open_end(&self, value: &Piece, inward: &Piece) -> bool {
        let time = self.timestamp.as_ref().filter(|_| self.timestamp_piece().as_ref() == Some(value));
        let may_hold = |byte: u8| if time.is_some() { byte.is_ascii_digit() } else { is_of_id(byte) };
        let tells = match (time.map(|rule| rule.format), inward) {
            (Some(TimestampFormat::Rfc3339), _) => true,
            (_, Piece::Literal(text)) => !text.bytes().all(may_hold),
            _ => false,
        };
        value.is_value() && !tells
    }
}

/// What ids are made of. With a `.` in it, an id's end could pass for the beginning of the time, and one signature
/// would fit two messages.
pub(super) fn is_of_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl Piece {
    /// Whether it is what a request says beside its body.
    fn is_value(&self) -> bool {
        matches!(self, Self::Header(_) | Self::Item(_))
    }
}
