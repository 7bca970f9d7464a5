//! Prints the results: tables for people, then one line of JSON.

use serde_json::{Value, json};

use crate::acting::Acting;
use crate::alerts::Mix;
use crate::options::Options;
use crate::rounds::Sample;
use crate::servers::Contestant;

/// The percentiles shown.
const PERCENTILES: [f64; 3] = [50.0, 99.0, 99.9];

/// Everything that was measured.
pub(crate) struct Results<'r> {
    pub(crate) options: &'r Options,
    pub(crate) contestants: &'r [Contestant],
    /// Of the open loop, in alerts per second.
    pub(crate) rate: f64,
    pub(crate) samples: Vec<Sample>,
    pub(crate) acting: Vec<Acting>,
}

/// One server's medians in one mix.
struct Row {
    name: &'static str,
    rate: f64,
    processor_us: f64,
    memory_peak_mib: f64,
    closed_us: [f64; 3],
    open_us: [f64; 3],
    /// Portcullis's figure divided by this server's.
    rate_ratio: f64,
    processor_ratio: f64,
}

/// Prints it all.
pub(crate) fn print(results: &Results<'_>) {
    let options = results.options;
    println!(
        "\n{} connections, {} workers, {} rounds of {} s; medians. Client and servers share this machine's {}\n\
         processors, so only the ratios count: `ratio` is portcullis divided by that server.",
        options.connections,
        options.workers,
        options.rounds,
        options.seconds,
        std::thread::available_parallelism().map_or(0, usize::from),
    );
    let mut mixes = Vec::new();
    for mix in Mix::ALL {
        let rows: Vec<Row> = (0..results.contestants.len()).filter_map(|index| row(results, mix, index)).collect();
        if !rows.is_empty() {
            print_mix(mix, results.rate, &rows);
            mixes.push(json!({ "mix": mix.name(), "servers": rows.iter().map(row_json).collect::<Vec<_>>() }));
        }
    }
    print_acting(&results.acting);
    println!("\n{}", json(results, &mixes));
}

fn row(results: &Results<'_>, mix: Mix, contestant: usize) -> Option<Row> {
    let of =
        |index: usize| results.samples.iter().filter(move |sample| sample.mix == mix && sample.contestant == index);
    of(contestant).next()?;
    let figure = |figure: &dyn Fn(&Sample) -> f64| median(of(contestant).map(figure).collect());
    let ratio = |figure: &dyn Fn(&Sample) -> f64| {
        let pairs =
            of(0).flat_map(|ours| of(contestant).filter(|other| other.round == ours.round).map(move |o| (ours, o)));
        median(pairs.map(|(ours, other)| figure(ours) / figure(other)).collect())
    };
    Some(Row {
        name: results.contestants[contestant].name,
        rate: figure(&|sample| sample.closed.rate()),
        processor_us: figure(&|sample| sample.processor_us),
        memory_peak_mib: figure(&|sample| sample.memory_peak_mib),
        closed_us: PERCENTILES.map(|percentile| figure(&|sample| sample.closed.percentile_us(percentile))),
        open_us: PERCENTILES.map(|percentile| figure(&|sample| sample.open.percentile_us(percentile))),
        rate_ratio: ratio(&|sample| sample.closed.rate()),
        processor_ratio: ratio(&|sample| sample.processor_us),
    })
}

fn print_mix(mix: Mix, rate: f64, rows: &[Row]) {
    println!("\n{}; open loop at {rate:.0} alerts/s", mix.name());
    println!(
        "{:<11}{:>9}{:>7}{:>10}{:>7}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "", "alerts/s", "ratio", "CPU µs", "ratio", "closed", "", "", "open", "", "", "memory"
    );
    println!(
        "{:<11}{:>9}{:>7}{:>10}{:>7}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "", "closed", "", "per alert", "", "p50 µs", "p99", "p99.9", "p50 µs", "p99", "p99.9", "MiB"
    );
    for row in rows {
        let [c50, c99, c999] = row.closed_us;
        let [o50, o99, o999] = row.open_us;
        println!(
            "{:<11}{:>9.0}{:>7.2}{:>10.1}{:>7.2}{c50:>9.0}{c99:>9.0}{c999:>9.0}{o50:>9.0}{o99:>9.0}{o999:>9.0}{:>9.0}",
            row.name, row.rate, row.rate_ratio, row.processor_us, row.processor_ratio, row.memory_peak_mib
        );
    }
}

fn print_acting(acting: &[Acting]) {
    println!("\nfrom sending an alert to DingTalk's first call about its account (portcullis)");
    println!("{:<32}{:>8}{:>10}{:>10}{:>10}", "", "alerts", "p50 ms", "p90", "most");
    for case in acting {
        let [p50, p90, most] = first_call_ms(case);
        println!("{:<32}{:>8}{p50:>10.1}{p90:>10.1}{most:>10.1}", case.load, case.first_call_us.len());
    }
}

fn first_call_ms(acting: &Acting) -> [f64; 3] {
    [50.0, 90.0, 100.0].map(|percentile| acting.first_call_us.value_at_percentile(percentile) as f64 / 1_000.0)
}

fn json(results: &Results<'_>, mixes: &[Value]) -> Value {
    let acting = |acting: &Acting| {
        let [p50, p90, most] = first_call_ms(acting);
        json!({ "load": acting.load, "p50_ms": p50, "p90_ms": p90, "most_ms": most })
    };
    json!({
        "bench": "intake",
        "connections": results.options.connections,
        "workers": results.options.workers,
        "rounds": results.options.rounds,
        "seconds": results.options.seconds,
        "open_rate": results.rate.round(),
        "mixes": mixes,
        "first_call": results.acting.iter().map(acting).collect::<Vec<_>>(),
    })
}

fn row_json(row: &Row) -> Value {
    let percentiles =
        |[p50, p99, p999]: [f64; 3]| json!({ "p50": p50.round(), "p99": p99.round(), "p999": p999.round() });
    let hundredths = |figure: f64| (figure * 100.0).round() / 100.0;
    json!({
        "server": row.name,
        "rate": row.rate.round(),
        "rate_ratio": hundredths(row.rate_ratio),
        "processor_us": hundredths(row.processor_us),
        "processor_ratio": hundredths(row.processor_ratio),
        "closed_us": percentiles(row.closed_us),
        "open_us": percentiles(row.open_us),
        "memory_peak_mib": row.memory_peak_mib.round(),
    })
}

/// The middle one; the mean of the two in the middle.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let half = figures.len() / 2;
    if figures.len() % 2 == 1 { figures[half] } else { (figures[half - 1] + figures[half]) / 2.0 }
}
