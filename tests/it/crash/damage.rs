//! The store's file damaged while nobody has it open: the start says so, or the trail is whole. It
//! never serves another one.

use std::fs;

use portcullis::incident::Timestamp;
use portcullis::trail::Record;

use super::site::{Site, records_in};
use crate::harness::{Delivery, copy_folder};

/// On the trail before.
const ALERTS: u32 = 40;
/// One byte is changed at each of so many places, spread over the file.
const PLACES: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_refused_or_unharmed_and_never_another_trail() {
    let site = Site::new().await;
    let records = recorded(&site).await;
    let file = fs::read(site.path("trail/db")).unwrap();
    let mut refused = 0;
    for place in 0..PLACES {
        let trail = site.path(&format!("trail-{place}"));
        copy_folder(&site.path("trail"), &trail);
        let at = file.len() * (2 * place + 1) / (2 * PLACES);
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        fs::write(trail.join("db"), damaged).unwrap();

        let environment = [("PORTCULLIS_TRAIL__PATH", trail.to_str().unwrap())];
        let mut process = site.spawn_with(&environment);
        if process.url().await.is_none() {
            let ended = process.ended().await;
            assert_eq!((ended.code, ended.stdout.as_slice()), (Some(1), [].as_slice()), "byte {at}: {ended:?}");
            let words = format!("portcullis: the trail in {} is damaged: ", trail.display());
            assert!(ended.stderr.lines().any(|line| line.starts_with(&words)), "byte {at}: {}", ended.stderr);
            refused += 1;
            continue;
        }
        process.stop().await.well();
        let served = records_in(&trail).await;
        assert!(served.starts_with(&records), "byte {at}: another trail was served");
    }
    assert!(refused > 0, "no place was of any importance");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_lost_the_key_of_its_pseudonyms_is_refused() {
    let site = Site::new().await;
    recorded(&site).await;
    fs::remove_file(site.path("trail/pseudonym.key")).unwrap();
    let ended = site.spawn_with(&[]).ended().await;
    assert_eq!((ended.code, ended.stdout.as_slice()), (Some(1), [].as_slice()), "{ended:?}");
    assert!(ended.stderr.contains("pseudonym.key is missing"), "{}", ended.stderr);
}

/// A trail with something on it, at rest.
async fn recorded(site: &Site) -> Vec<Record> {
    let program = site.start().await;
    let incident = program.deliver(&about_zhang_san(0)).await.expect("an answer").incident();
    for number in 1..ALERTS {
        assert_eq!(program.deliver(&about_zhang_san(number)).await.expect("an answer").status, 202);
    }
    program.until_contained(&incident).await;
    program.stop().await;
    site.records().await
}

fn about_zhang_san(number: u32) -> Delivery {
    Delivery::of_high_risk("zhang.san@example.com", number, Timestamp::now())
}
