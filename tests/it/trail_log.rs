//! The commands of an auditor who has a copy of the log, or the machine, and a key: `trail verify` and
//! `trail check-proof`.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::incident::Timestamp;
use portcullis::trail::encode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Ended, Process};
use writer::Owner;

#[allow(dead_code)]
#[path = "../../src/trail/audit/tests/writer.rs"]
mod writer;

const SIGNED_AT: u64 = 1_700_000_040;
const NAME: &str = "test.example/trail-test";

/// A trail's folder with a log in it.
struct Site {
    folder: TempDir,
    owner: Owner,
    records: Vec<Vec<u8>>,
}

impl Site {
    fn of(size: usize) -> Self {
        let records = (0..size).map(|seq| record(seq, "good")).collect();
        let site = Self { folder: tempfile::tempdir().unwrap(), owner: Owner::new(NAME, 1), records };
        site.write();
        site
    }

    fn write(&self) {
        writer::write(&self.log(), &self.owner, &self.records, SIGNED_AT);
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn put(&self, name: &str, text: &str) -> String {
        let file = self.folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn checkpoint_at(&self, size: usize) -> String {
        let root = writer::root(&writer::leaves(&self.records[..size]));
        self.owner.checkpoint(size, &root, SIGNED_AT)
    }

    async fn verify(&self, more: &[&str]) -> Ended {
        let log = self.log();
        Process::run(&[&["trail", "verify", "--log", log.to_str().unwrap()], more].concat()).await
    }
}

fn record(seq: usize, reason: &str) -> Vec<u8> {
    let event = format!(r#"{{"kind":"responder.paused","actor":"test","reason":"{reason}"}}"#);
    encode(seq as u64, Timestamp::from_second(1_700_000_000).unwrap(), event.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_verifies_with_a_key_and_without_one_it_is_said_whose_word_was_taken() {
    let site = Site::of(300);
    let with_key = site.verify(&["--key", &site.owner.vkey()]).await.well();
    assert!(with_key.stdout[0].starts_with(&format!("The log {NAME} verifies: 300 records")), "{with_key:?}");
    assert!(!with_key.said().contains("on trust"), "{with_key:?}");
    assert_eq!(with_key.stderr, "", "nobody sits before it");
    let file = site.put("published", &format!("{}\n", site.owner.vkey()));
    assert_eq!(site.verify(&["--key", &file]).await.well().stdout, with_key.stdout);
    let without = site.verify(&[]).await.well();
    assert!(without.said().contains("was taken on trust from the folder itself"), "{without:?}");
    let trail = site.folder.path().to_str().unwrap().to_owned();
    assert_eq!(Process::run(&["trail", "verify", "--folder", &trail]).await.well().stdout, without.stdout);
    let config = site.put(
        "portcullis.toml",
        "[trail]\npath = \".\"\n[directory]\npreset = \"io\"\napp_key = \"k\"\ncorp_id = \"c\"\napp_secret_file = \"secret\"\n",
    );
    let named = Process::run(&["trail", "verify", "--config", &config]).await;
    assert_eq!(named.stdout, without.stdout, "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_ends_with_1_and_one_line_that_names_it_and_what_to_do() {
    let site = Site::of(300);
    let bundle = site.log().join("tile/entries/001.p/44");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[60] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let found = site.verify(&["--key", &site.owner.vkey()]).await;
    assert_eq!((found.code, found.stdout.as_slice()), (Some(1), [].as_slice()));
    assert_eq!(found.stderr.lines().count(), 1, "{}", found.stderr);
    let expected = "portcullis: the log does not verify: record 256 was changed";
    assert!(
        found.stderr.starts_with(expected) && found.stderr.contains("; keep the folder as it is"),
        "{}",
        found.stderr
    );
    let found = site.verify(&["--key", &site.owner.vkey(), "--json"]).await;
    let told: Value = serde_json::from_str(&found.stdout.concat()).unwrap();
    assert_eq!(found.code, Some(1));
    assert_eq!((&told["verified"], &told["fault"]["code"]), (&json!(false), &json!("record_changed")));
    assert_eq!(told["fault"]["seq"], 256);
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_told_the_same_as_one_object() {
    let site = Site::of(300);
    let told = site.verify(&["--json"]).await.well();
    let told: Value = serde_json::from_str(&told.stdout.concat()).unwrap();
    let root = hex::encode(writer::root(&writer::leaves(&site.records)));
    assert_eq!((&told["verified"], &told["origin"], &told["size"]), (&json!(true), &json!(NAME), &json!(300)));
    assert_eq!((&told["root"], &told["key"]), (&json!(root), &json!("taken_on_trust")));
    assert_eq!(told["checkpoint_at"], "2023-11-14T22:14:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn h05_a_rewritten_log_passes_alone_and_fails_against_what_was_kept_elsewhere() {
    let mut site = Site::of(300);
    let since = [100, 250].map(|size| site.put(&format!("kept-{size}"), &format!("{}\n", site.checkpoint_at(size))));
    let key = site.owner.vkey();
    let against = ["--key", &key, "--since", &since[0], "--since", &since[1]];
    assert!(site.verify(&against).await.well().said().contains("goes on from 2 checkpoints"));
    // The file of an anchor, which others may write as well.
    let others = Owner::new("other.example/log", 3).checkpoint(9, &writer::root(&[]), SIGNED_AT);
    let anchored: String = [100, 250].map(|size| format!("\n\n{}{others}", site.checkpoint_at(size))).concat();
    let anchored = site.put("anchored", &anchored);
    let by_anchor = ["--key", &key, "--since", &anchored];
    assert!(site.verify(&by_anchor).await.well().said().contains("goes on from 2 checkpoints"));
    site.records[200] = record(200, "forged");
    site.write();
    site.verify(&["--key", &key]).await.well();
    let found = site.verify(&by_anchor).await;
    assert!(found.code == Some(1) && found.stderr.contains(&anchored), "{}", found.stderr);
    let found = site.verify(&against).await;
    assert_eq!(found.code, Some(1));
    let expected = "the log was rewritten: its first 250 records do not have the root that the 2. checkpoint";
    assert!(found.stderr.contains(expected) && found.stderr.contains(&since[1]), "{}", found.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn h06_a_log_of_another_key_is_refused() {
    let site = Site::of(3);
    let stranger = Owner::new(NAME, 2);
    let found = site.verify(&["--key", &stranger.vkey()]).await;
    assert_eq!(found.code, Some(1));
    assert!(found.stderr.contains("no key of the log has signed it; compare the key"), "{}", found.stderr);
    let kept = site.put("kept", &stranger.checkpoint(0, &writer::root(&[]), SIGNED_AT));
    let found = site.verify(&["--key", &site.owner.vkey(), "--since", &kept]).await;
    assert_eq!(found.code, Some(1));
    assert!(found.stderr.contains("is no checkpoint of this log"), "{}", found.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_refused_and_what_is_not_there_is_said() {
    let site = Site::of(3);
    let missing = site.folder.path().join("nothing");
    let missing = missing.to_str().unwrap();
    for more in [&["--key", "nothing+00000000+AQ=="][..], &["--key", missing], &["--since", missing], &["--store"]] {
        let refused = site.verify(more).await;
        assert_eq!((refused.code, refused.stdout.as_slice()), (Some(2), [].as_slice()), "{more:?}: {refused:?}");
    }
    let nothing = Process::run(&["trail", "verify", "--folder", site.log().to_str().unwrap()]).await;
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.stderr.contains("there is no log in"), "{}", nothing.stderr);
    fs::remove_file(site.log().join("vkey")).unwrap();
    let found = site.verify(&[]).await;
    assert_eq!(found.code, Some(1));
    assert!(found.stderr.contains("give the log's public key with --key"), "{}", found.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn h07_a_proof_is_checked_by_record_and_key_alone() {
    let site = Site::of(300);
    let leaves = writer::leaves(&site.records);
    let path: String = writer::inclusion(77, &leaves).iter().map(|hash| STANDARD.encode(hash) + "\n").collect();
    let text = format!("c2sp.org/tlog-proof@v1\nindex 77\n{path}\n{}", site.checkpoint_at(300));
    let proof = site.put("77.tlog-proof", &text);
    let line = String::from_utf8(site.records[77].clone()).unwrap();
    let good = site.put("record", &format!("{line}\n"));
    let key = site.owner.vkey();
    let found = Process::run(&["trail", "check-proof", &good, &proof, "--key", &key]).await.well();
    assert!(
        found.stdout[0].starts_with(&format!("Record 77 is in the log {NAME}, under its checkpoint of 300")),
        "{found:?}"
    );
    let forged = site.put("forged", &line.replace("good", "evil"));
    let found = Process::run(&["trail", "check-proof", &forged, &proof, "--key", &key]).await;
    assert_eq!((found.code, found.stdout.as_slice()), (Some(1), [].as_slice()));
    assert!(found.stderr.contains("do not lead to the root of the checkpoint"), "{}", found.stderr);
    let found = Process::run(&["trail", "check-proof", &good, &proof]).await;
    assert_eq!(found.code, Some(2), "a proof proves nothing without a key");
}
