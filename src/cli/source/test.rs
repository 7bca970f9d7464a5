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
use crate::incident::{SourceName, Timestamp};

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
        for tried in trial["tried"].as_array().into_iter().flatten() {
            let number = tried["number"].as_u64().unwrap_or_default();
            if number > seen {
                seen = number;
                show(tried)?;
            }
        }
        let is_over = trial["until"]
            .as_str()
            .and_then(|until| until.parse::<Timestamp>().ok())
            .is_none_or(|until| until <= Timestamp::now());
        if is_over {
            return output::line(format_args!("Deliveries of {name} are acted on again."));
        }
    }
}

fn show(tried: &Value) -> anyhow::Result<()> {
    let text = |value: &Value| output::visible(value.as_str().unwrap_or("-"));
    let at = text(&tried["at"]);
    match tried["found"].as_str() {
        Some("alerts") => {
            output::line(format_args!("{at}  verified by {}, alerts: {}", text(&tried["secret"]), tried["count"]))?;
            for alert in tried["alerts"].as_array().into_iter().flatten() {
                let person =
                    if alert["has_person"] == true { "names a person" } else { "names nobody by the kind itself" };
                output::line(format_args!(
                    "    {}  {}  {}  {person}",
                    text(&alert["id"]),
                    text(&alert["event_type"]),
                    text(&alert["occurred_at"])
                ))?;
            }
            Ok(())
        }
        Some("handshake") => output::line(match tried["secret"].as_str() {
            Some(secret) => format!("{at}  handshake, verified by {}: answered", output::visible(secret)),
            None => format!("{at}  handshake, as anybody may ask: answered"),
        }),
        Some("not_understood") => output::line(format_args!(
            "{at}  verified, not understood: {} ({})",
            text(&tried["why"]),
            text(&tried["reason"])
        )),
        _ => output::line(format_args!("{at}  refused: {} ({})", text(&tried["why"]), text(&tried["reason"]))),
    }
}
