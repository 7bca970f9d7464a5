//! What the configuration itself tells the doctor: whether a start would take it, and which files hold secrets.

use std::sync::Arc;

use super::app::{channels, intake, load_rules, tls};
use crate::access::Tokens;
use crate::config::Config;
use crate::directory::{DingTalk, Directory};
use crate::doctor::{Examined, SecretFile, secrets};
use crate::incident::{Check, Clock, Diagnosis, SystemClock};
use crate::notices::Post;
use crate::notifier::try_out;

/// Everything that is read from files, none of which is opened for longer.
#[must_use]
pub fn of_files(config: &Config) -> Vec<Examined> {
    vec![configuration(config), secrets(&secret_files(config)), rules(config)]
}

/// Whether the channels could be used. Whether anybody hears through them shows only a message.
#[must_use]
pub fn of_channels(config: &Config) -> Examined {
    if config.notices.channels.is_empty() {
        return Examined::of(Check::Channels, Diagnosis::NotConfigured);
    }
    match channels(config) {
        Ok(channels) => {
            let names: Vec<&str> = channels.iter().map(|channel| channel.name.as_str()).collect();
            Examined::with(Check::Channels, Diagnosis::Usable, names.join(", "))
        }
        Err(error) => Examined::with(Check::Channels, Diagnosis::ChannelRefused, format!("{error:#}")),
    }
}

/// Sends each channel a trial, one after the other; the first that does not get there is named.
pub async fn send_trials(config: &Config, directory: &dyn Directory, post: &Post, clock: &dyn Clock) -> Examined {
    let said = of_channels(config);
    let Ok(channels) = channels(config) else { return said };
    if channels.is_empty() {
        return said;
    }
    if config.directory.dry_run {
        return Examined::of(Check::Channels, Diagnosis::DryRun);
    }
    for channel in &channels {
        if let Err(failure) = try_out(post, directory, channel, clock.now()).await {
            let detail = format!("{}: {}", channel.name, failure.code);
            return Examined::with(Check::Channels, Diagnosis::ChannelUnsent, detail);
        }
    }
    let count = channels.len();
    Examined::with(Check::Channels, Diagnosis::Good, format!("{count} took a trial; see whether people have it"))
}

/// Whether any channel writes to people through the app's robot.
#[must_use]
pub fn writes_one_to_one(config: &Config) -> bool {
    use crate::notices::ChannelKind::OneToOne;
    config.notices.channels.values().any(|channel| channel.kind == OneToOne)
}

fn configuration(config: &Config) -> Examined {
    let taken = || -> anyhow::Result<()> {
        intake(config)?;
        tls(config, Arc::new(SystemClock), Arc::default())?;
        Tokens::new(&config.access)?;
        let secret = config.directory.read_secret(&config.base)?;
        DingTalk::new(&config.directory, secret, Arc::new(SystemClock))?;
        Ok(())
    };
    match taken() {
        Ok(()) => Examined::of(Check::Configuration, Diagnosis::Good),
        Err(error) => Examined::with(Check::Configuration, Diagnosis::ConfigurationRefused, format!("{error:#}")),
    }
}

fn rules(config: &Config) -> Examined {
    match load_rules(config) {
        Ok(vouched) => {
            let detail = format!("{} rules", vouched.set.all_rules().count());
            Examined::with(Check::Rules, Diagnosis::Good, detail)
        }
        Err(error) => {
            let text = format!("{error:#}");
            let first: Vec<&str> = text.lines().take(2).collect();
            Examined::with(Check::Rules, Diagnosis::RulesRefused, first.join(" "))
        }
    }
}

/// The files that settings say hold secrets.
fn secret_files(config: &Config) -> Vec<SecretFile> {
    let file = |setting: String, path: &std::path::Path| SecretFile { setting, path: config.resolve(path) };
    let mut files = vec![file("[directory] app_secret_file".to_owned(), &config.directory.app_secret_file)];
    for (name, source) in &config.intake.sources {
        for secret in &source.secrets {
            let setting = format!("[intake.sources.{name}] {}", secret.name);
            files.extend(secret.aes_key_file.as_ref().map(|path| file(format!("{setting} aes_key_file"), path)));
            files.push(file(setting, &secret.file));
        }
    }
    for (name, channel) in &config.notices.channels {
        for (key, path) in [("token_file", &channel.token_file), ("secret_file", &channel.secret_file)] {
            files.extend(path.as_ref().map(|path| file(format!("[notices.channels.{name}] {key}"), path)));
        }
    }
    files.extend(config.http.tls.as_ref().map(|tls| file("[http.tls] key_file".to_owned(), &tls.key_file)));
    files
}
