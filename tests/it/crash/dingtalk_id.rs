//! Killed between the intent and the outcome of a change that can be made once a year: whose the new id is decides.

use portcullis::incident::{IncidentId, Timestamp};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::{Value, json};

use super::laws::{self, life};
use super::site::{Program, Site};
use crate::harness::{Delivery, RESPONDER, edit, high_risk};

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_change_was_made_it_is_made_once() {
    let added = [
        "step.unknown 0/1",
        "step.failed 0/1",
        "step.started 0/2",
        "step.succeeded 0/2 answered",
        "step.verified 0",
        "incident.closed done",
    ];
    killed(FaultKind::HangBeforeWork, &added, (2, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_change_was_made_it_is_found_and_not_asked_for_again() {
    let added = ["step.unknown 0/1", "step.succeeded 0/1 recovered", "step.verified 0", "incident.closed done"];
    killed(FaultKind::HangAfterWork, &added, (1, 1)).await;
}

/// `calls` says how many are received in the end, and how many of them were carried out.
async fn killed(at: FaultKind, added: &[&str], calls: (usize, usize)) {
    let site = Site::new().await;
    let rules = site.path("rules");
    let steps = "        - sign_out:\n              reason: '{{ rule.title }} {{ incident.id }}'\n              \
                 employee_reason: impossible-travel\n        - disable:\n              \
                 reason: '{{ rule.title }} {{ incident.id }}'\n              expires_in: 8h\n";
    edit(&rules, "impossible-travel.yml", steps, "        - change_dingtalk_id: { prefix: sec }\n");
    edit(&rules, "impossible-travel.yml", "steps: [sign_out, disable]", "steps: [change_dingtalk_id]");
    site.dingtalk().inject(Fault::new(at).on(Api::ChangeDingtalkId)).unwrap();
    let program = site.start().await;
    let event = high_risk("zhang.san@example.com", "1");
    let answer = program.deliver(&Delivery::of_events("msg_1", &[event], Timestamp::now())).await.expect("an answer");
    let incident = answer.incident();
    let asked = program.until(&incident, |shown| shown["status"] == json!({ "held": "approval_wanted" })).await;
    approve(&program, &incident, &asked["plan"]).await;
    site.received(Api::ChangeDingtalkId, 1).await;
    program.kill();
    let left = life(&site.left().await, &incident);
    assert_eq!(left.last().unwrap(), "step.started 0/1");

    let program = site.start().await;
    program.until(&incident, |shown| shown["status"] == json!({ "closed": "done" })).await;
    program.stop().await;
    let records = site.records().await;
    assert_eq!(life(&records, &incident)[left.len()..], *added);
    let received = site.dingtalk().calls_to(Api::ChangeDingtalkId);
    assert_eq!((received.len(), received.iter().filter(|call| call.work_done).count()), calls);
    assert!(site.dingtalk().account("zhangsan").unwrap().dingtalk_id.starts_with("sec"));
    laws::check(&records, &site.dingtalk().calls());
}

async fn approve(program: &Program, incident: &IncidentId, plan: &Value) {
    let (client, url) = program.door();
    let said = json!({ "reason": "looked at it", "plan": plan });
    let request = client.post(format!("{url}/v1/incidents/{incident}/approve")).bearer_auth(RESPONDER).json(&said);
    assert_eq!(request.send().await.unwrap().status(), 200);
}
