//! `portcullis doctor`: shows before it is needed whether all is well that acting needs, and what to do where it is not.

mod ask;
mod here;
mod table;

use clap::Args;
use serde_json::{Value, json};

use super::client::{Place, Whereabouts};
use super::output::{self, counted};
use super::refused::refused;
use crate::config;

/// What `doctor` takes.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    whereabouts: Whereabouts,
    /// Send each channel a message that says it is a trial.
    #[arg(long)]
    send: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
It reads files, the trail and DingTalk, and changes nothing. Only --send tells people something, and only a server
acts: it signs the canary out, disables it and gives it back ([doctor] canary in the configuration). A server looks at
its sources, too; the token is an engineer's or a responder's.

Exit codes:
  0  nothing has failed
  1  something has failed, or could not be looked at
  2  refused: the command line or the configuration is wrong";

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { whereabouts, send, json } = arguments;
    let page = match whereabouts.place()? {
        Place::Server(server) => ask::examine(&server, send).await?,
        Place::Here(file) => {
            let examined = here::examine(&config::load(&file, &[]).map_err(refused)?, send).await?;
            let is_well = !examined.iter().any(|one| one.checked().has_failed());
            json!({ "ok": is_well, "checks": examined })
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
