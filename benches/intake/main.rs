//! Measures what admitting an alert costs: our server beside two others, in one run.
//!
//! # How to run
//!
//! ```text
//! cargo bench --bench intake                        about three minutes
//! cargo bench --bench intake -- --quick             under a minute, for a look
//! cargo bench --bench intake -- --against PATH      beside another portcullis binary too, such as
//!                                                   the one from before a change
//! cargo bench --bench intake -- --help              everything else
//! ```
//!
//! # What is measured
//!
//! Four servers at most, each a process of its own with the same number of workers, each fresh for
//! each round, in rotating order, so that whatever else the machine does strikes all of them:
//!
//! * `portcullis`: the release program as operators run it, on sled on disk, with the shipped rules and
//!   the sandbox (in this process) as DingTalk;
//! * `reference`: verifies the signature, parses the JSON, and makes the body durable with group
//!   commit (sled, flush and fdatasync) before it answers: what nobody can leave out. It runs on the
//!   system's allocator, as a plain program does; with that of `src/main.rs` it is about 1.4 times as
//!   quick, so a part of our ratio to it is the allocator's;
//! * `bare`: reads the body and answers, which is what HTTP itself costs;
//! * `against`: another portcullis binary, when asked for.
//!
//! Three mixes: alerts that no rule matches (each gets its verdict with the nearest miss); sign-ins of
//! 10,000 people, which a shipped correlation counts one after the other for each person; and the first
//! with one in a hundred that opens an incident on one of 200 accounts, which is acted on meanwhile.
//! In the *closed loop* every connection sends as soon as it has its answer: that gives the rate and
//! the processor time per alert. In the *open loop* alerts are sent at fixed times whatever comes
//! back, the same rate for all servers, and latency counts from the time an alert was due, so that
//! a server that stalls cannot hide it by slowing its clients down (no coordinated omission).
//!
//! # How to read it
//!
//! Client and servers share this machine's processors, so no figure says what a server can do alone;
//! only ratios count, best the one of processor time, and only within one run. Every figure is the
//! median of its rounds, and every ratio the median of the ratios of single rounds. The last line is
//! all of it as JSON.

// A benchmark may fail loudly; the program may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod acting;
mod alerts;
mod bare;
mod client;
mod driver;
mod options;
mod reference;
mod report;
mod rounds;
mod servers;
mod stage;

use clap::Parser as _;

use crate::options::{Options, Role};

fn main() {
    // `cargo bench` says --bench; `cargo test` and nextest do not, and want no benchmark.
    let wanted = |argument: String| argument == "--bench" || argument.starts_with("--serve");
    if !std::env::args().any(wanted) {
        eprintln!("nothing to test here; run it with `cargo bench --bench intake`");
        return;
    }
    let options = Options::parse();
    match options.serve {
        Some(Role::Bare) => bare::serve(options.workers),
        Some(Role::Reference) => reference::serve(options.workers, options.folder.as_deref().expect("--folder")),
        None => measure(&options.settled()),
    }
}

fn measure(options: &Options) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sandbox = stage::Sandbox::start();
    let contestants = servers::contestants(options.against.as_deref());
    let bench = rounds::Bench { options, sandbox: &sandbox, contestants: &contestants };
    let rate = runtime.block_on(bench.calibrate());
    let samples = runtime.block_on(bench.run(rate));
    let acting = runtime.block_on(acting::measure(&bench, &contestants[0]));
    report::print(&report::Results { options, contestants: &contestants, rate, samples, acting });
}
