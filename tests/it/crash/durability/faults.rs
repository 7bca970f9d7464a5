//! A disk that loses what it was given (EIO), or is full (ENOSPC): the program says nothing that is not so.

use std::process::Command;
use std::time::{Duration, Instant};

use portcullis::incident::{DiskRoom, Event, Timestamp, UpkeepEvent};
use portcullis::trail::Ballast;

use super::trace::{self, Call};
use crate::crash::site::{Program, Site};
use crate::harness::{Delivery, copy_folder, harmless};

/// The committer's sync that fails, counted by thread; some come before the first delivery.
const NTH: usize = 12;
/// Far more than it takes until then. Calls are counted by thread, and which one seals is not known before.
const PATIENCE: Duration = Duration::from_secs(60);

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

/// What keeps some in reserve, whatever the disk that the tests are on has.
const WITH_BALLAST: [(&str, &str); 4] = [
    ("PORTCULLIS_TRAIL__BALLAST_BYTES", "8388608"),
    ("PORTCULLIS_TRAIL__DISK__LOW_BYTES", "16777216"),
    ("PORTCULLIS_TRAIL__DISK__SHORT_BYTES", "16777216"),
    ("PORTCULLIS_TRAIL__DISK__FULL_BYTES", "1048576"),
];

/// A site whose program has run and kept some of the disk in reserve.
async fn with_ballast() -> (Site, Ballast) {
    let site = Site::new().await;
    let program = site.start_with(&WITH_BALLAST).await;
    let ballast = Ballast::within(&site.path("trail"), 8_388_608);
    // It is taken as soon as it was looked how much room there is, which can be seen from outside only by looking.
    program.until_shown("/readyz", |_| ballast.missing_bytes().unwrap() == 0).await;
    program.stop().await;
    (site, ballast)
}

/// What the trail says of what was given back.
fn releases<'e>(events: impl Iterator<Item = &'e Event>) -> Vec<u64> {
    let of = |event: &Event| match event {
        Event::Upkeep(UpkeepEvent::DiskRoom { room: DiskRoom::Full, released_bytes, .. }) => Some(*released_bytes),
        _ => None,
    };
    events.filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_a_start_without_room_gives_back_what_was_kept_in_reserve_and_says_so() {
    let (site, _) = with_ballast().await;
    let (log, store) = (site.path("calls"), site.path("trail/epochs/00000000000000000000/db"));
    // Once only: with what is given back there is room.
    let full = trace::failing(&log, &store, "openat:error=ENOSPC:when=1");
    let program = site.start_under(&full, &WITH_BALLAST).await;
    // In truth there is room, which is seen at the first look.
    program.until_shown("/readyz", |ready| ready["disk"] == "ample").await;
    let delivery = Delivery::of_events("msg_1", &[harmless("msg_1")], Timestamp::now());
    assert_eq!(program.deliver(&delivery).await.expect("an answer").status, 202);
    program.stop().await;
    let failed = trace::read(&log).await.iter().filter(|call| call.result == Some(-1)).count();
    assert!(failed > 0, "there was room all the time");
    let records = site.records().await;
    let releases = releases(records.iter().map(|record| &record.event));
    assert!(matches!(releases[..], [released] if released >= 8_388_608), "{releases:?}");
}

/// What a shell does so that the program finds its trail on a disk of 32 MiB without a byte to spare; nobody else sees
/// that disk, and it is gone with the program.
fn on_a_full_disk(site: &Site) -> String {
    let (trail, seed) = (site.path("trail"), site.path("seed"));
    copy_folder(&trail, &seed);
    let (trail, seed) = (trail.display(), seed.display());
    format!(
        "exec unshare -rm sh -c 'mount -t tmpfs -o size=32m,mode=0700 none \"{trail}\" \
         && cp -r --sparse=never \"{seed}/.\" \"{trail}\" && {{ cat /dev/zero >\"{trail}/filler\" 2>/dev/null; \
         exec \"$0\" \"$@\"; }}' \"$0\" \"$@\""
    )
}

/// Whether a test may have a disk of its own here; where not, the one before has to do.
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    tried.is_ok_and(|tried| tried.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_a_start_on_a_disk_without_a_byte_left_is_survived_by_what_was_kept_in_reserve() {
    if !may_mount() {
        return eprintln!("no file system can be mounted here");
    }
    let (site, ballast) = with_ballast().await;
    let program = site.start_under(&on_a_full_disk(&site), &WITH_BALLAST).await;
    let ready = program.until_shown("/readyz", |ready| ready["disk"] == "short").await;
    assert_eq!(ready["status"], "ready");
    let delivery = Delivery::of_events("msg_1", &[harmless("msg_1")], Timestamp::now());
    let answer = program.deliver(&delivery).await.expect("an answer");
    assert_eq!((answer.status, answer.header("retry-after")), (503, "30"), "{answer:?}");
    let shown = program.get("/v1/trail?limit=1000").await;
    let events: Vec<Event> = serde_json::from_value(shown["records"].clone()).expect("records");
    let releases = releases(events.iter());
    assert!(matches!(releases[..], [released] if released >= 8_388_608), "{releases:?}");
    let ended = program.stop().await;
    assert!(ended.stderr.contains("its ballast is released"), "{}", ended.stderr);

    // Without it, it ends, and says what is wrong.
    ballast.release().expect("it is given back");
    std::fs::remove_dir_all(site.path("seed")).expect("it is there");
    let ended = site.spawn_under(&on_a_full_disk(&site), &WITH_BALLAST).ended().await;
    assert_eq!((ended.code, ended.stdout.as_slice()), (Some(1), [].as_slice()), "{ended:?}");
    assert!(ended.stderr.contains("0 bytes are free on the trail's disk"), "{}", ended.stderr);
}

/// One after the other until one is not acknowledged: it is told to come again, or nobody is there any more. Gives the
/// ids of the others.
async fn deliver_until_it_fails(program: &Program) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let began = Instant::now();
    for number in 0.. {
        assert!(began.elapsed() < PATIENCE, "nothing failed in {number} deliveries");
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
    acknowledged
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
