//! Characters that make a text read otherwise than it is, wherever it comes from.

/// Whether it embeds, overrides or isolates text direction, so that text reads otherwise than it is
/// (Unicode Standard Annex 9).
#[must_use]
pub fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether it is shown as nothing, so that two texts look alike that are not: Unicode's Default_Ignorable_Code_Point.
#[must_use]
pub fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether nobody who reads the text sees anything: it is empty, or all of it is blank or not shown.
#[must_use]
pub fn shows_nothing(text: &str) -> bool {
    /// Braille without a dot is a blank, though Unicode counts it among the symbols.
    const NO_DOT: char = '\u{2800}';
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_unseen(c) || c == NO_DOT)
}

/// Whether people can read the text as one line: it shows something, and hides and turns nothing.
#[must_use]
pub fn is_readable_line(text: &str) -> bool {
    !shows_nothing(text) && !text.chars().any(|c| c.is_control() || is_direction_mark(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table is that of the Unicode version that the regular expressions know.
    #[test]
    fn what_unicode_shows_as_nothing_is_unseen() {
        let ignorable = regex_automata::meta::Regex::new(r"\p{Default_Ignorable_Code_Point}").unwrap();
        let mut text = [0; 4];
        for character in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let expected = ignorable.is_match(&*character.encode_utf8(&mut text));
            assert_eq!(is_unseen(character), expected, "{}", character.escape_unicode());
            assert!(!is_direction_mark(character) || is_unseen(character));
        }
    }

    #[test]
    fn what_is_all_blank_or_unseen_shows_nothing() {
        for nothing in
            ["", " ", "\u{200b}", "\u{200b}\u{feff} \u{2060}", "\u{3000}", "\u{2800}", "\u{ad}", "\u{3164}", "\n"]
        {
            assert!(shows_nothing(nothing), "{}", nothing.escape_unicode());
            assert!(!is_readable_line(nothing), "{}", nothing.escape_unicode());
        }
        for something in ["x", "\u{200b}.", "柜台", "\u{26a0}\u{fe0f}"] {
            assert!(!shows_nothing(something) && is_readable_line(something), "{something}");
        }
        for hiding in ["a\nb", "a\u{202e}b"] {
            assert!(!shows_nothing(hiding) && !is_readable_line(hiding), "{}", hiding.escape_unicode());
        }
    }
}
