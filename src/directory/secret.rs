//! Reads the app's secret from its file, which nobody but its owner may read.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::Path;

use secrecy::SecretString;

use super::error::SetupError;
use super::settings::Settings;

/// More than any app secret has.
const SECRET_BYTES_MAX: usize = 1024;

impl Settings {
    /// Reads the secret named by `app_secret_file`; a relative path starts at `base`. White space
    /// at the end of the file is left out.
    ///
    /// # Errors
    /// The file is missing, cannot be read, is not a regular file, can be read or changed by group
    /// or others, is empty or too long, or holds more than one word of visible ASCII.
    pub fn read_secret(&self, base: &Path) -> Result<SecretString, SetupError> {
        let file = base.join(&self.app_secret_file);
        let mut text = match read(&file) {
            Err(Refused::Unreadable(source)) => return Err(SetupError::SecretUnreadable { file, source }),
            Err(Refused::Unusable(problem)) => return Err(SetupError::SecretFile { file, problem }),
            Ok(text) => text,
        };
        // In place, so that no second copy of the secret is left behind.
        text.truncate(text.trim_ascii_end().len());
        match text.as_bytes() {
            [] => Err(SetupError::SecretFile { file, problem: "it is empty" }),
            bytes if bytes.len() > SECRET_BYTES_MAX => Err(SetupError::SecretFile { file, problem: "it is too long" }),
            bytes if !bytes.iter().all(u8::is_ascii_graphic) => {
                Err(SetupError::SecretFile { file, problem: "it holds more than one word of visible ASCII" })
            }
            _ => Ok(SecretString::from(text)),
        }
    }
}

enum Refused {
    Unreadable(std::io::Error),
    Unusable(&'static str),
}

fn read(path: &Path) -> Result<String, Refused> {
    let file = File::open(path).map_err(Refused::Unreadable)?;
    // Asked of the open file, not of the path, which could name another file by then.
    let metadata = file.metadata().map_err(Refused::Unreadable)?;
    if !metadata.is_file() {
        return Err(Refused::Unusable("it is not a regular file"));
    }
    if is_open_to_others(&metadata, path) {
        return Err(Refused::Unusable("group or others have access to it; `chmod 600` it"));
    }
    let mut text = String::with_capacity(SECRET_BYTES_MAX.saturating_mul(2));
    let limit = u64::try_from(SECRET_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(64);
    match file.take(limit).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(Refused::Unusable("it is not text")),
        Err(error) => Err(Refused::Unreadable(error)),
    }
}

/// systemd (254 and later) hands its credentials over in a folder only the service can enter, by an
/// access list that shows as a group's right to read; that is no exposure.
#[cfg(unix)]
fn is_open_to_others(metadata: &Metadata, path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY");
    let forbidden = if credentials.is_some_and(|folder| path.starts_with(folder)) { 0o037 } else { 0o077 };
    metadata.permissions().mode() & forbidden != 0
}

/// Elsewhere the file system has no such bits to ask for.
#[cfg(not(unix))]
fn is_open_to_others(_: &Metadata, _: &Path) -> bool {
    false
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use std::os::unix::fs::PermissionsExt as _;

    const TEST_SECRET: &str = "test-secret-of-no-app";

    fn read_back(content: &[u8], mode: u32) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        read_in(folder.path())
    }

    fn read_in(base: &Path) -> Result<String, String> {
        let settings: Settings = serde_json::from_str(
            r#"{"preset":"io","app_key":"test-app","app_secret_file":"secret","corp_id":"dingtest"}"#,
        )
        .unwrap();
        settings
            .read_secret(base)
            .map(|secret| secret.expose_secret().to_owned())
            .map_err(|error| format!("{error:?} {error}"))
    }

    #[test]
    fn the_secret_is_read_without_the_line_end() {
        assert_eq!(read_back(format!("{TEST_SECRET}\r\n").as_bytes(), 0o600).unwrap(), TEST_SECRET);
        assert_eq!(read_back(TEST_SECRET.as_bytes(), 0o400).unwrap(), TEST_SECRET);
    }

    #[test]
    fn a_file_that_others_can_read_or_change_is_refused() {
        for mode in [0o640, 0o604, 0o644, 0o620, 0o602, 0o610, 0o601, 0o777] {
            let refused = read_back(TEST_SECRET.as_bytes(), mode).unwrap_err();
            assert!(refused.contains("chmod"), "{mode:o}: {refused}");
        }
    }

    #[test]
    fn a_file_without_a_usable_secret_is_refused_by_name_and_never_by_value() {
        let two = format!("{TEST_SECRET} {TEST_SECRET}");
        let long = TEST_SECRET.repeat(60);
        let not_text = [TEST_SECRET.as_bytes(), b"\xff"].concat();
        for content in [b"".as_slice(), b" \n", two.as_bytes(), long.as_bytes(), &not_text, b"\0", "ключ".as_bytes()]
        {
            let refused = read_back(content, 0o600).unwrap_err();
            assert!(refused.contains("secret` of `app_secret_file`"), "{refused}");
            assert!(!refused.contains(TEST_SECRET), "{refused}");
        }
    }

    #[test]
    fn a_missing_file_and_a_folder_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_in(folder.path()).unwrap_err().contains("app_secret_file"));
        std::fs::create_dir(folder.path().join("secret")).unwrap();
        assert!(read_in(folder.path()).unwrap_err().contains("not a regular file"));
    }
}
