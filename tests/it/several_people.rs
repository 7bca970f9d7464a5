//! One alert that names several people, and a rule that acts on each of them.

use std::path::Path;

use portcullis::incident::{Assurance, Event, HoldReason, IncidentId, Status};
use serde_json::{Value, json};

use crate::harness::{Delivery, Kept, Process, Set, TestApp, allow_much};

/// As many as a rule may allow.
const MANY: usize = 20;

/// Two rules with the longest reasons there may be, on everybody that an alert names.
fn rules(rules: &Path) {
    write(rules, 2, &format!("each: true\n  limit: {MANY}"));
}

/// Forty rules on the one person that an alert names.
fn forty(rules: &Path) {
    write(rules, 40, "cooldown: 1h");
}

fn write(rules: &Path, count: usize, more: &str) {
    allow_much(rules);
    for number in 1..=count {
        let reason = "r".repeat(500);
        let text = format!(
            "title: {number} {}
id: 00000000-0000-4000-8000-0000000000{number:0>2}
owner: tests
status: stable
logsource: {{product: okta}}
detection:
  selection: {{eventType: user.leak}}
  condition: selection
response:
  mode: enforce
  account: {{login_id: 'target[type=User].alternateId'}}
  {more}
  steps:
    - sign_out: {{reason: '{reason}', employee_reason: account-takeover}}
    - disable: {{reason: '{reason}', expires_in: 8h}}
lint: {{allow: [untested-account-path], reason: made up}}
",
            "t".repeat(250)
        );
        std::fs::write(rules.join(format!("leak-{number}.yml")), text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_people_as_a_rule_may_reach_fit_on_the_trail() {
    let app = TestApp::start_with(Set { rules, kept: Kept::BySled, ..Set::default() }).await;
    let delivery = delivery(&app);
    let answer = app.deliver(&delivery).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let incidents = answer.body["alerts"][0]["incidents"].as_array().unwrap().clone();
    assert_eq!(incidents.len(), MANY, "all of them are on the receipt");
    let again = app.deliver(&delivery).await;
    assert_eq!((again.status, &again.body["repeated"]), (200, &json!(true)));

    let app = app.restart().await;
    for incident in &incidents {
        let incident = IncidentId::parse(incident.as_str().unwrap()).unwrap();
        app.until_in_time(&incident, |state| state.status == Status::Held(HoldReason::AccountNotFound)).await;
    }
    let records = app.end().await;
    let (mut in_all, mut behind) = (0, 0);
    for record in &records {
        match &record.event {
            Event::AlertAdmitted { opened, verdict, .. } => {
                in_all += opened.len();
                assert_eq!(verdict.decisions.len() as u32 + verdict.decisions_left_out, 2 * MANY as u32);
            }
            Event::IncidentsOpened { opened, assurance, .. } => {
                assert_eq!(*assurance, Some(Assurance::A));
                (in_all, behind) = (in_all + opened.len(), behind + opened.len());
            }
            _ => {}
        }
    }
    assert_eq!((in_all, behind > 0), (MANY, true), "each once, and not all on one record");
    let resolved = records.iter().filter(|record| matches!(record.event, Event::IncidentHeld { .. })).count();
    assert_eq!(resolved, MANY, "each was looked up, and is nobody DingTalk knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_find_the_people_of_all_the_records_of_an_alert() {
    let app = TestApp::start_with(Set { rules, kept: Kept::BySled, ..Set::default() }).await;
    let answer = app.deliver(&delivery(&app)).await;
    let last = answer.body["alerts"][0]["incidents"][MANY - 1].as_str().unwrap().to_owned();
    let folder = app.leave().await;
    let [config, rules] = ["portcullis.toml", "rules"].map(|name| folder.path().join(name).display().to_string());

    let time = ["--since", "2026-11-01", "--until", "2026-12-01", "--json", "--folder", &rules];
    let ended = Process::run(&[&["rules", "backtest", "--config", &config], &time[..]].concat()).await.well();
    let report: Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    assert_eq!((&report["alerts"], &report["changed"]), (&json!(1), &json!(0)), "{report:#}");
    assert_eq!((&report["containments_before"], &report["containments_after"]), (&json!(MANY), &json!(MANY)));
    assert_eq!(report["both"].as_array().unwrap().len(), MANY);

    let ended = Process::run(&["rules", "new", "--config", &config, "--incident", &last]).await.well();
    assert!(ended.stdout.iter().any(|line| line.contains("user.leak")), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_rules_match_the_person_is_contained() {
    let app = TestApp::start_with(Set { rules: forty, ..Set::default() }).await;
    let incident = app.open(&naming(&[json!({"type": "User", "alternateId": "lisi@sandbox"})], &app)).await;
    app.until_contained(&incident).await;
    let records = app.end().await;
    let (mut decisions, mut plans) = (Vec::new(), Vec::new());
    for record in &records {
        if let Event::AlertAdmitted { verdict, .. } = &record.event {
            decisions.push((verdict.decisions.len(), verdict.decisions_left_out));
        }
        if let Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } = &record.event {
            plans.extend(opened.iter().map(|opened| opened.plan.rules.len()));
        }
    }
    assert_eq!((decisions, plans), (vec![(8, 32)], vec![14, 14, 12]));
}

/// One event that names everybody.
fn delivery(app: &TestApp) -> Delivery {
    let person = |number| json!({"type": "User", "alternateId": format!("{number:0>60}")});
    naming(&(0..MANY).map(person).collect::<Vec<Value>>(), app)
}

fn naming(people: &[Value], app: &TestApp) -> Delivery {
    let event = json!({"uuid": "1", "eventType": "user.leak", "published": "2026-11-21T03:00:00Z", "target": people});
    Delivery::of_events("msg_1", &[event], app.now())
}
