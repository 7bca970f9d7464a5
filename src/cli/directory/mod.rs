//! `portcullis directory`: reads DingTalk live, as a server with the same configuration would, or the directory index. Acts
//! on nobody.

mod admins;
mod departments;
mod kept;
mod people;
mod roles;
mod show;
mod sync;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::refused::refused;
use crate::config::{self, Config};
use crate::directory::{CALLS_FILE, DingTalk};
use crate::incident::{Failure, FailureClass, SystemClock};

/// What `directory` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show one account, what it owns, and whether the guard layer protects it.
    Show(show::Arguments),
    /// List those who administer the organization.
    Admins(admins::Arguments),
    /// List the departments, and with `--users` who is in each.
    Departments(departments::Arguments),
    /// List the roles, and with `--users` who has each.
    Roles(roles::Arguments),
    /// Look people up in the directory index: by role, department, mail address or job number.
    People(people::Arguments),
    /// Read the whole organization into the directory index, or what has changed since.
    Sync(sync::Arguments),
}

/// Whose DingTalk.
#[derive(Debug, Args)]
struct Place {
    /// The configuration file.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
}

impl Place {
    fn config(&self) -> anyhow::Result<Config> {
        config::load(&self.config, &[]).map_err(refused)
    }
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Show(arguments) => show::run(&arguments).await,
        Command::Admins(arguments) => admins::run(&arguments).await,
        Command::Departments(arguments) => departments::run(&arguments).await,
        Command::Roles(arguments) => roles::run(&arguments).await,
        Command::People(arguments) => people::run(arguments).await,
        Command::Sync(arguments) => sync::run(arguments).await,
    }
}

fn client(config: &Config) -> anyhow::Result<DingTalk> {
    let secret = config.directory.read_secret(&config.base).map_err(refused)?;
    let client = DingTalk::new(&config.directory, secret, Arc::new(SystemClock)).map_err(refused)?;
    Ok(client.counting_in(config.resolve(&config.trail.path).join(CALLS_FILE)).only_looking())
}

/// A credential or permission that DingTalk does not take is the operator's to mend, as a wrong file is.
fn failed(failure: &Failure) -> anyhow::Error {
    let error = anyhow::anyhow!("DingTalk could not be read: {failure}");
    if failure.class == FailureClass::OperatorNeeded { refused(error) } else { error }
}
