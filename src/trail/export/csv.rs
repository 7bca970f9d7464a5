//! Comma-separated values as RFC 4180 has them, which spreadsheets open without running anything in them.

use super::columns::{COLUMNS, cells};
use super::inert::inert;
use crate::trail::record::Record;

/// What makes a spreadsheet take a cell for a formula, the wide forms among it (OWASP, "CSV Injection").
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// The line with the names.
pub(super) fn head() -> Vec<u8> {
    let mut line = COLUMNS.join(",").into_bytes();
    line.extend_from_slice(b"\r\n");
    line
}

/// What other readers part cells by, whatever stands within quotation marks.
const SEPARATORS: [char; 3] = [';', '\t', '|'];

/// The line of a record. The last cell has it byte for byte, but for apostrophes where another reader would begin a formula
/// in it: a record is JSON without control characters, and begins with a brace.
pub(super) fn line(record: &Record, bytes: &[u8], out: &mut Vec<u8>) {
    for (index, text) in cells(record, bytes).iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let text = if index + 1 == COLUMNS.len() { text.clone() } else { inert_cell(text) };
        cell(&parted(&text), out);
    }
    out.extend_from_slice(b"\r\n");
}

/// A line of any cells, each so that no reader runs anything in it.
pub(in crate::trail) fn row(cells: impl IntoIterator<Item = String>, out: &mut Vec<u8>) {
    for (index, text) in cells.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        cell(&parted(&inert_cell(&text)), out);
    }
    out.extend_from_slice(b"\r\n");
}

/// Always within quotation marks.
fn cell(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

/// Whether a reader that begins a cell here takes it for a formula, also behind blanks and quotation marks.
fn begins_formula(text: &str) -> bool {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '"').starts_with(FORMULA)
}

/// Behind an apostrophe where it would be a formula; on one line, without control characters.
fn inert_cell(text: &str) -> String {
    let is_formula = begins_formula(text) || text.starts_with(char::is_control);
    let text = inert(text);
    if is_formula { format!("'{text}") } else { text }
}

/// With an apostrophe wherever a reader that parts cells by other signs would begin a formula.
fn parted(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for (at, sign) in text.char_indices() {
        made.push(sign);
        let rest = text.get(at + sign.len_utf8()..).unwrap_or_default();
        if SEPARATORS.contains(&sign) && begins_formula(rest) {
            made.push('\'');
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h20_no_cell_is_a_formula_or_leaves_its_line() {
        for (text, expected) in [
            ("", r#""""#),
            ("plain, with a comma", r#""plain, with a comma""#),
            ("=cmd()", r#""'=cmd()""#),
            ("+1", r#""'+1""#),
            ("-1", r#""'-1""#),
            ("@x", r#""'@x""#),
            ("\u{ff1d}cmd()", "\"'\u{ff1d}cmd()\""),
            ("  =cmd()", r#""'  =cmd()""#),
            ("\t=cmd()", r#""'\u{9}=cmd()""#),
            ("\rx", r#""'\u{d}x""#),
            ("\u{0}", r#""'\u{0}""#),
            ("a\r\n=b", r#""a\u{d}\u{a}=b""#),
            ("a\"b", r#""a""b""#),
            ("\"=1", r#""'""=1""#),
            ("a;=b", r#""a;'=b""#),
            ("a; \"=b", r#""a;' ""=b""#),
            ("a|+b", r#""a|'+b""#),
            ("a,b;c|d", r#""a,b;c|d""#),
            ("{\"n\":-1,\"m\":\"-1\"}", r#""{""n"":-1,""m"":""-1""}""#),
            ("a\u{2028}b\u{202e}c\u{1b}[2J", r#""a\u{2028}b\u{202e}c\u{1b}[2J""#),
            ("\u{7ed3}\u{679c}", "\"\u{7ed3}\u{679c}\""),
        ] {
            let mut out = Vec::new();
            cell(&parted(&inert_cell(text)), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{text:?}");
        }
    }
}
