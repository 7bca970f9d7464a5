//! One run of our engine, in a process of its own.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis::incident::{Alert, AlertId, AlertSummary, Assurance, Digest, LogSource, SourceName, Timestamp};
use portcullis::rules::{self, Rule};
use serde_json::{Value, json};

use crate::input::Input;

/// How often all events are put to the rules; the first time is not counted.
const PASSES: usize = 10;

/// Loads, asks, and says what it took.
pub(crate) fn run(input: &Input) -> Value {
    let alerts: Vec<Alert> = alerts(input);
    let before = resident_mib();
    let began = Instant::now();
    let set = rules::load(&input.set).unwrap_or_else(|errors| panic!("{errors}"));
    let load_ms = began.elapsed().as_secs_f64() * 1e3;

    let mut unrouted = Vec::new();
    let mut routed = Vec::new();
    let mut just_parsed = Vec::new();
    let mut told = Vec::new();
    let mut parse = Vec::new();
    for _ in 0..=PASSES {
        unrouted.push(micros(alerts.len(), || {
            alerts.iter().for_each(|alert| drop(black_box(set.matching(&alert.event))));
        }));
        routed.push(micros(alerts.len(), || {
            alerts.iter().for_each(|alert| drop(black_box(set.evaluate(alert))));
        }));
        just_parsed.push(micros_just_parsed(&alerts, &input.lines, |alert| drop(black_box(set.evaluate(alert)))));
        told.push(micros_just_parsed(&alerts, &input.lines, |alert| {
            let miss = set.evaluate(alert).nearest.and_then(|nearest| nearest.miss(&alert.event));
            drop(black_box(miss));
        }));
        parse.push(micros(alerts.len(), || {
            input.lines.iter().for_each(|line| drop(black_box(serde_json::from_str::<Value>(line))));
        }));
    }
    let memory_mib = resident_mib() - before;
    let id = |rule: &Rule| rule.reference.id.as_str().to_owned();
    let all = alerts.iter().map(|alert| set.matching(&alert.event).into_iter().map(id).collect());
    let for_source =
        alerts.iter().map(|alert| set.evaluate(alert).matches.into_iter().map(|found| id(found.rule)).collect());
    json!({
        "rules": set.detectors().len(), "load_ms": load_ms, "memory_mib": memory_mib,
        "unrouted_us": least(&unrouted), "routed_us": least(&routed), "just_parsed_us": least(&just_parsed), "told_us": least(&told), "parse_us": least(&parse),
        "matches": written(&input.folder.join("ours-unrouted.tsv"), all),
        "routed_matches": written(&input.folder.join("ours-routed.tsv"), for_source),
    })
}

/// Writes which rule matched which event, so that engines can be compared, and says how many.
fn written(path: &Path, found: impl Iterator<Item = Vec<String>>) -> usize {
    let mut lines = Vec::new();
    for (number, mut ids) in found.enumerate() {
        ids.sort_unstable();
        lines.extend(ids.iter().map(|id| format!("{number}\t{id}")));
    }
    fs::write(path, lines.join("\n")).unwrap();
    lines.len()
}

fn alerts(input: &Input) -> Vec<Alert> {
    let source = SourceName::parse("bench").unwrap();
    let summary = AlertSummary {
        id: AlertId::derive(&source, "bench"),
        source,
        assurance: Assurance::A,
        event_type: None,
        occurred_at: None,
        received_at: Timestamp::UNIX_EPOCH,
        body_digest: Digest::of(b""),
        event_digest: None,
        delivery_hints: [].into(),
        secret: "none".to_owned(),
    };
    let of = |(event, log_source): (Value, &LogSource)| Alert {
        summary: summary.clone(),
        key: "bench".to_owned(),
        next_key: None,
        by_content: Vec::new(),
        log_sources: Arc::from([log_source.clone()]),
        person: None,
        reason_user: [].into(),
        event,
    };
    input.events().into_iter().zip(&input.log_sources).map(of).collect()
}

fn micros(count: usize, work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64() * 1e6 / count as f64
}

/// The same for alerts whose event is parsed again before each, which is not counted.
fn micros_just_parsed(alerts: &[Alert], lines: &[String], work: impl Fn(&Alert)) -> f64 {
    let mut took = Duration::ZERO;
    for (alert, line) in alerts.iter().zip(lines) {
        let fresh = Alert { event: serde_json::from_str(line).unwrap(), ..alert.clone() };
        let began = Instant::now();
        work(&fresh);
        took += began.elapsed();
    }
    took.as_secs_f64() * 1e6 / alerts.len() as f64
}

/// The quickest pass after the first: what the work takes when nothing else has the processor.
fn least(passes: &[f64]) -> f64 {
    passes[1..].iter().copied().fold(f64::INFINITY, f64::min)
}

fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
