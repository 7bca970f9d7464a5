//! A disk that loses what it was given (EIO), or is full (ENOSPC): the program says nothing that is not so.

use portcullis::incident::{Event, Timestamp};

use super::trace::{self, Call};
use crate::crash::site::{Program, Site};
use crate::harness::{Delivery, harmless};

/// The committer's sync that fails, counted by thread; some come before the first delivery.
const NTH: usize = 12;
/// Far more than it takes until then.
const DELIVERIES: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn h13_after_one_failed_sync_nothing_is_acknowledged_and_no_sync_is_tried_again() {
    let site = Site::new().await;
    let (log, store) = (site.path("calls"), site.path("trail/epochs/00000000000000000000/db"));
    let inject = format!("fdatasync:error=EIO:when={NTH}");
    let program = site.start_under(&trace::failing(&log, &store, &inject), &[]).await;
    let acknowledged = deliver_until_it_fails(&program).await;
    let ended = program.ended().await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("portcullis: the trail can no longer be written"), "{}", ended.stderr);
    let calls = trace::read(&log).await;
    let failed = calls.iter().position(|call| call.result == Some(-1)).expect("a sync has failed");
    assert_eq!(names(&calls[failed + 1..]), Vec::<&str>::new(), "after the failed sync of the store's file");
    assert_kept(&site, &acknowledged).await;
}

/// The disk has lost a part of the log: the records are whole, but what was sealed is not believed any more.
#[tokio::test(flavor = "multi_thread")]
async fn h13_after_a_failed_sync_of_the_log_the_program_ends_and_the_next_takes_it_up() {
    let site = Site::new().await;
    let (log, checkpoint) = (site.path("calls"), site.path("trail/log/checkpoint.new"));
    // The first of each thread is spared, so that it starts.
    let program = site.start_under(&trace::failing(&log, &checkpoint, "fsync:error=EIO:when=2+"), &[]).await;
    let acknowledged = deliver_until_it_fails(&program).await;
    let ended = program.ended().await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let calls = trace::read(&log).await;
    assert_eq!(calls.iter().filter(|call| call.result == Some(-1)).count(), 1, "it tried again");
    assert_kept(&site, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_a_disk_that_fills_up_ends_the_acknowledgements_and_with_room_it_goes_on() {
    let site = Site::new().await;
    let (log, store) = (site.path("calls"), site.path("trail/epochs/00000000000000000000/db"));
    let program = site.start_under(&trace::failing(&log, &store, "pwrite64:error=ENOSPC:when=12+"), &[]).await;
    let acknowledged = deliver_until_it_fails(&program).await;
    let ended = program.ended().await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("No space left on device"), "{}", ended.stderr);
    assert_kept(&site, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_a_start_on_a_full_disk_says_what_is_wrong() {
    let site = Site::new().await;
    site.start().await.stop().await;
    let before = site.records().await;
    let (log, store) = (site.path("calls"), site.path("trail/epochs/00000000000000000000/db"));
    let full = trace::failing(&log, &store, "pwrite64:error=ENOSPC:when=1+");
    let ended = site.spawn_under(&full, &[]).ended().await;
    assert_eq!((ended.code, ended.stdout.as_slice()), (Some(1), [].as_slice()), "{ended:?}");
    assert!(ended.stderr.contains("trail") && ended.stderr.contains("No space left on device"), "{}", ended.stderr);
    assert_eq!(site.left().await, before, "nothing was changed");
}

/// One after the other until one is not acknowledged: it is told to come again, or nobody is there any more. Gives the
/// ids of the others.
async fn deliver_until_it_fails(program: &Program) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..DELIVERIES {
        let id = format!("msg_{number}");
        let Some(answer) = program.deliver(&Delivery::of_events(&id, &[harmless(&id)], Timestamp::now())).await else {
            return acknowledged;
        };
        if answer.status != 202 {
            assert_eq!((answer.status, answer.header("retry-after")), (503, "10"), "{answer:?}");
            return acknowledged;
        }
        acknowledged.push(answer.body["alerts"][0]["id"].as_str().expect("an id").to_owned());
    }
    panic!("nothing failed in {DELIVERIES} deliveries");
}

/// The next start has all of it, and takes more.
async fn assert_kept(site: &Site, acknowledged: &[String]) {
    let program = site.start().await;
    let more = Delivery::of_events("msg_more", &[harmless("msg_more")], Timestamp::now());
    assert_eq!(program.deliver(&more).await.expect("an answer").status, 202);
    program.stop().await;
    let records = site.records().await;
    let kept = |id: &String| {
        records
            .iter()
            .any(|record| matches!(&record.event, Event::AlertAdmitted { alert, .. } if alert.id.to_string() == *id))
    };
    assert!(acknowledged.iter().all(kept), "acknowledged: {acknowledged:?}");
}

fn names(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.name.as_str()).collect()
}
