//! `portcullis directory departments`: the tree of departments, and who is in each.

use clap::Args;
use serde_json::json;

use super::{Place, client, failed};
use crate::cli::output::{self, counted};
use crate::directory::{Department, DingTalk, Member, departments, members};
use crate::incident::UserId;

/// How many departments are found between two words of progress.
const PROGRESS_EVERY: usize = 100;

/// What `directory departments` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// List the users of each department, too.
    #[arg(long)]
    users: bool,
    /// Print JSON, one department a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let dingtalk = client(&arguments.place.config()?)?;
    let mut found = 0_usize;
    let told = |_: &Department| {
        found += 1;
        if found.is_multiple_of(PROGRESS_EVERY) {
            output::note(format_args!("{} so far", counted(found, "department")));
        }
    };
    let all = departments(&dingtalk, told).await.map_err(|failure| failed(&failure))?;
    output::note(counted(all.len(), "department"));
    for department in &all {
        let users = if arguments.users { Some(users(&dingtalk, department).await?) } else { None };
        if arguments.json {
            let Department { id, name, parent, .. } = department;
            output::line(json!({ "id": id, "name": name, "parent": parent, "users": users }))?;
            continue;
        }
        let below = department.parent.map_or_else(String::new, |parent| format!(", below {parent}"));
        output::line(format_args!("{}  {}{below}", department.id, output::visible(&department.name)))?;
        users.iter().flatten().try_for_each(|id| output::line(format_args!("  {id}")))?;
    }
    Ok(())
}

async fn users(dingtalk: &DingTalk, department: &Department) -> anyhow::Result<Vec<UserId>> {
    let mut ids = Vec::new();
    let page = |page: Vec<Member>| {
        ids.extend(page.into_iter().map(|member| member.account.user_id));
        output::note(format_args!("department {}: {} so far", department.id, counted(ids.len(), "user")));
    };
    members(dingtalk, department.id, page).await.map_err(|failure| failed(&failure))?;
    Ok(ids)
}
