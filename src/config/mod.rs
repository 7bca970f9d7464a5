//! Floor 7: how settings are read. Defaults, then the file, then the environment, then flags; an
//! unknown key is an error that says where it stands. Nobody below imports this.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use figment::value::{Dict, Value};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{access, admission, api, directory, doctor, executor, intake, notices, rules, trail};

/// The prefix of environment variables; parts are joined by two underscores:
/// `PORTCULLIS_HTTP__LISTEN`.
const ENVIRONMENT_PREFIX: &str = "PORTCULLIS_";
/// Variables with that prefix that are not settings.
const NOT_SETTINGS: &[&str] = &["config"];

/// All settings, each part owned by its module.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[http]`: where and how HTTP is served.
    #[serde(default)]
    pub http: api::Settings,
    /// `[intake]`: sources and limits.
    #[serde(default)]
    pub intake: intake::Settings,
    /// `[rules]`: where the rules are.
    #[serde(default)]
    pub rules: rules::Settings,
    /// `[directory]`: DingTalk.
    pub directory: directory::Settings,
    /// `[trail]`: the store.
    #[serde(default)]
    pub trail: trail::Settings,
    /// `[admission]`: limits of admission.
    #[serde(default)]
    pub admission: admission::Settings,
    /// `[executor]`: limits of the executor.
    #[serde(default)]
    pub executor: executor::Settings,
    /// `[notices]`: who is told, and how.
    #[serde(default)]
    pub notices: notices::Settings,
    /// `[doctor]`: how often it is looked whether all is well, and on whose account.
    #[serde(default)]
    pub doctor: doctor::Settings,
    /// `[access]`: tokens.
    #[serde(default)]
    pub access: access::Settings,
    /// `[telemetry]`, untyped: that module is on this floor, so its owner's caller types it.
    #[serde(default)]
    telemetry: Dict,
    /// The folder that relative paths start from: the configuration file's, as that is named. Through a link it is the
    /// link's, as most programs have it.
    #[serde(skip)]
    pub base: PathBuf,
    /// Everything as it is said.
    #[serde(skip)]
    said: Dict,
}

/// What is taken anew with the sources.
const OF_SOURCES: [&str; 3] = ["intake.sources", "intake.per_address", "intake.test_only_plain_http"];

/// Settings that cannot be taken; says which key of which file or variable, and what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Reads the file at `path` and lays the environment and then `flags` (dotted key, value as in TOML)
/// over it.
///
/// # Errors
/// The file is missing or not TOML; a key is unknown, missing or of the wrong type.
pub fn load(path: &Path, flags: &[(&str, String)]) -> Result<Config, ConfigError> {
    if !path.is_file() {
        return Err(ConfigError(format!("there is no configuration file at {}", path.display())));
    }
    read(Figment::new().merge(Toml::file_exact(path)), path, flags)
}

/// What [`load`] would give if the file at `path` said `text`.
///
/// # Errors
/// As there.
pub fn load_as_if(path: &Path, text: &str) -> Result<Config, ConfigError> {
    read(Figment::new().merge(Toml::string(text)), path, &[])
}

fn read(file: Figment, path: &Path, flags: &[(&str, String)]) -> Result<Config, ConfigError> {
    let environment = Env::prefixed(ENVIRONMENT_PREFIX).ignore(NOT_SETTINGS).split("__");
    let mut figment = file.merge(environment);
    for (key, value) in flags {
        figment = figment.merge((*key, value.as_str()));
    }
    let mut config: Config = figment.extract().map_err(|error| explain(&error))?;
    config.said = figment.extract().map_err(|error| explain(&error))?;
    config.base = path.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(config)
}

impl Config {
    /// The `[telemetry]` table as its module's own type.
    ///
    /// # Errors
    /// A key is unknown or of the wrong type.
    pub fn telemetry<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        Value::from(self.telemetry.clone()).deserialize().map_err(|error| ConfigError(format!("[telemetry]: {error}")))
    }

    /// Whether whoever connects is asked for a certificate.
    #[must_use]
    pub fn asks_for_certificates(&self) -> bool {
        self.http.tls.as_ref().is_some_and(|tls| tls.client_ca_file.is_some())
    }

    /// What is said otherwise than in `other`, as `table.key`, but for what sources are read anew from.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let (own, others) = (keys(&self.said), keys(&other.said));
        let all: BTreeSet<&String> = own.keys().chain(others.keys()).collect();
        let differs = |name: &&String| own.get(*name) != others.get(*name) && !OF_SOURCES.contains(&name.as_str());
        all.into_iter().filter(differs).cloned().collect()
    }

    /// A path from the settings, seen from the configuration file's folder.
    #[must_use]
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }
}

/// Each key of each table, with its value.
fn keys(said: &Dict) -> BTreeMap<String, &Value> {
    let tables = said.iter().filter_map(|(table, value)| Some((table, value.as_dict()?)));
    tables.flat_map(|(table, keys)| keys.iter().map(move |(key, value)| (format!("{table}.{key}"), value))).collect()
}

/// One line for each problem, each with its key and where that stands.
fn explain(error: &figment::Error) -> ConfigError {
    let lines: Vec<String> = error.clone().into_iter().map(|one| one.to_string()).collect();
    ConfigError(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Assurance;

    const DIRECTORY: &str =
        "[directory]\npreset = \"io\"\napp_key = \"key\"\napp_secret_file = \"secret\"\ncorp_id = \"ding1\"\n";

    fn load_text(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portcullis.toml");
        std::fs::write(&path, text).unwrap();
        load(&path, &[])
    }

    #[test]
    fn the_smallest_configuration_names_the_directory() {
        let config = load_text(DIRECTORY).unwrap();
        assert_eq!(config.intake.body_bytes_max, 256 * 1024);
        assert!(load_text("").unwrap_err().to_string().contains("directory"));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place() {
        for (text, key) in [
            (format!("{DIRECTORY}\n[htpp]\n"), "htpp"),
            (format!("{DIRECTORY}\n[http]\nlissten = 1\n"), "lissten"),
            (format!("{DIRECTORY}\n[trail]\npaht = \"x\"\n"), "paht"),
        ] {
            let error = load_text(&text).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains("portcullis.toml"), "{error}");
        }
    }

    #[test]
    fn the_sender_that_the_shipped_configuration_describes_is_one() {
        let text = include_str!("../../deploy/portcullis.toml");
        let (_, shown) = text.split_once("# [intake.sources.siem]\n").unwrap();
        let lines = shown.lines().map_while(|line| line.strip_prefix("# "));
        let shown = format!("[intake.sources.siem]\n{}", lines.collect::<Vec<_>>().join("\n"));
        let config = load_text(&format!("{DIRECTORY}\n{shown}\n")).unwrap();
        let source = config.intake.sources.values().next().unwrap();
        assert_eq!((source.assurance(), source.secrets.len()), (Assurance::A, 1));
        let flawed = shown.replace("{header:x-siem-time}.", "");
        let config = load_text(&format!("{DIRECTORY}\n{flawed}\n")).unwrap();
        assert_eq!(config.intake.sources.values().next().unwrap().assurance(), Assurance::D);
    }

    #[test]
    fn the_directory_index_that_the_shipped_configuration_shows_says_the_defaults() {
        let text = include_str!("../../deploy/portcullis.toml");
        let (_, shown) = text.split_once("# [directory.index]\n").unwrap();
        let lines: Vec<&str> = shown.lines().map_while(|line| line.strip_prefix("# ")).collect();
        assert_eq!(lines.len(), 2);
        let index = |text: &str| load_text(&format!("{DIRECTORY}{text}")).unwrap().directory.index;
        let shown = index(&format!("[directory.index]\n{}", lines.join("\n")));
        assert_eq!((index(""), shown), (None, Some(directory::index::Settings::default())));
        let wrong = load_text(&format!("{DIRECTORY}[directory.index]\nevery = \"24h\"\n")).unwrap_err().to_string();
        assert!(wrong.contains("every"), "{wrong}");
        let start = load_text(DIRECTORY).unwrap();
        let other = load_text(&format!("{DIRECTORY}[directory.index]\n")).unwrap();
        assert_eq!(other.differing(&start), ["directory.index"]);
    }

    #[test]
    fn an_unknown_telemetry_key_is_refused_too() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Telemetry {
            #[serde(rename = "format")]
            _format: Option<String>,
        }
        let config = load_text(&format!("{DIRECTORY}\n[telemetry]\nformt = \"json\"\n")).unwrap();
        assert!(config.telemetry::<Telemetry>().unwrap_err().to_string().contains("formt"));
    }

    #[test]
    fn a_signer_that_is_no_key_is_named() {
        let text = format!("{DIRECTORY}\n[rules]\nsigners = [\"ssh-rsa AAAA\"]\n");
        let error = load_text(&text).unwrap_err().to_string();
        assert!(error.contains("signer 1: is no key of the type ssh-ed25519") && error.contains("signers"), "{error}");
    }

    #[test]
    fn a_wrong_type_is_named_with_its_key() {
        let error = load_text(&format!("{DIRECTORY}\n[http]\nworkers = \"many\"\n")).unwrap_err().to_string();
        assert!(error.contains("http.workers"), "{error}");
    }

    #[test]
    fn what_differs_is_named_but_for_the_sources() {
        let start = load_text(&format!("{DIRECTORY}[http]\nlisten = \"127.0.0.1:1\"\n")).unwrap();
        let source = "[intake.sources.a]\nkind = \"github\"\n";
        let same = load_text(&format!("{DIRECTORY}[http]\nlisten = \"127.0.0.1:1\"\n{source}")).unwrap();
        assert_eq!(same.differing(&start), Vec::<String>::new());
        let other = load_text(&format!("{DIRECTORY}{source}[rules]\nfolder = \"others\"\n")).unwrap();
        assert_eq!(other.differing(&start), ["http.listen", "rules.folder"]);
        assert_eq!(start.differing(&other), ["http.listen", "rules.folder"]);
    }
}
