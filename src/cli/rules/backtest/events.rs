//! Events from a file, one a line, put in the order in which they happened. Only their times, their
//! places and a digest of their ids are kept in memory.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use super::Alerts;
use super::progress::Progress;
use crate::backtest::{Backtested, LeftOut, Ruling, Stage, TooManyAccounts, Window};
use crate::cli::refused::refused;
use crate::cli::rules::event_file;
use crate::cli::send::kind_of;
use crate::config;
use crate::incident::{AlertId, Digest, LogSource, Pauses, SourceName, Timestamp};
use crate::intake::{Recall, SchemeName, SourceSettings};

/// The longest line, in bytes.
const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// The most events of one file.
const EVENTS_MAX: usize = 5_000_000;
/// After so many events it is said how far it is.
const TOLD_EVERY: usize = 1_024;
/// The name that events have as their source when only its kind is given.
const UNNAMED: &str = "events";

/// Where an event is, and when it happened.
struct Line {
    at: Timestamp,
    number: usize,
    begins: u64,
    bytes: usize,
}

/// Puts the events of a file to the stage.
pub(super) fn play<'r>(
    from: &Alerts,
    file: &Path,
    window: &Window,
    now: Timestamp,
    mut stage: Stage<'r>,
) -> anyhow::Result<Backtested<'r>> {
    let source = source(from).map_err(refused)?;
    if !source.tells_time() && !window.is_all() {
        let what = "events of this kind do not say when they happened, so --since and --until mean nothing";
        return Err(refused(anyhow::anyhow!("{what}; take out of the file what is not to be judged")));
    }
    let mut input = BufReader::new(File::open(file).with_context(|| format!("{} cannot be read", file.display()))?);
    let named = |error: anyhow::Error| refused(error.context(file.display().to_string()));
    let looks_back = stage.looks_back();
    let has = |at| window.has(at) || window.is_led_in_by(at, looks_back);
    let mut lines = lines(&mut input, &source, has, now).map_err(named)?;
    // Of one time, in the order of the file.
    lines.sort_by_key(|line| line.at);
    let progress = Progress::of(lines.len() as u64, "events");
    let (mut seen, mut left_out) = (Seen::default(), LeftOut::default());
    for (done, line) in lines.iter().enumerate() {
        if done % TOLD_EVERY == 0 {
            progress.at(done as u64);
        }
        let event = event(&line.read(&mut input)?, line.number).map_err(named)?;
        let alert = source.event(event, &format!("line {}", line.number), line.at);
        match (seen.is_new(&alert.summary.id), window.has(line.at)) {
            (true, true) => {
                stage.put(&alert, line.at, &Pauses::default(), |_| Ok::<_, TooManyAccounts>(Ruling::default()))?
            }
            (true, false) => stage.remember(&alert, line.at),
            (false, _) => left_out.repeated += 1,
        }
    }
    drop(progress);
    Ok(Backtested { is_one_moment: !source.tells_time(), ..stage.end(window, left_out) })
}

/// The alerts so far, by half a digest of their ids; no more of them than events.
#[derive(Default)]
struct Seen(HashSet<[u8; 16]>);

impl Seen {
    fn is_new(&mut self, alert: &AlertId) -> bool {
        let mut half = [0; 16];
        half.iter_mut().zip(Digest::of(alert.as_str().as_bytes()).0).for_each(|(kept, byte)| *kept = byte);
        self.0.insert(half)
    }
}

/// Every event of a time that counts. One that does not say when it happened is taken to have happened with
/// the one before it, and the first ones now.
fn lines(
    input: &mut BufReader<File>,
    source: &Recall,
    has: impl Fn(Timestamp) -> bool,
    now: Timestamp,
) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    let (mut begins, mut at, mut text) = (0, now, Vec::new());
    for number in 1.. {
        text.clear();
        let bytes = input.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut text)?;
        if bytes == 0 {
            break;
        }
        anyhow::ensure!(bytes as u64 <= LINE_BYTES_MAX, "line {number} is longer than {LINE_BYTES_MAX} bytes");
        if !text.trim_ascii().is_empty() {
            at = source.occurred_at(&event(&text, number)?).unwrap_or(at);
            if has(at) {
                lines.push(Line { at, number, begins, bytes });
            }
        }
        anyhow::ensure!(lines.len() <= EVENTS_MAX, "there are more than {EVENTS_MAX} events; split the file");
        begins += bytes as u64;
    }
    Ok(lines)
}

impl Line {
    fn read(&self, input: &mut BufReader<File>) -> anyhow::Result<Vec<u8>> {
        let here = input.stream_position()?;
        // Without throwing away what is in the buffer already, for files that are in order.
        input.seek_relative(self.begins.cast_signed() - here.cast_signed())?;
        let mut text = vec![0; self.bytes];
        input.read_exact(&mut text)?;
        Ok(text)
    }
}

fn event(text: &[u8], number: usize) -> anyhow::Result<Value> {
    let event = event_file::parse(text, &format_args!("line {number}"))?;
    anyhow::ensure!(event.is_object(), "line {number} is no JSON object");
    Ok(event)
}

/// How the events are read: as a configured source would, or as one of this kind would that proves
/// everything there is to prove.
fn source(from: &Alerts) -> anyhow::Result<Recall> {
    if let Some(kind) = &from.kind {
        let settings = SourceSettings {
            // However such a source would prove itself, the past is to be judged by what happened.
            signature: Some(SchemeName::StandardWebhooks.into()),
            log_source: from.log_source.as_deref().map(log_source).transpose()?.into_iter().collect(),
            ..SourceSettings::of(kind_of(kind)?, Vec::new())
        };
        return Ok(Recall::of(&SourceName::parse(UNNAMED)?, &settings)?);
    }
    let Some(name) = &from.source else {
        anyhow::bail!("say what the events are: --kind KIND, or --source NAME with --config FILE")
    };
    let file = from.config.as_ref().context("--source needs --config FILE, which has the sources")?;
    let config = config::load(file, &[]).map_err(refused)?;
    let name = SourceName::parse(name)?;
    let settings = config.intake.sources.get(&name).with_context(|| format!("no source is called {name}"))?;
    Ok(Recall::of(&name, settings)?)
}

fn log_source(text: &str) -> anyhow::Result<LogSource> {
    let mut log_source = LogSource::default();
    for part in text.split(',') {
        let value = part.split_once('=').map(|(name, value)| (name.trim(), value.trim().to_owned()));
        let (name, value) = value.with_context(|| format!("`{part}` is not name=value"))?;
        match name {
            "category" => log_source.category = Some(value),
            "product" => log_source.product = Some(value),
            "service" => log_source.service = Some(value),
            _ => anyhow::bail!("a log source has category, product and service, but no `{name}`"),
        }
    }
    Ok(log_source)
}
