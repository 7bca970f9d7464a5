//! `portcullis trail export`: records for other programs, from the sealed log or from a server.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;

use super::super::local_actor;
use super::taken::{Found, Place, note};
use crate::cli::client::Server;
use crate::cli::output::{self, Reader, counted};
use crate::cli::refused::refused;
use crate::incident::Timestamp;
use crate::trail::Settings;
use crate::trail::export::{Export, Format, Selection};

/// What the checkpoint beside a file is called after it.
const BESIDE: &str = "checkpoint";

/// What `trail export` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// As what: jsonl, the exact records; csv, a table; ocsf, events of the Open Cybersecurity Schema Framework 1.7.0.
    #[arg(long, value_name = "FORMAT", default_value = "jsonl", value_parser = format)]
    format: Format,
    /// The first sequence number; that of the first record there is, unless said.
    #[arg(long)]
    from: Option<u64>,
    /// The sequence number behind the last; up to the newest checkpoint, unless said.
    #[arg(long)]
    to: Option<u64>,
    /// Only records of this time or later, such as 2026-11-22T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only records before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Where to put it, and beside it, as FILE.checkpoint, the checkpoint that it is under; printed, unless said.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn format(name: &str) -> Result<Format, String> {
    let known = || Format::ALL.map(Format::as_str).join(", ");
    Format::parse(name).ok_or_else(|| format!("there is no such format; there are {}", known()))
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let selection =
        Selection { from: arguments.from, to: arguments.to, since: arguments.since, until: arguments.until };
    let out = Out::to(arguments.out)?;
    match arguments.place.find()? {
        Found::Server(server) => crate::cli::block_on(fetch(&server, &path(arguments.format, selection), out)),
        Found::Log { log, settings } => offline(&log, settings.as_deref(), arguments.format, selection, out),
    }
}

fn offline(
    log: &Path,
    settings: Option<&Settings>,
    format: Format,
    selection: Selection,
    mut out: Out,
) -> anyhow::Result<()> {
    let mut export = Export::begin(log, format, selection)?;
    note(settings, &export.event(local_actor::name()));
    out.checkpoint(export.checkpoint().as_bytes())?;
    let mut reader = out.write(&export.head())?;
    while let Some(bytes) = export.more()? {
        if reader == Reader::IsGone {
            return Ok(());
        }
        reader = out.write(&bytes)?;
    }
    let (from, to) = export.range();
    out.end(to.saturating_sub(from))
}

fn path(format: Format, selection: Selection) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("format", format.as_str());
    let more = [
        ("from", selection.from.map(|from| from.to_string())),
        ("to", selection.to.map(|to| to.to_string())),
        ("since", selection.since.map(|since| since.to_string())),
        ("until", selection.until.map(|until| until.to_string())),
    ];
    for (name, value) in more.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        query.append_pair(name, value);
    }
    format!("/v1/trail/export?{}", query.finish())
}

async fn fetch(server: &Server, path: &str, mut out: Out) -> anyhow::Result<()> {
    let mut answer = server.fetch(path).await?;
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let checkpoint = header("portcullis-checkpoint").and_then(|note| STANDARD.decode(note).ok());
    let checkpoint = checkpoint.context("the server gives no checkpoint")?;
    let records = header("portcullis-records").unwrap_or_default();
    let (from, to) = records.split_once('-').unwrap_or_default();
    let count = to.parse().unwrap_or(0_u64).saturating_sub(from.parse().unwrap_or(0));
    out.checkpoint(&checkpoint)?;
    while let Some(bytes) = answer.chunk().await.context("the server broke off: this is not all of it")? {
        if out.write(&bytes)? == Reader::IsGone {
            return Ok(());
        }
    }
    out.end(count)
}

/// Where it goes.
enum Out {
    Printed,
    /// A file, written under another name until it is whole: an earlier export that is there stays until then.
    File(PathBuf, File),
}

/// What a file is called after it while it is written.
const UNFINISHED: &str = "part";

impl Out {
    fn to(path: Option<PathBuf>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::Printed) };
        // What is no file cannot be put in anybody's place: /dev/stdout, say.
        let place = if is_put_in_place(&path) { beside(&path, UNFINISHED) } else { path.clone() };
        let file = File::create(place).with_context(|| format!("{} cannot be written", path.display()));
        Ok(Self::File(path, file.map_err(refused)?))
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<Reader> {
        match self {
            Self::Printed => output::bytes(bytes),
            Self::File(path, file) => {
                file.write_all(bytes).with_context(|| format!("{} cannot be written", path.display()))?;
                Ok(Reader::Reads)
            }
        }
    }

    fn checkpoint(&self, note: &[u8]) -> anyhow::Result<()> {
        let Self::File(path, _) = self else { return Ok(()) };
        let unfinished = beside(&beside(path, BESIDE), UNFINISHED);
        fs::write(&unfinished, note).with_context(|| format!("{} cannot be written", unfinished.display()))
    }

    fn end(self, count: u64) -> anyhow::Result<()> {
        match self {
            Self::Printed => output::flush(),
            Self::File(path, file) => {
                file.sync_all()
                    .or_else(|error| if error.kind() == io::ErrorKind::InvalidInput { Ok(()) } else { Err(error) })?;
                let checkpoint = beside(&path, BESIDE);
                let put = |unfinished: PathBuf, place: &Path| {
                    fs::rename(unfinished, place).with_context(|| format!("{} cannot be written", place.display()))
                };
                put(beside(&checkpoint, UNFINISHED), &checkpoint)?;
                if is_put_in_place(&path) {
                    put(beside(&path, UNFINISHED), &path)?;
                }
                let (file, records) = (path.display(), counted(count, "record"));
                output::line(format_args!("{file} is of {records}; the checkpoint is in {file}.{BESIDE}"))
            }
        }
    }
}

fn is_put_in_place(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |there| there.is_file())
}

/// The path with another ending behind its own.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.to_owned().into_os_string();
    beside.push(format!(".{ending}"));
    PathBuf::from(beside)
}
