//! What a document asks not to be told: `lint: { allow: [permanent-disable], reason: ... }`.

use super::super::problem::{Place, Report};
use super::super::reader::{self, Fields};
use super::super::spelling;
use super::catalogue::{Lint, LintLevel};

/// The keys of the section.
pub(in crate::rules) const KEYS: [&str; 2] = ["allow", "reason"];

/// Reads the `lint` section of a document, if it has one: what it allows, each where it says so.
pub(in crate::rules) fn read(fields: &Fields<'_>, report: &mut Report) -> Vec<(Place, Lint)> {
    let Some(section) = fields.get("lint") else { return Vec::new() };
    let Some(section) = Fields::of(section, "lint", report) else { return Vec::new() };
    section.only(&KEYS, report);
    if let Some(node) = section.need("reason", report) {
        reader::line(node, "reason", report);
    }
    let items = section.need("allow", report).map_or(&[][..], |node| reader::list(node, "allow", report));
    let mut allowed = Vec::new();
    for item in items {
        let Some(id) = reader::text(item, "allow", report) else { continue };
        match Lint::named(id) {
            Some(lint) if lint.level() == LintLevel::Error && !lint.can_be_allowed() => {
                report.error(item.at, format!("`{id}` is an error and cannot be allowed"));
            }
            Some(lint) => allowed.push((item.at, lint)),
            None => {
                let known: Vec<&str> = Lint::ALL.iter().map(|lint| lint.id()).collect();
                report.error_with(item.at, format!("`{id}` is no lint"), advice(id, &known));
            }
        }
    }
    allowed
}

/// The whole catalogue would drown the message.
fn advice(id: &str, known: &[&str]) -> String {
    spelling::closest(id, known.iter().copied()).map_or_else(
        || "see `portcullis rules check --list-lints`".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    )
}
