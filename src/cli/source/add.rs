//! `portcullis source add`: a source in the configuration, its secret in a file, and what to do at the sender.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::file;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::cli::send::{Sending, kind_of};
use crate::config;
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
    /// How it signs, if not as its kind does.
    #[arg(long, value_name = "SIGNATURE")]
    signature: Option<String>,
    /// Where senders reach the server.
    #[arg(long, default_value = "https://your-host", value_name = "URL")]
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
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let config = config::load(&arguments.config, &[])?;
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
    let mut settings = SourceSettings::of(kind, Vec::new());
    settings.addresses.clone_from(&arguments.addresses);
    settings.client_certificates.clone_from(&arguments.client_certificates);
    settings.allow_unsigned = arguments.allow_unsigned;
    if let Some(signature) = &arguments.signature {
        settings.signature = Some(signature_of(signature)?);
    }
    refuse(kind, &settings, arguments.secret_stdin)?;
    let secret = file::secret_for(&settings, arguments.secret_stdin)?;
    let secret_name = file::name_of_today(|_| false);
    let path = PathBuf::from("secrets").join(format!("{name}-{secret_name}"));
    settings.secrets = vec![SecretSettings { name: secret_name, file: path.clone(), aes_key_file: None }];
    let place = config.resolve(&path);
    file::write_secret(&place, &secret)?;
    let text = fs::read_to_string(&arguments.config)?;
    let text = format!("{}\n\n{}", text.trim_end(), block(&name, kind, &arguments, &settings));
    let written = settings
        .check(&name, &config.base)
        .map_err(refused_source)
        .and_then(|()| file::replace(&arguments.config, &text));
    if let Err(error) = written {
        // Nothing is left that nobody has asked for.
        let _ = fs::remove_file(&place);
        return Err(error);
    }
    tell(&arguments, kind, &name, &settings, &secret, &place)
}

fn refused_source(error: crate::intake::SetupError) -> anyhow::Error {
    refused(anyhow::Error::new(error))
}

fn signature_of(name: &str) -> anyhow::Result<crate::intake::SignatureSettings> {
    serde_json::from_value(name.into()).map_err(|_| {
        refused(anyhow::anyhow!("`{name}` is no way to sign that is known; describe it in the configuration"))
    })
}

/// What cannot be written without asking.
fn refuse(kind: SourceKind, settings: &SourceSettings, has_secret: bool) -> anyhow::Result<()> {
    if let Err(flaw) = settings.proof() {
        return Err(refused(anyhow::anyhow!("{flaw}: say --signature")));
    }
    let is_weak = !settings.assurance().meets(Assurance::B);
    if is_weak && !settings.allow_unsigned {
        return Err(refused(anyhow::anyhow!(
            "nothing that {} sends is signed, so whoever sees its secret can have people locked out; --allow-unsigned \
             says that this is meant, and --address or --client-certificate where it sends from",
            kind.as_str()
        )));
    }
    if kind.guide().sender_makes_secret && !has_secret {
        return Err(refused(anyhow::anyhow!(
            "the sender makes this secret; pipe it in with --secret-stdin. At the sender:\n{}",
            kind.guide().steps
        )));
    }
    Ok(())
}

fn block(name: &SourceName, kind: SourceKind, arguments: &Arguments, settings: &SourceSettings) -> String {
    let mut text = format!("[intake.sources.{name}]\nkind = \"{}\"\n", kind.as_str());
    if let Some(signature) = &arguments.signature {
        text += &format!("signature = \"{signature}\"\n");
    }
    if settings.allow_unsigned {
        text += "allow_unsigned = true\n";
    }
    if !settings.addresses.is_empty() {
        let networks: Vec<String> = settings.addresses.iter().map(|network| format!("\"{network}\"")).collect();
        text += &format!("addresses = [{}]\n", networks.join(", "));
    }
    if !settings.client_certificates.is_empty() {
        // A name may hold whatever a text may.
        let names: toml_edit::Array = settings.client_certificates.iter().map(ToString::to_string).collect();
        text += &format!("client_certificates = {}\n", toml_edit::Value::Array(names));
    }
    for SecretSettings { name: secret, file, .. } in &settings.secrets {
        text += &format!("[[intake.sources.{name}.secrets]]\nname = \"{secret}\"\nfile = \"{}\"\n", file.display());
    }
    text
}

fn tell(
    arguments: &Arguments,
    kind: SourceKind,
    name: &SourceName,
    settings: &SourceSettings,
    secret: &str,
    place: &std::path::Path,
) -> anyhow::Result<()> {
    let sending = Sending::new(settings, secret).map_err(refused)?;
    let now = Timestamp::now();
    let url = format!("{}/v1/alerts/{name}", arguments.url.trim_end_matches('/'));
    let body = sending.sample(kind, now)?;
    let test = sending.request(&url, &body, now)?;
    let config = arguments.config.display();
    output::line(format_args!(
        "{name} is in {config}, assurance {:?}. Its secret is in {}.",
        settings.assurance(),
        place.display()
    ))?;
    output::line("\nAt the sender:")?;
    for step in kind.guide().steps.lines() {
        // The URL with its secret, where that is where it is.
        output::line(format_args!("  {}", step.replace("{url}", &test.shown_url).replace("{secret}", secret)))?;
    }
    output::line(
        "\nThe secret is shown this once. The server reads its sources when it starts: restart it, then look with",
    )?;
    output::line(format_args!("  portcullis source test {name} --server URL --token-file FILE"))?;
    output::line(
        "\nA delivery to try it with, good for some minutes if its time is signed; `portcullis send` makes new ones:",
    )?;
    output::line(format_args!("  {}", test.curl(&body)))?;
    Ok(())
}
