//! Makes text of others harmless where it is shown or taken apart: nothing in it ends a line, moves a cursor or turns
//! what is read.

use crate::incident::is_direction_mark;

/// The separators that some readers take for ends of lines.
const SEPARATORS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// The text with what does something written as what it is: `\u{1b}`.
#[must_use]
pub fn inert(text: &str) -> String {
    let escaped = |c: char| match c {
        c if c.is_control() || is_direction_mark(c) || SEPARATORS.contains(&c) => c.escape_unicode().to_string(),
        c => c.to_string(),
    };
    text.chars().map(escaped).collect()
}
