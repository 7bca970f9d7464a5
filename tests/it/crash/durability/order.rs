//! The order of system calls: nothing is said before the disk has it.

use super::disk::Disk;
use super::many;
use super::recording::{Acknowledged, Recording};

/// Where sled has everything.
const STORE: &str = "trail/epochs/00000000000000000000/db";

#[tokio::test(flavor = "multi_thread")]
async fn h12_each_acknowledgement_follows_a_sync_begun_after_what_it_acknowledges_was_written() {
    let deliveries = many(100, 1_000);
    let recording = Recording::of(deliveries).await;
    let acknowledged = recording.acknowledged();
    assert_eq!(acknowledged.len(), deliveries);
    let early = early(&recording, &recording.disk_without(&[]), &acknowledged);
    assert!(early.is_empty(), "acknowledged before a sync: {early:#?}");
    // sled syncs now and then, but by far not for everybody.
    let without = self::early(&recording, &recording.disk_without(&["fdatasync"]), &acknowledged);
    assert!(without.len() > deliveries / 2, "without the explicit sync only {} would be found out", without.len());
}

/// The acknowledgements that came before a sync that was begun after their record was written.
fn early<'a>(recording: &Recording, disk: &Disk, acknowledged: &'a [Acknowledged]) -> Vec<&'a Acknowledged> {
    let store = recording.site.path(STORE);
    let ids = disk.ids_written(&store);
    let is_early = |told: &&Acknowledged| {
        let written = ids.get(&told.id).copied().flatten();
        written.is_none_or(|written| !disk.synced_between(&store, written, told.begin))
    };
    acknowledged.iter().filter(is_early).collect()
}

/// Every checkpoint is over tiles that are durable before it can be seen, and is itself durable before it gets its name.
#[tokio::test(flavor = "multi_thread")]
async fn h12_a_checkpoint_is_published_once_its_tiles_and_itself_are_durable() {
    let recording = Recording::of(many(100, 1_000)).await;
    let disk = recording.disk_without(&[]);
    let log = recording.site.path("trail/log");
    let published = disk.put_in_place(&log.join("checkpoint"));
    assert!(published.len() > 1, "only {} checkpoints were published", published.len());
    for (begin, _, _) in &published {
        let unsynced = disk.unsynced_below(&log, *begin);
        assert!(unsynced.is_empty(), "published at {begin} before these were durable: {unsynced:#?}");
    }
    for pair in published.windows(2) {
        let [(_, end, _), (next, ..)] = pair else { unreachable!("windows of two") };
        assert!(disk.is_listed(&log, *end + 1, *next), "the checkpoint of {end} was not made durable");
    }
    let without = recording.disk_without(&["fsync"]);
    assert!(!without.unsynced_below(&log, published[0].0).is_empty(), "without its syncs it would be found out");
}
