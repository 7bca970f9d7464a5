//! `portcullis source`: the senders of a configuration, and what a running server has heard of them.

mod add;
mod file;
mod list;
mod proof;
mod rotate;
mod secret;
mod steps;
mod test;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::cli::client::Trust;
use crate::cli::refused::refused;

/// What `source` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a source into the configuration, make its secret, and say what to do at the sender.
    Add(add::Arguments),
    /// Ask a server which sources it has, what each proves, and what was last heard of them.
    List(list::Arguments),
    /// Put a new secret before the others of a source, or drop all but the newest.
    Rotate(rotate::Arguments),
    /// Have a server show what becomes of a source's deliveries, and act on none, for some minutes.
    Test(test::Arguments),
}

/// Which server, and with which token.
#[derive(Debug, Args)]
struct Server {
    /// The server.
    #[arg(long, value_name = "URL")]
    server: String,
    /// A file with a token.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    #[command(flatten)]
    trust: Trust,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Add(arguments) => add::run(arguments),
        Command::List(arguments) => list::run(arguments).await,
        Command::Rotate(arguments) => rotate::run(arguments).await,
        Command::Test(arguments) => test::run(arguments).await,
    }
}

impl Server {
    /// What it answers; what it refuses is an error with its own words.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let token = std::fs::read_to_string(&self.token_file)
            .with_context(|| format!("{} cannot be read", self.token_file.display()))
            .map_err(refused)?;
        let client = self.trust.client()?;
        let url = format!("{}{path}", self.server.trim_end_matches('/'));
        let mut request = client.request(method, url).bearer_auth(token.trim());
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.context("the server does not answer")?;
        let status = answer.status();
        let body: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
        if status == StatusCode::OK {
            return Ok(body);
        }
        let title = body.get("title").and_then(Value::as_str).unwrap_or("the server refuses");
        let error = anyhow::anyhow!("{title} ({status})");
        Err(if status.is_client_error() { refused(error) } else { error })
    }
}
