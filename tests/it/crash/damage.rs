//! The store's file damaged while nobody has it open: the start says so, or the trail is whole. It
//! never serves another one.

use std::fs;
use std::path::Path;

use portcullis::incident::{Event, Timestamp, UpkeepEvent};
use portcullis::trail::Record;

use super::site::{Site, records_in};
use super::start::FIRST_EPOCH;
use crate::harness::{Delivery, Process, copy_folder};

/// On the trail before.
const ALERTS: u32 = 40;
/// One byte is changed at each of so many places, spread over the file.
const PLACES: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_refused_or_unharmed_and_never_another_trail() {
    let site = Site::new().await;
    let records = recorded(&site).await;
    let file = fs::read(site.path(FIRST_EPOCH)).unwrap();
    let mut refused = 0;
    for place in 0..PLACES {
        let trail = site.path(&format!("trail-{place}"));
        copy_folder(&site.path("trail"), &trail);
        let at = file.len() * (2 * place + 1) / (2 * PLACES);
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        let epoch = Path::new(FIRST_EPOCH).strip_prefix("trail").unwrap().parent().unwrap();
        fs::write(trail.join(epoch).join("db"), damaged).unwrap();
        // A start that goes on from a snapshot reads no record before it; here all of them are to be read.
        fs::remove_file(trail.join("state/board")).unwrap();

        let environment = [("PORTCULLIS_TRAIL__PATH", trail.to_str().unwrap())];
        let mut process = site.spawn_with(&environment);
        if process.url().await.is_none() {
            let ended = process.ended().await;
            assert_eq!((ended.code, ended.stdout.as_slice()), (Some(1), [].as_slice()), "byte {at}: {ended:?}");
            let words = format!("portcullis: the trail in {} is damaged: ", trail.join(epoch).display());
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
async fn h14_a_damaged_store_is_made_anew_at_the_start_where_nothing_is_lost_and_by_hand_where_something_may_be() {
    let site = Site::new().await;
    let records = recorded(&site).await;
    let trail = site.path("trail");
    let database = site.path(FIRST_EPOCH);
    let length = fs::metadata(&database).unwrap().len();
    fs::write(&database, vec![0xa5; usize::try_from(length).unwrap()]).unwrap();
    let refused = site.spawn_with(&[]).ended().await;
    assert!(refused.stderr.contains("see `portcullis trail rebuild`"), "{}", refused.stderr);
    let rebuild = |more: &'static [&'static str]| {
        let folder = trail.to_str().unwrap().to_owned();
        async move {
            let asked = ["trail", "rebuild", "--folder", &folder, "--by", "ann", "--reason", "the disk failed"];
            Process::run(&[&asked, more].concat()).await
        }
    };
    let refused = rebuild(&[]).await;
    assert_eq!(refused.code, Some(1), "{}", refused.said());
    assert!(refused.said().contains("Records may be lost that were made after the newest checkpoint"));
    rebuild(&["--accept-loss"]).await.well();
    assert!(rebuild(&[]).await.well().said().contains("Nothing is damaged"));
    site.start().await.stop().await;
    let served = site.records().await;
    assert!(served.starts_with(&records), "all was sealed when it stopped");
    let rebuilt: Vec<_> = served.iter().filter(|record| record.event.kind() == "trail.rebuilt").collect();
    assert_eq!(rebuilt.len(), 1);
    assert!(matches!(
        &rebuilt[0].event,
        Event::Upkeep(UpkeepEvent::Rebuilt { actor: Some(actor), whole: false, beside: true, .. }) if actor == "ann"
    ));
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
