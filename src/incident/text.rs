//! Characters that make a text read otherwise than it is, wherever it comes from.

/// Whether it embeds, overrides or isolates text direction, so that text reads otherwise than it is
/// (Unicode Standard Annex 9).
#[must_use]
pub fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
