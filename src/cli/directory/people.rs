//! `portcullis directory people`: who has a role, is in a department, or has a mail address or job number, by the directory
//! index. What it says is as old as the index; `directory show` reads one account live.

use clap::{ArgGroup, Args};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::kept::{self, Holder};
use crate::cli::client::{Server, Whereabouts};
use crate::cli::output;
use crate::cli::refused::refused;
use crate::roster::By;

/// The most that are listed, as a server does.
const LISTED_MAX: usize = 1_000;

/// What `directory people` takes.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("by").required(true))]
pub(super) struct Arguments {
    /// Who has a role with this name.
    #[arg(long, group = "by", value_name = "NAME")]
    role: Option<String>,
    /// Who is in this department, or in one below it.
    #[arg(long, group = "by", value_name = "NUMBER")]
    department: Option<String>,
    /// Who has this mail address.
    #[arg(long, group = "by", value_name = "ADDRESS")]
    email: Option<String>,
    /// Who has this job number; several may.
    #[arg(long, group = "by", value_name = "NUMBER")]
    job_number: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    whereabouts: Whereabouts,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { role, department, email, job_number, json, whereabouts } = arguments;
    let given = [("role", role), ("department", department), ("email", email), ("job_number", job_number)];
    let given = given.into_iter().find_map(|(name, value)| Some((name, value?)));
    let (name, value) = given.ok_or_else(|| refused(anyhow::anyhow!("say whom to look for")))?;
    let by = By::parse(name, &value).map_err(refused)?;
    let (people, total) = match Holder::of(whereabouts)? {
        Holder::Server(server) => ask(&server, name, &value).await?,
        Holder::Nobody(config) => {
            let people = kept::open(&config).await?.people_by(&by)?;
            let total = people.len();
            (people.into_iter().map(String::from).take(LISTED_MAX).collect(), total)
        }
    };
    if json {
        return output::line(json!({ "people": people, "total": total }));
    }
    people.iter().try_for_each(|user_id| output::line(output::visible(user_id)))?;
    match total.checked_sub(people.len()) {
        None | Some(0) => output::note(format_args!("{total} found")),
        Some(_) => output::note(format_args!("{total} found, the first {} are listed", people.len())),
    }
    Ok(())
}

async fn ask(server: &Server, name: &str, value: &str) -> anyhow::Result<(Vec<String>, usize)> {
    // Only its query is used: values are encoded, never pasted.
    let url = Url::parse_with_params("http://server.invalid/v1/directory/people", [(name, value)])?;
    let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let page = server.ask(Method::GET, &path, None).await?;
    let people = page.get("people").and_then(Value::as_array).into_iter().flatten();
    let people: Vec<String> = people.filter_map(|id| id.as_str().map(str::to_owned)).collect();
    let total = page.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok());
    Ok((people, total.unwrap_or_default()))
}
