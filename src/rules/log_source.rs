//! Reads a rule's `logsource`: which events it is for.

use crate::incident::LogSource;

use super::problem::Report;
use super::reader::Fields;
use super::spelling;
use super::yaml::Node;

/// What the section can have.
const KEYS: [&str; 4] = ["category", "product", "service", "definition"];
/// The longest name of a log source, in bytes.
const LOG_SOURCE_BYTES_MAX: usize = 128;

/// Names of log sources compare without case: Sigma writes them in lower case, authors do not always.
pub(super) fn read(node: &Node, report: &mut Report) -> Option<LogSource> {
    let fields = Fields::of(node, "logsource", report)?;
    for entry in fields.entries().iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
        if let Some(meant) = spelling::closest(&entry.key, KEYS) {
            report.error_with(
                entry.at,
                format!("unknown key `{}` in logsource", entry.key),
                format!("did you mean `{meant}`?"),
            );
        }
    }
    let mut name = |key: &str| {
        let name = fields.line(key, report)?;
        if name.len() > LOG_SOURCE_BYTES_MAX {
            report.error(node.at, format!("`{key}` is longer than {LOG_SOURCE_BYTES_MAX} bytes"));
        }
        Some(name.to_ascii_lowercase())
    };
    let log_source = LogSource { category: name("category"), product: name("product"), service: name("service") };
    if log_source == LogSource::default() {
        let advice = "name the events it is for, or it would be put to the events of every product";
        report.error_with(node.at, "logsource needs one of category, product, service", advice);
        return None;
    }
    Some(log_source)
}
