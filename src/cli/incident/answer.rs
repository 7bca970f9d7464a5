//! `portcullis incident approve`, `dismiss`, `hold`, `extend` and `release`.

use clap::{ArgGroup, Args};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::Server;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::incident::{Digest, IncidentId, Timestamp};

/// What `incident dismiss` takes, and the others beside their own.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The incident's id.
    incident: String,
    /// Why; it stands on the trail with your name.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: Server,
}

/// What `incident release` takes.
#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    answer: Arguments,
    /// The account should not have been contained: it does not count where a rule disables for longer each time.
    #[arg(long)]
    false_alarm: bool,
}

/// What `incident approve` takes.
#[derive(Debug, Args)]
pub(super) struct Approve {
    #[command(flatten)]
    answer: Arguments,
    /// The digest of the plan you have seen, as `incident show` gives it. Needed where the rule wants it approved.
    #[arg(long, value_name = "SHA256")]
    plan: Option<String>,
}

/// What `incident extend` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("end").required(true).args(["until", "lasting"])))]
pub(super) struct Extend {
    #[command(flatten)]
    answer: Arguments,
    /// When the account is given back instead, as `2026-11-23T08:00:00Z`.
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// The same from now on: `90m`, `8h`, `48h`; at most 31 days.
    #[arg(long = "for", value_name = "TIME")]
    lasting: Option<SignedDuration>,
}

pub(super) async fn hold(arguments: &Arguments) -> anyhow::Result<()> {
    say(arguments, "hold", json!({ "reason": arguments.reason })).await
}

pub(super) async fn extend(arguments: &Extend) -> anyhow::Result<()> {
    let lasting = || Timestamp::now().checked_add(arguments.lasting.unwrap_or_default());
    let until = arguments.until.map_or_else(lasting, Ok).map_err(|error| refused(anyhow::Error::new(error)))?;
    say(&arguments.answer, "extend", json!({ "reason": arguments.answer.reason, "until": until })).await
}

pub(super) async fn dismiss(arguments: &Arguments) -> anyhow::Result<()> {
    say(arguments, "dismiss", json!({ "reason": arguments.reason })).await
}

pub(super) async fn release(arguments: &Release) -> anyhow::Result<()> {
    let body = json!({ "reason": arguments.answer.reason, "false_alarm": arguments.false_alarm });
    say(&arguments.answer, "release", body).await
}

pub(super) async fn approve(arguments: &Approve) -> anyhow::Result<()> {
    let mut body = json!({ "reason": arguments.answer.reason });
    if let (Some(plan), Some(members)) = (&arguments.plan, body.as_object_mut()) {
        let plan: Digest = plan.parse().map_err(|error| refused(anyhow::anyhow!("--plan: {error}")))?;
        members.insert("plan".to_owned(), plan.to_string().into());
    }
    say(&arguments.answer, "approve", body).await
}

async fn say(arguments: &Arguments, what: &str, body: Value) -> anyhow::Result<()> {
    let id = IncidentId::parse(&arguments.incident).map_err(|error| refused(anyhow::Error::new(error)))?;
    let told = arguments.server.ask(Method::POST, &format!("/v1/incidents/{id}/{what}"), Some(body)).await?;
    let done = match what {
        "approve" => approved(&told),
        "dismiss" => "dismissed".to_owned(),
        "hold" => "held; nothing more is done until somebody approves it".to_owned(),
        "extend" => "kept disabled for longer; `incident show` says until when".to_owned(),
        _ => released(&told),
    };
    output::line(format_args!("{id}: {done}"))
}

fn approved(told: &Value) -> String {
    let number = |name: &str| told.pointer("/approval").and_then(|approval| approval[name].as_u64());
    match (number("given_by"), number("people")) {
        (Some(given), Some(people)) => {
            format!("approved by {given} of {people}; it waits until somebody else has approved it, too")
        }
        _ => "approved; the guard layer is asked again".to_owned(),
    }
}

/// What is asked for, and what stands in its way.
fn released(told: &Value) -> String {
    let by = told["kept_by"].as_str().map(output::visible);
    match (by, told["waits_for"].as_str()) {
        (_, Some("nothing_of_ours")) => {
            "released; the account stays disabled, as somebody else had disabled it before".to_owned()
        }
        (Some(by), _) => format!("released; the account stays disabled, as {by} contains it too"),
        (None, Some("paused")) => "to be given back as soon as actions are no longer paused".to_owned(),
        (None, Some("dry_run")) => "to be given back as soon as the server runs without dry_run".to_owned(),
        (None, _) => "to be given back now".to_owned(),
    }
}
