//! A new secret of a source, with the files that it goes into.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::handed_over;
use crate::cli::random;
use crate::cli::refused::refused;
use crate::config::Config;
use crate::incident::{SourceName, Timestamp};
use crate::intake::{
    DINGTALK_BYTES, DingTalkKey, Holds, SECRET_BYTES, SecretSettings, SourceSettings, Unwritten, new_dingtalk_secret,
};

/// The longest secret that is read, in bytes.
const SECRET_READ_MAX: u64 = 4 * 1024;

/// A new secret, written nowhere yet.
pub(super) struct NewSecret {
    /// With its files where they are written.
    pub(super) settings: SecretSettings,
    by_systemd: bool,
    text: String,
    aes_key: Option<String>,
}

impl NewSecret {
    /// For such a source: a new one, or what the sender has shown and somebody pipes in. `None` where what proves it
    /// is the sender's alone. `by_systemd` says that the server is handed its secrets by the shipped unit, as it is
    /// when it has others from there.
    pub(super) fn of(
        config: &Config,
        source: &SourceSettings,
        name: &SourceName,
        from_stdin: bool,
        by_systemd: bool,
    ) -> anyhow::Result<Option<Self>> {
        let (text, aes_key) = match (&source.dingtalk, from_stdin) {
            (Some(_), true) => {
                return Err(refused(anyhow::anyhow!(
                    "a token and an AES key are two; they are made here, and typed in at DingTalk's console"
                )));
            }
            (Some(_), false) => {
                let (token, aes_key) = new_dingtalk_secret(&random::bytes::<DINGTALK_BYTES>()?);
                (token, Some(aes_key))
            }
            (None, true) => (piped()?, None),
            (None, false) => {
                let secret = source.new_secret(&random::bytes::<SECRET_BYTES>()?);
                match secret.map_err(|flaw| refused(anyhow::anyhow!("{flaw}")))? {
                    Some(secret) => (secret, None),
                    None => return Ok(None),
                }
            }
        };
        let file = |today: &str, end: &str| PathBuf::from("secrets").join(format!("{name}-{today}{end}"));
        if let Some(flaw) = source.secret_flaw(&text) {
            return Err(refused(anyhow::anyhow!("{flaw}")));
        }
        // The file of one that was given up may still be there.
        let is_taken = |today: &str| {
            source.secrets.iter().any(|secret| secret.name == today) || config.resolve(&file(today, "")).exists()
        };
        let today = name_of_today(is_taken);
        let aes_key_file = aes_key.is_some().then(|| file(&today, "-aes-key"));
        let settings = SecretSettings { file: file(&today, ""), name: today, aes_key_file };
        let by_systemd = by_systemd || source.secrets.iter().any(|secret| handed_over::is_handed_over(&secret.file));
        Ok(Some(Self { settings, by_systemd, text, aes_key }))
    }

    /// As it stands in the configuration: with its files where the server finds them.
    pub(super) fn configured(&self) -> SecretSettings {
        let found = |path: &Path| match path.file_name() {
            Some(name) if self.by_systemd => handed_over::to_service(&name.to_string_lossy()),
            _ => path.to_owned(),
        };
        let SecretSettings { name, file, aes_key_file } = &self.settings;
        SecretSettings { name: name.clone(), file: found(file), aes_key_file: aes_key_file.as_deref().map(found) }
    }

    /// How a running server comes to have it.
    pub(super) fn takes_over_by(&self) -> &'static str {
        if self.by_systemd { "systemctl restart portcullis" } else { "SIGHUP, or systemctl reload portcullis" }
    }

    /// What is to be in its files, where the server finds them.
    pub(super) fn unwritten(&self, config: &Config) -> Unwritten {
        let SecretSettings { file, aes_key_file, .. } = self.configured();
        let found = std::iter::once(file).chain(aes_key_file);
        found.zip(self.files()).map(|(path, (_, text))| (config.resolve(&path), text.to_owned())).collect()
    }

    /// Writes its files, for their owner only, or none; none of them may be there yet.
    pub(super) fn write(&self, config: &Config) -> anyhow::Result<()> {
        let mut written = Vec::new();
        for (path, text) in self.files() {
            let path = config.resolve(path);
            if let Err(error) = write(&path, text) {
                written.iter().for_each(|path| _ = fs::remove_file(path));
                return Err(error);
            }
            written.push(path);
        }
        Ok(())
    }

    /// Takes its files away again.
    pub(super) fn remove(&self, config: &Config) {
        for (path, _) in self.files() {
            let _ = fs::remove_file(config.resolve(path));
        }
    }

    /// Each file with what is in it.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, &str)> {
        let aes_key = self.settings.aes_key_file.as_deref().zip(self.aes_key.as_deref());
        std::iter::once((self.settings.file.as_path(), self.text.as_str())).chain(aes_key)
    }

    /// The text that a sender is given.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What whoever has it proves itself with.
    pub(super) fn holds(&self, source: &SourceSettings) -> anyhow::Result<Holds> {
        match (&source.dingtalk, &self.aes_key) {
            (Some(dingtalk), Some(aes_key)) => {
                Ok(Holds::DingTalk(Box::new(DingTalkKey::new(&self.text, aes_key, &dingtalk.owner)?)))
            }
            _ => Ok(Holds::Secret(self.text.clone())),
        }
    }
}

fn piped() -> anyhow::Result<String> {
    let mut secret = String::new();
    io::stdin().take(SECRET_READ_MAX).read_to_string(&mut secret).context("standard input cannot be read")?;
    let secret = secret.trim_end_matches(['\r', '\n']).to_owned();
    anyhow::ensure!(!secret.is_empty(), refused(anyhow::anyhow!("there is no secret on standard input")));
    Ok(secret)
}

/// A name for a secret: the day on which it was made.
fn name_of_today(taken: impl Fn(&str) -> bool) -> String {
    let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
    let names = std::iter::once(today.clone()).chain((2..=u16::MAX).map(|number| format!("{today}-{number}")));
    names.into_iter().find(|name| !taken(name)).unwrap_or(today)
}

fn write(path: &Path, secret: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        private_folder(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let made = || format!("{} cannot be made", path.display());
    let mut file = options.open(path).with_context(made)?;
    // What could be written of it is no secret.
    let written = writeln!(file, "{secret}").and_then(|()| file.sync_all()).inspect_err(|_| _ = fs::remove_file(path));
    written.with_context(made)
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}
