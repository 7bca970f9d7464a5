//! `portcullis incident contained`: who is contained now, in lines for people or as the server gives it.

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::cli::client::Server;
use crate::cli::output;

/// What `incident contained` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let shown = arguments.server.ask(Method::GET, "/v1/containments", None).await?;
    if arguments.json {
        return output::line(&shown);
    }
    let all = shown.get("containments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return output::line("Nobody is contained.");
    }
    all.iter().try_for_each(show)?;
    let more = shown.get("count").and_then(Value::as_u64).unwrap_or_default().saturating_sub(all.len() as u64);
    if more > 0 { output::line(format_args!("And {more} before them.")) } else { Ok(()) }
}

fn show(one: &Value) -> anyhow::Result<()> {
    let text = |at: &str| one.pointer(at).and_then(Value::as_str).map(output::visible);
    output::line(format_args!(
        "{}  {}",
        text("/user_id").unwrap_or_default(),
        text("/expires_at").map_or_else(|| ends(one), |at| format!("until {at}"))
    ))?;
    let line = |name: &str, value: Option<String>| match value {
        Some(value) => output::line(format_args!("  {name:8} {value}")),
        None => Ok(()),
    };
    line("incident", text("/incident"))?;
    line("owner", text("/owner"))?;
    let rules = one["rules"].as_array().into_iter().flatten();
    rules.into_iter().try_for_each(|rule| line("rule", rule["title"].as_str().map(output::visible)))?;
    line("asked by", text("/asked_by"))?;
    line("reason", text("/reason"))?;
    line("verified", text("/verified_at"))?;
    let is_unknown = one["unknown"] == true;
    line("unknown", is_unknown.then(|| "nobody knows whether DingTalk has disabled it".to_owned()))?;
    let waits = text("/expires_at").is_some() && one.pointer("/undo/is").and_then(Value::as_str) == Some("held");
    line("waits", text("/undo/reason").filter(|_| waits))?;
    let others = one["others"].as_u64().filter(|others| *others > 0);
    line(
        "others",
        others.map(|others| format!("{others} more on the same account, which stays disabled until the last")),
    )?;
    line("changed", text("/found_enabled_at").map(|at| format!("enabled by somebody else: seen {at}")))?;
    line("offered", text("/offered").map(|why| format!("is protected by now ({why}): release it?")))
}

/// How it ends, where no time is set.
fn ends(one: &Value) -> String {
    let text = |at: &str| one.pointer(at).and_then(Value::as_str).map(output::visible).unwrap_or_default();
    match text("/undo/is").as_str() {
        "by_hand" => "until it is released".to_owned(),
        "under_way" => "is being given back".to_owned(),
        "held" => format!("waits for a human: {}", text("/undo/reason")),
        "given_up" => format!("could not be given back: {}", text("/undo/failure/code")),
        "not_ours" => "was disabled before, and not by us".to_owned(),
        other => other.to_owned(),
    }
}
