//! Files that `source` writes: secrets, which only their owner may read, and the configuration.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::Context as _;

use crate::cli::refused::refused;
use crate::incident::Timestamp;
use crate::intake::{SECRET_BYTES, SourceSettings};

/// The longest secret that is read, in bytes.
const SECRET_READ_MAX: u64 = 4 * 1024;

/// The secret for such a source: a new one, or what the sender has shown and somebody pipes in.
pub(super) fn secret_for(settings: &SourceSettings, from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin {
        let mut secret = String::new();
        io::stdin().take(SECRET_READ_MAX).read_to_string(&mut secret).context("standard input cannot be read")?;
        let secret = secret.trim_end_matches(['\r', '\n']).to_owned();
        anyhow::ensure!(!secret.is_empty(), refused(anyhow::anyhow!("there is no secret on standard input")));
        return Ok(secret);
    }
    let mut random = [0; SECRET_BYTES];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    let secret = settings.new_secret(&random).map_err(|flaw| refused(anyhow::anyhow!("{flaw}")))?;
    secret.ok_or_else(|| {
        refused(anyhow::anyhow!(
            "what proves it is made at the sender, or published there: deploy/senders/README.md shows what to write"
        ))
    })
}

/// A name for a secret: the day on which it was made.
pub(super) fn name_of_today(taken: impl Fn(&str) -> bool) -> String {
    let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
    let names = std::iter::once(today.clone()).chain((2..=u16::MAX).map(|number| format!("{today}-{number}")));
    names.into_iter().find(|name| !taken(name)).unwrap_or(today)
}

/// Writes a secret where there is no file yet, for its owner only.
pub(super) fn write_secret(path: &Path, secret: &str) -> anyhow::Result<()> {
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
    let mut file = options.open(path).with_context(|| format!("{} cannot be made", path.display()))?;
    writeln!(file, "{secret}").and_then(|()| file.sync_all())?;
    Ok(())
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

/// Puts a text in a file's place at one stroke.
pub(super) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let permissions = fs::metadata(path)?.permissions();
    let beside = path.with_extension("toml.new");
    let mut file = fs::File::create(&beside).with_context(|| format!("{} cannot be written", beside.display()))?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(permissions)?;
    file.sync_all()?;
    fs::rename(&beside, path).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(())
}
