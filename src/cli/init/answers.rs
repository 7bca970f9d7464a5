//! What `init` has to know: from its flags, or asked for at a terminal.

use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use anyhow::Context as _;
use dialoguer::{Input, Password, Select};

use super::Arguments;
use crate::cli::refused::refused;
use crate::incident::UserId;
use crate::sandbox::{APP_KEY, APP_SECRET, CORP_ID};

/// The longest secret that is read, in bytes.
const SECRET_READ_MAX: u64 = 4 * 1024;

/// All of it.
pub(super) struct Answers {
    /// Which DingTalk, `io` or `com`; none for the simulator.
    pub(super) dingtalk: Option<&'static str>,
    pub(super) corp_id: String,
    pub(super) app_key: String,
    pub(super) app_secret: String,
    pub(super) deployment: String,
    pub(super) user_id: Option<UserId>,
}

impl Answers {
    /// # Errors
    /// Something is missing and nobody can be asked, or cannot be read.
    pub(super) fn of(arguments: &Arguments) -> anyhow::Result<Self> {
        let (deployment, user_id) = (arguments.deployment.clone(), arguments.user_id.clone());
        if arguments.sandbox {
            let [corp_id, app_key, app_secret] = [CORP_ID, APP_KEY, APP_SECRET].map(str::to_owned);
            return Ok(Self { dingtalk: None, corp_id, app_key, app_secret, deployment, user_id });
        }
        let dingtalk = match arguments.dingtalk.as_deref() {
            Some("com") => "com",
            Some(_) => "io",
            None => choose()?,
        };
        Ok(Self {
            dingtalk: Some(dingtalk),
            corp_id: said_or_asked(arguments.corp_id.as_ref(), "--corp-id", "The organization's CorpId")?,
            app_key: said_or_asked(arguments.app_key.as_ref(), "--app-key", "The app's key (Client ID)")?,
            app_secret: app_secret(arguments.app_secret_file.as_deref())?,
            deployment,
            user_id,
        })
    }

    pub(super) fn is_sandbox(&self) -> bool {
        self.dingtalk.is_none()
    }
}

fn choose() -> anyhow::Result<&'static str> {
    may_ask("--dingtalk")?;
    let names = ["international (dingtalk.io)", "mainland (dingtalk.com)"];
    let chosen = Select::new().with_prompt("Which DingTalk").items(names).default(0).interact()?;
    Ok(if chosen == 0 { "io" } else { "com" })
}

fn said_or_asked(said: Option<&String>, flag: &str, prompt: &str) -> anyhow::Result<String> {
    let answer = match said {
        Some(said) => said.clone(),
        None => {
            may_ask(flag)?;
            Input::<String>::new().with_prompt(prompt).interact_text()?
        }
    };
    let is_fit = !answer.is_empty() && answer.chars().all(|c| c.is_ascii_graphic());
    anyhow::ensure!(is_fit, refused(anyhow::anyhow!("{flag} is letters, digits and marks, without spaces")));
    Ok(answer)
}

fn app_secret(file: Option<&Path>) -> anyhow::Result<String> {
    let text = match file {
        Some(path) if path == Path::new("-") => {
            let mut text = String::new();
            io::stdin().take(SECRET_READ_MAX).read_to_string(&mut text).context("standard input cannot be read")?;
            text
        }
        Some(path) => {
            fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display())).map_err(refused)?
        }
        None => {
            may_ask("--app-secret-file")?;
            Password::new().with_prompt("The app's secret (Client Secret), not shown").interact()?
        }
    };
    let secret = text.trim();
    anyhow::ensure!(!secret.is_empty(), refused(anyhow::anyhow!("the app's secret is empty")));
    Ok(format!("{secret}\n"))
}

fn may_ask(flag: &str) -> anyhow::Result<()> {
    let is_somebody_there = io::stdin().is_terminal() && io::stderr().is_terminal();
    anyhow::ensure!(
        is_somebody_there,
        refused(anyhow::anyhow!(
            "{flag} is missing; say it, or call this in a terminal, where it asks; --sandbox needs none of it"
        ))
    );
    Ok(())
}
