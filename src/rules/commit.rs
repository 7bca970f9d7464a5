//! Which commit a folder's Git repository says is checked out, read from Git's own files.

use std::fs;
use std::path::{Path, PathBuf};

/// The most bytes of one of Git's files that are looked at; a list of packed references may be long.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// References may name references; Git itself stops at five.
const REFERENCES_MAX: usize = 5;

/// The commit checked out in the repository that `folder` lies in; `None` without one. Whether the
/// files are those of the commit is not looked at: a rule set's digest says what they are.
#[must_use]
pub fn checked_out(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let git = folder.ancestors().map(|parent| parent.join(".git")).find(|git| git.exists())?;
    let git = if git.is_dir() { git } else { linked(&git)? };
    let mut reference = "HEAD".to_owned();
    for _ in 0..REFERENCES_MAX {
        let text = loose(&git, &reference).or_else(|| packed(&git, &reference))?;
        match text.strip_prefix("ref: ") {
            Some(name) => reference = name.to_owned(),
            None => return is_commit(&text).then_some(text),
        }
    }
    None
}

/// A work tree beside its repository has a file that names the folder.
fn linked(file: &Path) -> Option<PathBuf> {
    let text = read(file)?;
    Some(file.parent()?.join(text.strip_prefix("gitdir: ")?))
}

/// References lie in the repository, or in that which it shares with others.
fn loose(git: &Path, reference: &str) -> Option<String> {
    if reference.split('/').any(|part| part == "..") || reference.starts_with('/') {
        return None;
    }
    read(&git.join(reference)).or_else(|| read(&shared(git)?.join(reference)))
}

fn packed(git: &Path, reference: &str) -> Option<String> {
    let folder = shared(git).unwrap_or_else(|| git.to_owned());
    let text = read(&folder.join("packed-refs"))?;
    let line = text.lines().find(|line| line.split_once(' ').is_some_and(|(_, name)| name == reference))?;
    line.split_once(' ').map(|(commit, _)| commit.to_owned())
}

fn shared(git: &Path) -> Option<PathBuf> {
    Some(git.join(read(&git.join("commondir"))?))
}

fn read(file: &Path) -> Option<String> {
    let is_small = fs::metadata(file).is_ok_and(|about| about.is_file() && about.len() <= FILE_BYTES_MAX);
    is_small.then(|| fs::read_to_string(file).ok()).flatten().map(|text| text.trim_end().to_owned())
}

/// SHA-1 or SHA-256 in hex.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_branch_a_packed_branch_and_a_bare_commit_are_found() {
        let place = tempfile::tempdir().unwrap();
        let rules = place.path().join("deploy/rules");
        fs::create_dir_all(&rules).unwrap();
        assert_eq!(checked_out(&rules), None);
        let git = place.path().join(".git");
        write(&git.join("HEAD"), &format!("{COMMIT}\n"));
        assert_eq!(checked_out(&rules).as_deref(), Some(COMMIT));
        write(&git.join("HEAD"), "ref: refs/heads/main\n");
        assert_eq!(checked_out(&rules), None, "a branch without a commit");
        write(&git.join("packed-refs"), &format!("# pack-refs with: peeled\n{COMMIT} refs/heads/main\n"));
        assert_eq!(checked_out(&rules).as_deref(), Some(COMMIT));
        let newer = COMMIT.replace('0', "f");
        write(&git.join("refs/heads/main"), &newer);
        assert_eq!(checked_out(&rules), Some(newer), "a loose reference is newer than a packed one");
    }

    #[test]
    fn a_linked_work_tree_shares_its_references() {
        let place = tempfile::tempdir().unwrap();
        let main = place.path().join("main/.git");
        write(&main.join("refs/heads/topic"), COMMIT);
        write(&main.join("worktrees/topic/HEAD"), "ref: refs/heads/topic");
        write(&main.join("worktrees/topic/commondir"), "../..");
        write(&place.path().join("topic/.git"), "gitdir: ../main/.git/worktrees/topic");
        assert_eq!(checked_out(&place.path().join("topic")).as_deref(), Some(COMMIT));
    }

    #[test]
    fn what_is_no_commit_is_not_shown() {
        let place = tempfile::tempdir().unwrap();
        let head = place.path().join(".git/HEAD");
        for text in ["", "ref: ../../etc/passwd", "ref: /etc/passwd", "ref: HEAD", "root:x:0:0", &"0".repeat(41)] {
            write(&head, text);
            assert_eq!(checked_out(place.path()), None, "{text}");
        }
    }
}
