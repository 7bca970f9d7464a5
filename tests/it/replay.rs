//! What was decided on an alert is decided again from its record, or it is said what is other, or why nobody can know.

use std::fs;
use std::path::PathBuf;

use portcullis::incident::IncidentId;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::*;

/// A trail that a server left, with the incidents on it.
struct Past {
    folder: TempDir,
    contained: IncidentId,
    held: IncidentId,
    by_hand: IncidentId,
}

impl Past {
    async fn new() -> Self {
        let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
        let contained = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
        app.until_contained(&contained).await;
        app.steer("/v1/pause").await;
        let held = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
        // What was recorded later is not looked at: then it was not paused any more.
        app.steer("/v1/resume").await;
        let asked = json!({
            "account": {"kind": "user_id", "value": "wangwu"}, "steps": ["disable"], "permanent": true, "reason": "drill",
        });
        let opened = app.post("/v1/incidents", RESPONDER, &asked).await;
        let by_hand = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
        let folder = app.leave().await;
        fs::write(folder.path().join("trail/pseudonym.key"), PSEUDONYM_KEY).unwrap();
        Self { folder, contained, held, by_hand }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn replay(&self, incident: &str, more: &[&str]) -> Ended {
        let config = self.path("portcullis.toml");
        let asked = ["incident", "replay", incident, "--config", config.to_str().unwrap()];
        Process::run(&[&asked[..], more].concat()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_record_gives_the_same_decision() {
    let past = Past::new().await;
    for incident in [&past.contained, &past.held] {
        let told = past.replay(incident.as_str(), &["--json"]).await.well().said();
        let shown: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((&shown["same"], &shown["differences"]), (&json!(true), &json!([])), "{told}");
        assert_eq!(past.replay(incident.as_str(), &["--json"]).await.well().said(), told);
    }
    let told = past.replay(past.contained.as_str(), &[]).await.well().said();
    assert!(told.contains("The same is decided again.") && told.contains("not replayed"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_otherwise_is_named_place_by_place() {
    let past = Past::new().await;
    // Under another key every account has another name.
    fs::write(past.path("trail/pseudonym.key"), [9; 32]).unwrap();
    let told = past.replay(past.contained.as_str(), &["--json"]).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    let shown: Value = serde_json::from_str(&told.said()).unwrap();
    let places: Vec<_> =
        shown["differences"].as_array().unwrap().iter().map(|one| one["place"].as_str().unwrap()).collect();
    assert!(shown["same"] == json!(false) && places.contains(&"/opened/0/plan/account"), "{places:?}");
    assert!(told.stderr.contains("something else is decided now"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_known_is_said() {
    let past = Past::new().await;
    let (rules, then) = (past.path("rules"), past.path("then"));
    copy_folder(&rules, &then);
    edit(&rules, "leaked-credential.yml", "mode: enforce", "mode: shadow");
    let told = past.replay(past.contained.as_str(), &[]).await;
    assert!(told.code == Some(1) && told.stderr.contains("the rules of then"), "{told:?}");
    past.replay(past.contained.as_str(), &["--rules", then.to_str().unwrap()]).await.well();

    for (incident, why) in
        [(past.by_hand.as_str(), "by hand: no rule decided"), ("inc_00000000000000ff", "no record on the trail opens")]
    {
        let told = past.replay(incident, &["--rules", then.to_str().unwrap()]).await;
        assert!(told.code == Some(1) && told.stderr.contains(why), "{told:?}");
    }
    assert_eq!(past.replay("everything", &[]).await.code, Some(2));
}
