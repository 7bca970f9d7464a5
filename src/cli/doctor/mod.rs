//! `portcullis doctor`: shows before it is needed whether all is well that acting needs, and what to do where it is not.

mod ask;
mod here;
mod table;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::client::{Server, Trust};
use super::output::{self, counted};
use super::refused::refused;
use crate::config;

/// What `doctor` takes.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Arguments {
    /// The configuration file of a server that does not run, or is to.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE", required_unless_present = "server")]
    config: Option<PathBuf>,
    /// The server that runs: it looks at its sources, too, and at the canary.
    #[arg(long, value_name = "URL", requires = "token_file")]
    server: Option<String>,
    /// A file with a token of an engineer or a responder.
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    trust: Trust,
    /// Send each channel a message that says it is a trial.
    #[arg(long)]
    send: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
It reads files, the trail and DingTalk, and changes nothing. Only --send tells people something, and only a server
acts: it signs the canary out, disables it and gives it back ([doctor] canary in the configuration).

Exit codes:
  0  nothing has failed
  1  something has failed, or could not be looked at
  2  refused: the command line or the configuration is wrong

Examples:
  portcullis doctor --config /etc/portcullis/portcullis.toml
  portcullis doctor --server https://portcullis.example.com --token-file token
  portcullis doctor --config portcullis.toml --json | jq '.checks[] | select(.health == \"failed\")'";

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { send, json, .. } = arguments;
    let page = match arguments {
        Arguments { server: Some(server), token_file: Some(token_file), trust, .. } => {
            ask::examine(&Server { server, token_file, trust }, send).await?
        }
        Arguments { config: Some(file), .. } => {
            let examined = here::examine(&config::load(&file, &[]).map_err(refused)?, send).await?;
            let is_well = !examined.iter().any(|one| one.checked().has_failed());
            json!({ "ok": is_well, "checks": examined })
        }
        Arguments { .. } => {
            return Err(refused(anyhow::anyhow!("name the configuration file, or the server that runs")));
        }
    };
    told(&page, json)
}

/// Prints what was found; what has failed is the command's failure.
fn told(page: &Value, as_json: bool) -> anyhow::Result<()> {
    let rows = page.get("checks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if as_json {
        output::line(page)?;
    } else {
        table::show(rows)?;
    }
    let failed = rows.iter().filter(|row| row.get("health").and_then(Value::as_str) == Some("failed")).count();
    anyhow::ensure!(failed == 0, "{} failed", counted(failed, "check"));
    anyhow::ensure!(!rows.is_empty(), "nothing was looked at");
    Ok(())
}
