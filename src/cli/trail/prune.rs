//! `portcullis trail prune`: has a running server drop old records.

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::client::Server;
use super::super::output;

/// What `trail prune` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Drop epochs whose last record was made before then, such as 2026-01-01T00:00:00Z: 30 days ago at least.
    #[arg(long, value_name = "TIME")]
    before: String,
    /// Why; it stands on the trail with your name.
    #[arg(long)]
    reason: String,
}

pub(super) async fn run(Arguments { server, before, reason }: Arguments) -> anyhow::Result<()> {
    let body = json!({ "before": before, "reason": reason });
    let told = server.ask_patiently(Method::POST, "/v1/trail/prune", body).await?;
    let below = told.get("below").and_then(Value::as_u64).unwrap_or_default();
    output::line(format_args!(
        "The records before {below} go within a minute, once the record that says so is sealed. Their hashes stay."
    ))?;
    output::flush()
}
