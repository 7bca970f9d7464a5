//! Reads signed notes by the rules of C2SP's signed-note, and takes the word of known keys only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::keys::{Keys, Proven, is_name};

/// The largest note: 16 signatures of the largest kind that is known, and as much again.
pub const NOTE_BYTES_MAX: usize = 256 * 1024;
/// The most signatures on a note; the specification asks for 16 at least.
pub const SIGNATURES_MAX: usize = 64;

/// Why bytes are no note of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNote {
    /// Larger than any note.
    #[error("it is larger than {NOTE_BYTES_MAX} bytes")]
    TooLarge,
    /// Not UTF-8.
    #[error("it is not UTF-8")]
    NotText,
    /// A control character other than the newline, such as those of Windows line ends.
    #[error("it has a control character in it")]
    Control,
    /// No empty line between text and signatures, or no signature, or no newline at the end.
    #[error("it is not a text, an empty line, and lines of signatures")]
    Shape,
    /// A line among the signatures is none.
    #[error("the signature line {0} is not `— name base64`")]
    SignatureLine(usize),
    /// More signatures than are looked at.
    #[error("it has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// A signature in the name of a known key that is not that key's.
    #[error("the signature line {0} is in the name of the log's key, and is not that key's signature of this text")]
    WrongSignature(usize),
    /// None of the known keys has signed.
    #[error("no key of the log has signed it")]
    NotSigned,
}

/// A text that a key of the log has signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SignedText<'a> {
    /// With the newline at its end.
    pub(super) text: &'a str,
    /// When, in seconds since 1970, if a timestamped line says so. The earliest, if several do.
    pub(super) seconds: Option<i64>,
}

/// Opens a note with the keys of the log.
pub(super) fn open<'a>(note: &'a [u8], keys: &Keys) -> Result<SignedText<'a>, InvalidNote> {
    let (text, lines) = split(note)?;
    let (mut is_signed, mut seconds) = (false, None);
    for (line, number) in lines.split('\n').zip(1..) {
        if number > SIGNATURES_MAX {
            return Err(InvalidNote::TooManySignatures);
        }
        let (name, id, signature) = signature(line).ok_or(InvalidNote::SignatureLine(number))?;
        if name != keys.origin() {
            continue;
        }
        match keys.verify(id, text, &signature) {
            None => {}
            Some(Err(_)) => return Err(InvalidNote::WrongSignature(number)),
            Some(Ok(Proven::Text)) => is_signed = true,
            Some(Ok(Proven::Time(at))) => seconds = Some(seconds.map_or(at, |other: i64| other.min(at))),
        }
    }
    if is_signed { Ok(SignedText { text, seconds }) } else { Err(InvalidNote::NotSigned) }
}

/// The text with its newline, and the signature lines without the last newline.
fn split(note: &[u8]) -> Result<(&str, &str), InvalidNote> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(InvalidNote::TooLarge);
    }
    let note = str::from_utf8(note).map_err(|_| InvalidNote::NotText)?;
    if note.bytes().any(|b| b < b' ' && b != b'\n') {
        return Err(InvalidNote::Control);
    }
    let (text, lines) = note.rfind("\n\n").and_then(|at| note.split_at_checked(at + 1)).ok_or(InvalidNote::Shape)?;
    let lines = lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n')).ok_or(InvalidNote::Shape)?;
    Ok((text, lines))
}

fn signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (id, signature) = bytes.split_first_chunk()?;
    (is_name(name) && !signature.is_empty()).then(|| (name, *id, signature.to_vec()))
}
