//! The rules that come with the program.

use std::path::Path;

use super::super::{load, source};
use super::*;

const CODES: [&str; 7] = [
    "account-takeover",
    "impossible-travel",
    "leaked-credential",
    "suspicious-activity",
    "policy-breach",
    "device-lost",
    "left-organization",
];

fn shipped() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

#[test]
fn the_shipped_rules_load() {
    let set = load(&shipped()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(set.rules().len(), 3);
    assert_eq!(set.warnings(), []);
}

/// The same with a catalogue of the test's own, so that a translation cannot hide a broken rule.
#[test]
fn the_shipped_rules_are_good_by_themselves() {
    let mut files = source::read(&shipped(), &mut Vec::new());
    files.retain(|file| !file.name.starts_with("reasons/"));
    files.extend(reasons(&CODES));
    let set = compile(&files).unwrap_or_else(|errors| panic!("{errors}"));
    let names: Vec<&str> = set.rules().iter().map(|rule| rule.file.as_str()).collect();
    assert_eq!(names, ["impossible-travel.yml", "leaked-credential.yml", "suspicious-activity-reported.yml"]);
    assert_eq!(
        set.identities().user_for("Zhang.San@example.com").map(ToString::to_string).as_deref(),
        Some("zhangsan")
    );
    assert_eq!(set.identities().len(), 8);
    assert!(set.rules().iter().all(|rule| rule.level.is_some() && rule.author.is_some() && rule.owner.is_some()));
}

#[test]
fn the_rule_that_the_readme_teaches_loads() {
    let readme = include_str!("../../../rules/README.md");
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    let (rule, _) = rest.split_once("```").unwrap();
    let mut files = folder(&[("readme.yml", rule)]);
    files.retain(|file| !file.name.starts_with("reasons/"));
    files.extend(reasons(&CODES));
    let set = compile(&files).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(set.warnings(), []);
}
