//! Sources as their operators begin with them whose senders sign by a key of their own, show a token, or show a secret in
//! every event.

use std::fs;
use std::path::Path;

use portcullis::config;
use portcullis::incident::{Assurance, Timestamp};
use serde_json::json;

use crate::harness::*;

const CLIENT_STATE: &str = "test-only-client-state-7yQm4vTzKc1";

/// A key pair in a folder: the file with the private key.
fn pair(folder: &Path, name: &str, algorithm: &[&str]) -> String {
    let path = folder.join(name).to_str().unwrap().to_owned();
    let made = [&["genpkey", "-out", &path, "-algorithm"], algorithm].concat();
    assert!(std::process::Command::new("openssl").args(made).status().unwrap().success());
    path
}

fn configured(folder: &Path) -> String {
    let text = "[directory]\npreset = \"io\"\napp_key = \"key\"\napp_secret_file = \"app\"\ncorp_id = \"ding1\"\n";
    let path = folder.join("portcullis.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_by_a_key_pair_is_added_with_its_public_half_and_tried_as_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (config, key) = (configured(folder.path()), pair(folder.path(), "own.pem", &["ed25519"]));
    let add = async |kind: &str, name: &str, more: &[&str], piped: &str| {
        let words = ["source", "add", kind, "--name", name, "--config", &config];
        Process::spawn_under(&format!("exec < {piped}"), &[&words[..], more].concat(), &[]).ended().await
    };
    let v1a = ["--signature", "standard-webhooks-v1a"];
    for (kind, whose) in [("standard-webhooks", "the sender has"), ("wazuh", "what signs for the sender has")] {
        let bare = add(kind, "bare", &v1a, "/dev/null").await;
        assert!(bare.code == Some(2) && bare.stderr.contains("--secret-stdin"), "{bare:?}");
        assert!(bare.stderr.contains(whose) && bare.stderr.contains("whpk_"), "{bare:?}");
    }
    let public = Process::run(&["send", "any", "--config", "none", "--key", &key, "--whpk"]).await.well().said();
    let piped = folder.path().join("public");
    fs::write(&piped, &public).unwrap();
    let piped_in = [&v1a[..], &["--secret-stdin"]].concat();
    for kind in ["standard-webhooks", "generic", "wazuh"] {
        let added = add(kind, kind, &piped_in, piped.to_str().unwrap()).await.well();
        let said = added.said();
        assert!(said.contains(&public) && !said.contains("whsec_") && !said.contains("shown this once"), "{said}");
        let line = said.lines().find(|line| line.contains("portcullis send ")).unwrap().trim().replace("FILE", &key);
        let words: Vec<&str> = line.split(' ').skip(1).chain(["--print"]).collect();
        let printed = Process::run(&words).await.well();
        assert!(printed.said().contains("webhook-signature: v1a,"), "{printed:?}");
        // The same key is not another source's.
        configured(folder.path());
        for file in fs::read_dir(folder.path().join("secrets")).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_any_sender_is_written_with_whose_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let add = async |kind: &str, more: &[&str]| {
        Process::run(&[&["source", "add", kind, "--config", &config][..], more].concat()).await
    };
    let whose = ["--issuer", "https://idp.example.com/", "--audience", "us", "--jwks", "https://idp.example.com/keys"];
    let listed = ["--allow-unsigned", "--address", "192.0.2.0/24"];
    for kind in ["azure-monitor", "pagerduty", "keycloak", "generic"] {
        let part = add(kind, &[&whose[..4], &listed].concat()).await;
        assert!(part.code == Some(2) && part.stderr.contains(&format!("{kind} needs --jwks")), "{part:?}");
        let both = add(kind, &[&whose[..], &listed, &["--secret-in", "path"]].concat()).await;
        assert!(both.code == Some(2) && both.stderr.contains("takes no --secret-in"), "{both:?}");
        let weak = add(kind, &whose).await;
        assert!(weak.code == Some(2) && weak.stderr.contains("--allow-unsigned"), "{weak:?}");
        let added = add(kind, &[&whose[..], &listed].concat()).await.well();
        assert!(added.said().contains(&format!("https://your-host/v1/alerts/{kind}")), "{added:?}");
        assert!(!added.said().contains("has that secret"), "{added:?}");
    }
    let read = config::load(Path::new(&config), &[]).unwrap();
    assert!(read.intake.sources.values().all(|source| source.jwt.is_some() && source.assurance() == Assurance::C));
    assert!(portcullis::intake::Intake::new(&read.intake, &read.base).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sender_proves_is_put_into_any_body_that_is_sent_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let key = pair(folder.path(), "own.pem", &["ed25519"]);
    let other = pair(folder.path(), "other.pem", &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    let public = Process::run(&["send", "any", "--config", "none", "--key", &key, "--whpk"]).await.well().said();
    let sources = r#"
[intake.sources.pair]
kind = "standard-webhooks"
signature = "standard-webhooks-v1a"
secrets = [{ name = "test", file = "public-key" }]
[intake.sources.graph]
kind = "graph"
allow_unsigned = true
secrets = [{ name = "test", file = "client-state" }]
[intake.sources.rows]
kind = "generic"
allow_unsigned = true
secret_in = { member = "token" }
mapping = { events = "result.rows" }
secrets = [{ name = "test", file = "token-of-rows" }]
"#;
    let files = vec![
        ("public-key", public),
        ("client-state", CLIENT_STATE.to_owned()),
        ("token-of-rows", "test-only-token-of-rows-7yQm4vTzKc1".to_owned()),
    ];
    let app = TestApp::start_with(Set { config: sources, files, ..Set::default() }).await;
    app.clock.set(Timestamp::now());
    let (config, url) = (app.folder().join("portcullis.toml"), app.app.url().to_owned());
    let send = async |source: &str, more: &[&str]| {
        let words = ["send", source, "--config", config.to_str().unwrap(), "--server", &url];
        Process::run(&[&words[..], more].concat()).await
    };
    let item = |id: &str| json!({"id": id, "changeType": "updated", "resource": "security/alerts/test"});
    let file = |name: &str, body: &serde_json::Value| {
        fs::write(folder.path().join(name), body.to_string()).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let mut wrong = item("wrong");
    wrong["clientState"] = json!("the test value of the secret");
    let bodies = [
        ("graph", file("several", &json!({"value": [item("one"), item("two")]}))),
        ("graph", file("stands-in", &json!({"value": [wrong]}))),
        ("graph", file("kept", &item("three"))),
        ("rows", file("rows", &json!({"result": {"rows": [{"type": "a", "row": 1}, {"type": "a", "row": 2}]}}))),
    ];
    for (source, body) in &bodies {
        let sent = send(source, &["--file", body]).await;
        assert!(sent.code == Some(0) && sent.said().contains("202"), "{body}: {sent:?}");
    }
    let sent = send("pair", &["--key", &key]).await;
    assert!(sent.code == Some(0) && sent.said().contains("202"), "{sent:?}");
    let kept = app.records_of("alert.admitted").len();
    assert_eq!(kept, 7);
    assert!(!format!("{:?}", app.records_of("alert.admitted")).contains(CLIENT_STATE));

    let elsewhere = file("elsewhere", &json!({"rows": []}));
    for (source, more, said) in [
        ("rows", &["--file", &elsewhere][..], "no event"),
        ("pair", &[], "--key"),
        ("pair", &["--key", &other], "a key of ed25519"),
    ] {
        let refused = send(source, more).await;
        assert!(refused.code == Some(2) && refused.stderr.contains(said), "{refused:?}");
    }
    app.end().await;
}
