//! Reads a rules folder as a commit of its Git repository has it, through the program `git`, into
//! memory. Nothing is checked out and nothing is fetched.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::source::{self, SourceFile};

/// The longest name of a commit, in bytes.
const REFERENCE_BYTES_MAX: usize = 256;
/// Variables that would lead `git` to another repository than the folder's; hooks are run with them.
const MISLEADING: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"];

/// The files of a rules folder, as a commit has them.
#[derive(Debug)]
pub struct Committed {
    /// The commit.
    pub commit: String,
    /// Its files, as [`super::compile`] takes them.
    pub files: Vec<SourceFile>,
}

/// Why a commit's rules could not be read.
#[derive(Debug, thiserror::Error)]
pub enum NotCommitted {
    /// The name could be taken for something else.
    #[error("`{0}` is no name of a commit; write a branch, a tag or a commit's digits")]
    Name(String),
    /// There is no `git` to ask.
    #[error("git cannot be run; it has to be installed to look at earlier rules")]
    NoGit(#[source] std::io::Error),
    /// The repository has no such commit, or there is no repository.
    #[error("git knows no commit `{reference}` for {}: {said}", .folder.display())]
    Unknown {
        /// The name.
        reference: String,
        /// The rules folder.
        folder: PathBuf,
        /// What git said.
        said: String,
    },
    /// The commit has no such folder.
    #[error("the commit {commit} has no rules in {}", .folder.display())]
    Empty {
        /// The commit.
        commit: String,
        /// The rules folder.
        folder: PathBuf,
    },
    /// The commit has a file that a rules folder may not have.
    #[error("`{file}` of the commit {commit}: {what}")]
    File {
        /// The commit.
        commit: String,
        /// The file.
        file: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Git ended early or said something else than it should.
    #[error("git did not say what the commit holds")]
    Unreadable(#[source] std::io::Error),
}

/// The rules that lie in `folder` in the commit that `reference` names.
///
/// # Errors
/// There is no such commit, or it cannot be read whole.
pub fn committed(folder: &Path, reference: &str) -> Result<Committed, NotCommitted> {
    let commit = commit(folder, reference)?;
    let entries = entries(folder, &commit)?;
    if entries.is_empty() {
        return Err(NotCommitted::Empty { commit, folder: folder.to_owned() });
    }
    let mut blobs = Blobs::start(folder)?;
    let mut files = Vec::new();
    for Entry { name, object } in entries {
        let bytes = blobs.read(&object).map_err(NotCommitted::Unreadable)?;
        files.push(SourceFile { name, bytes });
    }
    Ok(Committed { commit, files })
}

fn commit(folder: &Path, reference: &str) -> Result<String, NotCommitted> {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | ':');
    let is_name = (1..=REFERENCE_BYTES_MAX).contains(&reference.len()) && reference.chars().all(is_plain);
    // What begins with a dash would be an option.
    if !is_name || reference.starts_with('-') {
        return Err(NotCommitted::Name(reference.chars().filter(|c| !c.is_control()).collect()));
    }
    let wanted = format!("{reference}^{{commit}}");
    let output = git(folder, &["rev-parse", "--verify", "--end-of-options", &wanted]).output();
    let output = output.map_err(NotCommitted::NoGit)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(NotCommitted::Unknown { reference: reference.to_owned(), folder: folder.to_owned(), said });
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A file of the folder.
struct Entry {
    name: String,
    object: String,
}

/// The files that loading the folder would read, under the limits that it has.
fn entries(folder: &Path, commit: &str) -> Result<Vec<Entry>, NotCommitted> {
    let output = git(folder, &["ls-tree", "-r", "-l", "-z", commit]).output().map_err(NotCommitted::NoGit)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(NotCommitted::Unreadable(std::io::Error::other(said)));
    }
    let mut entries = Vec::new();
    let mut bytes = 0;
    for line in output.stdout.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let Ok(line) = std::str::from_utf8(line) else {
            let error = std::io::Error::other("a file's name is not UTF-8");
            return Err(NotCommitted::Unreadable(error));
        };
        let Some((about, name)) = line.split_once('\t') else { continue };
        if name.split('/').any(|part| part.starts_with('.')) || !source::is_ours(name) {
            continue;
        }
        let refuse = |what| Err(NotCommitted::File { commit: commit.to_owned(), file: name.to_owned(), what });
        let about: Vec<&str> = about.split_ascii_whitespace().collect();
        let ["100644" | "100755", "blob", object, size] = about.as_slice() else {
            return refuse("is not a regular file");
        };
        let size = size.parse().unwrap_or(u64::MAX);
        bytes += usize::try_from(size).unwrap_or(usize::MAX).min(source::FOLDER_BYTES_MAX);
        if size > source::bytes_max(name) || bytes > source::FOLDER_BYTES_MAX || entries.len() >= source::FILES_MAX {
            return refuse("is too large, or one file too many");
        }
        entries.push(Entry { name: name.to_owned(), object: (*object).to_owned() });
    }
    Ok(entries)
}

/// A running `git cat-file`, asked for one object after the other.
struct Blobs {
    child: Child,
    asked: ChildStdin,
    told: BufReader<ChildStdout>,
}

impl Blobs {
    fn start(folder: &Path) -> Result<Self, NotCommitted> {
        let mut command = git(folder, &["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(NotCommitted::NoGit)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(asked), Some(told)) => Ok(Self { child, asked, told: BufReader::new(told) }),
            _ => Err(NotCommitted::Unreadable(std::io::Error::other("git has no pipes"))),
        }
    }

    fn read(&mut self, object: &str) -> std::io::Result<Vec<u8>> {
        writeln!(self.asked, "{object}")?;
        self.asked.flush()?;
        let mut head = String::new();
        self.told.read_line(&mut head)?;
        let size = match head.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
            [_, "blob", size] => size.parse::<usize>().ok().filter(|size| *size <= source::FOLDER_BYTES_MAX),
            _ => None,
        };
        let size = size.ok_or_else(|| std::io::Error::other(format!("git gave no file but `{}`", head.trim())))?;
        // Behind the content git puts a line break.
        let mut bytes = vec![0; size + 1];
        self.told.read_exact(&mut bytes)?;
        bytes.truncate(size);
        Ok(bytes)
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `git`, at work in `folder`, with no way to any other repository or machine.
fn git(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "protocol.allow=never", "--no-replace-objects"]).args(arguments);
    for name in MISLEADING {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C").stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A repository with one commit; `None` where there is no git.
    fn repository() -> Option<tempfile::TempDir> {
        let place = tempfile::tempdir().unwrap();
        let rules = place.path().join("deploy/rules");
        fs::create_dir_all(rules.join("okta")).unwrap();
        fs::create_dir_all(rules.join(".hidden")).unwrap();
        for (name, text) in [("okta/a b.yml", "one\n\ntwo"), ("guardrails.yml", ""), ("README.md", "#"), (".x.yml", "")]
        {
            fs::write(rules.join(name), text).unwrap();
        }
        fs::write(rules.join(".hidden/y.yml"), "").unwrap();
        fs::write(place.path().join("other.yml"), "not a rule").unwrap();
        run(place.path(), &["init", "-q", "-b", "main"])?;
        commit_all(place.path());
        Some(place)
    }

    fn run(folder: &Path, arguments: &[&str]) -> Option<()> {
        let mut command = git(folder, &["-c", "user.name=t", "-c", "user.email=t@example.com"]);
        command.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
        match command.output() {
            Ok(output) if output.status.success() => Some(()),
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            Err(_) => {
                println!("not run: there is no git");
                None
            }
        }
    }

    fn commit_all(folder: &Path) {
        run(folder, &["add", "-f", "-A"]);
        run(folder, &["commit", "-q", "-m", "x"]);
    }

    #[test]
    fn a_commit_gives_the_files_that_loading_would_read_as_they_were() {
        let Some(place) = repository() else { return };
        let rules = place.path().join("deploy/rules");
        fs::write(rules.join("guardrails.yml"), "changed since").unwrap();
        for reference in ["HEAD", "main", "HEAD~0"] {
            let Committed { commit, mut files } = committed(&rules, reference).unwrap();
            assert_eq!(commit.len(), 40);
            files.sort_by(|a, b| a.name.cmp(&b.name));
            let files: Vec<_> =
                files.iter().map(|file| (file.name.as_str(), std::str::from_utf8(&file.bytes).unwrap())).collect();
            assert_eq!(files, [("guardrails.yml", ""), ("okta/a b.yml", "one\n\ntwo")]);
        }
    }

    #[test]
    fn what_is_no_name_of_a_commit_never_reaches_git() {
        let place = tempfile::tempdir().unwrap();
        for name in ["", "--output=/tmp/x", "-h", "a b", "a\nb", "HEAD:rules", "é", &"a".repeat(300)] {
            assert!(matches!(committed(place.path(), name), Err(NotCommitted::Name(_))), "{name}");
        }
    }

    #[test]
    fn an_unknown_commit_and_a_folder_without_rules_are_told_apart() {
        let Some(place) = repository() else { return };
        assert!(matches!(committed(place.path(), "nothing"), Err(NotCommitted::Unknown { .. })));
        let empty = place.path().join("new");
        fs::create_dir(&empty).unwrap();
        assert!(matches!(committed(&empty, "HEAD"), Err(NotCommitted::Empty { .. })));
        let outside = tempfile::tempdir().unwrap();
        assert!(matches!(committed(outside.path(), "HEAD"), Err(NotCommitted::Unknown { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_a_file_beyond_its_size_are_refused() {
        let Some(place) = repository() else { return };
        let rules = place.path().join("deploy/rules");
        std::os::unix::fs::symlink("guardrails.yml", rules.join("link.yml")).unwrap();
        commit_all(place.path());
        assert!(matches!(committed(&rules, "HEAD"), Err(NotCommitted::File { file, .. }) if file == "link.yml"));
        fs::remove_file(rules.join("link.yml")).unwrap();
        fs::write(rules.join("large.yml"), vec![b'#'; source::FILE_BYTES_MAX as usize + 1]).unwrap();
        commit_all(place.path());
        assert!(matches!(committed(&rules, "HEAD"), Err(NotCommitted::File { file, .. }) if file == "large.yml"));
        assert!(committed(&rules, "HEAD~2").is_ok());
    }
}
