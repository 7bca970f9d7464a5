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

/// The line of a record. The last cell has it byte for byte: a record is JSON without control characters, and begins
/// with a brace.
pub(super) fn line(record: &Record, bytes: &[u8], out: &mut Vec<u8>) {
    for (index, text) in cells(record, bytes).iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let text = if index + 1 == COLUMNS.len() { text.clone() } else { harmless(text) };
        cell(&text, out);
    }
    out.extend_from_slice(b"\r\n");
}

/// Always within quotation marks, so that no other separator parts it.
fn cell(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

/// Behind an apostrophe where it would be a formula, also behind blanks; on one line, without control characters.
fn harmless(text: &str) -> String {
    let is_formula = text.trim_start().starts_with(FORMULA) || text.starts_with(char::is_control);
    let text = inert(text);
    if is_formula { format!("'{text}") } else { text }
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
            ("\"=1", r#""""=1""#),
            ("a\u{2028}b\u{202e}c\u{1b}[2J", r#""a\u{2028}b\u{202e}c\u{1b}[2J""#),
            ("\u{7ed3}\u{679c}", "\"\u{7ed3}\u{679c}\""),
        ] {
            let mut out = Vec::new();
            cell(&harmless(text), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{text:?}");
        }
    }
}
