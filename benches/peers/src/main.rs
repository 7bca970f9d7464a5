//! Runs rsigma over the input of `cargo bench --bench rules` and prints what it took, one line of
//! JSON for each way to run it: `peers FOLDER`. The head of benches/rules/main.rs says what the
//! figures are; benches/rules/measure.rs is the same for our engine.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use rsigma_eval::event::JsonEvent;
use rsigma_eval::{Engine, EvaluationResult};
use rsigma_parser::{LogSource, SigmaCollection, parse_sigma_yaml};
use serde_json::{Value, json};

/// How often all events are put to the rules; the first time is not counted.
const PASSES: usize = 10;

fn main() {
    let folder = std::env::args().nth(1).expect("peers FOLDER");
    let folder = Path::new(&folder);
    let events = fs::read_to_string(folder.join("events.ndjson")).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    let events: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sources = fs::read_to_string(folder.join("log-sources.tsv")).unwrap();
    let sources: Vec<LogSource> = sources.lines().map(log_source).collect();
    println!("{}", run("rsigma 0.26", false, folder, &lines, &events, &sources));
    println!("{}", run("rsigma 0.26, one automaton", true, folder, &lines, &events, &sources));
}

fn run(
    name: &str,
    has_automaton: bool,
    folder: &Path,
    lines: &[&str],
    events: &[Value],
    sources: &[LogSource],
) -> Value {
    let before = resident_mib();
    let began = Instant::now();
    let mut engine = Engine::new();
    engine.set_cross_rule_ac(has_automaton);
    let mut all = SigmaCollection::new();
    for entry in fs::read_dir(folder.join("set/sigma")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        all.rules.extend(parse_sigma_yaml(&text).unwrap().rules);
    }
    engine.add_collection(&all).unwrap();
    drop(all);
    let load_ms = began.elapsed().as_secs_f64() * 1e3;

    let any = |event: &Value| engine.evaluate(&JsonEvent::borrow(event));
    let one = |event: &Value, source: &LogSource| engine.evaluate_with_logsource(&JsonEvent::borrow(event), source);
    let (mut unrouted, mut routed, mut just_parsed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=PASSES {
        unrouted.push(micros(events.len(), || events.iter().for_each(|event| drop(black_box(any(event))))));
        let pairs = events.iter().zip(sources);
        routed.push(micros(events.len(), || pairs.for_each(|(event, source)| drop(black_box(one(event, source))))));
        just_parsed.push(micros_just_parsed(lines, sources, |event, source| drop(black_box(one(event, source)))));
    }
    let memory_mib = resident_mib() - before;
    json!({
        "name": name, "load_ms": load_ms, "memory_mib": memory_mib,
        "unrouted_us": least(&unrouted), "routed_us": least(&routed), "just_parsed_us": least(&just_parsed),
        "matches": written(&folder.join("peer-unrouted.tsv"), events.iter().map(any)),
        "routed_matches": written(
            &folder.join("peer-routed.tsv"),
            events.iter().zip(sources).map(|(event, source)| one(event, source)),
        ),
    })
}

/// Product, category and service, apart by tabs.
fn log_source(line: &str) -> LogSource {
    let mut parts = line.split('\t').map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()));
    let mut next = || parts.next().flatten();
    let (product, category, service) = (next(), next(), next());
    LogSource { category, product, service, ..LogSource::default() }
}

/// Writes which rule matched which event, and says how many.
fn written(path: &Path, found: impl Iterator<Item = Vec<EvaluationResult>>) -> usize {
    let mut lines = Vec::new();
    for (number, results) in found.enumerate() {
        let mut ids: Vec<String> = results.iter().map(|result| result.header.rule_id.clone().unwrap()).collect();
        ids.sort_unstable();
        lines.extend(ids.iter().map(|id| format!("{number}\t{id}")));
    }
    fs::write(path, lines.join("\n")).unwrap();
    lines.len()
}

fn micros(count: usize, work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64() * 1e6 / count as f64
}

/// The same for events that are parsed again before each, which is not counted.
fn micros_just_parsed(lines: &[&str], sources: &[LogSource], work: impl Fn(&Value, &LogSource)) -> f64 {
    let mut took = Duration::ZERO;
    for (line, source) in lines.iter().zip(sources) {
        let event = serde_json::from_str(line).unwrap();
        let began = Instant::now();
        work(&event, source);
        took += began.elapsed();
    }
    took.as_secs_f64() * 1e6 / lines.len() as f64
}

/// The quickest pass after the first.
fn least(passes: &[f64]) -> f64 {
    passes[1..].iter().copied().fold(f64::INFINITY, f64::min)
}

fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
