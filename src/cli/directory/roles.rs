//! `portcullis directory roles`: the organization's roles, and who has each.

use clap::Args;

use super::{Place, client, failed};
use crate::cli::output::{self, counted};
use crate::directory::{DingTalk, ListedRole, holders, roles};

/// What `directory roles` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// List who has each role, too.
    #[arg(long)]
    users: bool,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let dingtalk = client(&arguments.place.config()?)?;
    let all = roles(&dingtalk).await.map_err(|failure| failed(&failure))?;
    output::note(counted(all.len(), "role"));
    for role in &all {
        output::line(format_args!("{}  {}", role.id, output::visible(&role.name)))?;
        if arguments.users {
            users(&dingtalk, role).await?;
        }
    }
    Ok(())
}

async fn users(dingtalk: &DingTalk, role: &ListedRole) -> anyhow::Result<()> {
    let mut ids = Vec::new();
    let page = |page| {
        ids.extend(page);
        output::note(format_args!("role {}: {} so far", role.id, counted(ids.len(), "user")));
    };
    let is_there = holders(dingtalk, role.id, page).await.map_err(|failure| failed(&failure))?;
    if !is_there {
        output::note(format_args!("role {}: deleted in between", role.id));
    }
    ids.iter().try_for_each(|id| output::line(format_args!("  {id}")))
}
