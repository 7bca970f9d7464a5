//! `portcullis check` and `portcullis rules check`: loads a rules folder as the server would.

use std::path::Path;

use crate::cli::refused::refused;
use crate::rules;

pub(in crate::cli) fn run(folder: &Path) -> anyhow::Result<()> {
    match rules::load(folder) {
        Ok(rules) => {
            for rule in rules.rules() {
                println!("{}  {}", rule.reference.id, rule.reference.title);
            }
            for warning in rules.warnings() {
                println!("warning: {warning}");
            }
            println!("{} rules are good; rule set {}", rules.rules().len(), rules.digest());
            Ok(())
        }
        Err(errors) => {
            println!("{errors}");
            Err(refused(anyhow::anyhow!("the rules in {} are refused", folder.display())))
        }
    }
}
