//! Many deliveries at the same instant: one of them is admitted, one set of actions runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis::incident::{Event, IncidentId, VerdictKind};
use portcullis::sandbox::Api;
use serde_json::Value;
use tokio::sync::Barrier;

use crate::harness::{Delivery, Kept, RawAnswer, RawConnection, Set, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn d01_a_hundred_identical_deliveries_at_once_act_once() {
    a_hundred_identical_deliveries(Kept::InMemory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d01_a_hundred_identical_deliveries_at_once_act_once_with_the_trail_on_disk() {
    a_hundred_identical_deliveries(Kept::BySled).await;
}

async fn a_hundred_identical_deliveries(kept: Kept) {
    let app = TestApp::start_with(Set { kept, ..Set::default() }).await;
    let delivery = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    let answers = at_once(&app, vec![delivery; 100]).await;
    assert_eq!(counts(&answers), BTreeMap::from([(200, 99), (202, 1)]));

    let bodies: Vec<Value> = answers.iter().map(|answer| serde_json::from_str(&answer.body).unwrap()).collect();
    assert!(bodies.iter().all(|body| body["alerts"][0]["id"] == bodies[0]["alerts"][0]["id"]));
    let opened: Vec<&Value> = bodies.iter().filter_map(|body| body.pointer("/alerts/0/incidents/0")).collect();
    let [incident] = opened[..] else { panic!("{opened:?}") };
    app.until_contained(&IncidentId::parse(incident.as_str().unwrap()).unwrap()).await;
    assert_eq!(app.dingtalk().calls_to(Api::SignOut).len(), 1);
    assert_eq!(app.dingtalk().calls_to(Api::Disable).len(), 1);
    let records = app.end().await;
    assert_eq!(records.iter().filter(|record| record.event.kind() == "alert.admitted").count(), 1);
    assert_eq!(records.iter().filter(|record| record.event.kind() == "step.started").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn d03_fifty_alerts_about_one_person_at_once_are_one_incident_that_covers_the_rest() {
    let app = TestApp::start().await;
    let deliveries = (0..50).map(|number| Delivery::of_high_risk("zhang.san@example.com", number, app.now())).collect();
    let answers = at_once(&app, deliveries).await;
    assert_eq!(counts(&answers), BTreeMap::from([(202, 50)]));

    let admitted = app.records_of("alert.admitted");
    assert_eq!(admitted.len(), 50);
    let mut planned = Vec::new();
    let mut covering = Vec::new();
    for record in &admitted {
        let Event::AlertAdmitted { verdict, opened, .. } = &record.event else { unreachable!() };
        let incident = verdict.decisions[0].incident.clone().unwrap();
        match verdict.kind {
            VerdictKind::Planned if opened.len() == 1 => planned.push(incident),
            VerdictKind::Suppressed if opened.is_empty() => covering.push(incident),
            other => panic!("{other:?} opened {opened:?}"),
        }
    }
    let [incident] = &planned[..] else { panic!("{planned:?}") };
    assert!(covering.iter().all(|other| other == incident), "{covering:?}");
    app.until_contained(incident).await;
    assert_eq!(app.dingtalk().calls_to(Api::SignOut).len(), 1);
    assert_eq!(app.dingtalk().calls_to(Api::Disable).len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d04_a_sender_that_hangs_up_before_the_answer_has_its_alert_admitted_or_not_but_never_half() {
    let app = TestApp::start().await;
    let deliveries: Vec<Delivery> =
        (0..20).map(|number| Delivery::of_high_risk("li.si@example.com", number, app.now())).collect();
    for (number, delivery) in deliveries.iter().enumerate() {
        let mut connection = RawConnection::open(&app).await;
        let bytes = delivery.bytes();
        // Every second one goes before its last byte is sent.
        connection.send(&bytes[..bytes.len() - number % 2]).await;
    }
    for delivery in &deliveries {
        let answer = app.deliver(delivery).await;
        assert!([200, 202].contains(&answer.status), "{answer:?}");
    }
    let incident = app.records_of("alert.admitted").iter().find_map(|record| match &record.event {
        Event::AlertAdmitted { opened, .. } => opened.first().map(|opened| opened.plan.incident.clone()),
        _ => None,
    });
    app.until_contained(&incident.unwrap()).await;
    assert_eq!(app.dingtalk().calls_to(Api::SignOut).len(), 1);
    assert_eq!(app.dingtalk().calls_to(Api::Disable).len(), 1);
    let records = app.end().await;
    assert_eq!(records.iter().filter(|record| record.event.kind() == "alert.admitted").count(), 20);
}

/// Sends each delivery over a connection of its own. All of them but for the last byte are with the
/// server before the last bytes leave together.
pub(crate) async fn at_once(app: &TestApp, deliveries: Vec<Delivery>) -> Vec<RawAnswer> {
    let barrier = Arc::new(Barrier::new(deliveries.len()));
    let mut tasks = tokio::task::JoinSet::new();
    for delivery in deliveries {
        let mut connection = RawConnection::open(app).await;
        let barrier = Arc::clone(&barrier);
        tasks.spawn(async move {
            let bytes = delivery.bytes();
            let (most, last) = bytes.split_at(bytes.len() - 1);
            connection.send(most).await;
            barrier.wait().await;
            connection.send(last).await;
            connection.answer().await
        });
    }
    tasks.join_all().await
}

fn counts(answers: &[RawAnswer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    answers.iter().for_each(|answer| *counts.entry(answer.status).or_default() += 1);
    counts
}
