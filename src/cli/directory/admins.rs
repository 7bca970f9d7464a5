//! `portcullis directory admins`: who administers the organization.

use clap::Args;
use serde_json::json;

use super::{Place, client, failed};
use crate::cli::output;
use crate::directory::{AdminLevel, Directory as _};

/// What `directory admins` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one administrator a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(Arguments { place, json }: &Arguments) -> anyhow::Result<()> {
    let admins = client(&place.config()?)?.admins().await.map_err(|failure| failed(&failure))?;
    output::note(output::counted(admins.len(), "administrator"));
    admins.iter().try_for_each(|admin| match json {
        true => output::line(json!({ "user_id": admin.user_id, "level": code(admin.level) })),
        false => output::line(format_args!("{}  {}", admin.user_id, level(admin.level))),
    })
}

fn level(level: AdminLevel) -> &'static str {
    match level {
        AdminLevel::Main => "main administrator",
        AdminLevel::Sub => "sub-administrator",
        AdminLevel::Other => "administrator of a level that is not documented",
    }
}

fn code(level: AdminLevel) -> &'static str {
    match level {
        AdminLevel::Main => "main",
        AdminLevel::Sub => "sub",
        AdminLevel::Other => "other",
    }
}
