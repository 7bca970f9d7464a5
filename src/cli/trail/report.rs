//! `portcullis trail report`: what auditors ask for, as a table or as JSON.

use clap::builder::PossibleValuesParser;
use clap::{Args, builder::TypedValueParser as _};
use reqwest::Method;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::offline::Offline;
use crate::cli::client::{Place, Whereabouts};
use crate::cli::output::{self, counted};
use crate::incident::Timestamp;
use crate::trail::reports::{Range, Reading, Report};
use crate::trail::search::moment;

/// What `trail report` takes.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Arguments {
    /// Which report.
    #[arg(value_name = "NAME", value_parser = named())]
    report: Report,
    /// From this time on: a day, which begins in UTC, or a time as in 2026-11-22T08:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Print JSON, with what each column means.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    whereabouts: Whereabouts,
}

const HELP: &str = "\
Reports:
  containments-without-approval  accounts found disabled that nobody had approved before
  longest-containments           accounts that were disabled at some moment, longest first
  held                           what began to wait for a human, why, and what became of it
  rules-in-force                 the rule sets that were in force at some moment
  rule-versions                  which version of each rule was in force then
  changes                        what people changed or decided
  containment-times              how long it took from an alert to a containment that was read back";

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { report, since, until, json, whereabouts } = arguments;
    let table = match whereabouts.place()? {
        Place::Server(server) => {
            let times = [("since", since), ("until", until)];
            let times: Vec<String> =
                times.into_iter().filter_map(|(name, time)| Some(format!("{name}={}", time?))).collect();
            let path = format!("/v1/trail/reports/{}?{}", report.as_str(), times.join("&"));
            server.ask(Method::GET, &path, None).await?
        }
        Place::Here(file) => {
            let here = Offline::open(&file)?;
            let reading = Reading { store: here.store.as_ref(), index: &here.index };
            serde_json::to_value(report.make(&reading, Range { since, until }, Timestamp::now())?)?
        }
    };
    if json { output::line(&table) } else { show(report, &table) }
}

fn show(report: Report, table: &Value) -> anyhow::Result<()> {
    let names: Vec<String> = report.columns().iter().map(|column| column.name.to_owned()).collect();
    let rows = table.get("rows").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let lines = rows.iter().map(|row| names.iter().map(|name| cell(row.get(name))).collect());
    let lines: Vec<Vec<String>> = std::iter::once(names.clone()).chain(lines).collect();
    let width = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..names.len()).map(|at| width(at).unwrap_or_default()).collect();
    output::line(report.shows())?;
    for line in &lines {
        let padded = line.iter().zip(&widths).map(|(cell, width)| {
            let gap = width.saturating_sub(cell.width());
            format!("{cell}{}", " ".repeat(gap))
        });
        output::line(padded.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    output::line(counted(rows.len(), "row"))?;
    for (name, value) in table.get("summary").and_then(Value::as_object).into_iter().flatten() {
        output::line(format_args!("{name}: {value}"))?;
    }
    if table.get("is_cut").and_then(Value::as_bool) == Some(true) {
        output::note("There are more records than one report looks at: the oldest are left out. Ask for less time.");
    }
    Ok(())
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => output::visible(text),
        Some(Value::Array(values)) => values.iter().map(|value| cell(Some(value))).collect::<Vec<_>>().join(", "),
        Some(value) => value.to_string(),
    }
}

fn named() -> impl clap::builder::TypedValueParser<Value = Report> {
    let names = PossibleValuesParser::new(Report::ALL.map(Report::as_str));
    names.try_map(|name| Report::parse(&name).ok_or("there is no such report"))
}

fn time(text: &str) -> Result<Timestamp, &'static str> {
    moment(text).ok_or("a time is written like 2026-11-22 or 2026-11-22T08:00:00Z")
}
