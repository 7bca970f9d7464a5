//! Mends what can be mended without thinking: each mend stays within one line, and one after which a
//! rule would mean something else is left out and named.

mod line;

use std::path::Path;

use super::super::problem::{LoadErrors, Problem};
use super::super::rule::{Rule, Statuses};
use super::super::source::{self, SourceFile};
use super::catalogue::Lint;
use super::{Linted, lint_files};
use crate::incident::Digest;

/// How often the folder is loaded to find the mends that change what a rule means.
const TRIALS_MAX: usize = 1_000;

/// What `--fix` makes of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mends {
    /// Every file that can be mended.
    pub files: Vec<Mended>,
    /// What lints would have mended and is left as it is.
    pub left: Vec<Unmended>,
}

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// Its name below the folder.
    pub name: String,
    /// As it is.
    pub before: String,
    /// As it would be, with as many lines.
    pub after: String,
}

/// A finding that is not mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmended {
    /// What was found; its file is the name below the folder.
    pub found: Problem,
    /// Why it is left.
    pub why: WhyUnmended,
}

/// Why a finding is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhyUnmended {
    /// The text at its place is not as a mend wants it.
    #[error("it is not written out on one line as a mend needs it")]
    Spelling,
    /// The folder would not load any more.
    #[error("the rules would not load any more: {0}")]
    Breaks(String),
    /// Some rule would do something else.
    #[error("a rule would mean something else")]
    Changes,
    /// Too many others were to be left.
    #[error("too much else had to be left; mend that first")]
    NotTried,
}

/// Every file of the folder that can be mended, with its new text, and what is left. Nothing is written.
///
/// # Errors
/// Every problem of every file, if the folder does not load.
pub fn mended(folder: &Path, statuses: Statuses) -> Result<Mends, LoadErrors> {
    let mut reports = Vec::new();
    let files = source::read(folder, &mut reports);
    if reports.is_empty() {
        return mended_files(&files, statuses);
    }
    // What cannot be read is a problem, and loading says which.
    lint_files("", &files, reports, statuses).map(|_| Mends { files: Vec::new(), left: Vec::new() })
}

pub(super) fn mended_files(files: &[SourceFile], statuses: Statuses) -> Result<Mends, LoadErrors> {
    let before = lint_files("", files, Vec::new(), statuses)?;
    let mut bench = Bench { files, before: &before, statuses, kept: Vec::new(), left: Vec::new(), trials: 0 };
    let fixable = before.findings.iter().filter(|found| found.lint.is_some_and(Lint::is_mended));
    let (seen, unseen): (Vec<&Problem>, Vec<&Problem>) = fixable.partition(|found| {
        let file = files.iter().find(|file| file.name == found.file);
        file.is_some_and(|file| text_of(file, &[found]).is_some())
    });
    bench.left.extend(unseen.into_iter().map(|found| Unmended { found: found.clone(), why: WhyUnmended::Spelling }));
    bench.keep(&seen);
    let mend = |file: &SourceFile| {
        let (name, before) = (file.name.clone(), std::str::from_utf8(&file.bytes).ok()?.to_owned());
        Some(Mended { name, before, after: text_of(file, &bench.kept)? })
    };
    let files = files.iter().filter_map(mend).collect();
    bench.left.sort_by(|left, right| left.found.cmp(&right.found));
    Ok(Mends { files, left: bench.left })
}

/// Where mends are tried on the whole folder, for a rule can change what another one does.
struct Bench<'b> {
    files: &'b [SourceFile],
    before: &'b Linted,
    statuses: Statuses,
    kept: Vec<&'b Problem>,
    left: Vec<Unmended>,
    trials: usize,
}

impl<'b> Bench<'b> {
    /// Keeps all of them that change nothing: as one, or else the one half and then the other.
    fn keep(&mut self, found: &[&'b Problem]) {
        if found.is_empty() {
            return;
        }
        let Err(why) = self.attempt(found) else {
            self.kept.extend(found);
            return;
        };
        if let [one] = found {
            self.left.push(Unmended { found: (*one).clone(), why });
            return;
        }
        let (first, second) = found.split_at(found.len() / 2);
        self.keep(first);
        self.keep(second);
    }

    /// Whether every rule stays as it is with these and everything that is kept already.
    fn attempt(&mut self, found: &[&'b Problem]) -> Result<(), WhyUnmended> {
        if self.trials >= TRIALS_MAX {
            return Err(WhyUnmended::NotTried);
        }
        self.trials += 1;
        let tried: Vec<&Problem> = self.kept.iter().chain(found).copied().collect();
        let mut files = self.files.to_vec();
        for file in &mut files {
            if let Some(text) = text_of(file, &tried) {
                file.bytes = text.into_bytes();
            }
        }
        let after = lint_files("", &files, Vec::new(), self.statuses).map_err(|errors| {
            WhyUnmended::Breaks(errors.problems().first().map(ToString::to_string).unwrap_or_default())
        })?;
        if is_same(self.before, &after) { Ok(()) } else { Err(WhyUnmended::Changes) }
    }
}

fn is_same(before: &Linted, after: &Linted) -> bool {
    let (before, after) = (&before.set, &after.set);
    let mut rules = before.all_rules().zip(after.all_rules());
    let mut detectors = before.detectors().iter().zip(after.detectors());
    let mut correlations = before.correlations().iter().zip(after.correlations());
    before.detectors().len() == after.detectors().len()
        && before.all_rules().count() == after.all_rules().count()
        && rules.all(|(before, after)| meaning(before) == meaning(after))
        && detectors.all(|(before, after)| before.finds_as(after))
        && correlations.all(|(before, after)| before.counts_and_wants_as(after))
}

/// The rule without what only says how it is written.
fn meaning(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
    rule.reference.version = Digest::of(b"");
    // A digest over the words of the detection, which is compared as it is compiled.
    rule.behaviour = Digest::of(b"");
    rule.tags.clear();
    rule
}

/// The file with what was found in it mended; `None` where that changes no letter.
fn text_of(file: &SourceFile, found: &[&Problem]) -> Option<String> {
    let text = std::str::from_utf8(&file.bytes).ok()?;
    let (mark, body) = text.strip_prefix('\u{feff}').map_or(("", text), |rest| ("\u{feff}", rest));
    let mut lines: Vec<String> = body.split('\n').map(str::to_owned).collect();
    let own = found.iter().filter(|found| found.file == file.name);
    let mut own: Vec<_> = own.filter_map(|found| found.at.zip(found.lint)).collect();
    // From the end of each line on, so that places before it stay right.
    own.sort_unstable_by(|left, right| right.cmp(left));
    for (at, lint) in own {
        let line = at.line.checked_sub(1).and_then(|index| lines.get_mut(index));
        if let Some(line) = line
            && let Some(new) = line::mended(line, at.column, lint)
        {
            *line = new;
        }
    }
    let after = format!("{mark}{}", lines.join("\n"));
    (after != text).then_some(after)
}
