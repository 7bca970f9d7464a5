//! `portcullis source list`: what a server says of its sources.

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::Server;
use crate::cli::output;

/// What `source list` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Print the server's own document.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let answer = arguments.server.ask(Method::GET, "/v1/sources", None).await?;
    if arguments.json {
        return output::line(format_args!("{answer:#}"));
    }
    let sources = answer.get("sources").and_then(Value::as_array).cloned().unwrap_or_default();
    if sources.is_empty() {
        return output::line("There are no sources.");
    }
    sources.iter().try_for_each(show)
}

fn show(source: &Value) -> anyhow::Result<()> {
    let text = |value: &Value| output::visible(value.as_str().unwrap_or("never"));
    output::line(format_args!(
        "{}  {}  assurance {}",
        text(&source["name"]),
        text(&source["kind"]),
        text(&source["assurance"])
    ))?;
    let since_start = &source["since_start"];
    output::line(format_args!("  last alert     {}", text(&source["alert_at"])))?;
    output::line(format_args!("  last heard     {} (since the server's start)", text(&since_start["at"])))?;
    for (secret, used) in source["secrets"].as_object().into_iter().flatten() {
        output::line(format_args!(
            "  secret         {}, last used for an alert: {}, for anything since the start: {}",
            output::visible(secret),
            text(used),
            text(since_start.pointer(&format!("/secrets/{secret}")).unwrap_or(&Value::Null))
        ))?;
    }
    if let Some(stream) = source.get("stream") {
        let why = stream.get("reason").map(|reason| format!(": {}", text(reason))).unwrap_or_default();
        output::line(format_args!("  stream         {}, {}{why}", text(&stream["at"]), text(&stream["status"])))?;
    }
    if let Some(refused) = source.get("refused") {
        output::line(format_args!("  last refusal   {}, {}", text(&refused["at"]), text(&refused["reason"])))?;
    }
    if let Some(trial) = source.get("trial") {
        let (until, count) = (text(&trial["until"]), &trial["count"]);
        let then = if trial["open"] == true { "nothing of it is acted on" } else { "over: it is acted on again" };
        output::line(format_args!("  tried out      until {until}, {then}; deliveries meanwhile: {count}"))?;
    }
    Ok(())
}
