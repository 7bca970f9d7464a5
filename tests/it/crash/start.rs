//! Killed while it starts: the next start finds nothing that stands in its way.

use std::path::Path;
use std::time::Instant;

use super::site::{PATIENCE, Site, records_in};
use crate::harness::Process;

/// What a first start makes, in this order; it is killed as soon as each is seen.
const MADE: [&str; 7] = [
    "lock",
    "areas/conf",
    "areas/db",
    "epochs/00000000000000000000/db",
    "epochs/00000000000000000000/beside",
    "pseudonym.key.new",
    "pseudonym.key",
];
/// The database of a trail that is not large.
pub(super) const FIRST_EPOCH: &str = "trail/epochs/00000000000000000000/db";
/// Each kill hits a little earlier or later.
const ROUNDS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_is_killed_leaves_nothing_in_the_way_of_the_next() {
    let site = Site::new().await;
    for round in 0..ROUNDS {
        for made in MADE {
            let trail = site.path(&format!("trail-{round}-{}", made.replace('/', "-")));
            let environment = [("PORTCULLIS_TRAIL__PATH", trail.to_str().unwrap())];
            let process = site.spawn_with(&environment);
            until_made(&trail, made).await;
            process.kill();

            site.start_with(&environment).await.stop().await;
            // Which rules watch is recorded by the first of the two that gets so far.
            let records = records_in(&trail).await;
            let kinds = records.iter().map(|record| record.event.kind()).filter(|kind| *kind != "rules.watched");
            let kinds: Vec<_> = kinds.collect();
            assert!(kinds.ends_with(&["system.started", "rules.loaded", "system.stopped"]), "{made}: {kinds:?}");
        }
    }
}

/// How far a start may get before it is killed, when the trail is there already.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    /// Nowhere.
    Spawned,
    /// It holds the trail's lock.
    Locked,
    /// It has the store's file open, and reads it.
    Reading,
}

/// Starts the program and kills it there.
pub(super) async fn kill_at(site: &Site, start: Start) {
    let process = site.spawn_with(&[]);
    match start {
        Start::Spawned => {}
        Start::Locked => until_open(&process, &site.path("trail/lock")).await,
        Start::Reading => until_open(&process, &site.path(FIRST_EPOCH)).await,
    }
    process.kill();
}

/// The passing file is also there when what it becomes is.
async fn until_made(trail: &Path, made: &str) {
    let is_made = || trail.join(made).exists() || trail.join(made.trim_end_matches(".new")).exists();
    until(is_made, made).await;
}

async fn until_open(process: &Process, file: &Path) {
    until(|| process.has_open(file), &file.display().to_string()).await;
}

/// Looks again and again without a pause, because what is looked for passes quickly.
async fn until(is_so: impl Fn() -> bool, what: &str) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what} never came");
        tokio::task::yield_now().await;
    }
}
