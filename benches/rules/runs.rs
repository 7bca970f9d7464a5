//! Runs the engines in turns, each in a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::options::Options;

/// What all rounds gave.
pub(crate) struct Runs {
    /// One of each round.
    pub(crate) ours: Vec<Value>,
    /// For each variant of the other engine its name, and one of each round.
    pub(crate) peers: Vec<(String, Vec<Value>)>,
    /// Whether all engines named the same rules for the same events, unrouted and routed.
    pub(crate) agreed: Option<[bool; 2]>,
    pub(crate) events: usize,
    pub(crate) bytes_per_event: usize,
}

/// Runs them all on the input in `folder`.
pub(crate) fn run(folder: &Path, options: &Options) -> Runs {
    let peer = if options.no_peer { None } else { built_peer() };
    let (mut ours, mut peers): (Vec<Value>, Vec<(String, Vec<Value>)>) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        let own = Command::new(std::env::current_exe().unwrap()).args(["--measure", "--input"]).arg(folder).output();
        ours.extend(lines(own.unwrap()));
        let Some(peer) = &peer else { continue };
        for variant in lines(Command::new(peer).arg(folder).output().unwrap()) {
            let name = variant["name"].as_str().unwrap().to_owned();
            match peers.iter_mut().find(|(known, _)| *known == name) {
                Some((_, rounds)) => rounds.push(variant),
                None => peers.push((name, vec![variant])),
            }
        }
    }
    let same = |what: &str| {
        let of = |engine: &str| std::fs::read(folder.join(format!("{engine}-{what}.tsv"))).unwrap();
        of("ours") == of("peer")
    };
    let events = std::fs::read(folder.join("events.ndjson")).unwrap();
    let count = events.split(|byte| *byte == b'\n').count();
    Runs {
        ours,
        agreed: peer.map(|_| [same("unrouted"), same("routed")]),
        peers,
        events: count,
        bytes_per_event: events.len() / count,
    }
}

fn lines(output: std::process::Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The other engine's program, or `None` when it cannot be built here.
fn built_peer() -> Option<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (folder, target) = (project.join("benches/peers"), project.join("target/peers"));
    eprintln!("building the other engine in {}", folder.display());
    // It may ask for a newer compiler than it needs.
    let build = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "--ignore-rust-version", "--target-dir"])
        .arg(&target)
        .current_dir(&folder)
        .stdout(Stdio::null())
        .status();
    let is_built = build.is_ok_and(|status| status.success());
    if !is_built {
        eprintln!("the other engine cannot be built here; measuring ours alone");
    }
    is_built.then(|| target.join("release/peers"))
}
