//! What commands print: nobody has to read it to its end, and what cannot be written is told.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const EVENT: &str = "src/cli/demo/okta-event-hook.json";
/// Every command that lists something.
const LISTING: [&[&str]; 13] = [
    &["rules", "check", "rules"],
    &["rules", "check", "rules", "--json"],
    &["rules", "check", "--list-lints"],
    &["rules", "test", "rules"],
    &["rules", "test", "rules", "--json"],
    &["rules", "explain", "impossible-travel.yml", EVENT],
    &["rules", "explain", "impossible-travel.yml", EVENT, "--json"],
    &["rules", "fmt", "--check", "rules"],
    &["rules", "schema"],
    &["rules", "manifest", "rules"],
    &["completions", "bash"],
    &["man"],
    &["man", "rules", "check"],
];

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env_clear();
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

fn stderr(ended: &Output) -> String {
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

/// As with `| head -1`.
fn unheard(arguments: &[&str]) -> Output {
    let mut child = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    for arguments in LISTING {
        let ended = unheard(arguments);
        assert_eq!((ended.status.code(), stderr(&ended).as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn what_comes_of_a_check_does_not_depend_on_who_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.yml"), "title: [\n").unwrap();
    let ended = unheard(&["rules", "check", folder.path().to_str().unwrap()]);
    assert_eq!(ended.status.code(), Some(2), "{}", stderr(&ended));
    assert!(!stderr(&ended).contains("panicked"), "{}", stderr(&ended));
}

#[test]
fn a_full_disk_is_a_failure() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        println!("not run: there is no /dev/full");
        return;
    }
    for arguments in LISTING {
        let ended = command(arguments).stdout(File::options().write(true).open(full).unwrap()).output().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {}", stderr(&ended));
        assert!(stderr(&ended).contains("standard output cannot be written"), "{arguments:?}: {}", stderr(&ended));
    }
}
