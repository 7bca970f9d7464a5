//! An auditor's main task in a browser, from sign-in to result: who was contained without approval, the evidence for it, and
//! whether the trail holds.

use std::collections::BTreeMap;
use std::fs;

use portcullis::trail::audit::{Keys, check_proof};
use serde_json::json;

use super::driver::Beside;
use super::person::{PATIENCE, Person};
use crate::evidence::files;
use crate::harness::{AUDITOR, Delivery, Kept, Set, TestApp};

/// The report, as its link is called.
const REPORT: &str = "accounts found disabled in this time that nobody had approved before, oldest first";

impl Person {
    /// What a click has the browser keep, by its name, once it is there whole.
    async fn downloads(&self, name: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let to = json!({ "behavior": "allow", "downloadPath": folder.path() });
        self.tab.issue_cmd(Beside::of_chromium("Browser.setDownloadBehavior", &to)).await.unwrap();
        self.click(name).await;
        let file = async {
            loop {
                let mut there = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
                // Chromium gives a file its name when it is whole.
                if let Some(file) = there.find(|path| path.extension().is_some_and(|end| end != "crdownload")) {
                    return fs::read(file).unwrap();
                }
                self.text().await;
            }
        };
        tokio::time::timeout(PATIENCE, file).await.expect("nothing is kept")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_finds_who_was_contained_without_approval_takes_the_evidence_and_verifies() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    app.until_sealed(app.records().len()).await;
    let auditor = Person::signed_in(&app, AUDITOR).await;
    auditor.click("Trail").await;
    auditor.click("Reports").await;
    auditor.arrives("/trail/reports").await;
    auditor.click(REPORT).await;
    auditor.reads(incident.as_str()).await;
    auditor.click(incident.as_str()).await;
    auditor.reads("The account is contained.").await;
    let pack = auditor.downloads("Evidence pack").await;
    let files: BTreeMap<String, Vec<u8>> = files(&pack);
    let keys = Keys::parse(str::from_utf8(&files["vkey"]).unwrap()).unwrap();
    let mut proven = 0;
    for name in files.keys().filter_map(|name| name.strip_suffix(".json")) {
        check_proof(&files[&format!("{name}.json")], &files[&format!("{name}.tlog-proof")], &keys).unwrap();
        proven += 1;
    }
    assert!(proven > 5, "{:?}", files.keys());
    auditor.click("Trail").await;
    auditor.arrives("/trail").await;
    let all = auditor.downloads("Download").await;
    assert!(String::from_utf8(all).unwrap().contains("\"kind\":\"alert.admitted\""));
    auditor.click("Verify").await;
    auditor.reads("Check it yourself").await;
    assert_eq!(app.records_of("trail.exported").len(), 2, "who took something is on the trail");
    assert_eq!(auditor.complaints().await, Vec::<String>::new());
    app.end().await;
}
