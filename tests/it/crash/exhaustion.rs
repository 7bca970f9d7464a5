//! The real program when something runs out: connections, readers, files, space, whoever reads its log.

use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;

use super::site::Site;
use crate::harness::{Delivery, RawConnection, harmless, request};

/// Far more than the program may hold.
const CROWD: usize = 200;
/// What it may hold in these tests.
const FEW: (&str, &str) = ("PORTCULLIS_HTTP__CONNECTIONS_MAX", "8");
const ONE_WORKER: (&str, &str) = ("PORTCULLIS_HTTP__WORKERS", "1");

fn delivery(id: &str) -> Delivery {
    Delivery::of_events(id, &[harmless(id)], Timestamp::now())
}

fn health() -> Vec<u8> {
    request("GET", "/healthz", &[], None)
}

async fn status(connection: &mut RawConnection, bytes: &[u8]) -> u16 {
    connection.send(bytes).await;
    connection.answer().await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn e05_a_crowd_of_idle_connections_waits_outside_and_work_goes_on() {
    let site = Site::new().await;
    let program = site.start_with(&[FEW, ONE_WORKER]).await;
    let mut known = program.connect().await;
    assert_eq!(status(&mut known, &health()).await, 200);
    let before = program.open_files();
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        crowd.push(program.connect().await);
    }
    let mut late = program.connect().await;
    late.send(&health()).await;
    let waits = tokio::time::timeout(Duration::from_millis(300), late.answer()).await;
    assert!(waits.is_err(), "there was room for it: {waits:?}");
    assert_eq!(status(&mut known, &delivery("msg_1").bytes()).await, 202);
    let files = program.open_files();
    assert!(files <= before + 16, "{before} files before the crowd came, {files} now");
    drop(crowd);
    assert_eq!(late.answer().await.status, 200);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e06_whoever_never_reads_is_cut_off() {
    let site = Site::new().await;
    let program = site.start_with(&[("PORTCULLIS_HTTP__WRITE_TIMEOUT_MS", "500")]).await;
    let mut deaf = program.connect().await;
    deaf.flood_without_reading(&health().repeat(16)).await;
    let mut other = program.connect().await;
    assert_eq!(status(&mut other, &delivery("msg_1").bytes()).await, 202);
    program.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_without_space_it_does_not_start_and_says_so_and_with_space_it_does() {
    let site = Site::new().await;
    // Every byte to a file fails as on a full disk, but for the number of the error.
    let ended = site.spawn_under("trap '' XFSZ; ulimit -f 0", &[]).ended().await;
    assert_eq!((ended.code, ended.stdout.as_slice()), (Some(1), [].as_slice()), "{ended:?}");
    assert!(ended.stderr.contains("trail") && ended.stderr.contains("too large"), "{ended:?}");
    let program = site.start().await;
    assert_eq!(program.deliver(&delivery("msg_1")).await.unwrap().status, 202);
    program.stop().await;
    let kinds: Vec<_> = site.records().await.iter().map(|record| record.event.kind()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"system.started"), Some(&"system.stopped")), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn e13_without_files_for_more_connections_those_that_are_there_are_served() {
    let site = Site::new().await;
    let program = site.start_under("ulimit -n 64", &[ONE_WORKER]).await;
    let mut known = program.connect().await;
    assert_eq!(status(&mut known, &health()).await, 200);
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        crowd.push(program.connect().await);
    }
    assert_eq!(status(&mut known, &delivery("msg_1").bytes()).await, 202);
    drop(crowd);
    let mut late = program.connect().await;
    assert_eq!(status(&mut late, &delivery("msg_2").bytes()).await, 202);
    program.stop().await;
    let admitted = site.records().await.iter().filter(|record| record.event.kind() == "alert.admitted").count();
    assert_eq!(admitted, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn e14_nobody_waits_for_whoever_reads_the_log() {
    let site = Site::new().await;
    let pipe = site.path("log");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Open for reading, too, so that it is no broken pipe; but nobody reads.
    let first = format!("exec 2<>'{}'", pipe.display());
    let settings = [
        ("PORTCULLIS_TELEMETRY__FILTER", "portcullis=debug"),
        ("PORTCULLIS_INTAKE__PER_ADDRESS__PER_SECOND", "100000"),
        ("PORTCULLIS_INTAKE__PER_ADDRESS__BURST", "100000"),
    ];
    let program = site.start_under(&first, &settings).await;
    let unsigned = delivery("msg_1").without("webhook-signature").bytes();
    let mut connection = program.connect().await;
    // A line for each: several times what a pipe holds.
    for _ in 0..100 {
        connection.send(&unsigned.repeat(16)).await;
        for _ in 0..16 {
            assert_eq!(connection.answer().await.status, 401);
        }
    }
    assert_eq!(status(&mut connection, &delivery("msg_2").bytes()).await, 202);
    drop(connection);
    program.stop().await;
}
