//! Every way our certificate, its key or the senders' authorities can be unusable. Names files, never what is in
//! them.

use std::io;
use std::path::PathBuf;

use crate::intake::SecretProblem;

/// Why no TLS can be spoken with these settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsProblem {
    /// It is missing or may not be read.
    #[error("{} cannot be read ({kind})", .file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// Not a file, or longer than such a file is.
    #[error("{} is no file, or too long", .file.display())]
    NotSuchAFile {
        /// Which file.
        file: PathBuf,
    },
    /// There is none, or one that cannot be read.
    #[error("{} holds no certificate in PEM, or one that cannot be read", .file.display())]
    NoCertificate {
        /// Which file.
        file: PathBuf,
    },
    /// The key's file may not be used.
    #[error("key file {}: {problem}", .file.display())]
    KeyFile {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        problem: SecretProblem,
    },
    /// There is none, or one that cannot be used.
    #[error("key file {}: it holds no private key that can be used, in PEM and not encrypted", .file.display())]
    NoKey {
        /// Which file.
        file: PathBuf,
    },
    /// They do not belong together.
    #[error("the key in {} is not that of the first certificate in {}", .key.display(), .certificate.display())]
    NotAPair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The TLS library does not do what it is built to do.
    #[error("TLS cannot be spoken: {0}")]
    Library(rustls::Error),
}
