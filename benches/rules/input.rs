//! What every engine is given: a folder with `set/` (a rules folder of ours, the rules in its `sigma/`),
//! `events.ndjson` and `log-sources.tsv` (for each event its product, category and service, empty where
//! it has none).

use std::fs;
use std::path::{Path, PathBuf};

use portcullis::incident::LogSource;
use serde_json::Value;

use crate::generate::{self, Seed};
use crate::log_sources;
use crate::options::Options;

/// The input of one run.
pub(crate) struct Input {
    pub(crate) folder: PathBuf,
    pub(crate) set: PathBuf,
    pub(crate) lines: Vec<String>,
    pub(crate) log_sources: Vec<LogSource>,
}

impl Input {
    /// Puts the input into `folder`.
    pub(crate) fn prepare(folder: &Path, options: &Options) {
        let rules = folder.join("set/sigma");
        fs::create_dir_all(&rules).unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        copy(&shipped.join("reasons"), &folder.join("set/reasons"));
        ["guardrails.yml", "identities.csv"].iter().for_each(|file| {
            fs::copy(shipped.join(file), folder.join("set").join(file)).unwrap();
        });
        let events = if let (Some(given), Some(events)) = (&options.rules, &options.events) {
            copy_rules(given, &rules);
            fs::read_to_string(events).unwrap()
        } else {
            let mut seed = Seed::new(options.seed);
            let made = generate::rules(&mut seed, options.rule_count);
            for (number, text) in made.iter().enumerate() {
                fs::write(rules.join(format!("{number:05}.yml")), text).unwrap();
            }
            generate::events(&mut seed, options.event_count).join("\n")
        };
        let events: Vec<&str> = events.lines().filter(|line| !line.trim().is_empty()).collect();
        let sources = events.iter().map(|line| log_sources::of(&serde_json::from_str(line).unwrap()));
        let sources: Vec<String> = sources.map(|source| log_sources::to_line(&source)).collect();
        fs::write(folder.join("events.ndjson"), events.join("\n")).unwrap();
        fs::write(folder.join("log-sources.tsv"), sources.join("\n")).unwrap();
    }

    /// Reads it from there.
    pub(crate) fn read(folder: &Path) -> Self {
        let events = fs::read_to_string(folder.join("events.ndjson")).unwrap();
        let sources = fs::read_to_string(folder.join("log-sources.tsv")).unwrap();
        Self {
            folder: folder.to_owned(),
            set: folder.join("set"),
            lines: events.lines().map(str::to_owned).collect(),
            log_sources: sources.lines().map(log_sources::from_line).collect(),
        }
    }

    /// The events as trees.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Every file of `from`.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Every rule file below `from`, side by side in `to`.
fn copy_rules(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            copy_rules(&path, to);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            let number = fs::read_dir(to).unwrap().count();
            fs::copy(&path, to.join(format!("{number:05}.yml"))).unwrap();
        }
    }
}
