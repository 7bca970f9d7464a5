//! Measures what a rule set costs: loading it, holding it, and putting events to it; beside another
//! engine on the same rules and events in the same run.
//!
//! # How to run
//!
//! ```text
//! cargo bench --bench rules                         rules and events of its own, from a seed
//! RULES=folder EVENTS=file.ndjson cargo bench --bench rules
//! cargo bench --bench rules -- --no-peer            without the other engine
//! cargo bench --bench rules -- --help               everything else
//! ```
//!
//! The other engine is rsigma, in `benches/peers`: a crate outside our workspace that this program
//! builds with cargo when it starts. Where that fails, it says so and measures ours alone.
//!
//! # What is measured
//!
//! Each engine runs in a process of its own, with the system's allocator, in turns, as many turns as
//! there are rounds. Ours loads with as many threads as there are processors, the other with one; all
//! else is done by one thread. Events are parsed before the clock starts.
//!
//! * `load`: from the folder of files to a set that can be asked;
//! * `memory`: how much more of the process is resident after all of this than before;
//! * `unrouted`: every rule is put to every event, whatever log source it is for;
//! * `routed`: only rules for the event's log sources. Ours is the whole verdict as the server makes
//!   it, with the nearest miss when no rule matches, which the other does not have to find;
//! * `just parsed`: as `routed`, but each event is made a tree right before, outside the clock, as a
//!   server meets it. Otherwise it was, with all others, some milliseconds before, and is no longer in
//!   the processor's caches;
//! * `parse`: what `serde_json` takes to make a tree of the event, to compare with.
//!
//! # How to read it
//!
//! Every figure is the median of its rounds and every ratio the median of the ratios of single rounds;
//! only ratios say something beyond this machine. `matches` must be the same for all engines, and so
//! must be the digest over which rule matched which event. The last line is all of it as JSON.

// A benchmark may fail loudly; the program may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod generate;
mod input;
mod log_sources;
mod measure;
mod options;
mod report;
mod runs;

use clap::Parser as _;

use crate::input::Input;
use crate::options::Options;

fn main() {
    // `cargo bench` says --bench; `cargo test` and nextest do not, and want no benchmark.
    let wanted = |argument: String| argument == "--bench" || argument == "--measure";
    if !std::env::args().any(wanted) {
        eprintln!("nothing to test here; run it with `cargo bench --bench rules`");
        return;
    }
    let options = Options::parse();
    if options.measure {
        println!("{}", measure::run(&Input::read(options.input.as_deref().expect("--input"))));
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    Input::prepare(scratch.path(), &options);
    let runs = runs::run(scratch.path(), &options);
    report::print(&runs);
}
