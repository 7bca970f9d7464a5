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
    /// A checkpoint that was kept elsewhere, or an anchor's file of them: the log has to go on from each. May be given
    /// several times.
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
    let mut older: Vec<(usize, Checkpoint)> = Vec::new();
    for (number, file) in arguments.since.iter().enumerate() {
        older.extend(checkpoints(file, &keys)?.into_iter().map(|checkpoint| (number, checkpoint)));
    }
    let (files, older): (Vec<usize>, Vec<Checkpoint>) = older.into_iter().unzip();
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
            let against = against(&fault, &files, &arguments.since);
            Err(anyhow::anyhow!("the log does not verify: {fault}{against}; {}", fault.advice()))
        }
    }
}

/// The file of the checkpoint that the log does not go on from, if it was one of those.
fn against(fault: &Fault, files: &[usize], since: &[PathBuf]) -> String {
    let (Fault::RolledBack { whose: Whose::Given(number), .. } | Fault::Rewritten { whose: Whose::Given(number), .. }) =
        fault
    else {
        return String::new();
    };
    let file = number.checked_sub(1).and_then(|index| since.get(*files.get(index)?));
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

/// The checkpoint in a file, or all different ones of this log in an anchor's file, in which there may be those of others.
fn checkpoints(file: &Path, keys: &Keys) -> anyhow::Result<Vec<Checkpoint>> {
    let bytes = std::fs::read(file).with_context(|| format!("in {}", file.display())).map_err(refused)?;
    let one = match checkpoint(file, &bytes, keys) {
        Ok(one) => return Ok(vec![one]),
        Err(error) => error,
    };
    let mut found: Vec<Checkpoint> = Vec::new();
    for note in notes(&String::from_utf8_lossy(&bytes), keys.origin()) {
        let opened = Checkpoint::open(note.as_bytes(), keys).ok();
        let is_new =
            |new: &Checkpoint| found.last().is_none_or(|last| (last.size(), last.root()) != (new.size(), new.root()));
        found.extend(opened.filter(is_new));
    }
    if found.is_empty() { Err(one) } else { Ok(found) }
}

/// What looks like a checkpoint of the log in an anchor's file: its text, an empty line, and signatures.
fn notes<'t>(text: &'t str, origin: &str) -> impl Iterator<Item = String> + use<'t> {
    let begins = format!("{origin}\n");
    let starts: Vec<usize> = text.match_indices(&begins).map(|(at, _)| at).collect();
    starts.into_iter().filter_map(|at| {
        let (head, rest) = text.get(at..)?.split_once("\n\n")?;
        let signatures = rest.split_inclusive('\n').take_while(|line| line.starts_with('\u{2014}'));
        Some(format!("{head}\n\n{}", signatures.collect::<String>()))
    })
}

fn checkpoint(file: &Path, note: &[u8], keys: &Keys) -> anyhow::Result<Checkpoint> {
    // As it is kept in a history or on a clipboard: with an empty line behind it.
    let note = note.strip_suffix(b"\n\n").map_or(note, |_| note.get(..note.len() - 1).unwrap_or_default());
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
    let path = super::settings(place.config.as_deref(), place.folder.as_deref())?.path;
    let sealed = trail::tlog::Sealed::open(&path.join(LOG)).map_or(0, |sealed| sealed.size());
    anyhow::ensure!(
        report.size >= sealed,
        "the store has {} records, and {sealed} are sealed: it was cut, or an older copy was put in its place",
        report.size
    );
    output::line(format_args!("The store verifies: {} records, root {}", report.size, report.root))
}
