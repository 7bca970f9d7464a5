//! Sets the stage: a sandbox and a whole Portcullis with its own store, on free loopback ports, in a
//! folder of their own.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;

use super::delivery::Delivery;
use super::screen::Screen;
use crate::cli::random;
use crate::config::{self, Config};
use crate::incident::Digest;
use crate::sandbox::{self, APP_KEY, APP_SECRET, CORP_ID, Running, Sandbox};
use crate::server::{App, Hangups, Parts, Reread};

/// The account the demo is about: single sign-on, mail address in `rules/identities.csv`.
pub(super) const PERSON: &str = "zhang.san@example.com";
/// Its id in the sandbox.
pub(super) const USER_ID: &str = "zhangsan";
/// The address of the second account, for trying more with `--keep`.
const ANOTHER_PERSON: &str = "li.si@example.com";
/// No exchange of the demo takes longer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Everything that runs.
pub(super) struct Stage {
    folder: PathBuf,
    sandbox: Running,
    app: App,
    secret: String,
    token: String,
    pub(super) client: Client,
}

impl Stage {
    /// Starts everything.
    pub(super) async fn set(rules: &Path) -> anyhow::Result<Self> {
        let rules = rules.canonicalize().with_context(|| {
            format!(
                "there is no rules folder at {}; run this in the project's folder or name one with --rules",
                rules.display()
            )
        })?;
        let folder = std::env::temp_dir().join(format!("portcullis-demo-{}", random_hex(8)?));
        fs::create_dir(&folder)?;
        let settings = sandbox::Settings { listen: ([127, 0, 0, 1], 0).into(), ..sandbox::Settings::default() };
        let sandbox = sandbox::start(settings).await?;
        let secret = format!("whsec_{}", STANDARD.encode(random::bytes::<32>()?));
        let token = random_hex(32)?;
        let config = configure(&folder, &rules, &sandbox.url(), &secret, &token)?;
        let hangups = Hangups::listen()?;
        let same = config.clone();
        let reread: Reread = Arc::new(move || Ok(same.clone()));
        let parts = {
            let config = config.clone();
            tokio::task::spawn_blocking(move || Parts::real(&config, hangups, reread)).await??
        };
        let app = App::start(&config, parts).await?;
        let client = Client::builder().no_proxy().timeout(TIMEOUT).build()?;
        Ok(Self { folder, sandbox, app, secret, token, client })
    }

    pub(super) fn app(&self) -> &App {
        &self.app
    }

    pub(super) fn sandbox(&self) -> &Sandbox {
        self.sandbox.state()
    }

    pub(super) fn sandbox_url(&self) -> String {
        self.sandbox.url()
    }

    /// Where the demo's source delivers.
    pub(super) fn alerts_url(&self) -> String {
        format!("{}/v1/alerts/okta", self.app.url())
    }

    /// A signed delivery about the demo's person.
    pub(super) fn delivery(&self) -> anyhow::Result<Delivery> {
        Delivery::about(PERSON, &self.secret)
    }

    /// For `--keep`.
    pub(super) fn say_how_to_reach(&self, screen: &Screen) -> anyhow::Result<()> {
        let (app, sandbox) = (self.app.url(), self.sandbox.url());
        screen.heading("It keeps running until Ctrl-C");
        screen.pair("console", format!("{app}/  (sign in with the token)"));
        screen.pair("token", &self.token);
        screen.pair("trail", format!("curl -sS -H 'Authorization: Bearer {}' '{app}/v1/trail'", self.token));
        screen.pair("verify", format!("portcullis trail verify --folder {}", self.folder.join("trail").display()));
        screen.pair("pause", format!("curl -sS -H 'Authorization: Bearer {}' -H 'content-type: application/json' '{app}/v1/pause' -d '{{\"reason\":\"trying it\"}}'", self.token));
        screen.pair("DingTalk sandbox", format!("{sandbox}/sandbox/watch?live=yes"));
        screen.line(format!("a signed delivery about {ANOTHER_PERSON}, good for five minutes:"));
        screen.plain(format_args!("\n{}", Delivery::about(ANOTHER_PERSON, &self.secret)?.curl(&self.alerts_url())));
        Ok(())
    }

    /// Stops everything and removes the folder.
    pub(super) async fn clear(self) -> anyhow::Result<()> {
        let stopped = self.app.stop().await;
        self.sandbox.stop().await;
        fs::remove_dir_all(&self.folder).with_context(|| format!("{} cannot be removed", self.folder.display()))?;
        stopped
    }
}

/// Writes the files an operator would write, and reads them as the server does.
fn configure(folder: &Path, rules: &Path, sandbox: &str, secret: &str, token: &str) -> anyhow::Result<Config> {
    write_secret(&folder.join("okta-secret"), secret)?;
    write_secret(&folder.join("app-secret"), APP_SECRET)?;
    let rules = rules.to_str().context("the rules folder's path is not UTF-8")?;
    let sha256 = Digest::of(token.as_bytes());
    let text = format!(
        r#"[http]
listen = "127.0.0.1:0"
workers = 2
[rules]
folder = {rules:?}
[trail]
path = "trail"
[directory]
api_url = {sandbox:?}
oapi_url = {sandbox:?}
app_key = {APP_KEY:?}
app_secret_file = "app-secret"
corp_id = {CORP_ID:?}
[intake.sources.okta]
kind = "okta-event-hook"
signature = "standard-webhooks"
secrets = [{{ name = "demo", file = "okta-secret" }}]
[[access.tokens]]
name = "demo"
role = "admin"
sha256 = "{sha256}"
"#
    );
    let path = folder.join("portcullis.toml");
    fs::write(&path, text)?;
    Ok(config::load(&path, &[])?)
}

fn write_secret(path: &Path, secret: &str) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?.write_all(secret.as_bytes())?)
}

fn random_hex(bytes: usize) -> anyhow::Result<String> {
    let random: [u8; 32] = random::bytes()?;
    Ok(hex::encode(random.get(..bytes).unwrap_or(&random)))
}
