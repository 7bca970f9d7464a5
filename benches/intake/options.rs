//! What can be set on the command line or in the environment.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures what admitting an alert costs. The head of benches/intake/main.rs says how to read it.
#[derive(Debug, Parser)]
#[command(name = "intake")]
pub(crate) struct Options {
    /// Seconds of each single measurement.
    #[arg(long, env = "PORTCULLIS_BENCH_SECONDS", default_value_t = 2.0)]
    pub(crate) seconds: f64,
    /// Connections, each with one request under way.
    #[arg(long, env = "PORTCULLIS_BENCH_CONNECTIONS", default_value_t = 64)]
    pub(crate) connections: usize,
    /// Rounds, each with every server once.
    #[arg(long, env = "PORTCULLIS_BENCH_ROUNDS", default_value_t = 3)]
    pub(crate) rounds: usize,
    /// HTTP workers of each server.
    #[arg(long, env = "PORTCULLIS_BENCH_WORKERS", default_value_t = 2)]
    pub(crate) workers: usize,
    /// Alerts per second in the open loop; half of what portcullis does in the closed loop if left out.
    #[arg(long, env = "PORTCULLIS_BENCH_RATE")]
    pub(crate) rate: Option<f64>,
    /// Only the first mix, in short measurements.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Another portcullis binary to measure in the same rounds.
    #[arg(long, env = "PORTCULLIS_BENCH_AGAINST", value_name = "PATH")]
    pub(crate) against: Option<PathBuf>,

    /// Be one of the servers; only the benchmark itself says so.
    #[arg(long, hide = true)]
    pub(crate) serve: Option<Role>,
    /// Where that server keeps its files.
    #[arg(long, hide = true)]
    pub(crate) folder: Option<PathBuf>,
    /// Said by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
    /// A name filter of `cargo bench`; there is only one benchmark here.
    #[arg(hide = true)]
    _filter: Option<String>,
}

/// The servers that this program can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Reads the body and answers.
    Bare,
    /// Verifies, parses, makes durable, answers.
    Reference,
}

impl Options {
    /// With what `--quick` stands for.
    pub(crate) fn settled(mut self) -> Self {
        if self.quick {
            self.seconds = self.seconds.min(1.0);
        }
        assert!(self.seconds > 0.0 && self.connections > 1 && self.rounds > 0 && self.workers > 0, "{self:?}");
        self
    }
}
