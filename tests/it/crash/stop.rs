//! Told to stop (SIGTERM): it takes nothing new, finishes or hands over what is under way, and ends
//! well. And the trail has one process at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use portcullis::incident::{Event, Timestamp};
use portcullis::sandbox::{Api, Fault, FaultKind};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::laws::{self, life};
use super::site::{Program, Site, person, post};
use crate::harness::{Delivery, Process};

/// Senders that each deliver one alert after the other.
const SENDERS: usize = 8;
/// The stop is asked for after so many answers.
const ANSWERS_BEFORE: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn d10_stopped_under_load_it_loses_nothing_and_ends_well() {
    let site = Site::new().await;
    let program = site.start().await;
    let stopping = Arc::new(AtomicBool::new(false));
    let (answered, mut answers) = mpsc::unbounded_channel();
    let senders = senders(&program, &stopping, &answered);
    drop(answered);
    let mut acknowledged = Vec::new();
    let mut statuses = Vec::new();
    while let Some((delivery, status)) = answers.recv().await {
        statuses.push(status);
        if [200, 202].contains(&status) {
            acknowledged.push(delivery);
        }
        if statuses.len() == ANSWERS_BEFORE {
            stopping.store(true, Ordering::SeqCst);
            program.ask_to_stop();
        }
    }
    senders.join_all().await;
    let ended = program.ended().await.well();
    assert!(ended.stderr.contains("stopped") && !ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
    assert!(statuses.iter().all(|status| [200, 202, 503].contains(status)), "{statuses:?}");
    assert!(acknowledged.len() >= ANSWERS_BEFORE, "{statuses:?}");

    let records = site.records().await;
    assert!(matches!(records.last().unwrap().event, Event::SystemStopped { .. }), "{:?}", records.last());
    laws::check(&records, &site.dingtalk().calls());
    let program = site.start().await;
    for delivery in &acknowledged {
        assert_eq!(program.deliver(delivery).await.expect("an answer").status, 200, "it was acknowledged before");
    }
    program.stop().await;
}

/// Each sends until it gets no answer any more, which may only be after the stop was asked for.
fn senders(
    program: &Program,
    stopping: &Arc<AtomicBool>,
    answered: &mpsc::UnboundedSender<(Delivery, u16)>,
) -> JoinSet<()> {
    let next = Arc::new(AtomicU32::new(0));
    let mut senders = JoinSet::new();
    for sender in 1..=SENDERS {
        let ((client, url), next, answered) = (program.door(), Arc::clone(&next), answered.clone());
        let stopping = Arc::clone(stopping);
        senders.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                let delivery = Delivery::of_high_risk(&person(sender).0, number, Timestamp::now());
                let Some(answer) = post(&client, &url, &delivery).await else {
                    assert!(stopping.load(Ordering::SeqCst), "no answer before the stop");
                    return;
                };
                let _ = answered.send((delivery, answer.status));
            }
        });
    }
    senders
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_during_a_call_it_waits_for_the_answer() {
    let site = Site::new().await;
    site.dingtalk().inject(Fault::new(FaultKind::HangAfterWork).on(Api::Disable)).unwrap();
    let program = site.start().await;
    let answer = program.deliver(&zhang_san()).await.expect("an answer");
    site.received(Api::Disable, 1).await;
    program.ask_to_stop();
    program.refuses_connections().await;
    site.dingtalk().release_hangs();
    program.ended().await.well();
    let records = site.records().await;
    assert_eq!(life(&records, &answer.incident())[5..], ["step.succeeded 1/1 answered", "step.verified 1"]);
    assert_eq!(records.last().unwrap().event, Event::SystemStopped { parked: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_during_a_call_that_hangs_it_hands_it_over() {
    let site = Site::new().await;
    site.dingtalk().inject(Fault::new(FaultKind::HangAfterWork).on(Api::Disable)).unwrap();
    let program = site.start_with(&[("PORTCULLIS_EXECUTOR__STOP_MS", "100")]).await;
    let incident = program.deliver(&zhang_san()).await.expect("an answer").incident();
    site.received(Api::Disable, 1).await;
    program.stop().await;
    assert_eq!(site.records().await.last().unwrap().event, Event::SystemStopped { parked: 1 });

    let program = site.start().await;
    program.until_contained(&incident).await;
    program.stop().await;
    let records = site.records().await;
    let end = ["step.started 1/1", "step.unknown 1/1", "step.succeeded 1/1 recovered", "step.verified 1"];
    assert_eq!(life(&records, &incident)[4..], end);
    assert_eq!(site.dingtalk().calls_to(Api::Disable).len(), 1);
    laws::check(&records, &site.dingtalk().calls());
}

/// Two processes on one trail are not there to agree on a delivery: the second does not start. Within the one it is the
/// store's unique key that decides.
#[tokio::test(flavor = "multi_thread")]
async fn d02_d11_h10_a_second_process_is_refused_and_the_first_goes_on() {
    let site = Site::new().await;
    let program = site.start().await;
    let second = site.spawn_with(&[]).ended().await;
    assert_eq!((second.code, second.stdout.as_slice()), (Some(1), [].as_slice()));
    assert!(second.stderr.contains("portcullis: another process has the trail in"), "{}", second.stderr);
    let trail = site.path("trail");
    for command in [&["trail", "verify", "--store"][..], &["trail", "show"]] {
        let refused = Process::run(&[command, &["--folder", trail.to_str().unwrap()]].concat()).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("portcullis: another process has the trail in"), "{}", refused.stderr);
    }
    let answer = program.deliver(&zhang_san()).await.expect("an answer");
    program.until_contained(&answer.incident()).await;
    program.stop().await;
    let started = site.records().await.iter().filter(|record| record.event.kind() == "system.started").count();
    assert_eq!(started, 1);
}

fn zhang_san() -> Delivery {
    Delivery::of_high_risk("zhang.san@example.com", 1, Timestamp::now())
}
