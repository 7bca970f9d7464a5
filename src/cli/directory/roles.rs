//! `portcullis directory roles`: the organization's roles, and who has each.

use clap::Args;
use serde_json::json;

use super::{Place, client, failed};
use crate::cli::output::{self, counted};
use crate::directory::{DingTalk, ListedRole, holders, roles};
use crate::incident::UserId;

/// What `directory roles` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// List who has each role, too.
    #[arg(long)]
    users: bool,
    /// Print JSON, one role a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let dingtalk = client(&arguments.place.config()?)?;
    let all = roles(&dingtalk).await.map_err(|failure| failed(&failure))?;
    output::note(counted(all.len(), "role"));
    for role in &all {
        let users = if arguments.users { Some(users(&dingtalk, role).await?) } else { None };
        if arguments.json {
            output::line(json!({ "id": role.id, "name": role.name, "users": users }))?;
            continue;
        }
        output::line(format_args!("{}  {}", role.id, output::visible(&role.name)))?;
        users.iter().flatten().try_for_each(|id| output::line(format_args!("  {id}")))?;
    }
    Ok(())
}

async fn users(dingtalk: &DingTalk, role: &ListedRole) -> anyhow::Result<Vec<UserId>> {
    let mut ids = Vec::new();
    let page = |page| {
        ids.extend(page);
        output::note(format_args!("role {}: {} so far", role.id, counted(ids.len(), "user")));
    };
    let is_there = holders(dingtalk, role.id, page).await.map_err(|failure| failed(&failure))?;
    if !is_there {
        output::note(format_args!("role {}: deleted in between", role.id));
    }
    Ok(ids)
}
