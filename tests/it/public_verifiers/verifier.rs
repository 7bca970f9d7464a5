//! Finds the verifiers where `tests/verifiers/install` puts them, and asks them about a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to do about a verifier that is not there.
const MISSING: &str = "the public verifiers are not installed as they should be: run tests/verifiers/install";

/// Code that is not ours, and judges transparency logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verifier {
    /// Go's `golang.org/x/mod/sumdb`.
    Sumdb,
    /// PyPI's pymerkle, which knows no signatures.
    Pymerkle,
}

/// What it says of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Everything fits a log of this size and root.
    Agrees { size: u64, root: String },
    /// What does not.
    Faults(String),
}

impl Verifier {
    /// Both of them.
    pub(crate) const ALL: [Self; 2] = [Self::Sumdb, Self::Pymerkle];

    /// Its verdict on the log folder, by the folder's own keys.
    pub(crate) fn judge(self, log: &Path) -> Verdict {
        self.judge_against(log, &log.join("vkey"), &[])
    }

    /// The same for somebody who has kept the log's keys and checkpoints from before.
    pub(crate) fn judge_against(self, log: &Path, vkey: &Path, older: &[&Path]) -> Verdict {
        let mut command = self.command();
        command.arg(log);
        if self == Self::Sumdb {
            command.arg(vkey);
        }
        let ended = command.args(older).output().expect(MISSING);
        let said = String::from_utf8(ended.stdout).unwrap();
        let last = said.lines().last().unwrap_or_default();
        let verdict = match (ended.status.code(), &last.split(' ').collect::<Vec<_>>()[..]) {
            (Some(0), ["ok", size, root]) => {
                size.parse().ok().map(|size| Verdict::Agrees { size, root: (*root).to_owned() })
            }
            (Some(1), ["fault:", ..]) => Some(Verdict::Faults(last.to_owned())),
            _ => None,
        };
        // One that fell over has judged nothing.
        verdict.unwrap_or_else(|| panic!("{self:?} {}: {said}{}", ended.status, String::from_utf8_lossy(&ended.stderr)))
    }

    fn command(self) -> Command {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifiers");
        match self {
            Self::Sumdb => Command::new(folder("sumdb", &go_files(&sources.join("sumdb"))).join("sumdb")),
            Self::Pymerkle => {
                let list = fs::read(sources.join("requirements.txt")).unwrap();
                let mut command = Command::new(folder("python", &list).join("bin/python"));
                // Nothing but what is installed there, and nothing written beside the script.
                command.args(["-I", "-B"]).arg(sources.join("pymerkle_check.py"));
                command
            }
        }
    }
}

/// The program's sources one after the other, as the shell puts them.
fn go_files(folder: &Path) -> Vec<u8> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| fs::read(file).unwrap()).collect()
}

/// Where one of them is, made from exactly this.
fn folder(name: &str, made_from: &[u8]) -> PathBuf {
    // Cargo puts its `tmp` for tests right into the target folder.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("verifiers").join(name);
    assert!(fs::read(folder.join("installed")).ok().as_deref() == Some(made_from), "{MISSING} ({})", folder.display());
    folder
}
