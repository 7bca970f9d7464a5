//! `portcullis man`: the manual, a page for each command, made of what `--help` says.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_mangen::Man;

use super::output;
use super::refused::refused;

/// What `man` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The command whose page is printed, such as `rules check`; the program's own, if none is named.
    #[arg(value_name = "COMMAND", conflicts_with = "folder")]
    of: Vec<String>,
    /// Write the pages of all commands into this folder instead, such as /usr/local/share/man/man1.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prints a page of what `program` takes, or writes all of them.
pub(super) fn run(arguments: &Arguments, program: Command) -> anyhow::Result<()> {
    let mut program = program.disable_help_subcommand(true);
    if let Some(folder) = &arguments.folder {
        let written = clap_mangen::generate_to(program, folder);
        return written.with_context(|| format!("the manual cannot be written into {}", folder.display()));
    }
    // Tells each command what it is called as a whole.
    program.build();
    let mut page = Vec::new();
    Man::new(find(&program, &arguments.of)?.clone()).render(&mut page)?;
    output::bytes(&page)?;
    output::flush()
}

fn find<'p>(program: &'p Command, words: &[String]) -> anyhow::Result<&'p Command> {
    words.iter().try_fold(program, |command, word| {
        command.find_subcommand(word).ok_or_else(|| {
            let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            refused(anyhow::anyhow!("{} has no command `{word}`; it has: {known}", command.get_name()))
        })
    })
}
