//! Finds in a text what has a stand-in, however it is written there, and puts the stand-in in its place.

use super::super::fold::fold;

/// From here on letters are written without spaces between words, so a name may stand among others.
const FIRST_UNSPACED: char = '\u{2e80}';
/// What people write between the digits of a telephone number.
const BETWEEN_DIGITS: [char; 8] = [' ', '\u{a0}', '-', '.', '/', '(', ')', '\u{2011}'];

/// A text of the event, and what stands in for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StandIn {
    /// For a word or several, in small or capital letters.
    Words(String, String),
    /// For a row of digits, however they are set apart.
    Digits(String, String),
}

/// The text with every stand-in in its place, the first ones first; what was replaced is not looked at
/// again.
pub(super) fn replaced(text: &str, cast: &[StandIn]) -> String {
    let mut pieces = vec![(text.to_owned(), false)];
    for one in cast {
        let split = |(text, is_done): (String, bool)| if is_done { vec![(text, true)] } else { one.split(&text) };
        pieces = pieces.into_iter().flat_map(split).collect();
    }
    pieces.into_iter().map(|(text, _)| text).collect()
}

impl StandIn {
    /// How much it replaces, so that the longest goes first.
    pub(super) fn size(&self) -> usize {
        let (Self::Words(real, _) | Self::Digits(real, _)) = self;
        real.len()
    }

    /// The text in pieces, each with whether it was put in.
    fn split(&self, text: &str) -> Vec<(String, bool)> {
        let (Self::Words(_, made_up) | Self::Digits(_, made_up)) = self;
        let mut pieces = Vec::new();
        let mut open = text;
        while let Some((before, behind)) = self.around(open) {
            pieces.extend([(before.to_owned(), false), (made_up.clone(), true)]);
            open = behind;
        }
        pieces.push((open.to_owned(), false));
        pieces
    }

    /// What stands before and behind its first place in the text.
    fn around<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        text.char_indices().find_map(|(at, _)| {
            let (before, rest) = text.split_at_checked(at)?;
            let behind = match self {
                Self::Words(real, _) => words(real, before, rest)?,
                Self::Digits(real, _) => digits(real, rest)?,
            };
            Some((before, behind))
        })
    }
}

/// What stands behind the words, if the rest begins with them and they are no part of a longer one.
fn words<'t>(real: &str, before: &str, rest: &'t str) -> Option<&'t str> {
    let mut found = rest.chars();
    let is_same = real.chars().all(|wanted| found.next().is_some_and(|found| fold(found) == fold(wanted)));
    let behind = found.as_str();
    let (mut back, mut on) = (before.chars().rev(), behind.chars());
    let joins = |outer: Option<char>, next: Option<char>, inner: Option<char>| {
        let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && c < FIRST_UNSPACED);
        let is_mark = outer.is_some_and(|c| matches!(c, '.' | '_' | '-'));
        is_letter(inner) && (is_letter(outer) || is_mark && is_letter(next))
    };
    let is_part =
        joins(back.next(), back.next(), real.chars().next()) || joins(on.next(), on.next(), real.chars().last());
    (is_same && !is_part).then_some(behind)
}

/// What stands behind the digits, if the rest begins with them.
fn digits<'t>(real: &str, rest: &'t str) -> Option<&'t str> {
    let mut rest = rest;
    for (index, wanted) in real.chars().enumerate() {
        let next = if index == 0 { rest } else { rest.trim_start_matches(BETWEEN_DIGITS) };
        rest = next.strip_prefix(wanted)?;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_as_words_and_digits_as_digits() {
        let word = |real: &str| StandIn::Words(real.to_owned(), "X".to_owned());
        let number = |real: &str| StandIn::Digits(real.to_owned(), "N".to_owned());
        for (stand_in, text, expected) in [
            (word("Wei Zhang"), "for WEI zhang, wei zhang's, Wei Zhangs", "for X, X's, Wei Zhangs"),
            (word("张伟"), "用户张伟登录", "用户X登录"),
            (word("wei"), "wei. wei.zhang wei-mbp /wei/ swei (Wei)", "X. wei.zhang wei-mbp /X/ swei (X)"),
            (word("user"), "user.risk.detect", "user.risk.detect"),
            (word("é"), "é É ée", "X X ée"),
            (number("13812345678"), "+86 138 1234 5678, 138-1234-5678; 8613812345678", "+86 N, N; 86N"),
            (number("13812345678"), "138 1234 567 and 13812345679", "138 1234 567 and 13812345679"),
        ] {
            assert_eq!(replaced(text, &[stand_in]), expected, "{text}");
        }
        let swapped = [StandIn::Words("a".into(), "b".into()), StandIn::Words("b".into(), "a".into())];
        assert_eq!(replaced("a b", &swapped), "b a", "what was put in is not replaced again");
    }
}
