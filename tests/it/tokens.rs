//! Tokens that are given out while a server runs: shown once, kept as digests on the trail, over when they are revoked, and
//! there again after a restart.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use portcullis::incident::Status;
use serde_json::json;

use crate::harness::{ADMIN, AUDITOR, Answer, Delivery, ENGINEER, Process, RESPONDER, TestApp, Visitor};

async fn issue(app: &TestApp, name: &str, role: &str) -> Answer {
    let body = json!({ "name": name, "role": role, "days": 30, "reason": "a new machine" });
    app.post("/v1/tokens/issue", ADMIN, &body).await
}

fn text(answer: &Answer, member: &str) -> String {
    answer.body[member].as_str().unwrap_or_else(|| panic!("{member}: {}", answer.body)).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn i05_a_token_is_shown_once_and_over_when_it_is_revoked_also_after_a_restart() {
    let app = TestApp::start().await;
    let given = issue(&app, "exporter", "auditor").await;
    assert_eq!(given.status, 200, "{}", given.body);
    let (token, prefix) = (text(&given, "token"), text(&given, "prefix"));
    assert!(token.starts_with(&format!("{prefix}_")) && prefix.starts_with("pct_") && token.len() == 77, "{token}");
    assert_eq!(app.get("/v1/trail", &token).await.status, 200);
    assert_eq!(app.get("/v1/trail", &token[..token.len() - 1]).await.status, 401);
    assert_eq!(app.post("/v1/pause", &token, &json!({ "reason": "a drill" })).await.status, 403);
    let issued = serde_json::to_string(&app.records_of("access.token_issued")[0].event).unwrap();
    assert!(issued.contains("exporter") && issued.contains("a new machine") && !issued.contains(&token), "{issued}");
    let listed = app.get("/v1/tokens", ADMIN).await;
    let whole = listed.body.to_string();
    assert!(whole.contains(&prefix) && !whole.contains(&token) && !whole.contains("sha256"), "{whole}");
    let own = listed.body["tokens"].as_array().unwrap().iter().find(|token| token["name"] == "exporter").unwrap();
    assert_eq!((own["role"].as_str(), own["by"].as_str()), (Some("auditor"), Some("admin")));
    assert_eq!(own["last_used"].as_str(), Some("2026-11-21T03:00:00Z"));

    let app = app.restart().await;
    let mut visitor = Visitor::with(&app, &token).await;
    assert_eq!(visitor.get("/").await.status, 200);
    let revoked = app.post("/v1/tokens/exporter/revoke", ADMIN, &json!({ "reason": "the machine is gone" })).await;
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert_eq!(app.get("/v1/trail", &token).await.status, 401);
    assert_eq!(visitor.get("/").await.status, 303, "i04: the session that was begun with it");
    let app = app.restart().await;
    assert_eq!(app.get("/v1/trail", &token).await.status, 401);
    let again = app.post("/v1/tokens/exporter/revoke", ADMIN, &json!({ "reason": "once more" })).await;
    assert_eq!(again.status, 404);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i05_a_token_ends_at_its_time() {
    let app = TestApp::start().await;
    let token = text(&issue(&app, "exporter", "auditor").await, "token");
    app.advance(Duration::from_secs(30 * 86_400 - 1));
    assert_eq!(app.get("/v1/trail", &token).await.status, 200);
    app.advance(Duration::from_secs(1));
    assert_eq!(app.get("/v1/trail", &token).await.status, 401);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_tell_people_apart_and_only_administrators_give_tokens_out() {
    let app = TestApp::start().await;
    for token in [AUDITOR, ENGINEER, RESPONDER] {
        let body = json!({ "name": "mine", "role": "admin", "reason": "because" });
        assert_eq!(app.post("/v1/tokens/issue", token, &body).await.status, 403);
        assert_eq!(app.get("/v1/tokens", token).await.status, 403);
    }
    for (name, status) in [
        ("responder", 409),
        ("doctor", 422),
        ("first-admin", 422),
        ("", 422),
        (" x", 422),
        ("two\nlines", 422),
        (&"x".repeat(65), 422),
    ] {
        assert_eq!(issue(&app, name, "auditor").await.status, status, "{name:?}");
    }
    for body in [
        json!({ "name": "a", "role": "auditor", "days": 0, "reason": "x" }),
        json!({ "name": "a", "role": "auditor", "days": 367, "reason": "x" }),
        json!({ "name": "a", "role": "auditor", "reason": " " }),
        json!({ "name": "a", "role": "auditor", "user_id": "", "reason": "x" }),
    ] {
        assert_eq!(app.post("/v1/tokens/issue", ADMIN, &body).await.status, 422, "{body}");
    }
    assert!(app.records_of("access.token_issued").is_empty());
    assert_eq!(issue(&app, "exporter", "auditor").await.status, 200);
    assert_eq!(issue(&app, "exporter", "auditor").await.status, 409);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_given_a_responders_token_is_protected_from_then_on_and_decides_nothing_about_themselves() {
    let app = TestApp::start().await;
    let body = json!({ "name": "lisi", "role": "responder", "user_id": "lisi", "reason": "a new colleague" });
    let token = text(&app.post("/v1/tokens/issue", ADMIN, &body).await, "token");
    let incident = app.open(&Delivery::of_high_risk("li.si@example.com", 1, app.now())).await;
    app.until(&incident, |incident| matches!(incident.status, Status::Held(_))).await;
    assert!(app.story(&incident).iter().any(|words| words.ends_with("held: protected_responder")));
    let own = app.post(&format!("/v1/incidents/{incident}/dismiss"), &token, &json!({ "reason": "not me" })).await;
    assert_eq!((own.status, own.body["code"].as_str()), (403, Some("own_account")));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_give_out_list_and_take_back() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (admin, out) = (folder.path().join("admin"), folder.path().join("token"));
    std::fs::write(&admin, ADMIN).unwrap();
    let (url, admin) = (app.app.url(), admin.to_str().unwrap().to_owned());
    let server = ["--server", &url, "--token-file", &admin];
    let out = out.to_str().unwrap();
    let issue = ["token", "issue", "siem export", "--role", "auditor", "--reason", "nightly", "--out", out];
    Process::run(&[&issue[..], &server].concat()).await.well();
    assert_eq!(std::fs::metadata(out).unwrap().permissions().mode() & 0o777, 0o600);
    let token = std::fs::read_to_string(out).unwrap();
    assert_eq!(app.get("/v1/trail", &token).await.status, 200);
    // Nothing is given out where it could not be kept.
    let before = app.records().len();
    let refused = Process::run(&[&issue[..], &server].concat()).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("cannot be made"), "{refused:?}");
    assert_eq!(app.records().len(), before);
    let said = Process::run(&[&["token", "list"][..], &server].concat()).await.well().said();
    assert!(said.contains("siem export: auditor, until ") && said.contains("given out by admin"), "{said}");
    let revoke = ["token", "revoke", "siem export", "--reason", "done"];
    Process::run(&[&revoke[..], &server].concat()).await.well();
    assert_eq!(app.get("/v1/trail", &token).await.status, 401);
    app.end().await;
}

/// A sign-in page of a proxy answers 200 as well.
#[tokio::test(flavor = "multi_thread")]
async fn commands_believe_nobody_but_a_server_of_ours() {
    let app = TestApp::start().await;
    let token = app.folder().join("token");
    std::fs::write(&token, RESPONDER).unwrap();
    let sandbox = app.config.directory.api_url.clone().unwrap();
    for server in [sandbox.as_str(), "127.0.0.1:1"] {
        let at = ["--server", server, "--token-file", token.to_str().unwrap()];
        for command in [
            &["incident", "release", "inc_0123456789abcdef", "--reason", "a drill"][..],
            &["incident", "list"],
            &["token", "revoke", "machine", "--reason", "a drill"],
            &["trail", "report", "held"],
        ] {
            let ended = Process::run(&[command, &at].concat()).await;
            assert!(ended.code == Some(2) && ended.stdout.is_empty(), "{command:?} {ended:?}");
        }
    }
    let wrong = app.folder().join("wrong");
    std::fs::write(&wrong, "0123456789012345678901234567890123456789").unwrap();
    let at = ["--server", &app.app.url(), "--token-file", wrong.to_str().unwrap()];
    let refused = Process::run(&[&["incident", "list"][..], &at].concat()).await;
    assert!(refused.code == Some(2) && refused.stderr.contains("Look at --token-file"), "{refused:?}");
    app.end().await;
}
