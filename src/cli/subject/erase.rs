//! `portcullis subject erase`: makes what is kept on a person unreadable for good, once somebody has typed whom they mean.

use std::io::{self, BufRead as _, IsTerminal as _};

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::Person;
use super::here::Here;
use crate::cli::client::{Place, Server};
use crate::cli::refused::refused;
use crate::cli::{local_actor, output};
use crate::data_subjects::{self, EraseError, Erasure};
use crate::incident::{AccountRef, ReadWay};

/// The longest line that is read.
const LINE_BYTES_MAX: u64 = 1_024;
/// The longest reason, in characters, as a server has it.
const REASON_CHARACTERS_MAX: usize = 500;

/// What `subject erase` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    person: Person,
    /// Why; it stands on the trail with your name.
    #[arg(long)]
    reason: String,
    /// The first account's name once more, instead of typing it when asked.
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
}

pub(super) async fn run(Arguments { person, reason, confirm }: Arguments) -> anyhow::Result<()> {
    let is_reason = !reason.trim().is_empty()
        && reason.chars().count() <= REASON_CHARACTERS_MAX
        && !reason.chars().any(char::is_control);
    if !is_reason {
        return Err(refused(anyhow::anyhow!("--reason is 1 to {REASON_CHARACTERS_MAX} characters that can be seen")));
    }
    let (names, body, only) = (person.names()?, person.body()?, person.only);
    let erased = match person.whereabouts.place()? {
        Place::Server(server) => at_server(&server, body, &names, confirm, &reason).await?,
        Place::Here(file) => {
            let here = Here::open(&file).await?;
            let found = here.find(&names, only).await?;
            here.note(ReadWay::Find, &[]).await?;
            let shown = json!({
                "names": found.names,
                "personal": found.beside.len(),
                "open_incidents": found.open(&here.trail),
            });
            show(&shown)?;
            confirmed(&names, confirm)?;
            let erasure = Erasure { actor: local_actor::name(), own: None, reason };
            let erased = data_subjects::erase(&here.trail, found, erasure, here.clock.now()).await;
            erased.map_err(|error| match error {
                EraseError::Nothing | EraseError::Open(_) | EraseError::Own => refused(anyhow::Error::new(error)),
                EraseError::Store(_) => error.into(),
            })?
        }
    };
    output::line(format_args!("erased: what lay beside {erased} records cannot be read any more"))
}

async fn at_server(
    server: &Server,
    mut body: Value,
    names: &[AccountRef],
    confirm: Option<String>,
    reason: &str,
) -> anyhow::Result<u64> {
    show(&server.ask(Method::POST, "/v1/subjects/find", Some(body.clone())).await?)?;
    let confirm = confirmed(names, confirm)?;
    if let Some(members) = body.as_object_mut() {
        members.extend([("confirm".to_owned(), confirm.into()), ("reason".to_owned(), reason.into())]);
    }
    let told = server.ask(Method::POST, "/v1/subjects/erase", Some(body)).await?;
    Ok(told.get("erased").and_then(Value::as_u64).unwrap_or_default())
}

/// Whom it would be about.
fn show(found: &Value) -> anyhow::Result<()> {
    let listed = |list: &str| found.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
    for name in listed("names") {
        let text = |member: &str| output::visible(name.get(member).and_then(Value::as_str).unwrap_or_default());
        output::line(format_args!("{}={} ({})", text("kind"), text("value"), text("by")))?;
    }
    let personal = found.get("personal").and_then(Value::as_u64).unwrap_or_default();
    output::line(format_args!("  personal data lies beside {personal} records"))?;
    for incident in listed("open_incidents").iter().filter_map(Value::as_str) {
        output::line(format_args!("  {} is open and needs it", output::visible(incident)))?;
    }
    output::flush()
}

/// What was typed, if it is the first account's name.
fn confirmed(names: &[AccountRef], confirm: Option<String>) -> anyhow::Result<String> {
    let typed = match confirm {
        Some(typed) => typed,
        None if io::stdin().is_terminal() => {
            output::note("Nothing brings it back. Type the name of the first account to erase it:");
            let mut line = String::new();
            let mut input = io::Read::take(io::stdin().lock(), LINE_BYTES_MAX);
            input.read_line(&mut line)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
        None => return Err(refused(anyhow::anyhow!("say whom you mean once more with --confirm NAME"))),
    };
    if names.first().is_none_or(|first| first.value() != typed) {
        return Err(refused(anyhow::anyhow!("what was typed is not the first account's name; nothing is erased")));
    }
    Ok(typed)
}
