//! `portcullis rules fmt`: rule files in the common form, or a list of those that are not.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::cli::output;
use crate::cli::refused::refused;
use crate::rules;

/// What `rules fmt` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folders, of which the rule files are taken, and single rule files.
    #[arg(default_value = "rules", value_name = "PATHS")]
    paths: Vec<PathBuf>,
    /// Change nothing; fail when a file is not in the common form.
    #[arg(long)]
    check: bool,
}

/// A file: the folder that was named, its name below that, its text.
struct File {
    folder: PathBuf,
    name: String,
    text: String,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        files.extend(if path.is_dir() { files_of(path)? } else { vec![single(path)?] });
    }
    let mut changed = 0_usize;
    for file in &files {
        let path = file.folder.join(&file.name);
        match rules::formatted(&file.text) {
            Ok(text) if text == file.text => {}
            Ok(_) if arguments.check => {
                changed += 1;
                output::line(format_args!("{} is not in the common form", path.display()))?;
            }
            Ok(text) => {
                changed += 1;
                rules::write(&file.folder, &file.name, &text)
                    .with_context(|| format!("{} cannot be written", path.display()))?;
                output::line(path.display())?;
            }
            Err(why) => output::line(format_args!("{} is left alone: {why}", path.display()))?,
        }
    }
    let done = if arguments.check { "to be formatted" } else { "formatted" };
    output::line(format_args!("{}, {changed} {done}", output::counted(files.len(), "file")))?;
    if arguments.check && changed > 0 {
        return Err(refused(anyhow::anyhow!("run `portcullis rules fmt`")));
    }
    Ok(())
}

fn files_of(folder: &Path) -> anyhow::Result<Vec<File>> {
    let files = rules::rule_files(folder).map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    let file = |file: rules::SourceFile| {
        let text = String::from_utf8(file.bytes).with_context(|| format!("{} is not UTF-8 text", file.name));
        Ok(File { folder: folder.to_owned(), name: file.name, text: text.map_err(refused)? })
    };
    files.into_iter().map(file).collect()
}

fn single(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()));
    let name =
        path.file_name().and_then(|name| name.to_str()).with_context(|| format!("{} is no file", path.display()));
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    Ok(File { folder, name: name.map_err(refused)?.to_owned(), text: text.map_err(refused)? })
}
