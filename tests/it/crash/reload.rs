//! SIGHUP to the real program loads the rules; a kill while they are loaded harms nothing.

use portcullis::incident::{Event, LoadCause};
use serde_json::Value;

use super::site::Site;
use crate::harness::edit;

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
