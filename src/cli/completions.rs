//! `portcullis completions`: what a shell needs to complete our commands.

use clap::{Args, Command};
use clap_complete::Shell;

use super::output;

/// What `completions` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which shell.
    shell: Shell,
}

/// Prints the script for all that `program` takes.
pub(super) fn run(arguments: &Arguments, mut program: Command) -> anyhow::Result<()> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, name, &mut script);
    output::bytes(&script)?;
    output::flush()
}
