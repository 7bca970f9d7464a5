//! Writes a rule file as all of them are written: keys in Sigma's order, four spaces, no spaces at the
//! ends of lines. Works on lines, so that comments and quotes stay as they are; what it would make is
//! read again and must say the same, or the file is left alone.

mod indent;
mod order;
mod sections;
#[cfg(test)]
mod tests;

use super::problem::Report;
use super::yaml::{self, Node};

/// Why a file is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unformatted {
    /// It does not load as YAML, or not in full.
    #[error("it cannot be read; `portcullis rules check` says why")]
    Unreadable,
    /// Two keys in one line, a flow mapping, a document marker with more behind it.
    #[error("line {0}: a key of a document, or `---`, shares its line with something else")]
    Crowded(usize),
    /// Something that only looks like space means something here.
    #[error("it would say something else afterwards; its spaces or line ends are part of a text")]
    WouldChange,
}

/// The text of a rule file in the common form. Formatting that again changes nothing.
///
/// # Errors
/// It cannot be formatted safely.
pub fn formatted(text: &str) -> Result<String, Unformatted> {
    let before = documents(text).ok_or(Unformatted::Unreadable)?;
    let once = format(text)?;
    let after = documents(&once).ok_or(Unformatted::WouldChange)?;
    let is_same = before.len() == after.len() && before.iter().zip(&after).all(|(left, right)| left.says_same(right));
    (is_same && format(&once).as_ref() == Ok(&once)).then_some(once).ok_or(Unformatted::WouldChange)
}

/// The documents of a file; `None` when something is wrong with them.
fn documents(text: &str) -> Option<Vec<Node>> {
    let mut report = Report::about("");
    let documents = yaml::documents(text.trim_start_matches('\u{feff}'), &mut report);
    (report.errors() == 0).then_some(documents)
}

fn format(text: &str) -> Result<String, Unformatted> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    let mut formatted = Vec::new();
    let mut first = 0;
    for (number, line) in lines.iter().enumerate().chain([(lines.len(), &"---")]) {
        let is_marker = line.trim_end() == "---";
        if !is_marker && ["---", "...", "%"].iter().any(|marker| line.starts_with(marker)) {
            return Err(Unformatted::Crowded(number + 1));
        }
        if is_marker {
            let document = lines.get(first..number).unwrap_or_default();
            let place = |problem| match problem {
                Unformatted::Crowded(line) => Unformatted::Crowded(first + line),
                other => other,
            };
            formatted.extend(format_document(document).map_err(place)?);
            formatted.extend((number < lines.len()).then(|| "---".to_owned()));
            first = number + 1;
        }
    }
    Ok(formatted.into_iter().map(|line| line + "\n").collect())
}

/// The lines of one document, which may have nothing but comments.
fn format_document(lines: &[&str]) -> Result<Vec<String>, Unformatted> {
    let is_silent = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if lines.iter().all(is_silent) {
        let said = lines.iter().filter(|line| !line.trim().is_empty());
        return Ok(said.map(|line| line.trim_end().to_owned()).collect());
    }
    let roots = documents(&lines.join("\n")).ok_or(Unformatted::Unreadable)?;
    let [root] = roots.as_slice() else { return Err(Unformatted::Unreadable) };
    let document = sections::split(root, lines)?;
    let mut sections = document.sections;
    // Keys that are nobody's stay behind, in the order they had.
    sections.sort_by_key(|section| order::place(section.key));
    let mut formatted: Vec<String> = document.head.iter().map(|line| line.trim_end().to_owned()).collect();
    sections.iter().for_each(|section| formatted.extend(indent::indented(&section.lines)));
    formatted.extend(document.tail.iter().map(|line| line.trim_end().to_owned()));
    Ok(formatted)
}
