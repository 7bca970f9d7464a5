//! Mends what can be mended without thinking: each mend stays within one line, and a file whose rules
//! would mean something else afterwards is left as it was.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::problem::{LoadErrors, Place, Problem};
use super::super::rule::{Rule, Statuses};
use super::super::source::{self, SourceFile};
use super::catalogue::Lint;
use super::old;
use super::{Linted, lint_files};
use crate::incident::Digest;

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

/// Every file of the folder that can be mended, with its new text. Nothing is written.
///
/// # Errors
/// Every problem of every file, if the folder does not load.
pub fn mended(folder: &Path, statuses: Statuses) -> Result<Vec<Mended>, LoadErrors> {
    let mut reports = Vec::new();
    let files = source::read(folder, &mut reports);
    if reports.is_empty() {
        return mended_files(&files, statuses);
    }
    // What cannot be read is a problem, and loading says which.
    lint_files("", &files, reports, statuses).map(|_| Vec::new())
}

pub(super) fn mended_files(files: &[SourceFile], statuses: Statuses) -> Result<Vec<Mended>, LoadErrors> {
    let before = lint_files("", files, Vec::new(), statuses)?;
    let mut by_file: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
    before.findings.iter().for_each(|found| by_file.entry(&found.file).or_default().push(found));
    let mend = |file: &SourceFile| {
        let text = std::str::from_utf8(&file.bytes).ok()?;
        let after = mend(text, by_file.get(file.name.as_str())?);
        (after != text).then(|| Mended { name: file.name.clone(), before: text.to_owned(), after })
    };
    let mut mended: Vec<Mended> = files.iter().filter_map(mend).collect();
    let same = are_same(&before, files, &mended, statuses);
    mended.retain(|file| same.as_ref().is_some_and(|changed| !changed.contains(&file.name)));
    Ok(mended)
}

/// The files whose rules would mean something else; `None` when nothing would load any more.
fn are_same(before: &Linted, files: &[SourceFile], mended: &[Mended], statuses: Statuses) -> Option<Vec<String>> {
    let mut files = files.to_vec();
    for file in &mut files {
        if let Some(mended) = mended.iter().find(|mended| mended.name == file.name) {
            file.bytes = mended.after.clone().into_bytes();
        }
    }
    let after = lint_files("", &files, Vec::new(), statuses).ok()?;
    let (before, after) = (&before.set, &after.set);
    let rules = before.all_rules().zip(after.all_rules()).filter(|(before, after)| meaning(before) != meaning(after));
    let detectors = before.detectors().iter().zip(after.detectors());
    let detectors = detectors.filter(|(before, after)| !before.finds_as(after));
    let correlations = before.correlations().iter().zip(after.correlations());
    let correlations = correlations.filter(|(before, after)| !before.counts_and_wants_as(after));
    let changed = rules
        .map(|(rule, _)| rule)
        .chain(detectors.map(|(detector, _)| &detector.rule))
        .chain(correlations.map(|(correlation, _)| &correlation.rule));
    let is_whole =
        before.detectors().len() == after.detectors().len() && before.all_rules().count() == after.all_rules().count();
    is_whole.then(|| changed.map(|rule| rule.file.clone()).collect())
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

fn mend(text: &str, found: &[&Problem]) -> String {
    let (mark, text) = text.strip_prefix('\u{feff}').map_or(("", text), |rest| ("\u{feff}", rest));
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    // From the end of each line on, so that places before it stay right.
    let mut found: Vec<(Place, Lint)> = found.iter().filter_map(|found| found.at.zip(found.lint)).collect();
    found.sort_unstable_by(|left, right| right.cmp(left));
    for (at, lint) in found {
        let line = at.line.checked_sub(1).and_then(|index| lines.get_mut(index));
        if let Some(line) = line
            && let Some(new) = mend_line(line, at.column, lint)
        {
            *line = new;
        }
    }
    format!("{mark}{}", lines.join("\n"))
}

/// The line with what stands at the column mended.
fn mend_line(line: &str, column: usize, lint: Lint) -> Option<String> {
    let from = line.char_indices().map(|(at, _)| at).nth(column.checked_sub(1)?)?;
    let (before, rest) = line.split_at_checked(from)?;
    match lint {
        Lint::OldDate => replaced_word(before, rest, old::date),
        Lint::OldTag => replaced_word(before, rest, old::tag_of_today),
        Lint::UnquotedZero => replaced_word(before, rest, |word| Some(format!("'{word}'"))),
        Lint::ShoutingOperator => Some(format!("{before}{}", quiet(rest)?)),
        Lint::SingleValueAll => {
            let key = before.trim_end().strip_suffix(':')?;
            let shorter = key.strip_suffix("|all")?;
            Some(format!("{shorter}{}{rest}", before.get(key.len()..)?))
        }
        _ => None,
    }
}

/// The word that the rest begins with, in quotes or not, replaced.
fn replaced_word(before: &str, rest: &str, new: impl Fn(&str) -> Option<String>) -> Option<String> {
    let quote = rest.get(..1).filter(|first| matches!(*first, "'" | "\"")).unwrap_or_default();
    let inside = rest.get(quote.len()..)?;
    let is_end = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ',' | ']' | '}' | '#');
    let (word, behind) = inside.split_at(inside.find(is_end).unwrap_or(inside.len()));
    Some(format!("{before}{quote}{}{behind}", new(word)?))
}

/// A condition on one line with its operators in small letters.
fn quiet(condition: &str) -> Option<String> {
    if condition.starts_with(['|', '>']) {
        return None;
    }
    let (condition, comment) = condition.find(" #").map_or((condition, ""), |at| condition.split_at(at));
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*' | '.');
    let mut quiet = String::with_capacity(condition.len());
    let mut rest = condition;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        let counts_some = || behind.trim_start().get(..3).is_some_and(|next| next.eq_ignore_ascii_case("of "));
        match word.to_ascii_lowercase().as_str() {
            operator @ ("and" | "or" | "not" | "of") => quiet.push_str(operator),
            quantity @ ("all" | "any") if counts_some() => quiet.push_str(quantity),
            _ => quiet.push_str(word),
        }
        let mark = behind.chars().next().map_or(0, char::len_utf8);
        let (mark, behind) = behind.split_at(mark);
        quiet.push_str(mark);
        rest = behind;
    }
    Some(format!("{quiet}{comment}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mend_changes_one_word_of_a_line() {
        for (line, column, lint, expected) in [
            ("date: 2023/1/02", 7, Lint::OldDate, Some("date: 2023-01-02")),
            ("date: '2023/01/02' # ä", 7, Lint::OldDate, Some("date: '2023-01-02' # ä")),
            ("tags: [attack.T1078, x]", 8, Lint::OldTag, Some("tags: [attack.t1078, x]")),
            ("- attack.credential_access\r", 3, Lint::OldTag, Some("- attack.credential-access\r")),
            ("ä: 012, b", 4, Lint::UnquotedZero, Some("ä: '012', b")),
            ("s: {f|all: x}", 12, Lint::SingleValueAll, Some("s: {f: x}")),
            ("f|contains|all: [x]", 17, Lint::SingleValueAll, Some("f|contains: [x]")),
            ("f|all|contains: x", 17, Lint::SingleValueAll, None),
            ("- x", 3, Lint::SingleValueAll, None),
            (
                "condition: (a AND b)  OR NOT 1 OF c_* or ALL Of them # AND",
                12,
                Lint::ShoutingOperator,
                Some("condition: (a and b)  or not 1 of c_* or all of them # AND"),
            ),
            ("condition: ALL and NOT", 12, Lint::ShoutingOperator, Some("condition: ALL and not")),
            ("condition: >", 12, Lint::ShoutingOperator, None),
            ("date: 2023/01/02", 90, Lint::OldDate, None),
            ("x", 1, Lint::CanHitEveryone, None),
        ] {
            assert_eq!(mend_line(line, column, lint).as_deref(), expected, "{line}");
        }
    }
}
