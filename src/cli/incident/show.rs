//! `portcullis incident show`: one incident, in lines for people or as the server gives it.

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::cli::client::Server;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::incident::IncidentId;

/// What `incident show` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The incident's id.
    incident: String,
    /// As JSON, with its records.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let id = IncidentId::parse(&arguments.incident).map_err(|error| refused(anyhow::Error::new(error)))?;
    let shown = arguments.server.ask(Method::GET, &format!("/v1/incidents/{id}"), None).await?;
    if arguments.json {
        return output::line(&shown);
    }
    let text = |at: &str| {
        shown
            .pointer(at)
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .unwrap_or_default()
    };
    let account = text("/account/user_id");
    let account = if account == "null" { "not resolved yet" } else { account.as_str() };
    output::line(&id)?;
    for (name, value) in [("status", text("/status")), ("opened", text("/opened_at")), ("plan", text("/plan"))] {
        output::line(format_args!("  {name:8} {value}"))?;
    }
    output::line(format_args!("  {:8} {account}", "account"))?;
    for rule in 0..shown.pointer("/rules").and_then(Value::as_array).map_or(0, Vec::len) {
        let (title, id) = (text(&format!("/rules/{rule}/title")), text(&format!("/rules/{rule}/id")));
        output::line(format_args!("  {:8} {title} ({id})", "rule"))?;
    }
    if let Some(actor) = shown.pointer("/asked_by").and_then(Value::as_str) {
        output::line(format_args!("  {:8} {actor}", "asked by"))?;
    }
    for step in 0..shown.pointer("/steps").and_then(Value::as_array).map_or(0, Vec::len) {
        let (action, state) = (text(&format!("/steps/{step}/do/action")), text(&format!("/steps/{step}/is/state")));
        output::line(format_args!("  {:8} {action}: {state}", "step"))?;
    }
    Ok(())
}
