//! Files that systemd hands to the running service: where they are for it, and where they lie for everybody else.

use std::path::{Path, PathBuf};

use crate::config::Config;

/// Where the shipped service unit finds what lies in the folder `secrets` (systemd.exec(5), LoadCredential).
const CREDENTIALS: &str = "/run/credentials/portcullis.service/secret_";
/// The folder beside the configuration from which the shipped unit takes them.
const FOLDER: &str = "secrets";

/// Where the service finds the file of this name.
pub(super) fn to_service(name: &str) -> PathBuf {
    PathBuf::from(format!("{CREDENTIALS}{name}"))
}

/// Whether only the service finds it there.
pub(super) fn is_handed_over(path: &Path) -> bool {
    name_of(path).is_some()
}

/// Has the secrets of sources that were not handed over yet read where the unit would take them from, so that they can
/// be tried and checked before the service has them.
pub(super) fn find(config: &mut Config) {
    find_unless(config, |path| path.exists());
}

/// Has all secrets of sources read where the unit takes them from at its next start, if they lie there.
pub(super) fn find_next(config: &mut Config) {
    find_unless(config, |_| false);
}

fn find_unless(config: &mut Config, is_found: impl Fn(&Path) -> bool) {
    let base = config.base.clone();
    let found = |path: &mut PathBuf| {
        let lies = name_of(path).map(|name| base.join(FOLDER).join(name));
        if let Some(lies) = lies.filter(|lies| lies.is_file() && !is_found(path)) {
            *path = lies;
        }
    };
    for secret in config.intake.sources.values_mut().flat_map(|source| &mut source.secrets) {
        found(&mut secret.file);
        secret.aes_key_file.iter_mut().for_each(found);
    }
}

/// What whoever is told that a file cannot be read has to know of such a one.
pub(super) fn advice(error: anyhow::Error) -> anyhow::Error {
    if !format!("{error:#}").contains(CREDENTIALS) {
        return error;
    }
    anyhow::anyhow!(
        "{error:#}; systemd hands this file to the running service, from /etc/portcullis/{FOLDER} and at a start only: \
         put it there, run `systemctl restart portcullis`, and call this as root"
    )
}

fn name_of(path: &Path) -> Option<&str> {
    let name = path.to_str()?.strip_prefix(CREDENTIALS)?;
    Some(name).filter(|name| !name.is_empty() && !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_handed_over() {
        assert!(is_handed_over(&to_service("github-2026-11-20")));
        for other in ["secrets/a", CREDENTIALS, "/run/credentials/portcullis.service/secret_../../shadow"] {
            assert!(!is_handed_over(Path::new(other)), "{other}");
        }
    }
}
