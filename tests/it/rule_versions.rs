//! Which version of each rule was in force when is on the trail, however many rules there are.

use std::fs;
use std::path::Path;

use portcullis::incident::Event;
use serde_json::{Value, json};

use crate::harness::{AUDITOR, ENGINEER, Set, TestApp, edit};

/// More than one record lists.
const MADE: usize = 99;

fn many(rules: &Path) {
    for number in 0..MADE {
        let text = format!(
            "title: Made {number:02}\nid: 00000000-0000-4000-8000-0000000000{number:02}\nowner: tests\nstatus: stable\n\
             level: low\nlogsource: {{product: okta}}\n\
             detection: {{selection: {{eventType: made.{number:02}}}, condition: selection}}\n"
        );
        fs::write(rules.join(format!("made-{number:02}.yml")), text).unwrap();
    }
}

async fn versions(app: &TestApp) -> (Vec<Value>, Value) {
    let answer = app.get("/v1/trail/reports/rule-versions", AUDITOR).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    (answer.body["rows"].as_array().unwrap().clone(), answer.body["summary"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_version_of_each_of_many_rules_is_told_with_its_time() {
    let app = TestApp::start_with(Set { rules: many, ..Set::default() }).await;
    let (first, summary) = versions(&app).await;
    let count = app.get("/v1/rules", ENGINEER).await.body["rules"].as_array().unwrap().len();
    assert!(first.len() >= MADE, "{}", first.len());
    assert_eq!((first.len(), summary), (count, json!({"sets_without_a_list": 0, "versions": count})));
    assert!(first.iter().all(|row| row["until"].is_null()));
    let Event::RulesLoaded { rules, .. } = app.records_of("rules.loaded").remove(0).event else { panic!() };
    assert_eq!(first[0]["rules"], json!(rules));
    assert!(!app.records_of("rules.listed").is_empty());

    app.advance(std::time::Duration::from_secs(60));
    let folder = app.config.resolve(&app.config.rules.folder);
    edit(&folder, "made-69.yml", "made.69", "made.other");
    fs::remove_file(folder.join("made-68.yml")).unwrap();
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.body["result"], "replaced");
    let (then, _) = versions(&app).await;
    let is = |row: &&Value, number: &str| row["rule"].as_str().unwrap().ends_with(&format!("-0000000000{number}"));
    let of = |number: &str| then.iter().filter(|row| is(row, number)).collect::<Vec<_>>();
    assert_eq!((then.len(), of("67").len(), of("68").len()), (count + 1, 1, 1));
    let [old, new] = of("69")[..] else { panic!("{then:?}") };
    assert_eq!((&old["until"], &of("68")[0]["until"]), (&new["from"], &new["from"]));
    assert!(new["until"].is_null() && of("67")[0]["until"].is_null() && old["version"] != new["version"]);
    app.end().await;
}
