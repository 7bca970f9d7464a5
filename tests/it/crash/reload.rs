//! SIGHUP to the real program loads the rules; a kill while they are loaded harms nothing.

use std::fs;
use std::io::Write as _;
use std::process::Command;

use portcullis::incident::{Event, LoadCause};
use serde_json::Value;

use super::site::Site;
use crate::harness::{Process, edit};

const RULE: &str = "impossible-travel.yml";
const TITLE: &str = "title: Impossible travel on an Enterprise Account";

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_loads_the_rules() {
    let site = Site::new().await;
    let program = site.start().await;
    let before = program.get("/v1/rules").await;
    edit(&site.path("rules"), RULE, TITLE, "title: After the signal");
    program.hang_up();
    program.until_shown("/v1/rules", |rules: &Value| rules["digest"] != before["digest"]).await;
    program.stop().await;
    let loads: Vec<LoadCause> = site
        .records()
        .await
        .iter()
        .filter_map(|record| match &record.event {
            Event::RulesLoaded { by, .. } => Some(*by),
            _ => None,
        })
        .collect();
    assert_eq!(loads, [LoadCause::Start, LoadCause::Signal]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_reads_the_sources_anew() {
    let site = Site::new().await;
    let program = site.start().await;
    let config = site.path("portcullis.toml");
    let added = Process::run(&["source", "add", "grafana", "--config", config.to_str().unwrap()]).await;
    assert_eq!(added.code, Some(0), "{added:?}");
    program.hang_up();
    let has_it = |answer: &Value| answer["sources"].as_array().unwrap().iter().any(|row| row["name"] == "grafana");
    program.until_shown("/v1/sources", has_it).await;
    assert_eq!(program.stop().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_in_the_middle_of_the_start_does_not_end_it() {
    let site = Site::new().await;
    let trail = site.path("trail");
    fs::create_dir(&trail).unwrap();
    // A pipe in the place of the key: the start waits there until it is written.
    let key = trail.join("pseudonym.key");
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&key).status().unwrap().success());
    let mut process = site.spawn_with(&[]);
    // Opens once the program has opened it too.
    let writing = tokio::task::spawn_blocking(move || fs::OpenOptions::new().write(true).open(key));
    let mut writing = writing.await.unwrap().unwrap();
    process.hang_up();
    writing.write_all(&[7; 32]).unwrap();
    drop(writing);
    assert!(process.url().await.is_some(), "{:?}", process.ended().await);
    process.hang_up();
    assert_eq!(process.stop().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_killed_while_it_loads_rules_starts_with_those_in_the_folder() {
    let site = Site::new().await;
    for round in 0..4 {
        let program = site.start().await;
        let (old, new) = if round % 2 == 0 { (TITLE, "title: Other") } else { ("title: Other", TITLE) };
        edit(&site.path("rules"), RULE, old, new);
        program.hang_up();
        program.kill();
    }
    let program = site.start().await;
    let rules = program.get("/v1/rules").await;
    let titles: Vec<&str> =
        rules["rules"].as_array().unwrap().iter().filter_map(|rule| rule["title"].as_str()).collect();
    assert!(titles.iter().any(|title| TITLE.ends_with(title)), "{titles:?}");
    program.stop().await;
    site.records().await;
}
