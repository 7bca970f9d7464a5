//! `portcullis subject`: what is kept on a person: handed out, made unreadable, and the key that wraps it changed.

mod erase;
mod export;
mod here;
mod rewrap;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::account;
use super::client::Whereabouts;
use super::refused::refused;
use crate::incident::AccountRef;

/// What `subject` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print all that is kept on a person, one JSON object a line: first their names, then the records, each with what
    /// lies beside it. That it was read stands on the trail.
    Export(export::Arguments),
    /// Destroy the keys of what is kept on a person: nobody can read it any more, in no copy. The records stay, and all
    /// proofs hold.
    Erase(erase::Arguments),
    /// Wrap the keys of all people by another master key. No program may have the trail open.
    Rewrap(rewrap::Arguments),
}

/// Whose data.
#[derive(Debug, Args)]
struct Person {
    /// A name of the person: `user_id=zhangsan`, or email, mobile, union_id, login_id, job_number. What the directory
    /// index, the identity map and the trail have for the same person is meant, too.
    #[arg(long = "account", value_name = "KIND=NAME", required = true)]
    accounts: Vec<String>,
    /// Only these names.
    #[arg(long)]
    only: bool,
    #[command(flatten)]
    whereabouts: Whereabouts,
}

impl Person {
    fn names(&self) -> anyhow::Result<Vec<AccountRef>> {
        self.accounts.iter().map(|text| account::parse(text)).collect::<anyhow::Result<_>>().map_err(refused)
    }

    /// As a server is asked.
    fn body(&self) -> anyhow::Result<Value> {
        Ok(json!({ "names": self.names()?, "only": self.only }))
    }
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Export(arguments) => export::run(arguments).await,
        Command::Erase(arguments) => erase::run(arguments).await,
        Command::Rewrap(arguments) => rewrap::run(arguments).await,
    }
}
