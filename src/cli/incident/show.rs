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
    for (name, value) in [("status", status(&shown)), ("opened", text("/opened_at")), ("plan", text("/plan"))] {
        output::line(format_args!("  {name:8} {value}"))?;
    }
    waiting(&shown)?;
    contained(shown.get("containment").unwrap_or(&Value::Null))?;
    output::line(format_args!("  {:8} {account}", "account"))?;
    for rule in 0..shown.pointer("/rules").and_then(Value::as_array).map_or(0, Vec::len) {
        let (title, id) = (text(&format!("/rules/{rule}/title")), text(&format!("/rules/{rule}/id")));
        output::line(format_args!("  {:8} {title} ({id})", "rule"))?;
    }
    if let Some(actor) = shown.pointer("/asked_by").and_then(Value::as_str) {
        output::line(format_args!("  {:8} {actor}", "asked by"))?;
    }
    for step in 0..shown.pointer("/steps").and_then(Value::as_array).map_or(0, Vec::len) {
        let of_step = |part: &str| text(&format!("/steps/{step}/{part}"));
        let (action, state, says) = (of_step("do/action"), of_step("is/state"), of_step("says"));
        let code = of_step("is/failure/code");
        let code = if code.is_empty() { code } else { format!(" ({})", output::visible(&code)) };
        output::line(format_args!("  {:8} {action}: {state}{code}", "step"))?;
        if !says.is_empty() {
            output::line(format_args!("  {:8}   {}", "", output::visible(&says)))?;
        }
    }
    Ok(())
}

/// Where it stands, in words.
fn status(shown: &Value) -> String {
    let text = |at: &str| shown.pointer(at).and_then(Value::as_str);
    let until = text("/containment/expires_at").map_or_else(String::new, |at| format!(" until {at}"));
    match (text("/waiting/text"), text("/status/closed"), shown["contained"].as_bool()) {
        (Some(why), ..) => format!("held: {}", output::visible(why)),
        (None, _, Some(true)) => format!("the account is contained{until}"),
        (None, Some(outcome), _) => format!("closed: {}", output::visible(outcome)),
        (None, None, _) => output::visible(text("/status").unwrap_or("unknown")),
    }
}

/// What there is to know of whom it contains, beside until when.
fn contained(containment: &Value) -> anyhow::Result<()> {
    let text = |at: &str| containment[at].as_str().map(output::visible);
    if containment["unknown"] == true {
        output::line(format_args!("  {:8} nobody knows whether DingTalk has disabled it", "unknown"))?;
    }
    if let Some(at) = text("found_enabled_at") {
        output::line(format_args!("  {:8} enabled by somebody else: seen {at}", "changed"))?;
    }
    match text("offered") {
        Some(why) => output::line(format_args!("  {:8} is protected by now ({why}): release it?", "offered")),
        None => Ok(()),
    }
}

/// The numbers and names behind why it waits.
fn waiting(shown: &Value) -> anyhow::Result<()> {
    let waiting = &shown["waiting"];
    let line = |name: &str, value: Option<String>| match value {
        Some(value) => output::line(format_args!("  {name:8} {value}")),
        None => Ok(()),
    };
    let text = |at: &str| waiting.pointer(at).and_then(Value::as_str).map(output::visible);
    line("failure", text("/failure/code"))?;
    if let Some(beyond) = waiting.get("beyond") {
        let number = |at: &str| beyond.pointer(at).and_then(Value::as_u64).unwrap_or_default();
        let hour = format!("{} of {} in the hour", number("/spent/hour"), number("/per_hour"));
        line("budget", Some(format!("{hour}, {} of {} in the day", number("/spent/day"), number("/per_day"))))?;
    }
    for candidate in waiting["candidates"].as_array().into_iter().flatten() {
        let of = |name: &str| output::visible(candidate[name].as_str().unwrap_or_default());
        line("may be", Some(format!("{} ({})", of("user_id"), of("found"))))?;
    }
    line("and", waiting["candidates_left_out"].as_u64().map(|more| format!("{more} more")))?;
    line("lapses", text("/lapses_at"))
}
