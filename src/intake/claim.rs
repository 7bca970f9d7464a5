//! What a request says of itself by its scheme: signatures, what they are over, id and time. Well-formed when
//! it comes from here, and not proven.

use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

use super::Refusal;
use super::headers::Headers;
use super::scheme::{
    Algorithm, Encoding, Grammar, Piece, Scheme, TimestampFormat, TimestampPlace, TimestampRule, is_of_id,
};
use crate::incident::Timestamp;

/// The longest delivery id, in bytes.
const ID_BYTES_MAX: usize = 128;
/// The most digits of a time in seconds and in milliseconds: enough for thirty thousand years.
const SECONDS_DIGITS_MAX: usize = 12;
const MILLISECONDS_DIGITS_MAX: usize = 15;
/// The most items in the header of a signature.
const ITEMS_MAX: usize = 8;
/// The most signatures of ed25519 that are tried; each takes as long as hashing a large body.
const ED25519_MAX: usize = 4;

/// What a request says of itself.
pub(super) struct Claim<'d> {
    /// Each as long as the algorithm's are; at least one.
    pub(super) signatures: Vec<Vec<u8>>,
    /// The signed bytes, piece by piece; never joined, a body may be large.
    pub(super) content: Vec<&'d [u8]>,
    pub(super) id: Option<&'d str>,
    /// When it was sent, in milliseconds since 1970, and what holds for that.
    pub(super) sent: Option<(i64, &'d TimestampRule)>,
}

impl<'d> Claim<'d> {
    /// # Errors
    /// Something is missing, or not written as the scheme has it.
    pub(super) fn read(scheme: &'d Scheme, headers: &Headers<'d>, body: &'d [u8]) -> Result<Self, Refusal> {
        let value = headers.deciding(&scheme.signature.header, Refusal::SignatureMalformed)?;
        let value = value.ok_or(Refusal::SignatureMissing)?;
        let signatures = signatures(scheme, value)?;
        let id = scheme.id_header.as_ref().map(|name| read_id(headers, name)).transpose()?;
        let sent = scheme.timestamp.as_ref();
        let sent = sent.map(|rule| Ok((read_time(scheme, value, headers, rule)?, rule))).transpose()?;
        let piece = |piece: &'d Piece| match piece {
            Piece::Header(name) => {
                headers.deciding(name, Refusal::SignatureMalformed)?.ok_or(Refusal::SignatureMissing)
            }
            Piece::Item(key) => item(scheme, value, key)?.ok_or(Refusal::SignatureMissing),
            Piece::Literal(text) => Ok(text.as_bytes()),
            Piece::Body => Ok(body),
        };
        let content = scheme.content.iter().map(piece).collect::<Result<_, _>>()?;
        Ok(Self { signatures, content, id, sent })
    }
}

/// The signatures of our version. Anything else is passed over, never tried another way.
fn signatures(scheme: &Scheme, value: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
    let read = |text: &[u8]| decode(scheme.signature.encoding, scheme.algorithm, text);
    let found: Vec<Vec<u8>> = match &scheme.signature.grammar {
        Grammar::Single { prefix } => value.strip_prefix(prefix.as_bytes()).and_then(read).into_iter().collect(),
        Grammar::List { separator, prefix } => {
            let items = items(value, *separator)?;
            items.into_iter().filter_map(|item| item.strip_prefix(prefix.as_bytes())).filter_map(read).collect()
        }
        Grammar::KeyValue { separator, keys } => {
            let items = keyed(value, *separator)?.into_iter();
            let ours = items.filter(|(key, _)| keys.iter().any(|known| known.as_bytes() == *key));
            ours.filter_map(|(_, value)| read(value)).collect()
        }
    };
    let most = if scheme.algorithm == Algorithm::Ed25519 { ED25519_MAX } else { ITEMS_MAX };
    if (1..=most).contains(&found.len()) { Ok(found) } else { Err(Refusal::SignatureMalformed) }
}

/// The items of a list. Where commas part them, blanks may stand beside those.
fn items(value: &[u8], separator: u8) -> Result<Vec<&[u8]>, Refusal> {
    let parts = value.split(|byte| *byte == separator);
    let items: Vec<&[u8]> = parts.map(<[u8]>::trim_ascii).filter(|item| !item.is_empty()).take(ITEMS_MAX + 1).collect();
    if items.len() > ITEMS_MAX { Err(Refusal::SignatureMalformed) } else { Ok(items) }
}

/// An item's key and its value.
type Keyed<'d> = (&'d [u8], &'d [u8]);

/// The items of a list with their keys; one without a key has that of the one before it.
fn keyed(value: &[u8], separator: u8) -> Result<Vec<Keyed<'_>>, Refusal> {
    let mut last: &[u8] = b"";
    let keyed = |item| {
        let at = split_at(item);
        if let Some((key, _)) = at {
            last = key;
        }
        (last, at.map_or(item, |(_, value)| value))
    };
    Ok(items(value, separator)?.into_iter().map(keyed).collect())
}

/// Key and value, parted by the first `=` unless that is only padding.
fn split_at(item: &[u8]) -> Option<Keyed<'_>> {
    let at = item.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (item.get(..at)?, item.get(at + 1..)?);
    (!value.iter().all(|byte| *byte == b'=')).then_some((key, value))
}

/// The value of the one item of this key.
fn item<'d>(scheme: &Scheme, value: &'d [u8], key: &str) -> Result<Option<&'d [u8]>, Refusal> {
    let Grammar::KeyValue { separator, .. } = scheme.signature.grammar else { return Ok(None) };
    let mut found = keyed(value, separator)?.into_iter().filter(|(other, _)| *other == key.as_bytes());
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(Refusal::SignatureMalformed),
        (one, _) => Ok(one.map(|(_, value)| value)),
    }
}

/// The bytes of a signature in their one valid spelling.
fn decode(encoding: Encoding, algorithm: Algorithm, text: &[u8]) -> Option<Vec<u8>> {
    let bytes = match encoding {
        Encoding::Hex => {
            let is_lower_case = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            hex::decode(text).ok().filter(|_| is_lower_case)?
        }
        Encoding::Base64 => STANDARD.decode(text).ok()?,
        Encoding::Base64Url => URL_SAFE.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?,
    };
    (bytes.len() == algorithm.signature_bytes()).then_some(bytes)
}

/// An id of a narrow alphabet, beside which a text tells where it ends.
fn read_id<'d>(headers: &Headers<'d>, name: &str) -> Result<&'d str, Refusal> {
    let id = headers.deciding(name, Refusal::IdMalformed)?.ok_or(Refusal::IdMissing)?;
    if !id.iter().copied().all(is_of_id) || id.len() > ID_BYTES_MAX {
        return Err(Refusal::IdMalformed);
    }
    str::from_utf8(id).map_err(|_| Refusal::IdMalformed)
}

/// Milliseconds since 1970, of a time in its one spelling.
fn read_time(scheme: &Scheme, value: &[u8], headers: &Headers<'_>, rule: &TimestampRule) -> Result<i64, Refusal> {
    let text = match &rule.at {
        TimestampPlace::Header(name) => headers.deciding(name, Refusal::TimestampMalformed)?,
        TimestampPlace::Item(key) => item(scheme, value, key)?,
    };
    let text = text.ok_or(Refusal::TimestampMissing)?;
    let time = match rule.format {
        TimestampFormat::Unix => number(text, SECONDS_DIGITS_MAX).and_then(|seconds| seconds.checked_mul(1_000)),
        TimestampFormat::UnixMs => number(text, MILLISECONDS_DIGITS_MAX),
        TimestampFormat::Rfc3339 => rfc3339(text),
    };
    time.ok_or(Refusal::TimestampMalformed)
}

/// Canonical digits: one number, one spelling.
fn number(digits: &[u8], digits_max: usize) -> Option<i64> {
    let canonical = match digits {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < digits_max && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    str::from_utf8(digits).ok().filter(|_| canonical)?.parse().ok()
}

/// `2026-11-21T03:00:00Z` and the same with parts of a second: nothing before the year, nothing behind the Z.
fn rfc3339(text: &[u8]) -> Option<i64> {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let (moment, rest) = text.split_at_checked(SHAPE.len())?;
    let fits = |(byte, shape): (&u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    let part = rest.strip_suffix(b"Z")?;
    let is_part = part.is_empty()
        || part
            .strip_prefix(b".")
            .is_some_and(|digits| (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit));
    if !moment.iter().zip(SHAPE).all(fits) || !is_part {
        return None;
    }
    let time: Timestamp = str::from_utf8(text).ok()?.parse().ok()?;
    Some(time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_has_one_spelling() {
        let of = |encoding, text: &str| decode(encoding, Algorithm::HmacSha256, text.as_bytes());
        let base64 = STANDARD.encode([7; 32]);
        assert_eq!(of(Encoding::Base64, &base64), Some(vec![7; 32]));
        assert_eq!(of(Encoding::Base64, base64.trim_end_matches('=')), None);
        // 32 bytes leave two bits of the last character unused; set, they must not be overlooked.
        assert_eq!(of(Encoding::Base64, &base64.replace("c=", "d=")), None);
        for length in [0, 31, 33, 64] {
            assert_eq!(of(Encoding::Base64, &STANDARD.encode(vec![7; length])), None);
            assert_eq!(of(Encoding::Hex, &hex::encode(vec![7; length])), None);
        }
        assert_eq!(of(Encoding::Hex, &"ab".repeat(32)), Some(vec![0xab; 32]));
        assert_eq!(of(Encoding::Hex, &"AB".repeat(32)), None);
        for padded in [URL_SAFE.encode([0xff; 32]), URL_SAFE_NO_PAD.encode([0xff; 32])] {
            assert_eq!(of(Encoding::Base64Url, &padded), Some(vec![0xff; 32]));
            assert_eq!(of(Encoding::Base64, &padded), None);
        }
        assert_eq!(decode(Encoding::Hex, Algorithm::HmacSha1, "ab".repeat(20).as_bytes()), Some(vec![0xab; 20]));
        assert_eq!(decode(Encoding::Hex, Algorithm::HmacSha1, "ab".repeat(32).as_bytes()), None);
    }

    #[test]
    fn items_are_told_apart_by_their_keys() {
        let keyed = |text: &'static str| keyed(text.as_bytes(), b',').unwrap();
        let expected: [(&[u8], &[u8]); 3] = [(b"t", b"1"), (b"v1", b"a"), (b"v1", b"b")];
        assert_eq!(keyed("t=1,v1=a,b"), expected);
        assert_eq!(keyed(" t=1, v1=a,,b "), expected);
        assert_eq!(keyed("v1=ab==,cd="), [(&b"v1"[..], &b"ab=="[..]), (b"v1", b"cd=")]);
        assert_eq!(keyed("a"), [(&b""[..], &b"a"[..])]);
        assert!(super::keyed("a,".repeat(9).as_bytes(), b',').is_err());
    }

    #[test]
    fn a_time_has_one_spelling() {
        assert_eq!(rfc3339(b"1970-01-01T00:00:01Z"), Some(1_000));
        assert_eq!(rfc3339(b"1970-01-01T00:00:01.25Z"), Some(1_250));
        for bad in [
            "",
            "1970-01-01T00:00:01",
            "1970-01-01T00:00:01+00:00",
            "1970-01-01t00:00:01z",
            "1970-01-01 00:00:01Z",
            "1970-01-01T00:00:01.Z",
            "1970-01-01T00:00:01.1234567890Z",
            "+001970-01-01T00:00:01Z",
            "970-01-01T00:00:01Z",
            "1970-13-01T00:00:01Z",
            "1970-01-01T00:00:01ZZ",
        ] {
            assert_eq!(rfc3339(bad.as_bytes()), None, "{bad}");
        }
        for bad in ["", "01", "-1", "+1", "1.0", " 1", "1 ", "1e3", "1234567890123456", "１"] {
            assert_eq!(number(bad.as_bytes(), MILLISECONDS_DIGITS_MAX), None, "{bad}");
        }
        assert_eq!((number(b"0", 1), number(b"10", 1)), (Some(0), None));
        assert_eq!(number(b"123456789012345", MILLISECONDS_DIGITS_MAX), Some(123_456_789_012_345));
    }
}
