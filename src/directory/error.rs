//! The ways in which the settings can keep the client from being set up.

use std::path::PathBuf;

/// More than any app key or corp id has.
pub(super) const NAME_BYTES_MAX: usize = 128;

/// Why the client cannot be set up. Names settings and files, never a secret's value.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Nothing says which DingTalk is meant.
    #[error("set `preset` to io or com, or set both `api_url` and `oapi_url`")]
    HostsMissing,
    /// A base URL that would be unsafe or useless.
    #[error("`{field}` is not usable: {problem}")]
    Url {
        /// The setting.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A name that is empty, too long, or not plain text.
    #[error("`{field}` must be 1 to {NAME_BYTES_MAX} visible ASCII characters")]
    Name {
        /// The setting.
        field: &'static str,
    },
    /// The organization's id cannot stand in a path.
    #[error("`corp_id` must be letters, digits, `-` and `_` where `token_call` is corp_token, whose path holds it")]
    CorpIdInPath,
    /// A number outside its range.
    #[error("`{field}` must be from {min} to {max}")]
    OutOfRange {
        /// The setting.
        field: &'static str,
        /// The least allowed value.
        min: u64,
        /// The greatest allowed value.
        max: u64,
    },
    /// The secret's file cannot be used.
    #[error("the file `{}` of `app_secret_file` is not usable: {problem}", .file.display())]
    SecretFile {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The secret's file cannot be read.
    #[error("the file `{}` of `app_secret_file` cannot be read", .file.display())]
    SecretUnreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The HTTP client cannot be built, for example because the machine has no root certificates.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
}
