//! Lints on the log source: a rule for one that nobody has never matches.

use super::super::carried;
use super::super::problem::Report;
use super::super::reader;
use super::super::spelling;
use super::catalogue::Lint;
use super::subject::{Subject, entries};

/// Names shorter than this are near to too many others: `ssh` is not `ssf` misspelt.
const COMPARED_BYTES_MIN: usize = 4;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    let Some(log_source) = subject.entry("logsource") else { return };
    for entry in entries(&log_source.value) {
        if !["category", "product", "service"].contains(&entry.key.as_str()) {
            continue;
        }
        // What is no text was refused already.
        let Some(name) = reader::text(&entry.value, &entry.key, &mut Report::about("")) else { continue };
        let at = entry.value.at;
        if name.contains(['*', '?']) {
            let what = format!("`{name}` is no pattern: the rule is for events of exactly this {}", entry.key);
            report.warn(Lint::UnknownProduct, at, what, "leave it out to mean any; name at least one of the others");
        } else if let Some(meant) = meant(&entry.key, name) {
            let what = format!("no known sender's product is `{name}`");
            report.warn(Lint::UnknownProduct, at, what, format!("did you mean `{meant}`?"));
        }
    }
}

/// The known product that this one is nearly, if it is none itself.
fn meant(key: &str, name: &str) -> Option<&'static str> {
    let is_known = carried::products().any(|known| known.eq_ignore_ascii_case(name));
    let long = carried::products().filter(|known| known.len() >= COMPARED_BYTES_MIN);
    if key != "product" || is_known { None } else { spelling::closest(name, long) }
}
