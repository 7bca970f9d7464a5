//! Whether each file with a secret is there, its owner's alone, and used for one thing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use super::examined::Examined;
use crate::incident::{Check, Diagnosis, Digest};
use crate::intake::read_private;

/// The largest file that may hold a secret, in bytes; a key in PEM is among them.
const BYTES_MAX: u64 = 64 * 1024;
/// The most files that are named as used by nobody.
const UNUSED_SHOWN: usize = 5;

/// A file that a setting says holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// Which setting says so.
    pub setting: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Reads all of them. Whoever may read a file of mode 0600 owns it, or is root and may read any. What they hold is
/// compared by digests and told to nobody.
#[must_use]
pub fn secrets(files: &[SecretFile]) -> Examined {
    let mut seen: BTreeMap<Digest, &SecretFile> = BTreeMap::new();
    for file in files {
        let content = match read_private(&file.path, BYTES_MAX) {
            Ok(content) => content,
            Err(problem) => return refused(file, &problem.to_string()),
        };
        let text = content.expose_secret().trim_ascii();
        if text.is_empty() {
            return refused(file, "it is empty");
        }
        if let Some(other) = seen.insert(Digest::of(text), file) {
            let both = format!("{} and {}", other.setting, file.setting);
            return Examined::with(Check::Secrets, Diagnosis::SecretShared, both);
        }
    }
    let unused = unused(files);
    let shown: Vec<String> = unused.iter().take(UNUSED_SHOWN).map(|path| path.display().to_string()).collect();
    let detail = match unused.len() {
        0 => format!("{} files", files.len()),
        count => format!("{} files; {count} beside them are named by no setting: {}", files.len(), shown.join(", ")),
    };
    Examined::with(Check::Secrets, Diagnosis::Good, detail)
}

fn refused(file: &SecretFile, problem: &str) -> Examined {
    let detail = format!("{}: {}: {problem}", file.setting, file.path.display());
    Examined::with(Check::Secrets, Diagnosis::SecretRefused, detail)
}

/// Files beside them that only their owner may use, as secrets are, and that no setting names: what was left behind.
fn unused(files: &[SecretFile]) -> Vec<PathBuf> {
    let named: BTreeSet<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let folders: BTreeSet<&Path> = files.iter().filter_map(|file| file.path.parent()).collect();
    let beside = folders.into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().filter_map(Result::ok);
    let mut unused: Vec<PathBuf> =
        beside.map(|entry| entry.path()).filter(|path| !named.contains(path.as_path())).collect();
    unused.retain(|path| is_private_file(path));
    unused.sort_unstable();
    unused
}

#[cfg(unix)]
fn is_private_file(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.mode() & 0o077 == 0)
}

/// Elsewhere nothing tells a secret from other files.
#[cfg(not(unix))]
fn is_private_file(_path: &Path) -> bool {
    false
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn file(folder: &Path, name: &str, content: &str, mode: u32) -> SecretFile {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        SecretFile { setting: format!("[test] {name}"), path }
    }

    #[test]
    fn each_file_is_private_and_used_for_one_thing() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str, mode| file(folder.path(), name, content, mode);
        let (a, b) = (file("a", "test-value-a\n", 0o600), file("b", "test-value-b", 0o400));
        assert_eq!(secrets(&[a.clone(), b.clone()]).found, Diagnosis::Good);

        let exposed = secrets(&[a.clone(), file("c", "test-value-c", 0o640)]);
        assert_eq!(exposed.found, Diagnosis::SecretRefused);
        assert!(exposed.detail.unwrap().contains("0600"));
        let gone = SecretFile { setting: "[test] gone".to_owned(), path: folder.path().join("gone") };
        assert_eq!(secrets(&[gone]).found, Diagnosis::SecretRefused);
        assert_eq!(secrets(&[file("d", " \n", 0o600)]).found, Diagnosis::SecretRefused);

        let shared = secrets(&[a, b, file("e", "test-value-a", 0o600)]);
        assert_eq!(shared.found, Diagnosis::SecretShared);
        let said = shared.detail.unwrap();
        assert!(said == "[test] a and [test] e" && !said.contains("test-value"), "{said}");
    }

    #[test]
    fn what_was_left_behind_is_named_and_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        let used = file(folder.path(), "used", "test-value-used", 0o600);
        file(folder.path(), "left-behind", "test-value-old", 0o600);
        file(folder.path(), "README", "for all", 0o644);
        let examined = secrets(&[used]);
        assert_eq!(examined.found, Diagnosis::Good);
        let said = examined.detail.unwrap();
        assert!(said.contains("left-behind") && !said.contains("README"), "{said}");
    }
}
