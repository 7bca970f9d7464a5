//! Sorts a folder's files by what they are.

use std::path::Path;

use super::guardrails;
use super::identities;
use super::lists;
use super::load::shown;
use super::problem::{LoadErrors, Report};
use super::reasons;
use super::source::{self, SourceFile};

/// The rule files of a folder, by their names; lists, reasons and the rest are left out.
///
/// # Errors
/// What cannot be read.
pub fn rule_files(folder: &Path) -> Result<Vec<SourceFile>, LoadErrors> {
    let mut reports = Vec::new();
    let files = source::read(folder, &mut reports);
    let (mut errors, mut ignored) = (Vec::new(), Vec::new());
    let rules = Sorted::of(&files, &shown(folder), &mut ignored).rules.into_iter().cloned().collect();
    reports.into_iter().for_each(|report| report.hand_over(&mut errors, &mut Vec::new()));
    if errors.is_empty() { Ok(rules) } else { Err(LoadErrors::new(None, errors)) }
}

/// The files by what they are.
#[derive(Default)]
pub(super) struct Sorted<'f> {
    pub(super) guardrails: Option<&'f SourceFile>,
    pub(super) identities: Option<&'f SourceFile>,
    pub(super) reasons: Vec<&'f SourceFile>,
    pub(super) lists: Vec<&'f SourceFile>,
    pub(super) rules: Vec<&'f SourceFile>,
}

impl<'f> Sorted<'f> {
    pub(super) fn of(files: &'f [SourceFile], folder: &str, reports: &mut Vec<Report>) -> Self {
        let mut sorted = Self::default();
        for file in files {
            match file.name.as_str() {
                guardrails::FILE => sorted.guardrails = Some(file),
                identities::FILE => sorted.identities = Some(file),
                name if name.starts_with(reasons::FOLDER) => sorted.reasons.push(file),
                name if name.starts_with(lists::FOLDER) => sorted.lists.push(file),
                name if is_misplaced(name) => {
                    let mut report = Report::about(format!("{folder}{name}"));
                    let advice = format!("the folder itself has `{}` and `{}`", guardrails::FILE, identities::FILE);
                    report.file_error("is neither a rule nor a file this program knows", advice);
                    reports.push(report);
                }
                _ => sorted.rules.push(file),
            }
        }
        sorted.rules.sort_by(|left, right| left.name.cmp(&right.name));
        sorted
    }
}

/// A file that would silently do nothing, or be taken for a rule, because of its name or place.
fn is_misplaced(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    let (stem, extension) = last.rsplit_once('.').unwrap_or((last, ""));
    let is = |part: &str, word: &str| part.eq_ignore_ascii_case(word);
    is(extension, "csv") || is(stem, "guardrails") || is(stem, "identities")
}
