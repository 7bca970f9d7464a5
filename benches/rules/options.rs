//! What can be set on the command line or in the environment.

use std::path::PathBuf;

use clap::Parser;

/// Measures what a rule set costs. The head of benches/rules/main.rs says how to read it.
#[derive(Debug, Parser)]
#[command(name = "rules")]
pub(crate) struct Options {
    /// A folder of Sigma rules; without it, rules are made from the seed.
    #[arg(long, env = "RULES", requires = "events")]
    pub(crate) rules: Option<PathBuf>,
    /// A file of events, one JSON object a line; without it, events are made from the seed.
    #[arg(long, env = "EVENTS", requires = "rules")]
    pub(crate) events: Option<PathBuf>,
    /// How many rules to make.
    #[arg(long, default_value_t = 3_755)]
    pub(crate) rule_count: usize,
    /// How many events to make.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) event_count: usize,
    /// The same seed makes the same rules and events.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How often each engine is run.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Leave the other engine out.
    #[arg(long)]
    pub(crate) no_peer: bool,

    /// Be one run of our engine; only the benchmark itself says so.
    #[arg(long, hide = true)]
    pub(crate) measure: bool,
    /// The folder with that run's input.
    #[arg(long, hide = true)]
    pub(crate) input: Option<PathBuf>,
    /// Said by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
    /// A name filter of `cargo bench`; there is only one benchmark here.
    #[arg(hide = true)]
    _filter: Option<String>,
}
