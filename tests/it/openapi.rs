//! The API and its own description: schemathesis, which is not ours, asks everything that the document says is taken, and
//! much that it says is not, and looks whether the answers are those that are promised. `tests/api/install` installs it;
//! without it the test fails and says so.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::{ADMIN, Delivery, Kept, Set, TestApp};

/// What to do where it is missing.
const MISSING: &str = "schemathesis is not installed as it should be: run tests/api/install";
/// What every answer is held to: no fault of the server, and a status, a media type and a form that the document has; no
/// answer without the token that the document asks for; no method that it does not have.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      ignored_auth,unsupported_method";

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_as_its_document_says() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/requirements.txt");
    // Cargo puts its `tmp` for tests right into the target folder.
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("api").join("python");
    assert!(fs::read(installed.join("installed")).ok() == fs::read(list).ok(), "{MISSING}");
    let app = TestApp::start_with(Set { kept: Kept::BySled, config: "[directory.index]\n", ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    app.until_sealed(app.records().len()).await;

    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(installed.join("bin/schemathesis"));
    command.args(["run", &format!("{}/v1/openapi.json", app.app.url())]);
    command.args(["--header", &format!("Authorization: Bearer {ADMIN}"), "--checks", CHECKS]);
    // The stream has no end.
    command.args(["--exclude-path", "/v1/trail/stream"]);
    command.args(["--phases", "coverage,fuzzing", "--max-examples", "5", "--seed", "1", "--no-color"]);
    command.current_dir(folder.path()).env("HOME", folder.path());
    let ended = tokio::task::spawn_blocking(move || command.output().expect(MISSING)).await.unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    assert!(said.contains("Tested: 51"), "it has asked for everything: {said}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_may_have_the_document_and_it_names_no_token() {
    let app = TestApp::start().await;
    let answer = app.get("/v1/openapi.json", "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.body["info"]["version"], Value::from("1"));
    let issue = &answer.body["paths"]["/v1/tokens/issue"]["post"];
    assert_eq!(
        issue["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/TokenWanted"
    );
    assert!(!answer.body.to_string().contains(ADMIN));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_document_or_a_file_of_the_log_already_is_not_sent_it_again() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    app.until_sealed(app.records().len()).await;
    for path in ["/v1/openapi.json", "/v1/rules", "/v1/trail/log/vkey"] {
        let tag = app.get(path, ADMIN).await.header("etag").to_owned();
        for (known, status) in [
            (tag.clone(), 304),
            (format!("\"other\", W/{tag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
        ] {
            let request = app.client.get(format!("{}{path}", app.app.url())).bearer_auth(ADMIN);
            let answer = request.header("if-none-match", &known).send().await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), answer.headers()["etag"].to_str().unwrap()),
                (status, tag.as_str()),
                "{path} {known}"
            );
            assert_eq!(answer.text().await.unwrap().is_empty(), status == 304, "{path} {known}");
        }
    }
    app.end().await;
}
