//! Cuts a document into its keys with all that belongs to each: the comment above it, its value, and
//! what stands below.

use super::super::yaml::{Node, Yaml};
use super::Unformatted;

/// A document in parts.
pub(super) struct Document<'t> {
    /// Comments before the first key; they speak about the file.
    pub(super) head: Vec<&'t str>,
    pub(super) sections: Vec<Section<'t>>,
    /// Comments at the margin behind the last key.
    pub(super) tail: Vec<&'t str>,
}

/// One key of a document.
pub(super) struct Section<'t> {
    pub(super) key: &'t str,
    pub(super) lines: Vec<&'t str>,
}

/// Cuts the lines of the document `root`.
pub(super) fn split<'t>(root: &'t Node, lines: &[&'t str]) -> Result<Document<'t>, Unformatted> {
    let Yaml::Map(entries) = &root.value else { return Err(Unformatted::Unreadable) };
    let mut starts: Vec<(usize, &str)> = Vec::new();
    for entry in entries {
        let is_crowded = entry.at.column != 1 || starts.last().is_some_and(|(line, _)| *line + 1 == entry.at.line);
        if is_crowded || lines.get(entry.at.line - 1).is_some_and(|line| line.starts_with(['{', '?'])) {
            return Err(Unformatted::Crowded(entry.at.line));
        }
        starts.push((entry.at.line - 1, &entry.key));
    }
    let first = starts.first().map_or(lines.len(), |(line, _)| *line);
    let mut begins: Vec<usize> = starts.iter().map(|(line, _)| above(lines, *line)).collect();
    if let Some(begin) = begins.first_mut() {
        *begin = first;
    }
    let tail = tail(lines, first);
    let ends = begins.iter().skip(1).copied().chain([tail]);
    let section = |(((_, key), begin), end): ((&(usize, &'t str), &usize), usize)| Section {
        key,
        lines: said(lines.get(*begin..end).unwrap_or_default()),
    };
    let sections = starts.iter().zip(&begins).zip(ends).map(section).collect();
    let comments = |lines: &[&'t str]| lines.iter().copied().filter(|line| !line.trim().is_empty()).collect();
    Ok(Document {
        head: comments(lines.get(..first).unwrap_or_default()),
        sections,
        tail: comments(lines.get(tail..).unwrap_or_default()),
    })
}

/// The first line of the comment at the margin right above a key.
fn above(lines: &[&str], key: usize) -> usize {
    let before = lines.get(..key).unwrap_or_default();
    key - before.iter().rev().take_while(|line| line.starts_with('#')).count()
}

/// Where the comments at the margin begin with which the lines end.
fn tail(lines: &[&str], first: usize) -> usize {
    let is_said_of_none = |line: &&&str| line.starts_with('#') || line.trim().is_empty();
    let rest = lines.get(first..).unwrap_or_default();
    let count = rest.iter().rev().take_while(is_said_of_none).count();
    let tail = lines.get(lines.len() - count..).unwrap_or_default();
    // Blank lines before them may belong to a text above.
    lines.len() - count + tail.iter().take_while(|line| line.trim().is_empty()).count()
}

/// The lines up to the last one that is not blank.
fn said<'t>(lines: &[&'t str]) -> Vec<&'t str> {
    let end = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1);
    lines.get(..end).unwrap_or_default().to_vec()
}
