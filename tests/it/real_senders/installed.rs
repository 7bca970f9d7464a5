//! Finds the real senders where `tests/senders/install` puts them, and asks their scripts.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What to do about a sender that is not there.
pub(super) const MISSING: &str = "the real senders are not installed as they should be: run tests/senders/install";

/// A script of tests/senders that speaks for others: a list of cases in, a list of outcomes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oracle {
    Python,
    JavaScript,
    Sns,
}

impl Oracle {
    /// One outcome for each case, in one process.
    pub(super) fn ask(self, cases: &[Value]) -> Vec<Value> {
        let mut child = self.command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect(MISSING);
        // It reads all before it writes anything, so neither waits for the other.
        let written = serde_json::to_vec(cases).unwrap();
        child.stdin.take().unwrap().write_all(&written).expect("it reads its cases");
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{self:?} ended with {}", ended.status);
        let outcomes: Vec<Value> = serde_json::from_slice(&ended.stdout).expect("it prints its outcomes");
        assert_eq!(outcomes.len(), cases.len());
        outcomes
    }

    fn command(self) -> Command {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/senders");
        match self {
            Self::Python => {
                let folder = folder("python", &scripts.join("requirements.txt"));
                let mut command = Command::new(folder.join("bin/python"));
                // Nothing but what is installed there.
                command.arg("-I").arg(scripts.join("libraries.py"));
                command
            }
            Self::JavaScript => javascript("libraries.js"),
            Self::Sns => javascript("sns.js"),
        }
    }
}

/// A script of tests/senders, with the libraries that are installed for it.
pub(crate) fn javascript(script: &str) -> Command {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/senders");
    let folder = folder("javascript", &scripts.join("package-lock.json"));
    let mut command = Command::new("node");
    command.arg(scripts.join(script)).env("NODE_PATH", folder.join("node_modules"));
    command
}

/// Where one language's libraries are, installed by this very list.
fn folder(language: &str, list: &Path) -> PathBuf {
    // Cargo puts its `tmp` for tests right into the target folder.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("senders").join(language);
    assert!(fs::read(folder.join("installed")).ok() == fs::read(list).ok(), "{MISSING} ({})", folder.display());
    folder
}
