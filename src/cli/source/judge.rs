//! Judges a configuration as `source` is about to change it, before anything is written: a server that would not start
//! with it is found out about here, and not at its next start.

use std::path::Path;

use crate::cli::handed_over;
use crate::cli::refused::refused;
use crate::config::{self, Config};
use crate::incident::SourceName;
use crate::intake::{SetupError, Unwritten};
use crate::server::App;

use super::secret::NewSecret;

/// Reads all sources with all their secrets as a server would if the file at `path` said `text`, and source `name` had
/// this new secret in its files.
///
/// # Errors
/// A server would refuse them. Says what to do about it.
pub(super) fn refuse_faulty(
    path: &Path,
    text: &str,
    name: &SourceName,
    secret: Option<&NewSecret>,
) -> anyhow::Result<()> {
    let changed = config::load_as_if(path, text).map_err(refused)?;
    let unwritten = secret.map(|secret| secret.unwritten(&changed)).unwrap_or_default();
    let Err(error) = check(changed, &unwritten) else { return Ok(()) };
    let is_old = check(config::load(path, &[]).map_err(refused)?, &Unwritten::new()).as_ref() == Err(&error);
    let told = told(&error, name, secret.is_some(), is_old);
    Err(refused(handed_over::advice(anyhow::anyhow!("{told}; nothing is written"))))
}

fn check(mut config: Config, unwritten: &Unwritten) -> Result<(), SetupError> {
    handed_over::find_next(&mut config);
    App::check_sources(&config, unwritten)
}

/// What is wrong, and what to do.
fn told(error: &SetupError, name: &SourceName, has_new_secret: bool, is_old: bool) -> String {
    if is_old {
        return format!("{error}: that is so already, and no server starts with it; mend it first");
    }
    match error {
        SetupError::SecretShared { at, first, .. } if has_new_secret && at == name && first == name => {
            format!("{name} has this very secret already; have its sender make another one, and pipe that in")
        }
        SetupError::SecretShared { at, first, .. } if has_new_secret && (at == name || first == name) => {
            let other = if at == name { first } else { at };
            format!(
                "source {other} has this secret already, and whoever knows it for one could speak for the other; have \
                 the sender of {name} make another one, and pipe that in"
            )
        }
        _ => error.to_string(),
    }
}
