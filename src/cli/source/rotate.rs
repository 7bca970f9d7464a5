//! `portcullis source rotate`: a new secret before the others, and later nothing but it. The configuration keeps its
//! comments and its order.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

use super::file;
use super::secret::NewSecret;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::config;
use crate::incident::SourceName;
use crate::intake::{SecretSettings, Settings, SourceSettings};

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
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = config::load(&arguments.config, &[])?;
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
        file::replace(&arguments.config, &document.to_string())?;
        for secret in &dropped {
            output::line(format_args!(
                "{} is no longer live; its file is still there: {}",
                secret.name,
                secret.file.display()
            ))?;
        }
        return output::line(format_args!(
            "{name} has one secret, once the server takes it over (SIGHUP, or systemctl reload portcullis)."
        ));
    }
    anyhow::ensure!(
        settings.secrets.len() < Settings::SECRETS_MAX,
        refused(anyhow::anyhow!("{name} has {} secrets already; finish with --finish first", Settings::SECRETS_MAX))
    );
    let secret = NewSecret::of(&config, &settings, &name, arguments.secret_stdin, false)?;
    let secret = secret.context("what proves it is the sender's alone, and changed there").map_err(refused)?;
    secret.write(&config)?;
    let today = secret.settings.name.clone();
    // The others may be where only the service finds them; the new one is judged by itself.
    let alone = SourceSettings { secrets: vec![secret.settings.clone()], ..settings.clone() };
    settings.secrets.insert(0, secret.configured());
    let written = alone
        .check(&name, &config.base)
        .map_err(|error| refused(anyhow::Error::new(error)))
        .and_then(|()| write(item, &settings.secrets))
        .and_then(|()| file::replace(&arguments.config, &document.to_string()));
    if let Err(error) = written {
        secret.remove(&config);
        return Err(error);
    }
    output::line(format_args!("{name} has the new secret {today}, beside those it had."))?;
    output::line(format_args!(
        "A running server takes it over by {}. Then give the sender this, which is shown once:",
        secret.takes_over_by()
    ))?;
    for (path, text) in secret.files() {
        output::line(format_args!("  {text}   (in {})", config.resolve(path).display()))?;
    }
    output::line(format_args!("When `source list` says that {today} is used: portcullis source rotate {name} --finish"))
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
