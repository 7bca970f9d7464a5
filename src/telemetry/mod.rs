//! Floor 7: how logs and metrics leave. Logs: human text for a terminal, JSON lines for a collector; bodies, tokens,
//! names, phone numbers and mail addresses are never among the fields.

mod exposition;
mod panics;
mod sink;

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

pub use exposition::{CONTENT_TYPE as METRICS_CONTENT_TYPE, Exposition, Sample};
pub use sink::Logging;

/// How logs are written, which go to standard error, and where metrics are shown.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `text` or `json`.
    pub format: Format,
    /// What is written, in the syntax of `tracing_subscriber::EnvFilter`, such as `info` or
    /// `portcullis=debug`.
    pub filter: String,
    /// Where `GET /metrics` is answered, to whoever can reach that address; nowhere if it is not set.
    pub metrics_listen: Option<SocketAddr>,
}

/// The two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One line for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self { format: Format::Text, filter: "info".to_owned(), metrics_listen: None }
    }
}

/// Why logging cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The filter's text is not understood.
    #[error("telemetry.filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Something in this process logs already.
    #[error("logging was set up before")]
    Twice,
    /// The system has no thread more for it.
    #[error("no thread can be started for the log: {0}")]
    Thread(#[from] io::Error),
}

/// Begins to log, until what it gives is dropped. Once in a process.
///
/// # Errors
/// The filter is not understood, or logging was begun before.
pub fn start(settings: &Settings) -> Result<Logging, SetupError> {
    let filter = EnvFilter::try_new(&settings.filter)?;
    // Colours are for people who have not refused them (no-color.org); a journal or a file would keep them as escape codes.
    let are_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colours = io::stderr().is_terminal() && !are_refused;
    let (sink, logging) = sink::open(io::stderr(), |lost| {
        tracing::warn!(log.lines_lost = lost, "log lines were lost, as nobody read them in time");
    })?;
    let to = move || sink.clone();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(to).with_ansi(colours);
    let begun = match settings.format {
        Format::Text => builder.try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    };
    begun.map_err(|_| SetupError::Twice)?;
    panics::log_each();
    Ok(logging)
}
