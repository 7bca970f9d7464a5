//! `portcullis incident`: what a responder does with one incident, at a running server.

mod answer;
mod contained;
mod list;
mod open;
mod pack;
mod replay;
mod show;

use clap::{Args, Subcommand};

/// What `incident` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show one incident: its plan, its steps, what it waits for.
    Show(show::Arguments),
    /// List the incidents that are not closed, or only those that wait for a human.
    List(list::Arguments),
    /// List who is contained now: until when, why, and who is to be asked.
    Contained(contained::Arguments),
    /// Write all of one incident as evidence that is checked without us: records, proofs, a page to read.
    Pack(pack::Arguments),
    /// Have something done to one account now, through the same guard layer and trail as rules do.
    Open(open::Arguments),
    /// Let a held incident go on.
    Approve(answer::Approve),
    /// Say of a held incident that nothing is to be done.
    Dismiss(answer::Arguments),
    /// Hold an incident: nothing more is done until somebody lets it go on.
    Hold(answer::Arguments),
    /// Keep an account disabled for longer than its plan says.
    Extend(answer::Extend),
    /// Give an account back before its time.
    Release(answer::Release),
    /// Decide anew, from the trail of a server that does not run, what the rules of then decided on its alert.
    Replay(replay::Arguments),
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Show(arguments) => show::run(&arguments).await,
        Command::List(arguments) => list::run(&arguments).await,
        Command::Contained(arguments) => contained::run(&arguments).await,
        Command::Pack(arguments) => pack::run(arguments).await,
        Command::Open(arguments) => open::run(arguments).await,
        Command::Approve(arguments) => answer::approve(&arguments).await,
        Command::Dismiss(arguments) => answer::dismiss(&arguments).await,
        Command::Hold(arguments) => answer::hold(&arguments).await,
        Command::Extend(arguments) => answer::extend(&arguments).await,
        Command::Replay(arguments) => replay::run(&arguments).await,
        Command::Release(arguments) => answer::release(&arguments).await,
    }
}
