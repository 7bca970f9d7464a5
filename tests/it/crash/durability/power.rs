//! Power cuts: whenever the power goes, the trail that is left has all that was acknowledged and all that was
//! published, opens, and goes on.

use std::collections::BTreeSet;

use portcullis::incident::Event;
use tempfile::TempDir;

use super::disk::Disk;
use super::many;
use super::recording::Recording;
use crate::crash::site::records_in;
use crate::harness::Process;

/// What is cut off in each run of the program.
const DELIVERIES: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn h11_whenever_the_power_goes_all_that_was_acknowledged_or_published_is_there() {
    let mut numbers = Numbers(20_261_123);
    for _ in 0..many(1, 3) {
        let recording = Recording::of(DELIVERIES).await;
        let disk = recording.disk_without(&[]);
        for _ in 0..many(6, 60) {
            let moment = numbers.below(recording.end());
            survives(&recording, &disk, moment, &mut numbers).await;
        }
    }
}

/// Shows that the model finds what it is for: by sled's own flush alone, which is no sync, records are lost.
#[tokio::test(flavor = "multi_thread")]
async fn h11_without_the_explicit_sync_acknowledged_records_are_lost() {
    let recording = Recording::of(DELIVERIES).await;
    let disk = recording.disk_without(&["fdatasync"]);
    let mut numbers = Numbers(20_261_124);
    let mut lost = 0;
    for _ in 0..6 {
        let image = cut(&disk, recording.end(), &mut numbers);
        let opened = Process::run(&["trail", "show", "--folder", image.path().to_str().unwrap()]).await;
        let shown = opened.stdout.join("\n");
        lost += recording.acknowledged().iter().filter(|told| !shown.contains(&told.id)).count();
    }
    assert!(lost > 0, "nothing was lost: the model does not bite");
}

async fn survives(recording: &Recording, disk: &Disk, moment: usize, numbers: &mut Numbers) {
    let image = cut(disk, moment, numbers);
    let trail = image.path().to_str().unwrap();
    let told = recording.acknowledged().into_iter().filter(|told| told.begin < moment);
    let published = disk.put_in_place(&recording.site.path("trail/log/checkpoint"));
    let published = published.into_iter().rfind(|(begin, ..)| *begin < moment);

    let mut program = recording.site.spawn_with(&[("PORTCULLIS_TRAIL__PATH", trail)]);
    if program.url().await.is_none() {
        let kept = image.keep();
        panic!("cut at {moment}, {} does not start: {}", kept.display(), program.ended().await.stderr);
    }
    program.stop().await.well();
    let kept: BTreeSet<_> = records_in(image.path())
        .await
        .into_iter()
        .filter_map(|record| match record.event {
            Event::AlertAdmitted { alert, .. } => Some(alert.id.to_string()),
            _ => None,
        })
        .collect();
    let lost: Vec<_> = told.filter(|told| !kept.contains(&told.id)).collect();
    assert!(lost.is_empty(), "cut at {moment}: acknowledged and lost: {lost:#?}");
    if let Some((_, _, note)) = published {
        let checkpoint = image.path().join("published");
        std::fs::write(&checkpoint, note).unwrap();
        let since = checkpoint.to_str().unwrap();
        let verified = Process::run(&["trail", "verify", "--folder", trail, "--since", since]).await;
        assert_eq!(
            verified.code,
            Some(0),
            "cut at {moment}: the trail does not go on from what was published: {verified:?}"
        );
    }
}

/// What is left when the power goes at `moment`: of some runs all that was not synced, of others nothing, of most any of
/// it.
fn cut(disk: &Disk, moment: usize, numbers: &mut Numbers) -> TempDir {
    let image = tempfile::tempdir().unwrap();
    let kind = numbers.below(4);
    disk.after_power_cut(moment, image.path(), &mut || match kind {
        0 => 0.0,
        _ => numbers.share(),
    });
    image
}

/// The same numbers in every run (a linear congruential generator), so that a failure comes again.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// From 0 to below 1.
    fn share(&mut self) -> f64 {
        self.next() as f64 / (1_u64 << 31) as f64
    }
}
