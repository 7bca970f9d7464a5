//! What the program says of itself to shells and to readers of manuals.

use std::fs;
use std::process::Command;

use crate::harness::Process;

#[tokio::test(flavor = "multi_thread")]
async fn every_shell_is_told_of_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Process::run(&["completions", shell]).await.well().stdout.join("\n");
        for word in ["serve", "rotate-key", "accept-loss"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        if shell == "bash" {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("portcullis");
            fs::write(&path, script).unwrap();
            // What it completes `portcullis trail ro` to.
            let ask = "source \"$0\"; COMP_WORDS=(portcullis trail ro); COMP_CWORD=2; \
                       _portcullis portcullis ro trail; echo \"${COMPREPLY[@]}\"";
            let asked = Command::new("bash").args(["-c", ask]).arg(&path).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&asked.stdout).trim(), "rotate-key", "{asked:?}");
        }
    }
    assert_eq!(Process::run(&["completions", "tcsh"]).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_has_a_page_in_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    Process::run(&["man", "--folder", folder.path().to_str().unwrap()]).await.well();
    let pages: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    for name in ["portcullis.1", "portcullis-serve.1", "portcullis-trail-rotate-key.1", "portcullis-rules-check.1"] {
        assert!(pages.contains(&name.to_owned()), "{name}: {pages:?}");
    }
    for page in &pages {
        let text = fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
    let shown = Process::run(&["man", "rules", "check"]).await.well().stdout.join("\n");
    let written = fs::read_to_string(folder.path().join("portcullis-rules-check.1")).unwrap();
    assert_eq!(shown.trim(), written.trim());
    assert!(shown.contains("portcullis rules check"), "{shown}");
    let refused = Process::run(&["man", "rules", "chekc"]).await;
    assert!(refused.code == Some(2) && refused.stderr.contains("`chekc`; it has: check"), "{refused:?}");
}
