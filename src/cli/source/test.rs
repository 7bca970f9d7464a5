//! `portcullis source test`: a window in which a server shows what becomes of a source's deliveries, and acts on none.

use std::pin::pin;
use std::time::Duration;

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::Server;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::cli::signals::leave_asked;
use crate::incident::SourceName;

/// How often the server is asked.
const EVERY: Duration = Duration::from_secs(1);

/// What `source test` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The source.
    name: String,
    #[command(flatten)]
    server: Server,
    /// For how many minutes, at most 60; 0 ends a window.
    #[arg(long, default_value_t = 10)]
    minutes: u16,
    /// Why; it stands on the trail.
    #[arg(long, default_value = "setting up the sender")]
    reason: String,
    /// Open the window and do not wait for what comes.
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { name, server, minutes, reason, no_wait } = arguments;
    let name = SourceName::parse(&name).map_err(|error| refused(anyhow::Error::new(error)))?;
    let (path, test) = (format!("/v1/sources/{name}"), format!("/v1/sources/{name}/test"));
    // Listened for before there is a window, so that none is left open.
    let mut leave = pin!(leave_asked()?);
    let opened = server.ask(Method::POST, &test, Some(json!({ "minutes": minutes, "reason": reason }))).await?;
    let until = opened.get("until").and_then(Value::as_str).unwrap_or_default().to_owned();
    if minutes == 0 {
        return output::line(format_args!("Deliveries of {name} are acted on again."));
    }
    output::line(format_args!("Until {until} deliveries of {name} are shown and not acted on."))?;
    if no_wait {
        return Ok(());
    }
    let mut seen = 0;
    let mut clock = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = clock.tick() => {}
            () = &mut leave => {
                server.ask(Method::POST, &test, Some(json!({ "minutes": 0, "reason": reason }))).await?;
                return output::line(format_args!("Deliveries of {name} are acted on again."));
            }
        }
        let source = server.ask(Method::GET, &path, None).await?;
        let none = Value::Null;
        let trial = source.get("trial").unwrap_or(&none);
        // A server that was started anew begins to count anew.
        seen = seen.min(trial["count"].as_u64().unwrap_or_default());
        for tried in trial["tried"].as_array().into_iter().flatten() {
            let number = tried["number"].as_u64().unwrap_or_default();
            if number > seen {
                seen = number;
                show(tried)?;
            }
        }
        // The server's clock decides, and one that knows of no window acts.
        if trial["open"] != true {
            return output::line(format_args!("Deliveries of {name} are acted on again."));
        }
    }
}

fn show(tried: &Value) -> anyhow::Result<()> {
    let text = |value: &Value| output::visible(value.as_str().unwrap_or("-"));
    let at = text(&tried["at"]);
    match tried["found"].as_str() {
        Some("alerts") => {
            let (secret, count) = (text(&tried["secret"]), &tried["count"]);
            output::line(format_args!("{at}  verified by {secret}, alerts: {count}; {}", became(tried)))?;
            if let Some(left_out) = tried.get("left_out") {
                let (why, reason) = (text(&left_out["why"]), text(&left_out["reason"]));
                output::line(format_args!("    beside them something was not understood: {why} ({reason})"))?;
            }
            tried["alerts"].as_array().into_iter().flatten().try_for_each(show_alert)
        }
        Some("handshake") => output::line(match tried["secret"].as_str() {
            Some(secret) => format!("{at}  handshake, verified by {}: answered", output::visible(secret)),
            None => format!("{at}  handshake, as anybody may ask: answered"),
        }),
        Some("stream") => {
            let (secret, status) = (text(&tried["secret"]), text(&tried["status"]));
            let why = tried["why"].as_str().map(|why| format!(" ({})", output::visible(why))).unwrap_or_default();
            let became = became(tried);
            output::line(format_args!(
                "{at}  verified by {secret}, the stream or subscription is {status}{why}; {became}"
            ))
        }
        Some("not_understood") => output::line(format_args!(
            "{at}  verified, not understood: {} ({}); {}",
            text(&tried["why"]),
            text(&tried["reason"]),
            became(tried)
        )),
        _ => output::line(format_args!("{at}  refused: {} ({})", text(&tried["why"]), text(&tried["reason"]))),
    }
}

fn show_alert(alert: &Value) -> anyhow::Result<()> {
    let text = |value: &Value| output::visible(value.as_str().unwrap_or("-"));
    let person = if alert["has_person"] == true { "names a person" } else { "names nobody by the kind itself" };
    output::line(format_args!(
        "    {}  {}  {}  {person}",
        text(&alert["id"]),
        text(&alert["event_type"]),
        text(&alert["occurred_at"])
    ))
}

/// What became of what proved itself.
fn became(tried: &Value) -> String {
    let count = |name: &str| tried[name].as_u64().unwrap_or_default();
    let others = match count("conflicts") {
        0 => String::new(),
        conflicts => format!(", and of its events {conflicts} are other ones under a known id"),
    };
    match tried["became"].as_str() {
        Some("recorded") => match count("repeats") {
            0 => format!("recorded{others}"),
            repeats => format!("recorded, {repeats} known before{others}"),
        },
        Some("repeated") => format!("known before, nothing is recorded again{others}"),
        // What its sender is told of that depends on the kind.
        Some("conflict") => "a conflict: its id is known with other content".to_owned(),
        _ => {
            let problem = output::visible(tried["problem"].as_str().unwrap_or("-"));
            format!("not admitted, nothing is recorded (503): {problem}")
        }
    }
}
