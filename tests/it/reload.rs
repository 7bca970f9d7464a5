//! The life of a rule set: a good folder replaces the rules in force, a bad one changes nothing but
//! what is known about it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use portcullis::incident::{Event, LoadCause};
use portcullis::trail::Record;
use serde_json::{Value, json};

use crate::harness::{ADMIN, AUDITOR, Answer, Delivery, ENGINEER, RESPONDER, TestApp, copy_folder, edit};

/// A change is noticed sooner; this only ends what hangs.
const PATIENCE: Duration = Duration::from_secs(20);
const RULE: &str = "impossible-travel.yml";
const TITLE: &str = "title: Impossible travel on an Enterprise Account";

fn folder(app: &TestApp) -> PathBuf {
    app.config.resolve(&app.config.rules.folder)
}

async fn reload(app: &TestApp) -> Answer {
    app.post("/v1/rules/reload", ENGINEER, &json!({})).await
}

async fn in_force(app: &TestApp) -> Value {
    let answer = app.get("/v1/rules", ENGINEER).await;
    assert_eq!(answer.status, 200);
    answer.body
}

fn loads(records: &[Record]) -> Vec<(&'static str, LoadCause, Option<String>)> {
    let load = |record: &Record| match &record.event {
        Event::RulesLoaded { by, actor, .. } | Event::RulesRefused { by, actor, .. } => {
            Some((record.event.kind(), *by, actor.clone()))
        }
        _ => None,
    };
    records.iter().filter_map(load).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rules_are_in_force_from_the_request_on() {
    let app = TestApp::start().await;
    let before = in_force(&app).await;
    edit(&folder(&app), RULE, TITLE, "title: Somebody else's travel");
    let answer = reload(&app).await;
    assert_eq!((answer.status, &answer.body["result"]), (200, &json!("replaced")));
    let after = in_force(&app).await;
    assert_eq!(answer.body["digest"], after["digest"]);
    assert_ne!(before["digest"], after["digest"]);
    let titles: Vec<_> =
        after["rules"].as_array().unwrap().iter().map(|rule| rule["title"].as_str().unwrap()).collect();
    assert!(titles.contains(&"Somebody else's travel"), "{titles:?}");
    assert_eq!(reload(&app).await.body["result"], "unchanged");

    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let records = app.end().await;
    let verdict = records.iter().find_map(|record| match &record.event {
        Event::AlertAdmitted { verdict, .. } => Some(verdict.clone()),
        _ => None,
    });
    let verdict = verdict.unwrap();
    assert_eq!(json!(verdict.rules), after["digest"], "the verdict names the rules that made it");
    assert_eq!(verdict.decisions[0].rule.title, "Somebody else's travel");
    let by_engineer = ("rules.loaded", LoadCause::Request, Some("engineer".to_owned()));
    assert_eq!(loads(&records), [("rules.loaded", LoadCause::Start, None), by_engineer]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_a_folder_with_a_fault_leaves_the_rules_in_force_and_says_so() {
    let app = TestApp::start().await;
    let before = in_force(&app).await;
    edit(&folder(&app), RULE, "level: high\n", "sevrity: high\n");
    for _ in 0..2 {
        let answer = reload(&app).await;
        assert_eq!((answer.status, &answer.body["result"]), (422, &json!("refused")));
        let problem = answer.body["refused"]["problems"][0].as_str().unwrap();
        assert!(problem.contains("impossible-travel.yml:") && problem.contains("unknown key `sevrity`"), "{problem}");
    }
    let first = app.app.rules().refused().unwrap();
    app.clock.advance(Duration::from_secs(3_600));
    assert_eq!(reload(&app).await.status, 422);
    let again = app.app.rules().refused().unwrap();
    assert_eq!((again.since, again.said_at), (first.since, app.now()), "what lasts is said again");
    let now = in_force(&app).await;
    assert_eq!(now["digest"], before["digest"]);
    assert_eq!(now["refused"]["count"], 1);
    let ready = app.get("/readyz", "").await.body;
    assert_eq!(["status", "rules", "sources"].map(|name| &ready[name]), ["ready", "stale", "current"]);
    let page = app.get("/", AUDITOR).await.body.as_str().unwrap().to_owned();
    assert!(page.contains("The rules folder is refused") && page.contains("unknown key `sevrity`"), "{page}");

    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    edit(&folder(&app), RULE, "sevrity: high\n", "level: high\n");
    assert_eq!(reload(&app).await.body["result"], "unchanged");
    assert_eq!(app.get("/readyz", "").await.body["rules"], "current");
    assert!(!app.get("/", AUDITOR).await.body.as_str().unwrap().contains("is refused"));

    let records = app.end().await;
    let refused: Vec<_> = records.iter().filter(|record| record.event.kind() == "rules.refused").collect();
    let [Record { event: Event::RulesRefused { problems, first, rules, .. }, .. }] = refused[..] else {
        panic!("the same fault is recorded once: {refused:?}")
    };
    assert_eq!((*problems, rules.is_some()), (1, true));
    assert!(first.starts_with("impossible-travel.yml:"), "{first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_noticed_without_being_asked() {
    let app = TestApp::start().await;
    let before = in_force(&app).await;
    edit(&folder(&app), RULE, TITLE, "title: Noticed");
    let noticed = async { while in_force(&app).await["digest"] == before["digest"] {} };
    tokio::time::timeout(PATIENCE, noticed).await.expect("the change is noticed");
    let records = app.end().await;
    assert_eq!(loads(&records).last(), Some(&("rules.loaded", LoadCause::FileChange, None)));
}

/// As deployments replace a set: the new folder takes the old one's name.
#[tokio::test(flavor = "multi_thread")]
async fn changes_are_noticed_after_the_folder_was_swapped_as_a_whole() {
    let app = TestApp::start().await;
    let folder = folder(&app);
    let digest = in_force(&app).await["digest"].clone();
    let noticed = async |before: &Value| {
        tokio::time::timeout(PATIENCE, async {
            loop {
                let now = in_force(&app).await["digest"].clone();
                if now != *before {
                    break now;
                }
            }
        })
        .await
        .expect("the change is noticed")
    };
    let next = folder.with_file_name("next");
    copy_folder(&folder, &next);
    edit(&next, RULE, TITLE, "title: Swapped in");
    std::fs::rename(&folder, folder.with_file_name("old")).unwrap();
    std::fs::rename(&next, &folder).unwrap();
    let swapped = noticed(&digest).await;
    edit(&folder, RULE, "title: Swapped in", "title: Edited then");
    noticed(&swapped).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_each_alert_is_decided_by_exactly_one_rule_set() {
    let app = TestApp::start().await;
    let mut sent = 0;
    for round in 0..6 {
        let (old, new) = if round % 2 == 0 { (TITLE, "title: The other") } else { ("title: The other", TITLE) };
        edit(&folder(&app), RULE, old, new);
        let deliveries = (0..20).map(|_| {
            sent += 1;
            Delivery::of_high_risk("wang.wu@example.com", sent, app.now())
        });
        let deliveries: Vec<Delivery> = deliveries.collect();
        let (_, _) = tokio::join!(reload(&app), async {
            for delivery in &deliveries {
                assert_eq!(app.deliver(delivery).await.status, 202);
            }
        });
    }
    let records = app.end().await;
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for record in &records {
        if let Event::AlertAdmitted { verdict, .. } = &record.event {
            let title = &verdict.decisions[0].rule.title;
            let known = seen.entry(verdict.rules.to_string()).or_insert_with(|| title.clone());
            assert_eq!(known, title, "a rule of one set under the digest of another");
        }
    }
    assert_eq!(seen.len(), 2, "both sets decided: {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_put_into_force() {
    let app = TestApp::start().await;
    let before = in_force(&app).await;
    app.refuse_appends(true);
    edit(&folder(&app), RULE, TITLE, "title: Unrecorded");
    assert_eq!(reload(&app).await.status, 503);
    assert_eq!(in_force(&app).await["digest"], before["digest"]);
    app.refuse_appends(false);
    assert_eq!(reload(&app).await.status, 200);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn engineers_load_rules_and_everybody_with_a_token_sees_them() {
    let app = TestApp::start().await;
    for token in [AUDITOR, RESPONDER] {
        assert_eq!(app.post("/v1/rules/reload", token, &json!({})).await.status, 403);
        assert_eq!(app.get("/v1/rules", token).await.status, 200);
    }
    assert_eq!(app.post("/v1/rules/reload", ADMIN, &json!({})).await.status, 200);
    let page = app.get("/v1/rules", ENGINEER).await;
    let tag = page.header("etag").to_owned();
    let again = app.client.get(format!("{}/v1/rules", app.app.url())).bearer_auth(ENGINEER);
    assert_eq!(again.header("if-none-match", &tag).send().await.unwrap().status(), 304);
    for rule in page.body["rules"].as_array().unwrap() {
        assert!(
            rule["owner"].is_string()
                && rule["author"].is_string()
                && ["detect", "shadow", "enforce"].contains(&rule["mode"].as_str().unwrap()),
            "{rule}"
        );
    }
    app.end().await;
}
