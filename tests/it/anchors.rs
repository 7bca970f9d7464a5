//! Where the trail's checkpoints are kept beside it: each anchor by itself, and what comes of it when one is down or
//! knows better.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use portcullis::incident::Digest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::harness::{AUDITOR, Delivery, Kept, Set, Sink, TestApp, copy_folder, harmless};
use crate::notices::{files, webhook};

/// A witness by c2sp.org/tlog-witness, for one log whose signature it does not check.
#[derive(Clone)]
struct Witness {
    url: String,
    /// The size and root that it has signed.
    known: Arc<Mutex<(u64, Option<Digest>)>>,
    /// How it has answered.
    answers: Arc<Mutex<Vec<u16>>>,
}

const NAME: &str = "witness.example";

fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn public() -> Vec<u8> {
    [&[4][..], key().verifying_key().as_bytes()].concat()
}

fn key_id() -> Vec<u8> {
    Digest::of(&[NAME.as_bytes(), b"\n", &public()].concat()).0[..4].to_vec()
}

fn vkey() -> String {
    format!("{NAME}+{}+{}", hex::encode(key_id()), STANDARD.encode(public()))
}

fn digest(base64: &str) -> Digest {
    Digest(STANDARD.decode(base64).unwrap().try_into().unwrap())
}

impl Witness {
    async fn start(known: (u64, Option<Digest>)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let witness = Self { url, known: Arc::new(Mutex::new(known)), answers: Arc::default() };
        let own = witness.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                let body = loop {
                    assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
                    let text = String::from_utf8_lossy(&bytes);
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                    if body.len() == length.parse::<usize>().unwrap() {
                        assert!(head.starts_with("POST /w/add-checkpoint "), "{head}");
                        break body.to_owned();
                    }
                };
                let (status, answer) = own.answer(&body);
                own.answers.lock().unwrap().push(status);
                let head =
                    format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
                let _ = stream.write_all((head + &answer).as_bytes()).await;
            }
        });
        witness
    }

    fn answer(&self, body: &str) -> (u16, String) {
        let (head, note) = body.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
        let (text, _) = note.split_once("\n\n").unwrap();
        let said: Vec<&str> = text.lines().collect();
        let (size, root) = (said[1].parse::<u64>().unwrap(), digest(said[2]));
        let mut known = self.known.lock().unwrap();
        if old != known.0 {
            return (409, format!("{}\n", known.0));
        }
        if old == size && known.1 != Some(root) && old > 0 {
            return (409, format!("{size}\n"));
        }
        let proof: Vec<Digest> = lines.map(digest).collect();
        if old > 0 && old < size && !is_consistent(old, size, known.1.unwrap(), root, &proof) {
            return (422, String::new());
        }
        *known = (size, Some(root));
        let signature = key().sign(format!("cosignature/v1\ntime 1700000000\n{text}\n").as_bytes()).to_bytes();
        let line = [&key_id()[..], &1_700_000_000_u64.to_be_bytes(), &signature].concat();
        (200, format!("\u{2014} {NAME} {}\n", STANDARD.encode(line)))
    }

    fn settings(&self) -> String {
        format!("[[trail.anchors.witnesses]]\nurl = \"{}/w/\"\nkey = \"{}\"\n", self.url, vkey())
    }
}

/// RFC 9162 section 2.1.4.2.
fn is_consistent(old: u64, new: u64, old_root: Digest, new_root: Digest, proof: &[Digest]) -> bool {
    let node = |left: &Digest, right: &Digest| Digest::of(&[&[1][..], &left.0, &right.0].concat());
    let mut path = proof.to_vec();
    if old.is_power_of_two() {
        path.insert(0, old_root);
    }
    let (mut first, mut last) = (old - 1, new - 1);
    while first % 2 == 1 {
        (first, last) = (first / 2, last / 2);
    }
    let Some((seed, rest)) = path.split_first() else { return false };
    let (mut old_side, mut new_side) = (*seed, *seed);
    for hash in rest {
        if last == 0 {
            return false;
        }
        if first % 2 == 1 || first == last {
            (old_side, new_side) = (node(hash, &old_side), node(hash, &new_side));
            while first % 2 == 0 && first != 0 {
                (first, last) = (first / 2, last / 2);
            }
        } else {
            new_side = node(&new_side, hash);
        }
        (first, last) = (first / 2, last / 2);
    }
    old_side == old_root && new_side == new_root && last == 0
}

async fn start(config: String) -> TestApp {
    let config = format!("[trail.anchors]\nevery_s = 1\n{config}");
    TestApp::start_with(Set { config: Box::leak(config.into_boxed_str()), files: files(), ..Set::default() }).await
}

async fn deliver(app: &TestApp, name: &str) {
    assert_eq!(app.deliver(&Delivery::of_events(name, &[harmless(name)], app.now())).await.status, 202);
}

/// Waits until an anchor is as wanted.
async fn until(app: &TestApp, name: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let asked = async {
        loop {
            let answer = app.get("/v1/trail/anchors", AUDITOR).await.body;
            let anchors = answer["anchors"].as_array().unwrap();
            let anchor = anchors.iter().find(|anchor| anchor["name"] == name).unwrap();
            if is_wanted(anchor) {
                return anchor.clone();
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), asked).await.expect("it never came")
}

fn has(size: u64) -> impl Fn(&Value) -> bool {
    move |anchor| anchor["size"].as_u64().is_some_and(|known| known >= size) && anchor["failure"].is_null()
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_are_kept_in_every_anchor() {
    let (sink, witness) = (Sink::start(&[]).await, Witness::start((0, None)).await);
    let config = format!("file = \"elsewhere\"\nwebhooks = [\"hook\"]\n{}{}", witness.settings(), webhook(&sink, ""));
    let app = start(config).await;
    for round in 0..2 {
        deliver(&app, &format!("round-{round}")).await;
        let size = app.app.trail().head().size;
        for name in ["log", "file", "webhook:hook", "witness:witness.example"] {
            until(&app, name, has(size)).await;
        }
    }
    assert_eq!(app.get("/readyz", "").await.body["anchors"], "current");
    let kept = std::fs::read_to_string(app.folder().join("elsewhere")).unwrap();
    let posted = sink.posted();
    let message = posted.last().unwrap().json();
    assert_eq!(message["type"], "portcullis.trail.checkpoint");
    let note = message["data"]["checkpoint"].as_str().unwrap();
    let size = message["data"]["size"].to_string();
    assert!(kept.contains(note) || kept.lines().any(|line| *line == size), "{kept}");
    assert!(note.starts_with("portcullis/") && posted.last().unwrap().id().starts_with("checkpoint_"));
    assert!(witness.answers.lock().unwrap().iter().all(|status| *status == 200));
    let folder = app.folder().join("trail/log/witnessed");
    let witnessed = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    assert!(std::fs::read_to_string(witnessed).unwrap().contains("\n\u{2014} witness.example "));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h09_a_witness_that_is_elsewhere_is_met_there_also_after_a_restart() {
    let witness = Witness::start((0, None)).await;
    let app = start(witness.settings()).await;
    deliver(&app, "one").await;
    until(&app, "witness:witness.example", has(app.app.trail().head().size)).await;
    let app = app.restart().await;
    deliver(&app, "two").await;
    until(&app, "witness:witness.example", has(app.app.trail().head().size)).await;
    let answers = witness.answers.lock().unwrap().clone();
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 1, "{answers:?}");
    assert!(!answers.contains(&422), "{answers:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h09_a_witness_that_knows_another_log_raises_an_alarm_and_everything_goes_on() {
    // It has signed more than there is, and then the same number of others.
    for (known, size) in [((1_000_000, Some(Digest::of(b"other"))), None), ((1, Some(Digest::of(b"other"))), Some(1))] {
        let witness = Witness::start(known).await;
        let app = start(witness.settings()).await;
        let contradicted =
            until(&app, "witness:witness.example", |anchor| anchor["failure"]["contradicts"].is_string());
        let anchor = contradicted.await;
        assert!(anchor["size"].is_null(), "{anchor} {size:?}");
        assert_eq!(app.get("/readyz", "").await.body["anchors"], "contradicted");
        deliver(&app, "goes-on").await;
        until(&app, "log", has(app.app.trail().head().size)).await;
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h09_an_anchor_that_is_down_is_told_and_late_and_keeps_nobody_waiting() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let witness = format!("[[trail.anchors.witnesses]]\nurl = \"http://{gone}\"\nkey = \"{}\"\n", vkey());
    let app = start(format!("file = \"no-such-folder/file\"\n{witness}")).await;
    for name in ["file", "witness:witness.example"] {
        let anchor = until(&app, name, |anchor| anchor["failure"]["not_taken"].is_string()).await;
        assert_eq!((&anchor["size"], &anchor["at"]), (&json!(null), &json!(null)));
    }
    assert_eq!(app.get("/readyz", "").await.body["anchors"], "current", "not yet");
    app.advance(std::time::Duration::from_secs(301));
    deliver(&app, "goes-on").await;
    until(&app, "log", has(app.app.trail().head().size)).await;
    assert_eq!(app.get("/readyz", "").await.body["anchors"], "late");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h04_nothing_starts_on_an_older_copy_than_what_is_anchored() {
    let set =
        Set { config: "[trail.anchors]\nevery_s = 1\nfile = \"elsewhere\"\n", kept: Kept::BySled, ..Set::default() };
    let app = TestApp::start_with(set).await;
    deliver(&app, "one").await;
    let backup = tempfile::tempdir().unwrap();
    let app = app.restart_after(|folder| copy_folder(&folder.join("trail"), backup.path())).await.ok().unwrap();
    deliver(&app, "two").await;
    until(&app, "file", has(app.app.trail().head().size)).await;
    let restored = app.restart_after(|folder| {
        std::fs::remove_dir_all(folder.join("trail")).unwrap();
        copy_folder(backup.path(), &folder.join("trail"));
    });
    let refused = restored.await.err().unwrap();
    assert!(refused.contains("it was cut, or an older copy was put in its place"), "{refused}");
}
