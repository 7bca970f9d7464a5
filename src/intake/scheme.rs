//! The table of signature schemes: how each kind of sender signs, as data. Adding one is adding a row.

use serde::Deserialize;

use crate::incident::Assurance;

/// A scheme's name in settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchemeName {
    /// Standard Webhooks 1.0.0, symmetric signatures (`v1`).
    StandardWebhooks,
    /// GitHub's `X-Hub-Signature-256`, also used by many gateways.
    GithubHmac,
}

impl SchemeName {
    /// Every scheme.
    pub const ALL: [Self; 2] = [Self::StandardWebhooks, Self::GithubHmac];

    /// The name as in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StandardWebhooks => "standard-webhooks",
            Self::GithubHmac => "github-hmac",
        }
    }

    /// How strongly a delivery signed this way proves itself.
    #[must_use]
    pub fn assurance(self) -> Assurance {
        self.row().assurance
    }

    pub(super) fn row(self) -> &'static Scheme {
        match self {
            Self::StandardWebhooks => &STANDARD_WEBHOOKS,
            Self::GithubHmac => &GITHUB_HMAC,
        }
    }
}

/// One row. Header names are lower-case.
#[derive(Debug)]
pub(super) struct Scheme {
    /// Where the signature is and how it is written.
    pub signature: Signature,
    /// What computes it.
    pub algorithm: Algorithm,
    /// What it is computed over, piece by piece.
    pub content: &'static [Piece],
    /// How the secret is written in its file.
    pub secret: SecretFormat,
    /// The header with the delivery's id, where the id is signed.
    pub id_header: Option<&'static str>,
    /// The time of sending, where it is signed.
    pub timestamp: Option<TimestampRule>,
    /// How strong a proof it is.
    pub assurance: Assurance,
}

/// Where a signature is and how it is written.
#[derive(Debug)]
pub(super) struct Signature {
    pub header: &'static str,
    pub grammar: Grammar,
    /// What stands before each signature; anything else is another version.
    pub prefix: &'static str,
    pub encoding: Encoding,
}

/// How many signatures one header holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Grammar {
    /// One.
    Single,
    /// Several, of which one must fit. Items of another version are passed over, but counted.
    List { separator: u8, items_max: usize },
}

/// How bytes are written as text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encoding {
    /// Lower-case hexadecimal digits.
    Hex,
    /// RFC 4648 section 4, padded, no stray bits in the last character.
    Base64,
}

/// What computes a signature. Fixed by the row, never by the message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Algorithm {
    HmacSha256,
}

/// A piece of what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// A header's value, byte for byte.
    Header(&'static str),
    /// These bytes.
    Literal(&'static str),
    /// The raw body.
    Body,
}

/// How a secret is written in its file.
#[derive(Debug, Clone, Copy)]
pub(super) enum SecretFormat {
    /// The text itself is the key.
    Utf8,
    /// `whsec_` and base64 of the key, padded or not.
    Whsec,
}

/// A signed time of sending, in seconds since 1970.
#[derive(Debug)]
pub(super) struct TimestampRule {
    pub header: &'static str,
    /// How far from our clock it may be, either way, in seconds; just so far is still taken.
    pub tolerance_s: i64,
}

/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
static STANDARD_WEBHOOKS: Scheme = Scheme {
    signature: Signature {
        header: "webhook-signature",
        grammar: Grammar::List { separator: b' ', items_max: 8 },
        prefix: "v1,",
        encoding: Encoding::Base64,
    },
    algorithm: Algorithm::HmacSha256,
    content: &[
        Piece::Header("webhook-id"),
        Piece::Literal("."),
        Piece::Header("webhook-timestamp"),
        Piece::Literal("."),
        Piece::Body,
    ],
    secret: SecretFormat::Whsec,
    id_header: Some("webhook-id"),
    timestamp: Some(TimestampRule { header: "webhook-timestamp", tolerance_s: 300 }),
    assurance: Assurance::A,
};

/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
///
/// The delivery's id (`X-GitHub-Delivery`) is not signed, hence not taken: a captured request could
/// be sent again under a new one.
static GITHUB_HMAC: Scheme = Scheme {
    signature: Signature {
        header: "x-hub-signature-256",
        grammar: Grammar::Single,
        prefix: "sha256=",
        encoding: Encoding::Hex,
    },
    algorithm: Algorithm::HmacSha256,
    content: &[Piece::Body],
    secret: SecretFormat::Utf8,
    id_header: None,
    timestamp: None,
    assurance: Assurance::B,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_settings_and_in_print() {
        for name in SchemeName::ALL {
            let parsed: SchemeName = serde_json::from_value(name.as_str().into()).unwrap();
            assert_eq!(parsed, name);
        }
    }

    #[test]
    fn the_body_is_signed_once_and_so_is_whatever_is_trusted() {
        for row in SchemeName::ALL.map(SchemeName::row) {
            assert_eq!(row.content.iter().filter(|p| **p == Piece::Body).count(), 1, "{row:?}");
            let trusted = row.id_header.into_iter().chain(row.timestamp.as_ref().map(|rule| rule.header));
            for header in trusted {
                assert!(row.content.contains(&Piece::Header(header)), "{header} is trusted but not signed");
            }
        }
    }

    #[test]
    fn only_signed_time_and_id_make_assurance_a() {
        for row in SchemeName::ALL.map(SchemeName::row) {
            let expected = if row.timestamp.is_some() && row.id_header.is_some() { Assurance::A } else { Assurance::B };
            assert_eq!(row.assurance, expected, "{row:?}");
        }
    }

    #[test]
    fn header_names_are_lower_case() {
        for row in SchemeName::ALL.map(SchemeName::row) {
            let signed = row.content.iter().filter_map(|piece| match piece {
                Piece::Header(name) => Some(*name),
                _ => None,
            });
            for name in signed.chain([row.signature.header]) {
                assert_eq!(name, name.to_ascii_lowercase());
            }
        }
    }
}
