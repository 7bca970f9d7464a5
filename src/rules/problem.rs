//! What is wrong with the rule files: every problem with its file, line, column and advice.

use std::fmt;

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
}

impl Report {
    pub(super) fn about(file: impl Into<String>) -> Self {
        Self { file: file.into(), errors: Vec::new(), warnings: Vec::new(), values: 0 }
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
        self.errors.push(self.problem(Some(at), what.into(), None));
    }

    pub(super) fn error_with(&mut self, at: Place, what: impl Into<String>, advice: impl Into<String>) {
        self.errors.push(self.problem(Some(at), what.into(), Some(advice.into())));
    }

    /// An error about the file as a whole.
    pub(super) fn file_error(&mut self, what: impl Into<String>, advice: impl Into<String>) {
        self.errors.push(self.problem(None, what.into(), Some(advice.into())));
    }

    pub(super) fn warn(&mut self, at: Place, what: impl Into<String>, advice: impl Into<String>) {
        self.warnings.push(self.problem(Some(at), what.into(), Some(advice.into())));
    }

    pub(super) fn errors(&self) -> usize {
        self.errors.len()
    }

    /// Adds what was found to the problems of the whole set.
    pub(super) fn hand_over(self, errors: &mut Vec<Problem>, warnings: &mut Vec<Problem>) {
        errors.extend(self.errors);
        warnings.extend(self.warnings);
    }

    fn problem(&self, at: Option<Place>, what: String, advice: Option<String>) -> Problem {
        Problem { file: self.file.clone(), at, what, advice }
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
}
