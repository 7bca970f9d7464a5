//! `portcullis send`: signs and sends what a source's sender would.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::Value;

use super::client::{Shown, Trust};
use super::output;
use super::refused::refused;
use crate::config;
use crate::incident::{SourceName, Timestamp};
use crate::intake::{Outgoing, Sender, SourceKind, SourceSettings};

/// What `send` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The source in whose name it is sent.
    source: String,
    /// The configuration that has the source and its secret.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// The body; a harmless event of the source's kind, unless said. `-` is standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The server; where the configuration says that it listens, unless said.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    #[command(flatten)]
    trust: Trust,
    #[command(flatten)]
    shown: Shown,
    /// Print the request as a command line instead of sending it.
    #[arg(long)]
    print: bool,
}

/// Whoever has a source's secret, with an id for what is sent.
pub(super) struct Sending {
    sender: Sender,
    id: String,
}

/// A request.
pub(super) struct Request {
    url: String,
    /// The URL as it is typed in at the sender.
    pub(super) shown_url: String,
    headers: Vec<(String, String)>,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let config = config::load(&arguments.config, &[])?;
    let name = SourceName::parse(&arguments.source).map_err(|error| refused(anyhow::Error::new(error)))?;
    let settings = config.intake.sources.get(&name);
    let settings = settings.with_context(|| format!("no source is called {name}")).map_err(refused)?;
    let first = settings.secrets.first().context("the source has no secret").map_err(refused)?;
    let path = config.resolve(&first.file);
    let secret =
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display())).map_err(refused)?;
    let sending = Sending::new(settings, &secret).map_err(refused)?;
    let now = Timestamp::now();
    let body = match &arguments.file {
        None => sending.sample(settings.kind, now)?.into_bytes(),
        Some(path) if path.as_os_str() == "-" => {
            let mut body = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin(), &mut body)?;
            body
        }
        Some(path) => fs::read(path).with_context(|| format!("{} cannot be read", path.display())).map_err(refused)?,
    };
    let (trust, shown) = (&arguments.trust, &arguments.shown);
    let scheme = if config.http.tls.is_some() { "https" } else { "http" };
    let server = arguments.server.unwrap_or_else(|| format!("{scheme}://{}", config.http.listen));
    let request = sending.request(&format!("{}/v1/alerts/{name}", server.trim_end_matches('/')), &body, now)?;
    if arguments.print {
        return output::line(request.curl(&String::from_utf8_lossy(&body)) + &trust.curl(shown));
    }
    request.send(&trust.client_that_shows(shown)?, body).await
}

impl Sending {
    pub(super) fn new(settings: &SourceSettings, secret: &str) -> anyhow::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
        let sender = Sender::new(settings, secret).map_err(|flaw| anyhow::anyhow!("{flaw}"))?;
        Ok(Self { sender, id: hex::encode(random) })
    }

    /// A harmless event such as its sender would write.
    pub(super) fn sample(&self, kind: SourceKind, now: Timestamp) -> anyhow::Result<String> {
        Ok(kind.sample(&self.id, self.sender.secret(), now))
    }

    pub(super) fn request(&self, url: &str, body: impl AsRef<[u8]>, now: Timestamp) -> anyhow::Result<Request> {
        let Outgoing { path, headers } = self
            .sender
            .prove(&self.id, body.as_ref(), now)
            .map_err(|problem| refused(anyhow::anyhow!("the secret: {problem}")))?;
        let url = format!("{url}{path}");
        Ok(Request { shown_url: url.clone(), url, headers })
    }
}

impl Request {
    /// As a command line.
    pub(super) fn curl(&self, body: &str) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let headers: String =
            self.headers.iter().map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}")))).collect();
        format!(
            "curl -sS {} -H 'content-type: application/json'{headers} --data-binary {}",
            quoted(&self.url),
            quoted(body)
        )
    }

    async fn send(self, client: &reqwest::Client, body: Vec<u8>) -> anyhow::Result<()> {
        let mut request = client.post(self.url).header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        // The URL may hold the secret, so it is not in the error.
        let answer = request
            .body(body)
            .send()
            .await
            .map_err(reqwest::Error::without_url)
            .context("the server does not answer")?;
        let status = answer.status();
        let text = answer.text().await.map_err(reqwest::Error::without_url)?;
        let text = serde_json::from_str::<Value>(&text).map_or(text, |document| format!("{document:#}"));
        output::line(format_args!("{status}"))?;
        text.lines().try_for_each(|line| output::line(output::visible(line)))?;
        let error = || anyhow::anyhow!("the server did not take it ({status})");
        if status.is_success() {
            Ok(())
        } else if status.is_client_error() {
            Err(refused(error()))
        } else {
            Err(error())
        }
    }
}

/// The kind of this name.
pub(super) fn kind_of(text: &str) -> anyhow::Result<SourceKind> {
    let text: StrDeserializer<'_, ValueError> = text.into_deserializer();
    SourceKind::deserialize(text).map_err(|_| {
        let kinds: Vec<&str> = SourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        anyhow::anyhow!("there is no such kind; the kinds are {}", kinds.join(", "))
    })
}
