//! `portcullis send`: signs and sends what a source's sender would.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::{Value, json};

use super::client::{Shown, Trust};
use super::handed_over;
use super::refused::refused;
use super::{output, random};
use crate::config::{self, Config};
use crate::incident::{SourceName, Timestamp};
use crate::intake::{DingTalkKey, Holds, Outgoing, Sender, SourceKind, SourceSettings, TokenSigner};

/// What `send` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The source in whose name it is sent.
    source: String,
    /// The configuration that has the source and its secret.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// The body; a harmless event of the source's kind, unless said. `-` is standard input. Where a source's events show
    /// its secret, it is put into each, and one event by itself is sent as the only one.
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
    /// The private key (PKCS#8 in PEM, or `whsk_…`) of a sender of whom the source has the other half: one of your own,
    /// which the source must be set up for.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// What that key is called where it is published.
    #[arg(long, default_value = "portcullis-send", requires = "key", value_name = "NAME")]
    kid: String,
    /// Where that key's certificate is, in messages of Amazon SNS.
    #[arg(long, requires = "key", value_name = "URL")]
    certificate_url: Option<String>,
    /// Print the other half of that key, as it is to be published (a JWKS), instead of sending anything.
    #[arg(long, requires = "key")]
    jwks: bool,
    /// Print the other half of that key, which is of ed25519, as Standard Webhooks writes it (`whpk_…`), instead of
    /// sending anything.
    #[arg(long, requires = "key", conflicts_with = "jwks")]
    whpk: bool,
}

/// Whoever has a source's secret, with an id for what is sent.
pub(super) struct Sending {
    sender: Sender,
    id: String,
}

/// A request.
pub(super) struct Request {
    /// The URL with all that is in it, as it is typed in at a sender whose secret is there.
    pub(super) shown_url: String,
    outgoing: Outgoing,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let signer = arguments.key.as_deref().map(|path| read_key(path, &arguments.kid)).transpose()?;
    if let (true, Some(signer)) = (arguments.jwks, &signer) {
        return output::line(format_args!("{:#}", json!({ "keys": [signer.jwk()] })));
    }
    if let (true, Some(signer)) = (arguments.whpk, &signer) {
        let key = signer.whpk().context("only a key of ed25519 is written so").map_err(refused)?;
        return output::line(key);
    }
    let mut config = config::load(&arguments.config, &[]).map_err(refused)?;
    handed_over::find(&mut config);
    let name = SourceName::parse(&arguments.source).map_err(|error| refused(anyhow::Error::new(error)))?;
    let settings = config.intake.sources.get(&name);
    let settings = settings.with_context(|| format!("no source is called {name}")).map_err(refused)?;
    let holds = holds(settings, &config, signer, arguments.certificate_url);
    let holds = holds.map_err(|error| refused(handed_over::advice(error)))?;
    let sending = Sending::new(settings, holds).map_err(refused)?;
    let now = Timestamp::now();
    let body = match &arguments.file {
        None => sending.sample(settings.kind, now).into_bytes(),
        Some(path) if path.as_os_str() == "-" => {
            let mut body = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin(), &mut body)?;
            body
        }
        Some(path) => read(path)?,
    };
    let (trust, shown) = (&arguments.trust, &arguments.shown);
    let scheme = if config.http.tls.is_some() { "https" } else { "http" };
    let server = arguments.server.unwrap_or_else(|| format!("{scheme}://{}", config.http.listen));
    let request = sending.request(&format!("{}/v1/alerts/{name}", server.trim_end_matches('/')), &body, now)?;
    if arguments.print {
        return output::line(request.curl() + &trust.curl(shown));
    }
    request.send(&trust.client_that_shows(shown)?).await
}

/// What the source's sender proves itself with, from the files of the configuration and the given key.
fn holds(
    settings: &SourceSettings,
    config: &Config,
    signer: Option<TokenSigner>,
    certificate: Option<String>,
) -> anyhow::Result<Holds> {
    let text = |path: &Path| -> anyhow::Result<String> {
        let text = String::from_utf8(read(&config.resolve(path))?).context("the secret is no text").map_err(refused)?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    };
    let secret = settings.secrets.first();
    anyhow::ensure!(
        signer.is_some() || !settings.takes_public_key(),
        refused(anyhow::anyhow!("what the source has of its sender is public; what signs needs --key"))
    );
    if let Some(signer) = signer {
        let authorization = secret.map(|secret| text(&secret.file)).transpose()?;
        return Ok(Holds::Key { signer: Box::new(signer), authorization, certificate });
    }
    if let Some(path) = settings.jwt.as_ref().and_then(|jwt| jwt.secret_file.as_deref()) {
        return Ok(Holds::Secret(text(path)?));
    }
    let secret = secret.context("the source has no secret; a sender that publishes its keys needs --key");
    let secret = secret.map_err(refused)?;
    match (&settings.dingtalk, &secret.aes_key_file) {
        (Some(dingtalk), Some(aes_key)) => {
            let key = DingTalkKey::new(&text(&secret.file)?, &text(aes_key)?, &dingtalk.owner);
            Ok(Holds::DingTalk(Box::new(key.map_err(|problem| refused(anyhow::Error::new(problem)))?)))
        }
        _ => Ok(Holds::Secret(text(&secret.file)?)),
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display())).map_err(refused)
}

fn read_key(path: &Path, kid: &str) -> anyhow::Result<TokenSigner> {
    TokenSigner::read(kid, &read(path)?).with_context(|| path.display().to_string()).map_err(refused)
}

impl Sending {
    pub(super) fn new(settings: &SourceSettings, holds: Holds) -> anyhow::Result<Self> {
        let random = random::bytes::<16>()?;
        let sender = Sender::holding(settings, holds).map_err(|flaw| anyhow::anyhow!("{flaw}"))?;
        Ok(Self { sender, id: hex::encode(random) })
    }

    /// A harmless event such as its sender would write.
    pub(super) fn sample(&self, kind: SourceKind, now: Timestamp) -> String {
        self.sender.sample(kind, &self.id, now)
    }

    pub(super) fn request(&self, url: &str, body: impl AsRef<[u8]>, now: Timestamp) -> anyhow::Result<Request> {
        let outgoing = self.sender.prove(&self.id, body.as_ref(), now);
        let outgoing = outgoing.map_err(|problem| refused(anyhow::Error::new(problem)))?;
        let shown_url = format!("{url}{}", outgoing.path);
        Ok(Request { shown_url, outgoing })
    }
}

impl Request {
    /// As a command line.
    pub(super) fn curl(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let Outgoing { headers, content_type, body, .. } = &self.outgoing;
        let headers: String =
            headers.iter().map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}")))).collect();
        format!(
            "curl -sS {} -H 'content-type: {content_type}'{headers} --data-binary {}",
            quoted(&self.shown_url),
            quoted(&String::from_utf8_lossy(body))
        )
    }

    async fn send(self, client: &reqwest::Client) -> anyhow::Result<()> {
        let Outgoing { headers, content_type, body, .. } = self.outgoing;
        let mut request = client.post(self.shown_url).header("content-type", content_type);
        for (name, value) in &headers {
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
