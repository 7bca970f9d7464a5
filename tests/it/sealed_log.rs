//! The trail as a transparency log, through the door: what was sealed, and the proofs over it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::incident::{Digest, Event};
use serde_json::Value;

use crate::harness::{AUDITOR, Delivery, TestApp, harmless};

/// Asks until there is something, which is within a second.
async fn until(app: &TestApp, path: &str, is_wanted: impl Fn(&str) -> bool) -> String {
    let asked = async {
        loop {
            let answer = app.get(path, AUDITOR).await;
            let text = answer.body.as_str().map_or_else(|| answer.body.to_string(), str::to_owned);
            if answer.status == 200 && is_wanted(&text) {
                return text;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), asked).await.expect("it never came")
}

fn size_and_root(checkpoint: &str) -> (u64, Digest) {
    let lines: Vec<&str> = checkpoint.lines().collect();
    (lines[1].parse().unwrap(), digest(lines[2]))
}

fn digest(base64: &str) -> Digest {
    Digest(STANDARD.decode(base64).unwrap().try_into().unwrap())
}

async fn deliver(app: &TestApp, name: &str, count: usize) {
    let events: Vec<_> = (0..count).map(|number| harmless(&format!("{name}-{number}"))).collect();
    assert_eq!(app.deliver(&Delivery::of_events(name, &events, app.now())).await.status, 202);
}

/// RFC 6962 section 2.1.1, from the leaf up.
fn root_by(proof: &str, record: &[u8], seq: u64, size: u64) -> Digest {
    let hash = |parts: &[&[u8]]| Digest::of(&parts.concat());
    let (mut at, mut last) = (seq, size - 1);
    let mut root = hash(&[&[0], record]);
    for line in proof.lines().skip(2).take_while(|line| !line.is_empty()) {
        let beside = digest(line);
        if at % 2 == 1 || at == last {
            root = hash(&[&[1], &beside.0, &root.0]);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            root = hash(&[&[1], &root.0, &beside.0]);
        }
        (at, last) = (at / 2, last / 2);
    }
    assert_eq!(last, 0, "the proof leads to the root");
    root
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_proven_to_be_under_the_checkpoint() {
    let app = TestApp::start().await;
    deliver(&app, "some", 300).await;
    let checkpoint = until(&app, "/v1/trail/log/checkpoint", |text| size_and_root(text).0 > 300).await;
    let vkey = until(&app, "/v1/trail/log/vkey", |_| true).await;
    let origin = checkpoint.lines().next().unwrap();
    assert!(origin.starts_with("portcullis/") && vkey.starts_with(&format!("{origin}+")), "{vkey}");
    for seq in [0, 1, 255, 256, 299] {
        let record = app.app.trail().store().read(seq, 1).unwrap().pop().unwrap().record;
        let answer = app.client.get(format!("{}/v1/trail/records/{seq}", app.app.url())).bearer_auth(AUDITOR);
        assert_eq!(answer.send().await.unwrap().bytes().await.unwrap(), record);
        let proof = until(&app, &format!("/v1/trail/records/{seq}/proof"), |_| true).await;
        let (above, note) = proof.split_once("\n\n").unwrap();
        assert!(above.starts_with(&format!("c2sp.org/tlog-proof@v1\nindex {seq}\n")), "{above}");
        let (size, root) = size_and_root(note);
        assert_eq!(root_by(above, &record, seq, size), root);
        assert_ne!(root_by(above, b"another", seq, size), root);
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_are_those_under_the_checkpoint_and_who_reads_records_is_on_the_trail() {
    let app = TestApp::start().await;
    deliver(&app, "some", 256).await;
    until(&app, "/v1/trail/log/checkpoint", |text| size_and_root(text).0 > 256).await;
    let get = async |path: &str| {
        let answer = app.client.get(format!("{}/v1/trail/log/{path}", app.app.url())).bearer_auth(AUDITOR);
        let answer = answer.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    };
    let (tile, bundle) = (get("tile/0/000").await, get("tile/entries/000").await);
    assert_eq!((tile.0, tile.1.len(), bundle.0), (200, 256 * 32, 200));
    let mut rest = &bundle.1[..];
    for (seq, leaf) in (0..).zip(tile.1.chunks(32)) {
        let (length, behind) = rest.split_at(2);
        let (record, behind) = behind.split_at(u16::from_be_bytes(length.try_into().unwrap()).into());
        assert_eq!(Digest::of(&[&[0], record].concat()).0, leaf, "{seq}");
        rest = behind;
    }
    assert!(rest.is_empty());
    let read = |record: &portcullis::trail::Record| match &record.event {
        Event::TrailRead { actor, from, count, .. } => Some((actor.clone(), *from, *count)),
        _ => None,
    };
    let read: Vec<_> = app.records().iter().filter_map(read).collect();
    assert_eq!(read, [("auditor".to_owned(), 0, 256)], "the bundle, and not the hashes");
    for path in ["tile/0/999", "tile/0/0", "../signing.key", "%2e%2e/signing.key", "..%2fsigning.key", "signing.key"] {
        assert_eq!(get(path).await.0, 404, "{path}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_is_shown_to_be_the_beginning_of_what_is_sealed() {
    let app = TestApp::start().await;
    let first = size_and_root(&until(&app, "/v1/trail/log/checkpoint", |text| size_and_root(text).0 > 0).await);
    deliver(&app, "some", 50).await;
    let second = until(&app, "/v1/trail/log/checkpoint", |text| size_and_root(text).0 >= first.0 + 50).await;
    let second = size_and_root(&second);
    let path = format!("/v1/trail/consistency?from={}&to={}", first.0, second.0);
    let answer = app.get(&path, AUDITOR).await;
    assert_eq!((answer.status, &answer.body["from"], &answer.body["to"]), (200, &first.0.into(), &second.0.into()));
    assert!(!answer.body["hashes"].as_array().unwrap().is_empty());
    for (query, status) in [
        ("from=0", 200),
        ("from=3&to=17", 200),
        ("from=5&to=4", 404),
        ("from=1&to=1000000", 404),
        ("to=1", 400),
        ("from=a", 400),
        ("from=1&from=2", 400),
    ] {
        assert_eq!(app.get(&format!("/v1/trail/consistency?{query}"), AUDITOR).await.status, status, "{query}");
    }
    for seq in ["1000000", "-1", "a", "18446744073709551616"] {
        for path in [format!("/v1/trail/records/{seq}"), format!("/v1/trail/records/{seq}/proof")] {
            assert_eq!(app.get(&path, AUDITOR).await.status, 404, "{path}");
        }
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_with_the_same_log_and_the_last_word_is_sealed() {
    let app = TestApp::start().await;
    let origin = until(&app, "/v1/trail/log/vkey", |_| true).await;
    let folder = app.folder().to_owned();
    let app = app.restart().await;
    let size = app.app.trail().head().size;
    let checkpoint = until(&app, "/v1/trail/log/checkpoint", |text| size_and_root(text).0 >= size).await;
    assert_eq!(until(&app, "/v1/trail/log/vkey", |_| true).await, origin);
    assert_eq!(app.get("/readyz", "").await.body["trail"], Value::from("sealed"));
    assert!(size_and_root(&checkpoint).0 >= size);
    let left = app.leave().await;
    assert_eq!(left.path(), folder);
    let last = std::fs::read_to_string(left.path().join("trail/log/checkpoint")).unwrap();
    assert!(size_and_root(&last).0 > size_and_root(&checkpoint).0, "system.stopped is under it");
}
