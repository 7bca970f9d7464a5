//! `portcullis notices`: what people were told and are still to be told, and having sent again what was given up.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::Server;
use crate::cli::output;

/// What `notices` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the channels: what is owed to each, what was sent, what was given up.
    List(ListArguments),
    /// Have notices sent again that were given up.
    Replay(ReplayArguments),
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    server: Server,
    /// Print the server's own document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ReplayArguments {
    #[command(flatten)]
    server: Server,
    /// Only those of this channel.
    #[arg(long)]
    channel: Option<String>,
    /// Only those about this record.
    #[arg(long, value_name = "SEQ")]
    of: Option<u64>,
    /// Why; it stands on the trail.
    #[arg(long)]
    reason: String,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::List(arguments) => list(arguments).await,
        Command::Replay(arguments) => replay(arguments).await,
    }
}

async fn list(arguments: ListArguments) -> anyhow::Result<()> {
    let answer = arguments.server.ask(Method::GET, "/v1/notices", None).await?;
    if arguments.json {
        return output::line(format_args!("{answer:#}"));
    }
    let channels = answer.get("channels").and_then(Value::as_array).cloned().unwrap_or_default();
    if channels.is_empty() {
        return output::line("There are no channels: nobody is told anything.");
    }
    channels.iter().try_for_each(show)
}

fn show(channel: &Value) -> anyhow::Result<()> {
    let number = |name: &str| channel[name].as_u64().unwrap_or_default();
    output::line(format_args!(
        "{}  {} owed, {} sent, {} failed attempts, {} given up",
        text(&channel["channel"]),
        number("owed"),
        number("sent"),
        number("failed_attempts"),
        number("given_up")
    ))?;
    let listed = ["under_way", "given_up_last"].into_iter().filter_map(|list| channel[list].as_array());
    listed.flatten().try_for_each(one)
}

fn one(notice: &Value) -> anyhow::Result<()> {
    output::line(format_args!(
        "  {} of record {}{}: {} after {} attempts{}{}",
        text(&notice["topic"]),
        notice["of"],
        notice["more"].as_u64().filter(|more| *more > 0).map(|more| format!(" and {more} more")).unwrap_or_default(),
        text(&notice["state"]),
        notice["attempts"],
        notice["at"].as_str().map(|at| format!(", {}", output::visible(at))).unwrap_or_default(),
        notice["code"].as_str().map(|code| format!(", {}", output::visible(code))).unwrap_or_default(),
    ))
}

fn text(value: &Value) -> String {
    output::visible(value.as_str().unwrap_or_default()).to_string()
}

async fn replay(arguments: ReplayArguments) -> anyhow::Result<()> {
    let ReplayArguments { server, channel, of, reason } = arguments;
    let mut wanted = json!({ "reason": reason });
    if let Some(members) = wanted.as_object_mut() {
        members.extend(channel.map(|channel| ("channel".to_owned(), channel.into())));
        members.extend(of.map(|of| ("of".to_owned(), of.into())));
    }
    let answer = server.ask(Method::POST, "/v1/notices/replay", Some(wanted)).await?;
    match answer.get("replayed").and_then(Value::as_u64).unwrap_or_default() {
        0 => output::line("Nothing of that was given up."),
        1 => output::line("One notice is sent again."),
        count => output::line(format_args!("{count} notices are sent again.")),
    }
}
