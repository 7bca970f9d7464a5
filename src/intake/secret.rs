//! Reads a secret from its file and refuses those that would protect nothing.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_PAD_INDIFFERENT;
use secrecy::{ExposeSecret as _, SecretSlice};

use super::scheme::SecretFormat;
use crate::incident::Digest;

/// The least key material, in bytes (Standard Webhooks asks for 24 to 64).
const MATERIAL_BYTES_MIN: usize = 24;
/// The largest secret file, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024;
/// Random bytes of the least length have more different values than this, whatever their alphabet.
const DIFFERENT_BYTES_MIN: usize = 8;
/// What is left standing when an example was copied, in lower case.
const PLACEHOLDERS: [&str; 8] =
    ["changeme", "change-me", "change_me", "placeholder", "replace-me", "your-secret", "your_secret", "password"];
/// What comes before the base64 of a Standard Webhooks secret.
const WHSEC_PREFIX: &[u8] = b"whsec_";
/// What comes before the base64 of a Standard Webhooks public key.
const WHPK_PREFIX: &[u8] = b"whpk_";
const WHPK_BYTES: usize = 32;

/// Why a secret file is not taken. Never says what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretProblem {
    /// It is missing or may not be read.
    #[error("the file cannot be read ({0})")]
    Unreadable(std::io::ErrorKind),
    /// A directory, a pipe or a device.
    #[error("it is not a file")]
    NotAFile,
    /// Others than its owner may use it.
    #[error("others than its owner may use the file; its mode must be 0600 or 0400")]
    Exposed,
    /// Longer than such a file is.
    #[error("it is too long")]
    TooLong,
    /// Not text, or text with blanks around it or line breaks in it.
    #[error("it must be one line of text without blanks around it")]
    NotPlainText,
    /// Not written as Standard Webhooks has it.
    #[error("it must be `whsec_` and base64")]
    NotWhsec,
    /// No public key as Standard Webhooks writes it, or one for which anybody can sign.
    #[error("it must be `whpk_` and base64 of a public key of ed25519")]
    NotWhpk,
    /// Not base64.
    #[error("it must be base64")]
    NotBase64,
    /// Not hexadecimal digits.
    #[error("it must be hexadecimal digits")]
    NotHex,
    /// Not plain enough for a URL.
    #[error("it must be letters, digits, `.`, `_`, `~` or `-`, to stand in a URL as it is")]
    NotForUrl,
    /// No token as DingTalk's console takes them.
    #[error("a token of DingTalk is at most 32 letters and digits")]
    NotDingTalkToken,
    /// A token that can be found by trying.
    #[error("a token of DingTalk must be at least 16 letters and digits here, or it can be found by trying")]
    DingTalkTokenTooShort,
    /// No AES key as DingTalk's console shows them.
    #[error("an AES key of DingTalk is 43 letters and digits")]
    NotDingTalkAesKey,
    /// Less than 24 bytes of key material.
    #[error("it has less than 24 bytes of key material")]
    TooShort,
    /// A placeholder, or hardly random.
    #[error("it is a placeholder or hardly random")]
    Guessable,
}

/// Key material, wiped when dropped, with what is needed to see it used twice.
pub(super) struct Secret {
    pub material: SecretSlice<u8>,
    /// Digests of the text and of the material: one secret must not serve two schemes either.
    pub digests: [Digest; 2],
}

impl Secret {
    /// Reads and checks the secret in `file`.
    pub(super) fn read(file: &Path, format: SecretFormat) -> Result<Self, SecretProblem> {
        Self::read_by(file, |text| format.decode(text))
    }

    /// The same for a secret that is written in a way of its own.
    pub(super) fn read_by(
        file: &Path,
        decode: impl FnOnce(&[u8]) -> Result<Vec<u8>, SecretProblem>,
    ) -> Result<Self, SecretProblem> {
        Self::of(read_private(file, FILE_BYTES_MAX)?.expose_secret(), decode)
    }

    /// Checks what a file holds; one line break at its end does not belong to the secret.
    pub(super) fn of(
        content: &[u8],
        decode: impl FnOnce(&[u8]) -> Result<Vec<u8>, SecretProblem>,
    ) -> Result<Self, SecretProblem> {
        let text = trim_line_break(content);
        let material = decode(text)?;
        refuse_guessable(text)?;
        let digests = [Digest::of(text), Digest::of(&material)];
        refuse_guessable(&material)?;
        Ok(Self { material: material.into(), digests })
    }
}

impl SecretFormat {
    /// The key material in a secret's text.
    pub(super) fn decode(self, text: &[u8]) -> Result<Vec<u8>, SecretProblem> {
        let material = match self {
            Self::Utf8 => {
                let plain = std::str::from_utf8(text).map_err(|_| SecretProblem::NotPlainText)?;
                if plain.trim() != plain || plain.chars().any(char::is_control) {
                    return Err(SecretProblem::NotPlainText);
                }
                text.to_vec()
            }
            Self::Base64 => STANDARD_PAD_INDIFFERENT.decode(text).map_err(|_| SecretProblem::NotBase64)?,
            Self::Hex => hex::decode(text).map_err(|_| SecretProblem::NotHex)?,
            Self::Whsec => {
                let encoded = text.strip_prefix(WHSEC_PREFIX).ok_or(SecretProblem::NotWhsec)?;
                STANDARD_PAD_INDIFFERENT.decode(encoded).map_err(|_| SecretProblem::NotWhsec)?
            }
            Self::Whpk => {
                let encoded = text.strip_prefix(WHPK_PREFIX).ok_or(SecretProblem::NotWhpk)?;
                let key = STANDARD_PAD_INDIFFERENT.decode(encoded).map_err(|_| SecretProblem::NotWhpk)?;
                return if key.len() == WHPK_BYTES { Ok(key) } else { Err(SecretProblem::NotWhpk) };
            }
        };
        if material.len() < MATERIAL_BYTES_MIN { Err(SecretProblem::TooShort) } else { Ok(material) }
    }
}

/// The content of a file that only its owner may use.
///
/// # Errors
/// It cannot be read, is no file, can be used by others, or has more bytes than that.
pub fn read_private(path: &Path, bytes_max: u64) -> Result<SecretSlice<u8>, SecretProblem> {
    let unreadable = |error: std::io::Error| SecretProblem::Unreadable(error.kind());
    // Asked before opening, because opening a pipe would wait for its other end.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SecretProblem::NotAFile);
    }
    let file = File::open(path).map_err(unreadable)?;
    if is_exposed(&file.metadata().map_err(unreadable)?, path) {
        return Err(SecretProblem::Exposed);
    }
    let mut content = Vec::new();
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut content).map_err(unreadable)?;
    let too_long = content.len() as u64 > bytes_max;
    let content = SecretSlice::from(content);
    if too_long { Err(SecretProblem::TooLong) } else { Ok(content) }
}

/// systemd (254 and later) hands its credentials over in a folder only the service can enter, by an
/// access list that shows as a group's right to read; that is no exposure.
#[cfg(unix)]
fn is_exposed(file: &Metadata, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY");
    let forbidden = if credentials.is_some_and(|folder| path.starts_with(folder)) { 0o037 } else { 0o077 };
    file.mode() & forbidden != 0
}

/// Other systems have no such mode; their operators answer for the file.
#[cfg(not(unix))]
fn is_exposed(_file: &Metadata, _path: &Path) -> bool {
    false
}

fn trim_line_break(content: &[u8]) -> &[u8] {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    content.strip_suffix(b"\r").unwrap_or(content)
}

/// Catches what people type or forget to replace; it is no measure of randomness.
fn refuse_guessable(bytes: &[u8]) -> Result<(), SecretProblem> {
    let lower = bytes.to_ascii_lowercase();
    let copied = PLACEHOLDERS.iter().any(|word| lower.windows(word.len()).any(|part| part == word.as_bytes()));
    let mut different = bytes.to_vec();
    different.sort_unstable();
    different.dedup();
    if copied || different.len() < DIFFERENT_BYTES_MIN || is_repetition(bytes) || is_counting(bytes) {
        return Err(SecretProblem::Guessable);
    }
    Ok(())
}

/// The same part again and again, at least twice.
fn is_repetition(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(a, b)| a == b))
}

/// Each byte as far from the one before: `abcdef…`, `0, 1, 2, …`.
fn is_counting(bytes: &[u8]) -> bool {
    let mut steps = bytes.iter().zip(bytes.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a));
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const TEST_TEXT: &str = "test-only 7yQm4vTzKc1 not a real one";
    const TEST_WHSEC: &str = "whsec_dGVzdC1vbmx5IDd5UW00dlR6S2MxIG5vdCByZWFs";

    fn file_with(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn read(content: &[u8], format: SecretFormat) -> Result<Vec<u8>, SecretProblem> {
        let secret = Secret::read(file_with(content).path(), format)?;
        Ok(secret.material.expose_secret().to_vec())
    }

    #[test]
    fn one_line_break_at_the_end_does_not_count() {
        for end in ["", "\n", "\r\n"] {
            let material = read(format!("{TEST_TEXT}{end}").as_bytes(), SecretFormat::Utf8).unwrap();
            assert_eq!(material, TEST_TEXT.as_bytes());
        }
        for end in ["\n\n", " \n", "\t", "\0"] {
            let problem = read(format!("{TEST_TEXT}{end}").as_bytes(), SecretFormat::Utf8).unwrap_err();
            assert_eq!(problem, SecretProblem::NotPlainText, "{end:?}");
        }
    }

    #[test]
    fn whsec_is_base64_padded_or_not() {
        let padded = "whsec_dGVzdC1vbmx5IDd5UW00dlR6S2MxIG5vdCByZWE=";
        for text in [TEST_WHSEC, padded, padded.trim_end_matches('=')] {
            assert!(read(text.as_bytes(), SecretFormat::Whsec).unwrap().starts_with(b"test-only 7yQm4v"));
        }
        for bad in ["dGVzdC1vbmx5IDd5UW00dlR6S2MxIG5vdCByZWFs", "whsec_***", "WHSEC_dGVz", "", "whsec_dGV zdC1v"] {
            assert_eq!(read(bad.as_bytes(), SecretFormat::Whsec), Err(SecretProblem::NotWhsec), "{bad}");
        }
    }

    #[test]
    fn b27_a_short_secret_is_refused() {
        assert_eq!(read(b"", SecretFormat::Utf8), Err(SecretProblem::TooShort));
        assert_eq!(read(b"7yQm4vTzKc1-7yQm4vTzKc2", SecretFormat::Utf8), Err(SecretProblem::TooShort));
        // 32 characters of base64 are 24 bytes, 31 are 23.
        assert_eq!(read(b"whsec_dGVzdC1vbmx5IDd5UW00dlR6S2MxIG4", SecretFormat::Whsec), Err(SecretProblem::TooShort));
        assert_eq!(read(b"whsec_", SecretFormat::Whsec), Err(SecretProblem::TooShort));
    }

    #[test]
    fn b27_a_guessable_secret_is_refused() {
        let zeros = format!("whsec_{}", "A".repeat(44));
        let placeholder = format!("whsec_{}", STANDARD_PAD_INDIFFERENT.encode(b"ChangeMe-please-0123456789abc"));
        for (guessable, format) in [
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", SecretFormat::Utf8),
            ("changeme-4711-qwertz-0815-uiopü", SecretFormat::Utf8),
            ("correcthorsecorrecthorsecorrecthorse", SecretFormat::Utf8),
            ("abcabcaabbccabcabcaabbccab", SecretFormat::Utf8),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", SecretFormat::Utf8),
            (&zeros, SecretFormat::Whsec),
            (&placeholder, SecretFormat::Whsec),
        ] {
            assert_eq!(read(guessable.as_bytes(), format), Err(SecretProblem::Guessable), "{guessable}");
        }
    }

    #[test]
    fn k01_a_missing_file_and_a_directory_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let problem = |path: &Path| Secret::read(path, SecretFormat::Utf8).err();
        assert_eq!(problem(directory.path()), Some(SecretProblem::NotAFile));
        let missing = SecretProblem::Unreadable(std::io::ErrorKind::NotFound);
        assert_eq!(problem(&directory.path().join("none")), Some(missing));
    }

    #[test]
    fn an_endless_file_is_not_read_to_its_end() {
        assert_eq!(read(&[b'x'; 4097], SecretFormat::Utf8), Err(SecretProblem::TooLong));
    }

    #[cfg(unix)]
    #[test]
    fn k01_a_file_that_others_may_use_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file_with(TEST_TEXT.as_bytes());
        for (mode, taken) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            let problem = Secret::read(file.path(), SecretFormat::Utf8).err();
            assert_eq!(problem, (!taken).then_some(SecretProblem::Exposed), "{mode:o}");
        }
    }
}
