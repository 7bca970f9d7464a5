//! `portcullis source rotate`: a new secret before the others, and later nothing but it. The configuration keeps its
//! comments and its order.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

use super::secret::NewSecret;
use super::{Server, file, judge, steps};
use crate::cli::client::Trust;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::config::{self, Config};
use crate::incident::SourceName;
use crate::intake::{SecretSettings, Settings, SourceSettings};

/// Stands for where senders reach the server, which no configuration says.
const ANY_SERVER: &str = "https://your-host";

/// What `source rotate` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The source.
    name: String,
    /// The configuration file.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// Read the new secret from standard input, where the sender has made it.
    #[arg(long)]
    secret_stdin: bool,
    /// Drop all secrets but the newest, once the sender uses that.
    #[arg(long, conflicts_with = "secret_stdin")]
    finish: bool,
    /// The server, to be asked first whether the newest secret was ever used.
    #[arg(long, value_name = "URL", requires_all = ["token_file", "finish"])]
    server: Option<String>,
    /// A file with a token for it.
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    trust: Trust,
    /// Drop them also if the newest was never used.
    #[arg(long, requires = "finish")]
    force: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if arguments.finish {
        refuse_unused(&arguments).await?;
    }
    rotate(&arguments)
}

/// Whoever still uses an old secret is locked out from here on, so the new one has to have been used.
async fn refuse_unused(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { name, config, server, token_file, trust, force, .. } = arguments;
    let config = config::load(config, &[]).map_err(refused)?;
    let name = SourceName::parse(name).map_err(|error| refused(anyhow::Error::new(error)))?;
    let Some(settings) = config.intake.sources.get(&name) else { return Ok(()) };
    let [newest, _, ..] = settings.secrets.as_slice() else { return Ok(()) };
    if settings.set.is_some() {
        anyhow::ensure!(
            *force || server.is_none(),
            refused(anyhow::anyhow!(
                "which `Authorization` a stream shows no server notes; look at the transmitter of {name}, and then say \
                 --force"
            ))
        );
        return output::line(format_args!(
            "Whatever stream of {name} does not show {} is refused from here on; no server notes which one it shows.",
            newest.name
        ));
    }
    let (Some(server), Some(token_file)) = (server, token_file) else {
        return output::line(format_args!(
            "No server was asked whether {} is used (--server, --token-file); whoever does not use it is refused from \
             here on.",
            newest.name
        ));
    };
    let server = Server { server: server.clone(), token_file: token_file.clone(), trust: trust.clone() };
    let source = server.ask(Method::GET, &format!("/v1/sources/{name}"), None).await?;
    // The name of a secret has neither `/` nor `~`.
    let used = ["/secrets", "/since_start/secrets"].map(|place| source.pointer(&format!("{place}/{}", newest.name)));
    let is_used = used.iter().flatten().any(|used| used.is_string());
    anyhow::ensure!(
        is_used || *force,
        refused(anyhow::anyhow!(
            "the server has never heard {name} use {}: its sender would be refused; --force drops the others all the \
             same",
            newest.name
        ))
    );
    Ok(())
}

fn rotate(arguments: &Arguments) -> anyhow::Result<()> {
    let config = config::load(&arguments.config, &[]).map_err(refused)?;
    let name = SourceName::parse(&arguments.name).map_err(|error| refused(anyhow::Error::new(error)))?;
    let settings = config.intake.sources.get(&name);
    let mut settings = settings.with_context(|| format!("no source is called {name}")).map_err(refused)?.clone();
    let text = fs::read_to_string(&arguments.config)?;
    let mut document: DocumentMut = text.parse().context("the configuration cannot be read")?;
    let item = document
        .get_mut("intake")
        .and_then(|intake| intake.get_mut("sources"))
        .and_then(|sources| sources.get_mut(name.as_str()))
        .and_then(|source| source.get_mut("secrets"))
        .with_context(|| format!("{} itself has no secrets of {name}", arguments.config.display()))
        .map_err(refused)?;
    if arguments.finish {
        let dropped = settings.secrets.split_off(1.min(settings.secrets.len()));
        write(item, &settings.secrets)?;
        let text = document.to_string();
        judge::refuse_faulty(&arguments.config, &text, &name, None)?;
        for secret in &dropped {
            output::line(format_args!("{} is to be dropped; its file stays: {}", secret.name, secret.file.display()))?;
        }
        file::replace(&arguments.config, &text)?;
        return output::line(format_args!(
            "{name} has one secret, once the server takes it over (SIGHUP, or systemctl reload portcullis)."
        ));
    }
    anyhow::ensure!(
        settings.secrets.len() < Settings::SECRETS_MAX,
        refused(anyhow::anyhow!("{name} has {} secrets already; finish with --finish first", Settings::SECRETS_MAX))
    );
    if !arguments.secret_stdin {
        steps::refuse_own_secret(&settings, &steps::url_of(ANY_SERVER, &name))?;
    }
    let secret = NewSecret::of(&config, &settings, &name, arguments.secret_stdin, false)?;
    let secret = secret.with_context(|| changed_at_the_sender(&settings)).map_err(refused)?;
    let today = secret.settings.name.clone();
    settings.secrets.insert(0, secret.configured());
    write(item, &settings.secrets)?;
    let text = document.to_string();
    judge::refuse_faulty(&arguments.config, &text, &name, Some(&secret))?;
    secret.write(&config)?;
    // Nothing is left that nobody has asked for.
    file::replace(&arguments.config, &text).inspect_err(|_| secret.remove(&config))?;
    output::line(format_args!("{name} has the new secret {today}, beside those it had."))?;
    tell(&secret, &config, arguments.secret_stdin)?;
    if settings.set.is_some() {
        return output::line(format_args!(
            "Then put it, whole, into the stream's `authorization_header` at the transmitter; and when that shows it: \
             portcullis source rotate {name} --finish --config {}",
            arguments.config.display()
        ));
    }
    let config = arguments.config.display();
    output::line(format_args!(
        "When `source list` says that {today} is used, this drops the others, and looks first whether it is:\n\
         portcullis source rotate {name} --finish --config {config} --server {ANY_SERVER} --token-file FILE"
    ))
}

/// Why there is no new secret to be made.
fn changed_at_the_sender(settings: &SourceSettings) -> &'static str {
    if settings.set.is_some() && !settings.secrets.is_empty() {
        "its tokens are signed by keys that are the sender's alone, and changed there; the `Authorization` that its \
         stream shows beside them is piped in with --secret-stdin"
    } else {
        "what proves it is the sender's alone, and changed there"
    }
}

fn tell(secret: &NewSecret, config: &Config, is_of_sender: bool) -> anyhow::Result<()> {
    let takes_over_by = secret.takes_over_by();
    if is_of_sender {
        return output::line(format_args!("A running server takes it over by {takes_over_by}."));
    }
    output::line(format_args!(
        "A running server takes it over by {takes_over_by}. Then give the sender this, which is shown once:"
    ))?;
    for (path, text) in secret.files() {
        output::line(format_args!("  {text}   (in {})", config.resolve(path).display()))?;
    }
    Ok(())
}

/// In the form in which they are written there.
fn write(item: &mut Item, secrets: &[SecretSettings]) -> anyhow::Result<()> {
    match item {
        Item::ArrayOfTables(tables) => {
            let mut written = ArrayOfTables::new();
            for SecretSettings { name, file, aes_key_file } in secrets {
                let had = tables.iter().find(|table| table.get("name").and_then(Item::as_str) == Some(name));
                let mut table = had.cloned().unwrap_or_else(Table::new);
                table.insert("name", value(name));
                table.insert("file", value(file.display().to_string()));
                if let Some(file) = aes_key_file {
                    table.insert("aes_key_file", value(file.display().to_string()));
                }
                written.push(table);
            }
            *tables = written;
        }
        Item::Value(toml_edit::Value::Array(array)) => {
            array.clear();
            for SecretSettings { name, file, aes_key_file } in secrets {
                let mut table = InlineTable::new();
                table.insert("name", name.as_str().into());
                table.insert("file", file.display().to_string().into());
                if let Some(file) = aes_key_file {
                    table.insert("aes_key_file", file.display().to_string().into());
                }
                array.push(table);
            }
        }
        _ => anyhow::bail!("`secrets` is no list"),
    }
    Ok(())
}
