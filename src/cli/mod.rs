//! Floor 9: the command line. Each command is one file.

mod account;
mod client;
mod completions;
mod demo;
mod directory;
mod doctor;
mod examples;
mod handed_over;
mod incident;
mod init;
mod local_actor;
mod man;
mod notices;
mod output;
mod random;
mod refused;
mod rules;
mod sandbox;
mod send;
mod serve;
mod signals;
mod source;
mod subject;
mod token;
mod trail;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// Signed alerts in, contained DingTalk Enterprise Accounts out, everything on a trail that can be
/// verified.
#[derive(Debug, Parser)]
#[command(
    name = "portcullis",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = refused::EXIT_CODES
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a folder from which a server starts: configuration, secrets, a first rule.
    Init(init::Arguments),
    /// Receive alerts and act on them.
    Serve(serve::Arguments),
    /// Show the whole job on this machine: sandbox, signed alert, repeat, forgery, trail.
    Demo(demo::Arguments),
    /// Run the DingTalk simulator, for trying rules safely.
    Sandbox(sandbox::Arguments),
    /// The tools of those who write rules: check, test, explain, backtest.
    Rules(rules::Arguments),
    /// The same as `rules check`.
    Check(rules::CheckArguments),
    /// The senders: add one, list them, change a secret, try one out.
    Source(source::Arguments),
    /// One incident: show it, open one by hand, approve, hold, dismiss, extend, release.
    Incident(incident::Arguments),
    /// Read DingTalk: one account, the administrators, the departments, or everybody for the directory index.
    Directory(directory::Arguments),
    /// Whether all is well that acting needs: clock, secrets, rules, trail, DingTalk's permissions, channels.
    Doctor(doctor::Arguments),
    /// What people were told and are still to be told; have sent again what was given up.
    Notices(notices::Arguments),
    /// What is kept on a person: hand it out, make it unreadable for good; change the key that wraps it.
    Subject(subject::Arguments),
    /// The tokens of a running server: list them, give one out, take one back.
    Token(token::Arguments),
    /// Sign and send what a source's sender would.
    Send(send::Arguments),
    /// Read the trail, verify its log, or check a proof.
    Trail(trail::Arguments),
    /// Print what a shell needs to complete these commands.
    Completions(completions::Arguments),
    /// Print the manual, or write all of its pages.
    Man(man::Arguments),
}

impl Arguments {
    /// The program, with what its help says.
    fn program() -> clap::Command {
        examples::added(Self::command())
    }

    /// Those of this process; where they are wrong, that is said, and the process ends.
    fn read() -> Self {
        Self::from_arg_matches(&Self::program().get_matches()).unwrap_or_else(|error| error.exit())
    }
}

/// Runs the command of this process's arguments. The exit codes are those of `--help`.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Arguments::read().command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Serve(arguments) => block_on(serve::run(arguments)),
        Command::Demo(arguments) => block_on(demo::run(arguments)),
        Command::Sandbox(arguments) => block_on(sandbox::run(arguments)),
        Command::Rules(arguments) => rules::run(arguments),
        Command::Check(arguments) => rules::check(&arguments),
        Command::Source(arguments) => block_on(source::run(arguments)),
        Command::Incident(arguments) => block_on(incident::run(arguments)),
        Command::Directory(arguments) => block_on(directory::run(arguments)),
        Command::Doctor(arguments) => block_on(doctor::run(arguments)),
        Command::Notices(arguments) => block_on(notices::run(arguments)),
        Command::Subject(arguments) => block_on(subject::run(arguments)),
        Command::Token(arguments) => block_on(token::run(arguments)),
        Command::Send(arguments) => block_on(send::run(arguments)),
        Command::Trail(arguments) => trail::run(arguments),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::program()),
        Command::Man(arguments) => man::run(&arguments, Arguments::program()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::note(format_args!("portcullis: {error:#}"));
            refused::exit_code(&error)
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(work)
}
