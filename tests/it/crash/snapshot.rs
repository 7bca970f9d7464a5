//! The snapshot of the board: a start goes on from the last one that fits, and from no other.

use std::fs;

use portcullis::incident::Timestamp;

use super::site::Site;
use crate::harness::{Delivery, Ended};

/// Of how many records the snapshot was that the start went on from.
fn gone_on_from(ended: &Ended) -> u64 {
    let line = ended.stderr.lines().find(|line| line.contains("the board is there again")).unwrap();
    let number = line.split("snapshot.records=").nth(1).unwrap();
    number.split_whitespace().next().unwrap().parse().unwrap()
}

fn high_risk(number: u32) -> Delivery {
    Delivery::of_high_risk("zhang.san@example.com", number, Timestamp::now())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_goes_on_from_the_snapshot_of_an_ordered_stop_also_after_a_kill() {
    let site = Site::new().await;
    let program = site.start().await;
    let incident = program.deliver(&high_risk(0)).await.expect("an answer").incident();
    program.until_contained(&incident).await;
    assert_eq!(gone_on_from(&program.stop().await.well()), 0);
    let stopped = site.records().await.len() as u64;

    let program = site.start().await;
    program.until_contained(&incident).await;
    assert_eq!(program.deliver(&high_risk(1)).await.expect("an answer").status, 202);
    program.kill();

    let program = site.start().await;
    program.until_contained(&incident).await;
    let again = program.deliver(&high_risk(1)).await.expect("an answer");
    assert_eq!(again.status, 200, "it is a repeat: {}", again.body);
    assert_eq!(gone_on_from(&program.stop().await.well()), stopped);
    let ended = site.start().await.stop().await.well();
    assert!(gone_on_from(&ended) > stopped, "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_gone_or_does_not_fit_costs_time_and_nothing_else() {
    let site = Site::new().await;
    let program = site.start().await;
    let incident = program.deliver(&high_risk(0)).await.expect("an answer").incident();
    program.until_contained(&incident).await;
    program.stop().await.well();
    let path = site.path("trail/state/board");
    let good = fs::read(&path).unwrap();
    let changed = String::from_utf8(good.clone()).unwrap().replacen("zhang", "wang", 1).replacen("open", "held", 1);
    let bad: [(&str, Option<Vec<u8>>); 4] = [
        ("gone", None),
        ("empty", Some(Vec::new())),
        ("cut off", Some(good[..good.len() - 1].to_vec())),
        ("changed", Some(format!("{changed} ").into_bytes())),
    ];
    for (what, bytes) in bad {
        match &bytes {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let program = site.start().await;
        program.until_contained(&incident).await;
        let ended = program.stop().await.well();
        assert_eq!(gone_on_from(&ended), 0, "{what}");
        assert_eq!(ended.stderr.contains("is thrown away"), bytes.is_some(), "{what}: {}", ended.stderr);
        let again = site.start().await.stop().await.well();
        assert!(gone_on_from(&again) > 0, "{what}: there is a good one again: {}", again.stderr);
    }
}
