//! How long it takes from sending an alert to the first call that DingTalk gets about its account.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use hdrhistogram::Histogram;
use portcullis::incident::Timestamp;
use portcullis::sandbox;
use tokio::task::JoinSet;

use crate::alerts::{Author, Mix};
use crate::client::Connection;
use crate::driver::{self, Deck};
use crate::rounds::Bench;
use crate::servers::Contestant;

/// Alerts in each of the first two cases.
const ALERTS: usize = 16;
/// Alerts that come at once in the third.
const BURST: usize = 64;
/// Time between two alerts: each causes three look-ups, and DingTalk takes 16 a second here.
const PAUSE: Duration = Duration::from_millis(300);
/// Nothing takes longer: calls of a burst wait 64 / 16 seconds for their turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Latency from alert to first call, in microseconds, under one kind of load.
pub(crate) struct Acting {
    pub(crate) load: &'static str,
    pub(crate) first_call_us: Histogram<u64>,
}

/// Measures it with one connection, with all connections busy, and with a burst.
pub(crate) async fn measure(bench: &Bench<'_>, contestant: &Contestant) -> Vec<Acting> {
    eprintln!("from alert to first call: {}", contestant.name);
    let server = bench.start(contestant);
    let mut author = Author::new();
    let state = &bench.sandbox.state;
    // Fetches the token and fills the caches.
    one_by_one(state, server.address, &mut author, 1..=1).await;
    let alone = one_by_one(state, server.address, &mut author, 2..=1 + ALERTS).await;

    let seconds = (ALERTS as f64 + 2.0) * PAUSE.as_secs_f64();
    let pool = author.pool(Mix::Unmatched, (seconds * 15_000.0) as usize);
    let (deck, connections) = (Deck::new(&pool), bench.options.connections - 1);
    let address = server.address;
    let busy = tokio::spawn(async move {
        driver::closed(address, connections, &deck, Duration::from_secs_f64(seconds)).await;
    });
    let among_others = one_by_one(state, address, &mut author, 2 + ALERTS..=1 + 2 * ALERTS).await;
    busy.await.expect("the load goes on meanwhile");

    let at_once = all_at_once(state, address, &mut author, 2 + 2 * ALERTS).await;
    vec![
        Acting { load: "alone, one connection", first_call_us: alone },
        Acting { load: "all other connections busy", first_call_us: among_others },
        Acting { load: "64 at once (DingTalk's limit)", first_call_us: at_once },
    ]
}

async fn one_by_one(
    state: &sandbox::Sandbox,
    address: SocketAddr,
    author: &mut Author,
    accounts: std::ops::RangeInclusive<usize>,
) -> Histogram<u64> {
    let mut connection = Connection::open(address).await.unwrap();
    let mut sent = HashMap::new();
    for account in accounts {
        let request = author.matching(account);
        sent.insert(user_id(account), Timestamp::now());
        assert_eq!(connection.exchange(&request).await.unwrap(), 202);
        tokio::time::sleep(PAUSE).await;
    }
    first_calls(state, &sent).await
}

async fn all_at_once(
    state: &sandbox::Sandbox,
    address: SocketAddr,
    author: &mut Author,
    first: usize,
) -> Histogram<u64> {
    let mut waiting = Vec::new();
    for account in first..first + BURST {
        waiting.push((user_id(account), author.matching(account), Connection::open(address).await.unwrap()));
    }
    let mut sending = JoinSet::new();
    for (user_id, request, mut connection) in waiting {
        sending.spawn(async move {
            let at = Timestamp::now();
            assert_eq!(connection.exchange(&request).await.unwrap(), 202);
            (user_id, at)
        });
    }
    first_calls(state, &sending.join_all().await.into_iter().collect()).await
}

fn user_id(account: usize) -> String {
    format!("user{account:04}")
}

/// From each account's alert to the first call that named it.
async fn first_calls(state: &sandbox::Sandbox, sent: &HashMap<String, Timestamp>) -> Histogram<u64> {
    let calls = tokio::time::timeout(PATIENCE, async {
        loop {
            let calls = called(state);
            if sent.keys().all(|user_id| calls.contains_key(user_id)) {
                return calls;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let calls = calls.await.expect("every account is called about");
    let mut latencies = Histogram::new(3).expect("the precision is good");
    for (user_id, at) in sent {
        let took_us = calls[user_id].as_microsecond() - at.as_microsecond();
        latencies.record(u64::try_from(took_us).expect("the call comes after the alert")).expect("auto-resizing");
    }
    latencies
}

/// When each account was first called about.
fn called(state: &sandbox::Sandbox) -> HashMap<String, Timestamp> {
    let mut first = HashMap::new();
    for call in state.calls() {
        if let Some(user_id) = call.user_id {
            first.entry(user_id).or_insert(call.at);
        }
    }
    first
}
