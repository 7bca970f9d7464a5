//! `portcullis rules promote`: asks the server whether a rule has shown enough to act, has it record
//! who says so, and turns the mode in the rule's file, which then goes the way of every change.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::statuses::StatusArguments;
use crate::cli::client::Trust;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::rules::{self, Promotion};

/// What `rules promote` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule: its id, its file or its title.
    rule: String,
    /// The rules folder whose file is edited.
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    folder: PathBuf,
    /// The server that has watched.
    #[arg(long, value_name = "URL")]
    server: String,
    /// A file with the token of an engineer or administrator.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    #[command(flatten)]
    trust: Trust,
    /// Let it act although the evidence is not enough; the reason stands on the trail.
    #[arg(long, value_name = "REASON")]
    despite: Option<String>,
    #[command(flatten)]
    statuses: StatusArguments,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Promotion { rule, content } =
        rules::promotion(&arguments.folder, &arguments.rule, arguments.statuses.statuses())
            .map_err(|error| refused(anyhow::anyhow!("{error}")))?;
    let token = fs::read_to_string(&arguments.token_file)
        .with_context(|| format!("{} cannot be read", arguments.token_file.display()))
        .map_err(refused)?;
    let server = arguments.server.trim_end_matches('/');
    let mut wanted = json!({ "behaviour": rule.behaviour });
    if let (Some(wanted), Some(reason)) = (wanted.as_object_mut(), &arguments.despite) {
        wanted.insert("despite".to_owned(), reason.as_str().into());
    }
    let client = arguments.trust.client()?;
    let request = client.post(format!("{server}/v1/rules/{}/promote", rule.reference.id));
    let request = request.bearer_auth(token.trim()).header("content-type", "application/json");
    let answer = request.body(wanted.to_string()).send().await.context("the server does not answer")?;
    let status = answer.status();
    let answer: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
    output::line(format_args!("{} ({})", rule.reference.title, rule.file))?;
    show(&answer)?;
    if status != StatusCode::OK {
        return Err(not_promoted(status, &answer));
    }
    let path = arguments.folder.join(&rule.file);
    replace(&path, &content).with_context(|| format!("{} cannot be written", path.display()))?;
    output::line(format_args!("It stands on the trail, and {} says `mode: enforce` now.", path.display()))?;
    output::line(
        "A server that watches this folder loads it at once, and it acts; elsewhere, once the change is loaded.",
    )
}

/// What the rule has seen, and what is missing.
fn show(answer: &Value) -> anyhow::Result<()> {
    let of = |name: &str| answer.pointer(&format!("/evidence/{name}")).cloned().unwrap_or_default();
    let some = |name: &str, one: &str, several: &str| {
        let count = of(name);
        format!("{count} {}", if count == 1 { one } else { several })
    };
    if answer.get("evidence").is_some() {
        output::line(format_args!(
            "  watched for {}: {} on {}, {} would have been held, {} disputed",
            some("days", "day", "days"),
            some("matches", "match", "matches"),
            some("accounts", "account", "accounts"),
            of("held"),
            of("disputed")
        ))?;
    }
    for lack in answer["lacks"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        output::line(format_args!("  ✗ {lack}"))?;
    }
    Ok(())
}

fn not_promoted(status: StatusCode, answer: &Value) -> anyhow::Error {
    if answer["result"] == "refused" {
        let advice = "let it watch on, or say why all the same with --despite";
        return refused(anyhow::anyhow!("the rule has not shown enough to act; {advice}"));
    }
    let title = answer["title"].as_str().unwrap_or("the server refuses");
    let error = anyhow::anyhow!("{title} ({status})");
    if status.is_client_error() { refused(error) } else { error }
}

/// Beside the file first, then in its place: nobody reads the half of it.
fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let permissions = fs::metadata(path)?.permissions();
    // Passed over by the loader, because of the dot.
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".promoting");
    let beside = path.with_file_name(name);
    fs::write(&beside, content)?;
    fs::set_permissions(&beside, permissions)?;
    fs::rename(&beside, path)
}
