//! A trail that was lost is made of a copy that was taken while the program ran.

use std::fs;

use portcullis::incident::{Event, Timestamp, UpkeepEvent};
use serde_json::json;

use super::site::{Site, person};
use crate::harness::{Delivery, Process, RESPONDER, copy_folder};

fn delivery(number: u32) -> Delivery {
    Delivery::of_high_risk(&person(number as usize).0, number, Timestamp::now())
}

#[tokio::test(flavor = "multi_thread")]
async fn h23_a_copy_is_refused_until_somebody_makes_a_trail_of_it_and_that_waits_for_a_human() {
    let site = Site::new().await;
    let program = site.start().await;
    let first = program.deliver(&delivery(1)).await.expect("an answer").incident();
    program.until_contained(&first).await;
    let size = program.get("/v1/trail?from=0&limit=1000").await["records"].as_array().unwrap().len() as u64;
    program.until_shown("/v1/trail/anchors", |shown| shown["sealed"].as_u64() >= Some(size)).await;
    let (config, copy) = (site.path("portcullis.toml"), site.path("copy"));
    let (config, copy) = (config.to_str().unwrap(), copy.to_str().unwrap());
    let copied = Process::run(&["trail", "backup", "--config", config, "--to", copy]).await;
    assert_eq!(copied.code, Some(0), "{copied:?}");
    // Nobody knows of it afterwards.
    let second = program.deliver(&delivery(2)).await.expect("an answer").incident();
    program.until_contained(&second).await;
    program.stop().await.well();
    let before = fs::read_to_string(site.path("trail/log/vkey")).unwrap();
    fs::rename(site.path("trail"), site.path("lost")).unwrap();

    copy_folder(&site.path("copy"), &site.path("trail"));
    let ended = site.spawn_with(&[]).ended().await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("is a copy of a trail"), "{}", ended.stderr);
    fs::remove_dir_all(site.path("trail")).unwrap();

    let restore =
        ["trail", "restore", "--config", config, "--from", copy, "--by", "ann", "--reason", "the disk is gone"];
    let restored = Process::run(&restore).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let ended = site.spawn_with(&[]).ended().await;
    assert!(ended.stderr.contains("subjects.keys"), "without the data keys: {}", ended.stderr);
    for name in ["subjects.keys", "master.key"] {
        fs::copy(site.path("lost").join(name), site.path("trail").join(name)).unwrap();
    }

    let program = site.start().await;
    let after = program.deliver(&delivery(3)).await.expect("an answer").incident();
    let held = program.until(&after, |incident| incident["status"] == json!({ "held": "paused" })).await;
    assert_eq!(held["id"], after.as_str(), "{held}");
    let (client, url) = program.door();
    for path in ["/v1/resume".to_owned(), format!("/v1/incidents/{after}/approve")] {
        let said = client.post(format!("{url}{path}")).bearer_auth(RESPONDER).json(&json!({ "reason": "looked" }));
        assert_eq!(said.send().await.unwrap().status(), 200, "{path}");
    }
    program.until_contained(&after).await;
    assert!(program.incidents().await.contains(&first), "it keeps its account");
    program.stop().await.well();

    let records = site.records().await;
    let is_restored =
        |event: &Event| matches!(event, Event::Upkeep(UpkeepEvent::Restored { actor, .. }) if actor == "ann");
    assert_eq!(records.iter().filter(|record| is_restored(&record.event)).count(), 1);
    let log = site.path("trail/log");
    assert_ne!(fs::read_to_string(log.join("vkey")).unwrap(), before, "two logs of one name");
    let verified = Process::run(&["trail", "verify", "--log", log.to_str().unwrap()]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_gets_another_key_and_verifies_by_the_keys_that_it_names() {
    let site = Site::new().await;
    let config = site.path("portcullis.toml");
    let rotate =
        ["trail", "rotate-key", "--config", config.to_str().unwrap(), "--by", "ann", "--reason", "it was copied"];
    let program = site.start().await;
    let first = program.deliver(&delivery(1)).await.expect("an answer").incident();
    program.until_contained(&first).await;
    let refused = Process::run(&rotate).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    program.stop().await.well();
    let before = fs::read_to_string(site.path("trail/log/vkey")).unwrap();

    let rotated = Process::run(&rotate).await;
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    let keys = fs::read_to_string(site.path("trail/log/vkey")).unwrap();
    let newest = keys.lines().next().unwrap();
    assert!(rotated.stdout.iter().any(|line| line.ends_with(newest)), "{rotated:?}");
    assert!(keys.ends_with(&before) && keys.len() > before.len(), "{keys}");

    let program = site.start().await;
    let second = program.deliver(&delivery(2)).await.expect("an answer").incident();
    program.until_contained(&second).await;
    program.stop().await.well();
    let records = site.records().await;
    let is_told = |event: &Event| {
        matches!(event, Event::Upkeep(UpkeepEvent::KeyRotated { actor, key, .. })
            if actor == "ann" && keys.starts_with(key.as_str()))
    };
    assert_eq!(records.iter().filter(|record| is_told(&record.event)).count(), 1);
    let log = site.path("trail/log");
    for (keys, code) in [(keys.clone(), 0), (before, 1)] {
        let file = site.path("keys");
        fs::write(&file, keys).unwrap();
        let said = ["trail", "verify", "--log", log.to_str().unwrap(), "--key", file.to_str().unwrap()];
        let verified = Process::run(&said).await;
        assert_eq!(verified.code, Some(code), "{verified:?}");
    }
}
