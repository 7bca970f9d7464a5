//! `portcullis token`: who has a token of a running server; giving one out, and taking one back.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Server;
use super::output;

/// What `token` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List all tokens, without their secrets: whose, what they allow, until when, when last used.
    List(List),
    /// Give one out. It is shown this once; only its digest is kept.
    Issue(Issue),
    /// Take one back: from then on it is none, and sessions that were begun with it are over.
    Revoke(Revoke),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    server: Server,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Issue {
    /// Whose it is to be; stands on the trail for whatever is done with it.
    name: String,
    /// What it is to allow.
    #[arg(long, value_parser = ["auditor", "engineer", "responder", "admin"])]
    role: String,
    /// Their own account in the organization; without it they approve no plan that wants it.
    #[arg(long, value_name = "USERID")]
    user_id: Option<String>,
    /// For how many days.
    #[arg(long, default_value_t = 90)]
    days: u32,
    /// Why; it stands on the trail with your name.
    #[arg(long)]
    reason: String,
    /// Write it to this new file (mode 0600) instead of the screen.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
struct Revoke {
    /// Which.
    name: String,
    /// Why; it stands on the trail with your name.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::List(arguments) => list(&arguments).await,
        Command::Issue(arguments) => issue(arguments).await,
        Command::Revoke(arguments) => revoke(&arguments).await,
    }
}

async fn list(List { server, json }: &List) -> anyhow::Result<()> {
    let told = server.ask(Method::GET, "/v1/tokens", None).await?;
    if *json {
        return output::line(serde_json::to_string_pretty(&told)?);
    }
    for token in told.get("tokens").and_then(Value::as_array).into_iter().flatten() {
        let text = |member: &str, otherwise: &str| {
            output::visible(token.get(member).and_then(Value::as_str).unwrap_or(otherwise))
        };
        output::line(format_args!(
            "{}: {}, until {}, last used {}, {}",
            text("name", "?"),
            text("role", "?"),
            text("expires", "it is taken out of the configuration"),
            text("last_used", "not since the start"),
            match token.get("by").and_then(Value::as_str) {
                Some(by) => format!("{}…, given out by {}", text("prefix", ""), output::visible(by)),
                None => "in the configuration".to_owned(),
            },
        ))?;
    }
    Ok(())
}

async fn issue(arguments: Issue) -> anyhow::Result<()> {
    let Issue { name, role, user_id, days, reason, out, server } = arguments;
    // Before it is given out: a token that nobody ever sees is not to be on the trail.
    let file = out.as_deref().map(create).transpose()?;
    let mut body = json!({ "name": name, "role": role, "days": days, "reason": reason });
    if let (Some(members), Some(user_id)) = (body.as_object_mut(), user_id) {
        members.insert("user_id".to_owned(), user_id.into());
    }
    let told = match server.ask(Method::POST, "/v1/tokens/issue", Some(body)).await {
        Ok(told) => told,
        Err(error) => {
            out.as_deref().map(std::fs::remove_file).transpose().ok();
            return Err(error);
        }
    };
    let text = |member: &str| told.get(member).and_then(Value::as_str).unwrap_or_default();
    match (file, &out) {
        (Some(mut file), Some(path)) => {
            let written = file.write_all(text("token").as_bytes()).and_then(|()| file.sync_all());
            written.with_context(|| format!("{} cannot be written; revoke {}", path.display(), text("name")))?;
            output::line(format_args!("{} is written, good until {}", path.display(), text("expires")))
        }
        _ => {
            output::note(format_args!("Shown this once, good until {}:", text("expires")));
            output::line(text("token"))
        }
    }
}

fn create(path: &Path) -> anyhow::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).with_context(|| format!("{} cannot be made", path.display()))
}

async fn revoke(Revoke { name, reason, server }: &Revoke) -> anyhow::Result<()> {
    let escaped: String = form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20");
    let body = Some(json!({ "reason": reason }));
    server.ask(Method::POST, &format!("/v1/tokens/{escaped}/revoke"), body).await?;
    output::line(format_args!("{} is no token any more", output::visible(name)))
}
