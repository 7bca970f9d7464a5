//! `portcullis source`: the senders of a configuration, and what a running server has heard of them.

mod add;
mod file;
mod judge;
mod list;
mod proof;
mod rotate;
mod secret;
mod steps;
mod test;

use clap::{Args, Subcommand};

use super::client::Server;

/// What `source` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a source into the configuration, make its secret, and say what to do at the sender.
    Add(Box<add::Arguments>),
    /// Ask a server which sources it has, what each proves, and what was last heard of them.
    List(list::Arguments),
    /// Put a new secret before the others of a source, or drop all but the newest.
    Rotate(rotate::Arguments),
    /// Have a server show what becomes of a source's deliveries, and act on none, for some minutes.
    Test(test::Arguments),
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Add(arguments) => add::run(*arguments),
        Command::List(arguments) => list::run(arguments).await,
        Command::Rotate(arguments) => rotate::run(arguments).await,
        Command::Test(arguments) => test::run(arguments).await,
    }
}
