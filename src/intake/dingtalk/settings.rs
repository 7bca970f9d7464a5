//! What an operator sets for DingTalk's callbacks, and the reading of their secrets.

use std::path::Path;
use std::sync::Arc;

use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::key::{AES_KEY_CHARS, TOKEN_CHARS_MAX};
use super::{Callbacks, DingTalkKey};
use crate::incident::{Digest, SourceName};
use crate::intake::secret_files::SecretFiles;
use crate::intake::settings::SecretSettings;
use crate::intake::{SecretProblem, SetupError, SourceSettings};

/// The least characters of a token. DingTalk takes three; but whoever finds the token can change what was encrypted
/// without the AES key, block by block, and one request is enough to try tokens on.
const TOKEN_CHARS_MIN: usize = 16;
/// How far a time of sending may be from our clock, in seconds: a repetition comes after ten and again after thirty.
const TOLERANCE_S_MIN: i64 = 60;
const TOLERANCE_S_MAX: i64 = 3_600;
const TOLERANCE_S_DEFAULT: i64 = 300;
const OWNER_NEEDED: &str = "its kind needs `dingtalk = { owner = \"…\" }`";
/// The longest owner, in bytes.
const OWNER_BYTES_MAX: usize = 128;

/// What a source of DingTalk's callbacks needs beside its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingTalkSettings {
    /// Whom callbacks are for: the app's Client ID (AppKey) where the console subscribes, the corpId where the older
    /// API has registered the URL.
    pub owner: String,
    /// How far a time of sending may be from our clock, either way, in seconds; 60 to 3,600.
    #[serde(default = "tolerance_s")]
    pub tolerance_s: i64,
}

fn tolerance_s() -> i64 {
    TOLERANCE_S_DEFAULT
}

/// What is wrong with what a source says of DingTalk's callbacks, or leaves out; `is_meant` if it proves itself by them.
pub(in crate::intake) fn flaw(source: &SourceSettings, is_meant: bool) -> Option<String> {
    let mut with_aes_key = source.secrets.iter().map(|secret| secret.aes_key_file.is_some());
    let said = match &source.dingtalk {
        None if is_meant => Some(OWNER_NEEDED.to_owned()),
        Some(_) if !is_meant => {
            Some("`dingtalk` is for `dingtalk-events` without `signature` and `secret_in`".to_owned())
        }
        Some(said) => said.flaw(),
        None => None,
    };
    said.or_else(|| {
        let is_off = with_aes_key.any(|has| has != is_meant);
        is_off.then(|| format!("each of its secrets needs {}`aes_key_file`", if is_meant { "" } else { "no " }))
    })
}

impl DingTalkSettings {
    fn flaw(&self) -> Option<String> {
        let is_plain = !self.owner.is_empty() && self.owner.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_plain || self.owner.len() > OWNER_BYTES_MAX {
            return Some(format!("dingtalk: `owner` is 1 to {OWNER_BYTES_MAX} visible characters of ASCII"));
        }
        let is_in_range = (TOLERANCE_S_MIN..=TOLERANCE_S_MAX).contains(&self.tolerance_s);
        (!is_in_range).then(|| format!("dingtalk: `tolerance_s` is {TOLERANCE_S_MIN} to {TOLERANCE_S_MAX}"))
    }
}

/// What the callbacks of a source are checked with.
///
/// # Errors
/// A file is not usable, or has a secret that another source has, or another pair.
pub(in crate::intake) fn callbacks(
    at: &SourceName,
    source: &SourceSettings,
    files: &mut SecretFiles<'_>,
) -> Result<Callbacks, SetupError> {
    let Some(said) = &source.dingtalk else {
        return Err(SetupError::Proof { at: at.clone(), flaw: OWNER_NEEDED.to_owned() });
    };
    let mut pairs = Vec::with_capacity(source.secrets.len());
    let mut keys = Vec::with_capacity(source.secrets.len());
    for SecretSettings { name, file, aes_key_file } in &source.secrets {
        // Within the source a half may come again with another second half, while only that one is replaced.
        let mut read = |file: &Path, part: Part| files.read_half(at, file, |text| part.checked(text));
        let token = read(file, Part::Token)?.material;
        let aes_key = read(aes_key_file.as_deref().unwrap_or(Path::new("")), Part::AesKey)?.material;
        let file = files.base().join(file);
        let pair = Digest::of_parts(&[token.expose_secret(), aes_key.expose_secret()]);
        if pairs.contains(&pair) {
            return Err(SetupError::SecretShared { at: at.clone(), file, first: at.clone() });
        }
        pairs.push(pair);
        let [token, aes_key] = [&token, &aes_key].map(|text| str::from_utf8(text.expose_secret()).unwrap_or_default());
        let key = DingTalkKey::new(token, aes_key, &said.owner);
        let key = key.map_err(|problem| SetupError::Secret { at: at.clone(), file, problem })?;
        keys.push(Arc::new(key.named(name)));
    }
    Ok(Callbacks { keys, tolerance_s: said.tolerance_s })
}

/// Which half of a secret a file holds.
#[derive(Clone, Copy)]
enum Part {
    Token,
    AesKey,
}

impl Part {
    fn checked(self, text: &[u8]) -> Result<Vec<u8>, SecretProblem> {
        let is_plain = text.iter().all(u8::is_ascii_alphanumeric);
        match self {
            Self::Token if !is_plain || text.len() > TOKEN_CHARS_MAX => Err(SecretProblem::NotDingTalkToken),
            Self::Token if text.len() < TOKEN_CHARS_MIN => Err(SecretProblem::DingTalkTokenTooShort),
            Self::AesKey if !is_plain || text.len() != AES_KEY_CHARS => Err(SecretProblem::NotDingTalkAesKey),
            _ => Ok(text.to_vec()),
        }
    }
}
