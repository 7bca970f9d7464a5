//! `portcullis trail verify`: checks a log offline, and says whose word was taken for what.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::output;
use super::super::refused::refused;
use super::told;
use crate::trail;
use crate::trail::audit::{self, Checkpoint, Fault, Keys, NOTE_BYTES_MAX, Whose};

/// Where the log is in the trail's folder, and its key in the log's.
const LOG: &str = "log";
const KEY: &str = "vkey";

/// What `trail verify` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The log's public key, or a file with one or more: the one that was published, not the one beside the log.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// A checkpoint that was kept elsewhere: the log has to go on from it. May be given several times.
    #[arg(long, value_name = "FILE")]
    since: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Check the store instead of the log: its records against the root that it keeps itself. No running program may
    /// have the trail open.
    #[arg(long, conflicts_with_all = ["log", "key", "since", "json"])]
    store: bool,
}

/// Where the log is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Place {
    /// The configuration file that names the trail's folder.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The trail's folder, with the log inside.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The log's folder itself, such as a copy of it.
    #[arg(long, value_name = "FOLDER")]
    log: Option<PathBuf>,
}

impl Place {
    /// The log's folder.
    pub(super) fn log(&self) -> anyhow::Result<PathBuf> {
        let folder = match &self.log {
            Some(folder) => folder.clone(),
            None => super::settings(self.config.as_deref(), self.folder.as_deref())?.path.join(LOG),
        };
        anyhow::ensure!(folder.is_dir(), "there is no log in {}", folder.display());
        Ok(folder)
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.store {
        return check_store(&arguments.place);
    }
    let log = arguments.place.log()?;
    let trust = if arguments.key.is_some() { told::Trust::Given } else { told::Trust::TakenFromTheFolder };
    let keys = match &arguments.key {
        Some(key) => self::keys(key)?,
        None => beside(&log)?,
    };
    let older: Vec<_> = arguments.since.iter().map(|file| checkpoint(file, &keys)).collect::<anyhow::Result<_>>()?;
    let bar = bar();
    let found = audit::verify(&log, &keys, &older, |progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.records);
    });
    bar.finish_and_clear();
    match (found, arguments.json) {
        (Ok(report), true) => output::line(told::report_json(&report, &keys, trust)),
        (Ok(report), false) => told::report(&report, &keys, trust),
        (Err(fault), is_json) => {
            if is_json {
                output::line(told::fault_json(&fault, &keys, trust))?;
            }
            let against = against(&fault, &arguments.since);
            Err(anyhow::anyhow!("the log does not verify: {fault}{against}; {}", fault.advice()))
        }
    }
}

/// The file of the checkpoint that the log does not go on from, if it was one of those.
fn against(fault: &Fault, since: &[PathBuf]) -> String {
    let (Fault::RolledBack { whose: Whose::Given(number), .. } | Fault::Rewritten { whose: Whose::Given(number), .. }) =
        fault
    else {
        return String::new();
    };
    let file = number.checked_sub(1).and_then(|index| since.get(index));
    file.map_or_else(String::new, |file| format!(" ({})", file.display()))
}

/// Keys as given: themselves, or in a file.
pub(super) fn keys(given: &str) -> anyhow::Result<Keys> {
    if let Ok(keys) = Keys::parse(given) {
        return Ok(keys);
    }
    let file = Path::new(given);
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} is neither a verifier key nor a file with one", output::visible(given)))
        .map_err(refused)?;
    Keys::parse(&text).with_context(|| format!("in {}", file.display())).map_err(refused)
}

/// The log's own word for whose it is.
fn beside(log: &Path) -> anyhow::Result<Keys> {
    let file = log.join(KEY);
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("{} cannot be read; give the log's public key with --key", file.display()))?;
    Keys::parse(&text).with_context(|| format!("in {}", file.display()))
}

fn checkpoint(file: &Path, keys: &Keys) -> anyhow::Result<Checkpoint> {
    let note = std::fs::read(file).with_context(|| format!("in {}", file.display())).map_err(refused)?;
    // As it is kept in a history or on a clipboard: with an empty line behind it.
    let note = note.strip_suffix(b"\n\n").map_or(note.as_slice(), |_| note.get(..note.len() - 1).unwrap_or_default());
    let note = note.get(..NOTE_BYTES_MAX + 1).unwrap_or(note);
    Checkpoint::open(note, keys).with_context(|| {
        format!(
            "{} is no checkpoint of this log; find out which key signed it, and whether the log's was changed",
            file.display()
        )
    })
}

/// A bar for whoever sits before a terminal, and nothing for anybody else.
pub(super) fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} records, {eta} left");
    let bar = ProgressBar::new(0);
    style.into_iter().for_each(|style| bar.set_style(style));
    bar
}

fn check_store(place: &Place) -> anyhow::Result<()> {
    let store = super::open_at(place.config.as_deref(), place.folder.as_deref())?;
    let report = trail::verify(&store, |_| {})?;
    output::line(format_args!("The store verifies: {} records, root {}", report.size, report.root))
}
