//! Prints the results: a table for people, then one line of JSON.

use serde_json::{Value, json};

use crate::runs::Runs;

/// What is shown of each engine: its name in the JSON, its heading, its digits.
const FIGURES: [(&str, &str, usize); 7] = [
    ("load_ms", "load ms", 0),
    ("memory_mib", "memory MiB", 0),
    ("unrouted_us", "unrouted µs", 2),
    ("routed_us", "routed µs", 2),
    ("just_parsed_us", "just parsed µs", 2),
    ("matches", "matches", 0),
    ("routed_matches", "routed matches", 0),
];

/// Prints it all.
pub(crate) fn print(runs: &Runs) {
    let first = runs.ours.first().unwrap();
    println!(
        "\n{} rules, {} events of {} bytes; medians of {} rounds. `×` is that engine's figure divided by ours.\n",
        first["rules"],
        runs.events,
        runs.bytes_per_event,
        runs.ours.len()
    );
    let headings: Vec<String> = FIGURES.iter().map(|(_, heading, _)| format!("{heading:>22}")).collect();
    println!("{:32}{}", "", headings.concat());
    println!("{:32}{}", "portcullis", row(&runs.ours, None));
    for (name, rounds) in &runs.peers {
        println!("{name:32}{}", row(rounds, Some(&runs.ours)));
    }
    println!("\nparsing an event with serde_json takes {:.2} µs", median(figures(&runs.ours, "parse_us")));
    println!("just parsed, with the nearest miss told test by test: {:.2} µs", median(figures(&runs.ours, "told_us")));
    if let Some([unrouted, routed]) = runs.agreed {
        let said = |is_same: bool| if is_same { "the same" } else { "DIFFERENT" };
        println!("matches of all engines: unrouted {}, routed {}", said(unrouted), said(routed));
    }
    println!("\n{}", json(runs));
}

fn row(rounds: &[Value], ours: Option<&[Value]>) -> String {
    let cell = |(name, _, digits): &(&str, &str, usize)| {
        let value = format!("{:.*}", digits, median(figures(rounds, name)));
        match ours.filter(|_| !name.contains("matches")) {
            Some(ours) => format!("{:>22}", format!("{value} ({:.1}×)", ratio(rounds, ours, name))),
            None => format!("{value:>22}"),
        }
    };
    FIGURES.iter().map(cell).collect()
}

fn json(runs: &Runs) -> Value {
    let medians = |rounds: &[Value]| -> Value {
        FIGURES.iter().map(|(name, ..)| ((*name).to_owned(), json!(median(figures(rounds, name))))).collect()
    };
    let ratios = |rounds: &[Value]| -> Value {
        let timed = FIGURES.iter().filter(|(name, ..)| !name.contains("matches"));
        timed.map(|(name, ..)| ((*name).to_owned(), json!(ratio(rounds, &runs.ours, name)))).collect()
    };
    let peers = runs.peers.iter();
    let peers: Vec<Value> = peers
        .map(|(name, rounds)| json!({ "name": name, "figures": medians(rounds), "ratios": ratios(rounds) }))
        .collect();
    json!({ "events": runs.events, "portcullis": medians(&runs.ours), "agreed": runs.agreed, "peers": peers })
}

fn figures(rounds: &[Value], name: &str) -> Vec<f64> {
    rounds.iter().map(|round| round[name].as_f64().unwrap()).collect()
}

/// The median of the ratios of single rounds.
fn ratio(rounds: &[Value], ours: &[Value], name: &str) -> f64 {
    median(figures(rounds, name).into_iter().zip(figures(ours, name)).map(|(theirs, ours)| theirs / ours).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
