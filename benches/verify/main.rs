//! Measures what judging one delivery costs at the door, kind by kind: proof, parsing, splitting and keys, without
//! any network, rules or store.
//!
//! ```text
//! cargo bench --bench verify                about half a minute
//! cargo bench --bench verify -- --rounds 9  as many rounds; figures are their medians
//! ```
//!
//! Every kind judges the sample that `portcullis send` would send, and a copy with one byte changed; keys that
//! senders publish are fetched before. `ratio` is to
//! the SHA-256 of the same body alone, taken in the same round: what nobody who signs can leave out. The kinds take
//! turns within each round, so that whatever else the machine does strikes all of them; only ratios count.

// A benchmark may fail loudly; the program may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use doors::{Door, doors, request};
use portcullis::incident::{Digest, Timestamp};
use portcullis::intake::{Outgoing, Received, Refusal};

#[path = "../../fuzz/doors.rs"]
mod doors;

/// Deliveries judged in one round.
const EACH: u32 = 2_000;

/// Nanoseconds for each delivery, of every round.
#[derive(Default)]
struct Times {
    digest: Vec<f64>,
    good: Vec<f64>,
    bad: Vec<f64>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let rounds = arguments.iter().position(|argument| argument == "--rounds");
    let rounds: usize = rounds.map_or(5, |at| arguments[at + 1].parse().expect("a number of rounds"));
    let now = Timestamp::now();
    // Where another signature would do, newer keys are asked for, on another thread.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let _inside = runtime.enter();
    let doors = doors(now);
    let good: Vec<Outgoing> = doors.iter().map(|door| door.good("bench", now)).collect();
    let mut times: Vec<Times> = doors.iter().map(|_| Times::default()).collect();
    for _ in 0..rounds {
        for ((door, good), times) in doors.iter().zip(&good).zip(&mut times) {
            let mut changed = good.clone();
            let middle = changed.body.len() / 2;
            changed.body[middle] ^= 1;
            times.digest.push(nanoseconds(|| {
                black_box(Digest::of(black_box(&good.body)));
            }));
            times
                .good
                .push(nanoseconds(|| assert!(matches!(judge(door, good, now), Some(Ok(Received::Understood(_)))))));
            times.bad.push(nanoseconds(|| {
                let _ = black_box(judge(door, &changed, now));
            }));
        }
    }
    println!("{:<28}{:>8}{:>12}{:>8}{:>14}{:>8}", "", "bytes", "taken ns", "ratio", "changed ns", "ratio");
    for ((door, good), times) in doors.iter().zip(&good).zip(times) {
        let ratio = |of: &[f64]| median(of.iter().zip(&times.digest).map(|(one, digest)| one / digest).collect());
        println!(
            "{:<28}{:>8}{:>12.0}{:>8.1}{:>14.0}{:>8.1}",
            door.name,
            good.body.len(),
            median(times.good.clone()),
            ratio(&times.good),
            median(times.bad.clone()),
            ratio(&times.bad)
        );
    }
}

/// `None` where newer keys would be waited for.
fn judge(door: &Door, outgoing: &Outgoing, now: Timestamp) -> Option<Result<Received, Refusal>> {
    match pin!(door.intake.receive(&request(outgoing), now)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(judged) => Some(judged),
        Poll::Pending => None,
    }
}

fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..EACH).for_each(|_| work());
    began.elapsed().as_secs_f64() * 1e9 / f64::from(EACH)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
