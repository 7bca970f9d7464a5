//! The bytes of a text and their base64, for rules that look for what is hidden in another text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How a text becomes bytes, other than UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Utf16 {
    LittleEndian,
    BigEndian,
    /// Little-endian, with a byte order mark before it.
    Marked,
}

/// How bytes are written in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base64 {
    /// They are all there is.
    Whole,
    /// They stand somewhere in longer bytes, so at any of three offsets.
    AnyOffset,
}

/// Characters at the beginning that bytes before the text would change, by offset.
const UNSURE_BEFORE: [usize; 3] = [0, 2, 3];
/// Characters at the end that bytes behind the text would change, by the length modulo three.
const UNSURE_BEHIND: [usize; 3] = [0, 3, 2];

/// The bytes of `text`.
pub(super) fn bytes(text: &str, utf16: Option<Utf16>) -> Vec<u8> {
    match utf16 {
        None => text.as_bytes().to_vec(),
        Some(Utf16::LittleEndian) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Some(Utf16::BigEndian) => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Some(Utf16::Marked) => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
    }
}

/// What `bytes` can look like in base64.
pub(super) fn base64(bytes: &[u8], how: Base64) -> Vec<String> {
    match how {
        Base64::Whole => vec![STANDARD.encode(bytes)],
        Base64::AnyOffset => (0..3).map(|offset| at_offset(bytes, offset)).collect(),
    }
}

/// The characters that are sure when `offset` unknown bytes stand before.
fn at_offset(bytes: &[u8], offset: usize) -> String {
    let shifted = [&vec![b' '; offset], bytes].concat();
    let encoded = STANDARD.encode(&shifted);
    let before = UNSURE_BEFORE.get(offset).copied().unwrap_or_default();
    let behind = UNSURE_BEHIND.get(shifted.len() % 3).copied().unwrap_or_default();
    encoded.get(before..encoded.len().saturating_sub(behind)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_offsets_are_those_of_the_specification() {
        assert_eq!(base64(b"foobar", Base64::AnyOffset), ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]);
        assert_eq!(base64(b"foo", Base64::Whole), ["Zm9v"]);
        assert_eq!(bytes("pi", Some(Utf16::LittleEndian)), b"p\0i\0");
        assert_eq!(bytes("pi", Some(Utf16::BigEndian)), b"\0p\0i");
        assert_eq!(bytes("p", Some(Utf16::Marked)), b"\xff\xfep\0");
    }

    proptest! {
        #[test]
        fn wherever_bytes_stand_one_of_the_offsets_is_in_the_base64(
            before in proptest::collection::vec(any::<u8>(), 0..7),
            wanted in proptest::collection::vec(any::<u8>(), 3..9),
            behind in proptest::collection::vec(any::<u8>(), 0..7),
        ) {
            let whole = STANDARD.encode([&before[..], &wanted, &behind].concat());
            let found = &base64(&wanted, Base64::AnyOffset)[before.len() % 3];
            prop_assert!(whole.contains(found.as_str()), "{} in {}", found, whole);
        }
    }
}
