//! `portcullis source add`: a source in the configuration, its secret in a file, and what to do at the sender.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use toml_edit::{DocumentMut, Item, TomlError, Value};

use super::proof::Proof;
use super::secret::NewSecret;
use super::steps::url_of;
use super::{file, judge, steps};
use crate::cli::output;
use crate::cli::refused::refused;
use crate::cli::send::{Sending, kind_of};
use crate::config::{self, Config};
use crate::incident::{Assurance, SourceName, Timestamp};
use crate::intake::{ListedCertificate, Network, SecretSettings, SourceKind, SourceSettings};

/// What `source add` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What is to send: `github`, `okta-event-hook`, …
    kind: String,
    /// The configuration file.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// What the source is called; its kind, unless said.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    proof: Proof,
    /// Where senders reach the server.
    #[arg(long, default_value = "https://your-host", value_name = "URL", value_parser = server_url)]
    url: String,
    /// A network that it sends from; may be said several times.
    #[arg(long = "address", value_name = "NETWORK")]
    addresses: Vec<Network>,
    /// A client certificate that it shows: one of its names, or `sha256:` and its digest; may be said several times.
    #[arg(long = "client-certificate", value_name = "NAME")]
    client_certificates: Vec<ListedCertificate>,
    /// That nothing it sends is signed, and that this is meant.
    #[arg(long)]
    allow_unsigned: bool,
    /// Read the secret from standard input, where the sender has made it.
    #[arg(long)]
    secret_stdin: bool,
    /// Write for the shipped service unit, to which systemd hands the files in the folder `secrets`.
    #[arg(long)]
    systemd: bool,
}

/// A source that stands nowhere yet.
struct New {
    name: SourceName,
    settings: SourceSettings,
    secret: Option<NewSecret>,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let config = config::load(&arguments.config, &[]).map_err(refused)?;
    let kind = kind_of(&arguments.kind).map_err(refused)?;
    let name = SourceName::parse(arguments.name.as_deref().unwrap_or(&arguments.kind))
        .map_err(|error| refused(anyhow::Error::new(error)))?;
    anyhow::ensure!(
        !config.intake.sources.contains_key(&name),
        refused(anyhow::anyhow!("there is a source called {name} already; --name gives this one another name"))
    );
    anyhow::ensure!(
        arguments.client_certificates.is_empty() || config.asks_for_certificates(),
        refused(anyhow::anyhow!("client_ca_file in [http.tls] has to say first whose certificates are believed"))
    );
    let url = url_of(&arguments.url, &name);
    let body = body(kind, &arguments, &kind.first_steps(&url))?;
    let settings: anyhow::Result<SourceSettings> = toml_edit::de::from_str(&body).map_err(|error| {
        let message = error.message().to_owned();
        refused(anyhow::anyhow!("{message}"))
    });
    let settings = settings?;
    refuse(kind, &settings)?;
    if !arguments.secret_stdin {
        steps::refuse_own_secret(&settings, &url)?;
    }
    let secret = NewSecret::of(&config, &settings, &name, arguments.secret_stdin, arguments.systemd)?;
    let mut new = New { name, settings, secret };
    let test = write(&mut new, &body, &url, &arguments.config, &config)?;
    tell(&arguments, &new, &url, test, &config)
}

/// Where senders reach a server, as somebody types it.
fn server_url(text: &str) -> Result<String, String> {
    let wanted = || "expected where senders reach the server, such as https://portcullis.example.com".to_owned();
    let url = reqwest::Url::parse(text).map_err(|_| wanted())?;
    let is_server = matches!(url.scheme(), "http" | "https") && url.has_host();
    let has_more = url.query().is_some() || url.fragment().is_some() || !url.username().is_empty();
    if is_server && !has_more { Ok(text.to_owned()) } else { Err(wanted()) }
}

/// Writes the secret's files and the block of the source, or neither. What it is tried with is signed before, so that
/// nothing goes wrong afterwards.
fn write(new: &mut New, body: &str, url: &str, path: &Path, config: &Config) -> anyhow::Result<Option<String>> {
    let mut block = format!("[intake.sources.{}]\n{body}", new.name);
    if let Some(secret) = &new.secret {
        new.settings.secrets = vec![secret.settings.clone()];
        let SecretSettings { name, file, aes_key_file } = secret.configured();
        block +=
            &format!("[[intake.sources.{}.secrets]]\nname = \"{name}\"\nfile = \"{}\"\n", new.name, file.display());
        if let Some(file) = aes_key_file {
            block += &format!("aes_key_file = \"{}\"\n", file.display());
        }
    }
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    refuse_no_room(&text)?;
    let text = format!("{}\n\n{block}", text.trim_end());
    judge::refuse_faulty(path, &text, &new.name, new.secret.as_ref())?;
    let signs = new.secret.as_ref().filter(|_| !new.settings.is_signed_by_sender_alone());
    let test = signs.map(|secret| test(&new.settings, secret, url)).transpose()?;
    if let Some(secret) = &new.secret {
        secret.write(config)?;
    }
    // Nothing is left that nobody has asked for.
    file::replace(path, &text).inspect_err(|_| {
        if let Some(secret) = &new.secret {
            secret.remove(config);
        }
    })?;
    Ok(test)
}

/// A table of its own cannot be added to sources that stand in one line.
fn refuse_no_room(text: &str) -> anyhow::Result<()> {
    let written: DocumentMut = text.parse().map_err(|error: TomlError| refused(anyhow::Error::new(error)))?;
    let intake = written.get("intake");
    let is_closed = |item: Option<&Item>| item.is_some_and(Item::is_inline_table);
    let in_one_line = is_closed(intake) || is_closed(intake.and_then(|intake| intake.get("sources")));
    anyhow::ensure!(
        !in_one_line,
        refused(anyhow::anyhow!(
            "the configuration has its sources in braces, to which nothing can be added behind them; give each a table \
             of its own first, such as [intake.sources.siem]; nothing is written"
        ))
    );
    Ok(())
}

/// What cannot be written without asking.
fn refuse(kind: SourceKind, settings: &SourceSettings) -> anyhow::Result<()> {
    if let Err(flaw) = settings.proof() {
        return Err(refused(anyhow::anyhow!("{flaw}: say --signature or --secret-in")));
    }
    let is_weak = !settings.assurance().meets(Assurance::B);
    if is_weak && !settings.allow_unsigned {
        return Err(refused(anyhow::anyhow!(
            "nothing that {} sends is signed, so whoever sees its secret can have people locked out; --allow-unsigned \
             says that this is meant, and --address or --client-certificate where it sends from",
            kind.as_str()
        )));
    }
    Ok(())
}

/// What stands in the source's table, but for its secrets.
fn body(kind: SourceKind, arguments: &Arguments, steps: &str) -> anyhow::Result<String> {
    let mut text = format!("kind = \"{}\"\n", kind.as_str());
    if let Some((key, value)) = arguments.proof.of(kind, steps)? {
        text += &format!("{key} = {}\n", value.decorated("", ""));
    }
    if arguments.allow_unsigned {
        text += "allow_unsigned = true\n";
    }
    if !arguments.addresses.is_empty() {
        let networks: Value = Value::Array(arguments.addresses.iter().map(Network::to_string).collect());
        text += &format!("addresses = {networks}\n");
    }
    if !arguments.client_certificates.is_empty() {
        // A name may hold whatever a text may.
        let names: Value = Value::Array(arguments.client_certificates.iter().map(ToString::to_string).collect());
        text += &format!("client_certificates = {names}\n");
    }
    Ok(text)
}

fn tell(arguments: &Arguments, new: &New, url: &str, test: Option<String>, config: &Config) -> anyhow::Result<()> {
    let New { name, settings, secret } = new;
    let told = arguments.config.display();
    output::line(format_args!("{name} is in {told}, assurance {:?}.", settings.assurance()))?;
    let is_public = settings.takes_public_key();
    for (path, text) in secret.iter().flat_map(NewSecret::files) {
        let shown = if is_public { "which is public" } else { "and shown this once" };
        output::line(format_args!("In {}, {shown}: {text}", config.resolve(path).display()))?;
    }
    steps::tell(settings, url, secret.as_ref().map(NewSecret::text))?;
    let takes_over_by = secret.as_ref().map_or("SIGHUP, or systemctl reload portcullis", NewSecret::takes_over_by);
    output::line(format_args!("\nA running server takes it over by {takes_over_by}. Then look with"))?;
    output::line(format_args!("  portcullis source test {name} --server URL --token-file FILE"))?;
    match test {
        Some(curl) => {
            output::line(
                "\nA delivery to try it with, good for some minutes if its time is signed; `portcullis send` makes new \
                 ones:",
            )?;
            output::line(format_args!("  {curl}"))
        }
        None if is_public => {
            output::line("\nA delivery to try it with takes the private key of that pair, as PEM or as whsk_…:")?;
            output::line(format_args!("  portcullis send {name} --config {told} --key FILE"))?;
            output::line(
                "Where only the sender has it, give another source a key of your own: deploy/senders/generic.md",
            )
        }
        None => output::line(
            "\nOnly the sender can sign for itself. To try the server without it, publish a key of your own and let \
             another source take that: `portcullis send --key`.",
        ),
    }
}

/// What a new source is tried with: a delivery as a command line.
fn test(settings: &SourceSettings, secret: &NewSecret, url: &str) -> anyhow::Result<String> {
    let sending = Sending::new(settings, secret.holds(settings)?).map_err(refused)?;
    let now = Timestamp::now();
    Ok(sending.request(url, sending.sample(settings.kind, now), now)?.curl())
}
