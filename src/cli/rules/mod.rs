//! `portcullis rules`: the tools of those who write rules.

mod backtest;
mod check;
mod event_file;
mod explain;
mod fmt;
mod junit;
mod manifest;
mod new;
mod promote;
mod reasons;
mod recorded;
mod schema;
mod statuses;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(super) use check::{Arguments as CheckArguments, run as check};

/// What `rules` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Debug, Subcommand)]
enum Tool {
    /// Load a rules folder, run the rules' own tests and say what is wrong or doubtful.
    Check(check::Arguments),
    /// Run the rules' own tests one by one, and say what they leave open.
    Test(test::Arguments),
    /// Let a rule act that has only watched: checks the evidence, records who, edits its file.
    Promote(promote::Arguments),
    /// Print the exact bytes that a signer of the rules signs.
    Manifest {
        /// The folder.
        #[arg(default_value = "rules")]
        folder: PathBuf,
    },
    /// Say what a rule makes of an event, test by test, with what each saw.
    Explain(explain::Arguments),
    /// Write rule files in the common form: order of keys, indentation, spaces.
    Fmt(fmt::Arguments),
    /// Begin a rule from an event: one of a file, or one that is on the trail.
    New(new::Arguments),
    /// Show what employees read, in every language, and how long that is.
    Reasons(reasons::Arguments),
    /// Print the JSON Schema of rule files, for editors.
    Schema,
    /// Put past alerts to proposed rules, and say who would be contained that was not, and who no longer.
    Backtest(backtest::Arguments),
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.tool {
        Tool::Promote(arguments) => super::block_on(promote::run(arguments)),
        Tool::Check(arguments) => check::run(&arguments),
        Tool::Test(arguments) => test::run(&arguments),
        Tool::Manifest { folder } => manifest::run(&folder),
        Tool::Explain(arguments) => explain::run(&arguments),
        Tool::Fmt(arguments) => fmt::run(&arguments),
        Tool::New(arguments) => new::run(&arguments),
        Tool::Reasons(arguments) => reasons::run(&arguments),
        Tool::Schema => schema::run(),
        Tool::Backtest(arguments) => backtest::run(&arguments),
    }
}
