//! `portcullis incident list`: the incidents that are not closed, or only those that wait for a human.

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::cli::client::Server;
use crate::cli::output;

/// What `incident list` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only those that wait for a human.
    #[arg(long)]
    held: bool,
    /// As JSON, one incident a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut from = Some(0);
    let mut is_empty = true;
    while let Some(first) = from {
        let path = format!("/v1/live-incidents?held={}&from={first}", arguments.held);
        let page = arguments.server.ask(Method::GET, &path, None).await?;
        for one in page.get("incidents").and_then(Value::as_array).into_iter().flatten() {
            is_empty = false;
            if arguments.json { output::line(one)? } else { show(one)? }
        }
        // Only ever forward, whatever a server says.
        from = page.get("next").and_then(Value::as_u64).filter(|next| *next > first);
    }
    match (is_empty && !arguments.json, arguments.held) {
        (true, true) => output::line("Nothing waits for a human."),
        (true, false) => output::line("No incident is open."),
        (false, _) => Ok(()),
    }
}

fn show(one: &Value) -> anyhow::Result<()> {
    let text = |at: &str| one.pointer(at).and_then(Value::as_str).map(output::visible);
    let standing = text("/waiting/text").map_or_else(|| "under way".to_owned(), |why| format!("held: {why}"));
    output::line(format_args!("{}  {standing}", text("/id").unwrap_or_default()))?;
    let line = |name: &str, value: Option<String>| match value {
        Some(value) => output::line(format_args!("  {name:8} {value}")),
        None => Ok(()),
    };
    line("account", text("/user_id"))?;
    let rules = one["rules"].as_array().into_iter().flatten();
    rules.into_iter().try_for_each(|rule| line("rule", rule["title"].as_str().map(output::visible)))?;
    line("asked by", text("/asked_by"))?;
    line("opened", text("/opened_at"))?;
    line("lapses", text("/waiting/lapses_at"))?;
    // Named by whoever says yes to it.
    line("plan", text("/waiting/lapses_at").and_then(|_| text("/plan")))
}
