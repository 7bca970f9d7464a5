//! The rounds: every server once, fresh, in an order that rotates, over the same alerts.

use std::time::Duration;

use crate::alerts::{Author, Mix, Pool};
use crate::driver::{self, Deck, Outcome};
use crate::options::Options;
use crate::servers::{Contestant, Server};
use crate::stage::Sandbox;

/// More alerts a second than any measured server but the bare one can take here; that one is done
/// earlier.
const RATE_MAX: f64 = 25_000.0;
/// How long a fresh server is driven before anything counts.
const WARM_UP: Duration = Duration::from_millis(300);

/// What is measured, and with what.
pub(crate) struct Bench<'b> {
    pub(crate) options: &'b Options,
    pub(crate) sandbox: &'b Sandbox,
    pub(crate) contestants: &'b [Contestant],
}

/// One server in one round.
pub(crate) struct Sample {
    pub(crate) mix: Mix,
    pub(crate) round: usize,
    pub(crate) contestant: usize,
    pub(crate) closed: Outcome,
    /// Processor time of the server per alert in the closed loop, in microseconds.
    pub(crate) processor_us: f64,
    pub(crate) open: Outcome,
    pub(crate) memory_peak_mib: f64,
}

impl Bench<'_> {
    /// A fresh server with no calls on record in the sandbox.
    pub(crate) fn start(&self, contestant: &Contestant) -> Server {
        self.sandbox.state.reset();
        contestant.start(self.sandbox, self.options.workers)
    }

    /// The rate of the open loop: half of what portcullis, the first of the contestants, does closed.
    pub(crate) async fn calibrate(&self) -> f64 {
        if let Some(rate) = self.options.rate {
            return rate;
        }
        let server = self.start(&self.contestants[0]);
        let deck = Deck::new(&self.pool(&mut Author::new(), Mix::Unmatched));
        self.closed(&server, &deck, WARM_UP).await;
        self.closed(&server, &deck, self.time()).await.rate() / 2.0
    }

    /// All rounds of all mixes.
    pub(crate) async fn run(&self, rate: f64) -> Vec<Sample> {
        let mut samples = Vec::new();
        let mut author = Author::new();
        let mixes = if self.options.quick { &[Mix::Unmatched][..] } else { &Mix::ALL };
        for &mix in mixes {
            for round in 0..self.options.rounds {
                let pool = self.pool(&mut author, mix);
                for place in 0..self.contestants.len() {
                    let contestant = (round + place) % self.contestants.len();
                    eprintln!("{}, round {}: {}", mix.name(), round + 1, self.contestants[contestant].name);
                    samples.push(self.sample(mix, round, contestant, &pool, rate).await);
                }
            }
        }
        samples
    }

    async fn sample(&self, mix: Mix, round: usize, contestant: usize, pool: &Pool, rate: f64) -> Sample {
        let server = self.start(&self.contestants[contestant]);
        let deck = Deck::new(pool);
        self.closed(&server, &deck, WARM_UP).await;
        // The open loop first: a fast server would use up the deck in the closed one.
        let open = driver::open(server.address, self.options.connections, &deck, rate, self.time()).await;
        let before = server.processor_time();
        let closed = self.closed(&server, &deck, self.time()).await;
        let spent = server.processor_time() - before;
        let processor_us = spent.as_secs_f64() * 1e6 / closed.answered() as f64;
        Sample { mix, round, contestant, closed, processor_us, open, memory_peak_mib: server.memory_peak_mib() }
    }

    async fn closed(&self, server: &Server, deck: &std::sync::Arc<Deck>, time: Duration) -> Outcome {
        driver::closed(server.address, self.options.connections, deck, time).await
    }

    fn pool(&self, author: &mut Author, mix: Mix) -> Pool {
        let seconds = self.options.seconds * 2.0 + WARM_UP.as_secs_f64();
        author.pool(mix, (RATE_MAX * seconds) as usize)
    }

    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.options.seconds)
    }
}
