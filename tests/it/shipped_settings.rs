//! The shipped configuration says that it shows every setting with its default: here it is compared with the code.

use std::collections::BTreeSet;
use std::path::Path;

use portcullis::config::{Config, load_as_if};
use portcullis::telemetry;
use toml_edit::{DocumentMut, Item, Table};

/// What has no default, or says in the file that it is another one.
const OTHERS: [&str; 9] = [
    "directory.app_key",
    "directory.app_secret_file",
    "directory.corp_id",
    "directory.preset",
    "intake.sources.okta.kind",
    "intake.sources.okta.secrets",
    "intake.sources.okta.signature",
    "rules.folder",
    "trail.path",
];

#[test]
fn whatever_is_taken_out_of_the_shipped_configuration_is_the_default() {
    let text = include_str!("../../deploy/portcullis.toml");
    // With the index, which is off, and says its own defaults.
    let of_index = ["# [directory.index]", "# every_hours = ", "# age_days_max = "];
    let lines =
        text.lines().map(|line| if of_index.iter().any(|start| line.starts_with(start)) { &line[2..] } else { line });
    let shipped: DocumentMut = lines.collect::<Vec<_>>().join("\n").parse().unwrap();
    let whole = taken(&shipped).unwrap();
    let mut keys = Vec::new();
    keys_of(shipped.as_table(), &mut Vec::new(), &mut keys);
    assert!(keys.len() > 30, "{keys:?}");
    let others = keys.iter().filter(|key| {
        let mut without = shipped.clone();
        let (last, tables) = key.split_last().unwrap();
        tables.iter().fold(without.as_item_mut(), |table, name| &mut table[name]).as_table_mut().unwrap().remove(last);
        taken(&without).as_ref() != Some(&whole)
    });
    let others: BTreeSet<String> = others.map(|key| key.join(".")).collect();
    assert_eq!(others, OTHERS.map(str::to_owned).into());
}

/// What a server would take of it, if anything.
fn taken(document: &DocumentMut) -> Option<String> {
    let config = load_as_if(Path::new("deploy/portcullis.toml"), &document.to_string()).ok()?;
    let telemetry: telemetry::Settings = config.telemetry().ok()?;
    let Config { http, intake, rules, directory, trail, admission, executor, notices, doctor, access, .. } = config;
    Some(format!(
        "{http:?} {intake:?} {rules:?} {directory:?} {trail:?} {admission:?} {executor:?} {notices:?} {doctor:?} {access:?} \
         {telemetry:?}"
    ))
}

fn keys_of(table: &Table, above: &mut Vec<String>, keys: &mut Vec<Vec<String>>) {
    for (name, item) in table {
        above.push(name.to_owned());
        match item {
            Item::Table(inner) => keys_of(inner, above, keys),
            _ => keys.push(above.clone()),
        }
        above.pop();
    }
}
