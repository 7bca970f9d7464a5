//! The line that a problem is about, with a mark under what is meant.
//!
//! Laid out here and not by a diagnostics crate: it is one line under the message in the one form that
//! editors and pipelines look for (`file:line:column: what`), which those crates write another way. Of them
//! the part is taken that is easily got wrong: how wide a character is.

use std::collections::HashMap;
use std::fmt;

use saphyr_parser::{Event, Parser};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::problem::{Place, Problem};
use super::source::SourceFile;

/// The most characters of a line that are shown.
const CHARS_MAX: usize = 160;
/// So many of them stand before the mark, if the line is longer.
const CHARS_BEFORE: usize = 40;
/// The most parts of a file that are looked at.
const EVENTS_MAX: usize = 100_000;

/// A line of a file, and how much of it is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excerpt {
    /// The line, or the part of it around what is meant.
    line: String,
    /// How many characters of the line stand before it.
    cut: usize,
    from: Place,
    /// Where what is meant ends: the place behind its last character.
    pub end: Place,
}

/// Shows each problem's line, as far as these files have it.
pub(super) fn add(problems: &mut [Problem], folder: &str, files: &[SourceFile]) {
    let mut known: HashMap<String, Option<Text<'_>>> = HashMap::new();
    for problem in problems {
        let Some(at) = problem.at else { continue };
        let text = known.entry(problem.file.clone()).or_insert_with_key(|name| {
            let name = name.strip_prefix(folder)?;
            files.iter().find(|file| file.name == name).and_then(Text::of)
        });
        problem.excerpt = text.as_ref().and_then(|text| text.excerpt(at));
    }
}

/// A file under looking at.
struct Text<'f> {
    lines: Vec<&'f str>,
    ends: HashMap<Place, Place>,
}

impl<'f> Text<'f> {
    /// Of a file of rules; others hold what is not to be shown.
    fn of(file: &'f SourceFile) -> Option<Self> {
        let text = std::str::from_utf8(&file.bytes).ok().filter(|_| !file.name.ends_with(".csv"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Some(Self { lines: text.lines().collect(), ends: ends(text) })
    }

    fn excerpt(&self, at: Place) -> Option<Excerpt> {
        let line = self.lines.get(at.line.checked_sub(1)?)?;
        let next = Place { line: at.line, column: at.column + 1 };
        let end = self.ends.get(&at).copied().filter(|end| *end > at).map_or(next, |end| within(line, at, end));
        let chars = line.chars().count();
        let cut = if chars <= CHARS_MAX { 0 } else { at.column.saturating_sub(CHARS_BEFORE + 1) };
        // What would act on a screen is not for it; a tab stays one character, so that places stay right.
        let shown = line.chars().skip(cut).take(CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
        Some(Excerpt { line: shown, cut, from: at, end })
    }
}

/// The end without the spaces, or the comment behind quotes, that the parser counts to what stands
/// before them.
fn within(line: &str, at: Place, end: Place) -> Place {
    if end.line != at.line {
        return end;
    }
    let meant: String = line.chars().take(end.column - 1).skip(at.column - 1).collect();
    let chars = quoted(&meant).unwrap_or_else(|| meant.trim_end().chars().count());
    Place { line: end.line, column: at.column + chars.max(1) }
}

/// How many characters there are up to the quote that closes the one at the beginning.
fn quoted(text: &str) -> Option<usize> {
    let mut chars = (1..).zip(text.chars()).peekable();
    let (_, quote) = chars.next().filter(|(_, first)| matches!(first, '\'' | '"'))?;
    while let Some((count, next)) = chars.next() {
        match next {
            '\\' if quote == '"' => drop(chars.next()),
            // Twice is one that stands for itself.
            '\'' if quote == '\'' && chars.next_if(|(_, next)| *next == '\'').is_some() => {}
            next if next == quote => return Some(count),
            _ => {}
        }
    }
    None
}

/// Where that ends which begins at a place: the key or value there, or else the list or mapping.
fn ends(text: &str) -> HashMap<Place, Place> {
    let place = |marker: saphyr_parser::Marker| Place { line: marker.line(), column: marker.col() + 1 };
    let (mut ends, mut open) = (HashMap::new(), Vec::new());
    let mut parser = Parser::new_from_str(text);
    for _ in 0..EVENTS_MAX {
        let Some(Ok((event, span))) = parser.next_event() else { break };
        match event {
            Event::Scalar(..) => drop(ends.insert(place(span.start), place(span.end))),
            Event::SequenceStart(..) | Event::MappingStart(..) => open.push(place(span.start)),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(start) = open.pop() {
                    ends.entry(start).or_insert(place(span.end));
                }
            }
            Event::StreamEnd => break,
            _ => {}
        }
    }
    ends
}

/// Two lines: the file's, and the mark under what is meant of it.
impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.from.column.saturating_sub(self.cut + 1);
        let chars = if self.end.line == self.from.line { self.end.column - self.from.column } else { usize::MAX };
        let meant: String = self.line.chars().skip(before).take(chars).collect();
        let pad: usize = self.line.chars().take(before).map(|c| c.width().unwrap_or(0)).sum();
        let number = self.from.line;
        let gutter = number.to_string().len();
        writeln!(f, " {number} | {}", self.line)?;
        let mark = "^".repeat(meant.trim_end().width().max(1));
        write!(f, " {:gutter$} | {:pad$}{mark}", "", "")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{detecting, folder};
    use super::super::{compile, problem::Report};
    use super::*;

    fn shown(text: &str, line: usize, column: usize) -> String {
        let mut report = Report::about("x.yml");
        report.error(Place { line, column }, "bad");
        let mut errors = Vec::new();
        report.hand_over(&mut errors, &mut Vec::new());
        let file = SourceFile { name: "x.yml".to_owned(), bytes: text.as_bytes().to_vec() };
        add(&mut errors, "", &[file]);
        errors[0].excerpt.as_ref().map_or_else(String::new, |excerpt| {
            let Place { line, column } = excerpt.end;
            format!("{excerpt}\n{line}:{column}")
        })
    }

    #[test]
    fn what_is_meant_is_marked_from_its_beginning_to_its_end() {
        for (text, line, column, expected) in [
            ("titel: x # y\n", 1, 1, " 1 | titel: x # y\n   | ^^^^^\n1:6"),
            ("title: a b  # y\n", 1, 8, " 1 | title: a b  # y\n   |        ^^^\n1:11"),
            ("a: 'x''y' \n", 1, 4, " 1 | a: 'x''y' \n   |    ^^^^^^\n1:10"),
            ("\"x\\\"y\": 1 # \"\n", 1, 1, " 1 | \"x\\\"y\": 1 # \"\n   | ^^^^^^\n1:7"),
            ("a: 'x''y' # 'c'\n", 1, 4, " 1 | a: 'x''y' # 'c'\n   |    ^^^^^^\n1:10"),
            ("a: 'x' # c\n", 1, 4, " 1 | a: 'x' # c\n   |    ^^^\n1:7"),
            ("a: {b: [1, 2], c: 3}\n", 1, 8, " 1 | a: {b: [1, 2], c: 3}\n   |        ^^^^^^\n1:14"),
            ("a: {b: [1, 2], c: 3}\n", 1, 4, " 1 | a: {b: [1, 2], c: 3}\n   |    ^^^^^^^^^^^^^^^^^\n1:21"),
            ("甲: 乙 # y\n", 1, 4, " 1 | 甲: 乙 # y\n   |     ^^\n1:5"),
            ("a: |\n  x\n  y\nb: 1\n", 1, 4, " 1 | a: |\n   |    ^\n1:5"),
            ("a: [\n", 1, 5, " 1 | a: [\n   |     ^\n1:6"),
            ("a:\tx\u{7}\n", 1, 4, " 1 | a: x \n   |    ^\n1:5"),
            ("a: x\n", 9, 1, ""),
        ] {
            assert_eq!(shown(text, line, column), expected, "{text:?}");
        }
        let long = format!("a: [{}, wrong, {}]\n", "x".repeat(300), "y".repeat(300));
        let shown = shown(&long, 1, 307);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            (lines[0].chars().count(), lines[1]),
            (165, format!("   | {}^^^^^", " ".repeat(40)).as_str()),
            "{shown}"
        );
    }

    #[test]
    fn problems_and_warnings_of_rules_show_their_line() {
        let rule = detecting("  s: {a|contians: 1}\n  condition: s\n");
        let refused = compile(&folder(&[("x.yml", &rule)])).unwrap_err();
        let excerpt = refused.problems()[0].excerpt.as_ref().unwrap().to_string();
        assert_eq!(excerpt, " 5 |   s: {a|contians: 1}\n   |       ^^^^^^^^^^");
        let mut files = folder(&[]);
        files
            .push(SourceFile { name: "identities.csv".to_owned(), bytes: b"who,what\nli.si@example.com,1\n".to_vec() });
        let refused = compile(&files).unwrap_err();
        assert!(refused.problems().iter().all(|problem| problem.excerpt.is_none()), "{refused}: it holds people");
    }
}
