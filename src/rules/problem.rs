//! What is wrong with the rule files: every problem with its file, line, column and advice.

use std::fmt;

use super::excerpt::{self, Excerpt};
use super::lint::{Lint, LintLevel};
use super::source::SourceFile;
use crate::incident::Digest;

/// The most problems listed; the rest are counted.
const PROBLEMS_MAX: usize = 500;

/// A position in a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
}

/// One problem of one file. Shown as `rules/x.yml:12:3: what; advice`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as a path that can be opened from where the program runs.
    pub file: String,
    /// Where in the file, if it is about one place.
    pub at: Option<Place>,
    /// What is wrong.
    pub what: String,
    /// What to do about it, where there is something to say.
    pub advice: Option<String>,
    /// The lint that found it, if it has an entry in the catalogue.
    pub lint: Option<Lint>,
    /// How much it weighs.
    pub level: LintLevel,
    /// The line it is about, for those who read it beside the files.
    pub excerpt: Option<Excerpt>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let Some(at) = self.at {
            write!(f, "{}:{}:", at.line, at.column)?;
        }
        write!(f, " {}", self.what)?;
        self.advice.as_ref().map_or(Ok(()), |advice| write!(f, "; {advice}"))
    }
}

/// Why a rules folder did not load: every problem found, in the order of files and lines. Displayed
/// one per line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadErrors {
    digest: Option<Digest>,
    problems: Vec<Problem>,
    left_out: usize,
}

impl LoadErrors {
    /// Sorts the problems and keeps the first 500.
    pub(super) fn new(digest: Option<Digest>, mut problems: Vec<Problem>) -> Self {
        problems.sort();
        let left_out = problems.len().saturating_sub(PROBLEMS_MAX);
        problems.truncate(PROBLEMS_MAX);
        Self { digest, problems, left_out }
    }

    /// Shows the lines that the problems are about, of the files of the folder.
    pub(super) fn with_excerpts(mut self, folder: &str, files: &[SourceFile]) -> Self {
        excerpt::add(&mut self.problems, folder, files);
        self
    }

    /// Digest over what was read, if every file could be.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// How many problems there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.problems.len() + self.left_out
    }

    /// The problems, sorted by file and line, at most 500.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{problem}")?;
        }
        match self.left_out {
            0 => Ok(()),
            left_out => write!(f, "\nand {left_out} more"),
        }
    }
}

impl std::error::Error for LoadErrors {}

/// Collects what is found in one file: errors, which refuse the whole set, and warnings, which do not.
#[derive(Debug)]
pub(super) struct Report {
    file: String,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    /// How many values the file has.
    values: usize,
    documents: Vec<Judged>,
}

/// How the warnings from one line on are to be taken.
#[derive(Debug)]
struct Judged {
    line: usize,
    /// Whether they are about something that acts; elsewhere they weigh less.
    acts: bool,
    allowed: Vec<(Place, Lint)>,
}

/// The warnings of a file, in the order they were found, and what was allowed without need.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) warnings: Vec<Problem>,
    /// What documents allow and asked not to be told.
    pub(super) allowed: Vec<Problem>,
    /// Allowances that kept nothing back.
    pub(super) unused: Vec<(Place, Lint)>,
}

impl Report {
    pub(super) fn about(file: impl Into<String>) -> Self {
        Self { file: file.into(), errors: Vec::new(), warnings: Vec::new(), values: 0, documents: Vec::new() }
    }

    /// Notes that the file has so many values.
    pub(super) fn note_values(&mut self, values: usize) {
        self.values += values;
    }

    /// How many values these files have together.
    pub(super) fn values(reports: &[Self]) -> usize {
        reports.iter().map(|report| report.values).sum()
    }

    pub(super) fn error(&mut self, at: Place, what: impl Into<String>) {
        self.errors.push(self.problem(Some(at), what.into(), None, None));
    }

    pub(super) fn error_with(&mut self, at: Place, what: impl Into<String>, advice: impl Into<String>) {
        self.errors.push(self.problem(Some(at), what.into(), Some(advice.into()), None));
    }

    /// An error about the file as a whole.
    pub(super) fn file_error(&mut self, what: impl Into<String>, advice: impl Into<String>) {
        self.errors.push(self.problem(None, what.into(), Some(advice.into()), None));
    }

    /// A warning about the file, or the folder, as a whole.
    pub(super) fn file_warning(&mut self, lint: Lint, what: impl Into<String>, advice: impl Into<String>) {
        self.warnings.push(self.problem(None, what.into(), Some(advice.into()), Some(lint)));
    }

    /// The error found last has an entry in the catalogue.
    pub(super) fn last_error_is(&mut self, lint: Lint) {
        if let Some(error) = self.errors.last_mut() {
            error.lint = Some(lint);
        }
    }

    pub(super) fn warn(&mut self, lint: Lint, at: Place, what: impl Into<String>, advice: impl Into<String>) {
        self.warnings.push(self.problem(Some(at), what.into(), Some(advice.into()), Some(lint)));
    }

    /// From `at` on the warnings are about a document that `acts` or does not, and that has asked not
    /// to be told what it allows.
    pub(super) fn document(&mut self, at: Place, acts: bool, allowed: Vec<(Place, Lint)>) {
        self.documents.push(Judged { line: at.line, acts, allowed });
    }

    /// The file it is about.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn errors(&self) -> usize {
        self.errors.len() + self.warnings.iter().filter(|warning| self.refuses(warning)).count()
    }

    /// Whether a finding is an error that is not allowed where it was found.
    fn refuses(&self, warning: &Problem) -> bool {
        let line = warning.at.map_or(0, |at| at.line);
        let document = self.documents.iter().rfind(|document| document.line <= line);
        let is_lighter =
            |document: &Judged| !document.acts || document.allowed.iter().any(|(_, lint)| Some(*lint) == warning.lint);
        warning.level == LintLevel::Error && !document.is_some_and(is_lighter)
    }

    /// Adds what was found to the problems of the whole set. A finding that weighs as much as an error is
    /// one, unless it is allowed.
    pub(super) fn hand_over(mut self, errors: &mut Vec<Problem>, warnings: &mut Vec<Problem>) {
        errors.append(&mut self.errors);
        let (grave, light): (Vec<_>, Vec<_>) =
            self.told().warnings.into_iter().partition(|warning| warning.level == LintLevel::Error);
        errors.extend(grave);
        warnings.extend(light);
    }

    /// The warnings, without those that are allowed where they were found.
    pub(super) fn told(self) -> Told {
        let mut told = Told::default();
        let mut is_used: Vec<Vec<bool>> = self.documents.iter().map(|own| vec![false; own.allowed.len()]).collect();
        for mut warning in self.warnings {
            let line = warning.at.map_or(0, |at| at.line);
            let of = self.documents.iter().rposition(|document| document.line <= line);
            let document = of.and_then(|of| Some((self.documents.get(of)?, is_used.get_mut(of)?)));
            let Some((document, is_used)) = document else {
                told.warnings.push(warning);
                continue;
            };
            let allowance = document.allowed.iter().position(|(_, lint)| Some(*lint) == warning.lint);
            if !document.acts {
                warning.level = LintLevel::Info;
            }
            match allowance {
                Some(allowance) => {
                    if let Some(is_used) = is_used.get_mut(allowance) {
                        *is_used = true;
                    }
                    told.allowed.push(warning);
                }
                None => told.warnings.push(warning),
            }
        }
        let allowed = self.documents.into_iter().flat_map(|document| document.allowed);
        let unused = allowed.zip(is_used.into_iter().flatten()).filter(|(_, is_used)| !is_used);
        told.unused = unused.map(|(allowance, _)| allowance).collect();
        told
    }

    fn problem(&self, at: Option<Place>, what: String, advice: Option<String>, lint: Option<Lint>) -> Problem {
        let level = lint.map_or(LintLevel::Error, Lint::level);
        Problem { file: self.file.clone(), at, what, advice, lint, level, excerpt: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_like_a_compiler_message() {
        let mut report = Report::about("rules/x.yml");
        report.error_with(Place { line: 12, column: 3 }, "unknown key `titel`", "did you mean `title`?");
        report.file_error("the file is empty", "remove it");
        let mut errors = Vec::new();
        report.hand_over(&mut errors, &mut Vec::new());
        assert_eq!(
            LoadErrors::new(None, errors).to_string(),
            "rules/x.yml: the file is empty; remove it\nrules/x.yml:12:3: unknown key `titel`; did you mean `title`?"
        );
    }

    #[test]
    fn problems_beyond_the_limit_are_counted() {
        let mut report = Report::about("x");
        (0..PROBLEMS_MAX + 2).for_each(|line| report.error(Place { line, column: 1 }, "bad"));
        let mut errors = Vec::new();
        report.hand_over(&mut errors, &mut Vec::new());
        assert!(LoadErrors::new(None, errors).to_string().ends_with("\nand 2 more"));
    }

    #[test]
    fn a_document_is_not_told_what_it_allows_and_one_that_does_not_act_is_told_softly() {
        let place = |line| Place { line, column: 1 };
        let mut report = Report::about("x");
        report.document(place(2), true, vec![(place(3), Lint::EmptyList), (place(4), Lint::OldDate)]);
        report.document(place(10), false, Vec::new());
        for line in [1, 5, 10, 12] {
            report.warn(Lint::EmptyList, place(line), "empty", "fill it");
        }
        report.warn(Lint::NullInList, place(6), "null", "remove it");
        let told = report.told();
        let shown: Vec<_> = told.warnings.iter().map(|warning| (warning.at.unwrap().line, warning.level)).collect();
        let (warning, info) = (LintLevel::Warning, LintLevel::Info);
        assert_eq!(shown, [(1, warning), (10, info), (12, info), (6, warning)]);
        assert_eq!(told.allowed.iter().map(|allowed| allowed.at.unwrap().line).collect::<Vec<_>>(), [5]);
        assert_eq!(told.unused, [(place(4), Lint::OldDate)]);
    }
}
