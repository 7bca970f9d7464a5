//! `portcullis rules`: the tools of those who write rules.

mod backtest;
mod check;
mod explain;
mod junit;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(super) use check::run as check;

/// What `rules` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Debug, Subcommand)]
enum Tool {
    /// Load a rules folder, run the rules' own tests and say what is wrong.
    Check {
        /// The folder.
        #[arg(default_value = "rules")]
        folder: PathBuf,
    },
    /// Run the rules' own tests one by one, and say what they leave open.
    Test(test::Arguments),
    /// Say what a rule makes of an event, test by test, with what each saw.
    Explain(explain::Arguments),
    /// Put past alerts to proposed rules, and say who would be contained that was not, and who no longer.
    Backtest(backtest::Arguments),
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.tool {
        Tool::Check { folder } => check::run(&folder),
        Tool::Test(arguments) => test::run(&arguments),
        Tool::Explain(arguments) => explain::run(&arguments),
        Tool::Backtest(arguments) => backtest::run(&arguments),
    }
}
