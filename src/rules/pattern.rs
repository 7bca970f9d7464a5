//! A text of a rule: Sigma's escaping and wildcards, compiled to the cheapest comparison that will do.

use std::fmt;

use super::fold;
use super::needle::Needle;

/// Whether the case of letters counts (`cased`) or not (the default).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Ignored,
    Counts,
}

/// A text as written in a rule, parsed but not yet compiled; modifiers add their wildcards here, so
/// that a trailing backslash cannot eat them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// This character.
    Char(char),
    /// `?`: exactly one character.
    One,
    /// `*`: any number of characters.
    Many,
    /// A dash or slash that begins a word, under `windash`: any of [`DASHES`].
    Dash,
}

/// What Windows programs take for the dash before an option (Sigma specification, `windash`).
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

impl Written {
    /// Reads Sigma's escaping: `\` before `*`, `?` or `\` takes that literally; before anything else,
    /// or at the end, it is a backslash.
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = Vec::with_capacity(text.len());
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            pieces.push(match character {
                '*' => Piece::Many,
                '?' => Piece::One,
                '\\' => Piece::Char(rest.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\')),
                other => Piece::Char(other),
            });
        }
        Self(pieces)
    }

    /// A text without any meaning but itself.
    pub(super) fn literal(text: &str) -> Self {
        Self(text.chars().map(Piece::Char).collect())
    }

    /// With `more` behind it.
    pub(super) fn append(&mut self, more: &Self) {
        self.0.extend_from_slice(&more.0);
    }

    /// How many characters and wildcards it has.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The text it stands for; `None` when it has wildcards.
    pub(super) fn text(&self) -> Option<String> {
        literal_text(&self.0)
    }

    /// Any dash may stand for a dash or slash that begins a word. Wildcards part words.
    pub(super) fn with_any_dash(mut self) -> Self {
        let is_word = |piece: Option<&Piece>| matches!(piece, Some(Piece::Char(character)) if character.is_alphanumeric() || *character == '_');
        let dashes: Vec<usize> = (0..self.0.len())
            .filter(|at| matches!(self.0.get(*at), Some(Piece::Char('-' | '/'))))
            .filter(|at| !at.checked_sub(1).is_some_and(|before| is_word(self.0.get(before))))
            .filter(|at| is_word(self.0.get(at + 1)))
            .collect();
        for at in dashes {
            if let Some(piece) = self.0.get_mut(at) {
                *piece = Piece::Dash;
            }
        }
        self
    }

    /// Anything may stand before it.
    pub(super) fn after_anything(mut self) -> Self {
        if self.0.first() != Some(&Piece::Many) {
            self.0.insert(0, Piece::Many);
        }
        self
    }

    /// Anything may stand behind it.
    pub(super) fn before_anything(mut self) -> Self {
        if self.0.last() != Some(&Piece::Many) {
            self.0.push(Piece::Many);
        }
        self
    }

    /// Whether it matches every text.
    pub(super) fn is_anything(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|piece| *piece == Piece::Many)
    }

    /// The comparison to make.
    pub(super) fn compile(mut self, case: Case) -> Pattern {
        self.0.dedup_by(|next, before| *next == Piece::Many && *before == Piece::Many);
        let (leading, rest) = match self.0.split_first() {
            Some((Piece::Many, rest)) => (true, rest),
            _ => (false, self.0.as_slice()),
        };
        let (trailing, inner) = match rest.split_last() {
            Some((Piece::Many, inner)) => (true, inner),
            _ => (false, rest),
        };
        let Some(text) = literal_text(inner) else { return Pattern { case, shape: self.glob(case) } };
        let text = if case == Case::Ignored { fold::folded(&text) } else { text }.into_boxed_str();
        let shape = match (leading, trailing) {
            _ if self.is_anything() => Shape::Anything,
            (false, false) => Shape::Exactly(text),
            (false, true) => Shape::StartsWith(text),
            (true, false) => Shape::EndsWith(text),
            (true, true) => Shape::Contains(Needle::of(text)),
        };
        Pattern { case, shape }
    }

    fn glob(self, case: Case) -> Shape {
        let fold = |piece| match piece {
            Piece::Char(character) if case == Case::Ignored => Piece::Char(fold::fold(character)),
            other => other,
        };
        Shape::Wildcards(self.0.into_iter().map(fold).collect())
    }
}

fn literal_text(pieces: &[Piece]) -> Option<String> {
    let character = |piece: &Piece| match piece {
        Piece::Char(character) => Some(*character),
        _ => None,
    };
    pieces.iter().map(character).collect()
}

/// A compiled text test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    case: Case,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Anything,
    Exactly(Box<str>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Needle),
    Wildcards(Box<[Piece]>),
}

impl Pattern {
    /// Whether the whole of `text` matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        match (&self.shape, self.case) {
            (Shape::Anything, _) => true,
            (Shape::Exactly(wanted), Case::Ignored) => fold::equals(wanted, text),
            (Shape::Exactly(wanted), Case::Counts) => **wanted == *text,
            (Shape::StartsWith(wanted), Case::Ignored) => fold::starts_with(wanted, text),
            (Shape::StartsWith(wanted), Case::Counts) => text.starts_with(&**wanted),
            (Shape::EndsWith(wanted), Case::Ignored) => fold::ends_with(wanted, text),
            (Shape::EndsWith(wanted), Case::Counts) => text.ends_with(&**wanted),
            (Shape::Contains(wanted), Case::Ignored) => wanted.is_in(text),
            (Shape::Contains(wanted), Case::Counts) => text.contains(wanted.text()),
            (Shape::Wildcards(pieces), Case::Ignored) => wildcards(pieces, text, fold::fold),
            (Shape::Wildcards(pieces), Case::Counts) => wildcards(pieces, text, |character| character),
        }
    }
}

impl Pattern {
    /// Whether it asks for no character, at most for how many there are.
    pub(super) fn is_only_wildcards(&self) -> bool {
        match &self.shape {
            Shape::Anything => true,
            Shape::Exactly(_) => false,
            Shape::StartsWith(text) | Shape::EndsWith(text) => text.is_empty(),
            Shape::Contains(needle) => needle.text().is_empty(),
            Shape::Wildcards(pieces) => pieces.iter().all(|piece| matches!(piece, Piece::One | Piece::Many)),
        }
    }
}

/// Where a part of a pattern stands in a text that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Anchor {
    /// It is the text.
    Whole,
    /// At its beginning.
    Start,
    /// At its end.
    End,
    /// Somewhere.
    Within,
}

impl Pattern {
    /// A part that every matching text has, the longest; `None` when there is none.
    pub(super) fn needed(&self) -> Option<(String, Anchor)> {
        match &self.shape {
            Shape::Anything => None,
            Shape::Exactly(text) => Some((text.to_string(), Anchor::Whole)),
            Shape::StartsWith(text) => Some((text.to_string(), Anchor::Start)),
            Shape::EndsWith(text) => Some((text.to_string(), Anchor::End)),
            Shape::Contains(needle) => Some((needle.text().to_owned(), Anchor::Within)),
            Shape::Wildcards(pieces) => {
                let runs = pieces.split(|piece| !matches!(piece, Piece::Char(_)));
                let longest = runs.max_by_key(|run| run.len()).filter(|run| !run.is_empty())?;
                Some((literal_text(longest)?, Anchor::Within))
            }
        }
        .filter(|(text, anchor)| !text.is_empty() || *anchor == Anchor::Whole)
    }
}

impl Pattern {
    /// Whether every text with the needed part, in whatever case, matches.
    pub(super) fn is_as_needed(&self) -> bool {
        let is_one_text = !matches!(self.shape, Shape::Anything | Shape::Wildcards(_));
        self.case == Case::Ignored && is_one_text && self.needed().is_some()
    }
}

/// As it could be written in a rule; folded where case does not count.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            Shape::Anything => f.write_str("*"),
            Shape::Exactly(text) => f.write_str(text),
            Shape::StartsWith(text) => write!(f, "{text}*"),
            Shape::EndsWith(text) => write!(f, "*{text}"),
            Shape::Contains(needle) => write!(f, "*{}*", needle.text()),
            Shape::Wildcards(pieces) => pieces.iter().try_for_each(|piece| match piece {
                Piece::Char(character) => write!(f, "{character}"),
                Piece::One => f.write_str("?"),
                Piece::Many => f.write_str("*"),
                Piece::Dash => f.write_str("-"),
            }),
        }
    }
}

/// Matches by going back only to the last `*`, which is enough and takes at most pieces × characters
/// steps.
fn wildcards(pieces: &[Piece], text: &str, fold: fn(char) -> char) -> bool {
    let mut rest = text.chars();
    let mut at = 0;
    let mut last_star = None;
    loop {
        let mut ahead = rest.clone();
        match (pieces.get(at), ahead.next()) {
            (Some(Piece::Many), _) => {
                at += 1;
                last_star = Some((at, rest.clone()));
                continue;
            }
            (None, None) => return true,
            (Some(_), None) => return false,
            (Some(Piece::One), Some(_)) => {
                at += 1;
                rest = ahead;
                continue;
            }
            (Some(Piece::Char(wanted)), Some(character)) if *wanted == fold(character) => {
                at += 1;
                rest = ahead;
                continue;
            }
            (Some(Piece::Dash), Some(character)) if DASHES.contains(&character) => {
                at += 1;
                rest = ahead;
                continue;
            }
            _ => {}
        }
        let Some((after, from)) = &mut last_star else { return false };
        if from.next().is_none() {
            return false;
        }
        at = *after;
        rest = from.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(written: &str, text: &str, expected: bool) {
        let pattern = Written::parse(written).compile(Case::Ignored);
        assert_eq!(pattern.matches(text), expected, "{written} on {text}");
    }

    #[test]
    fn escaping_is_read_as_the_specification_says() {
        for (written, text) in [
            (r"a\b", r"a\b"),
            (r"a\", r"a\"),
            (r"a\\b", r"a\b"),
            (r"a\*b", "a*b"),
            (r"a\?b", "a?b"),
            (r"a\\*", r"a\anything"),
            (r"a\\\*", r"a\*"),
            (r"\\\srv", r"\\srv"),
            (r"\\\\srv", r"\\srv"),
        ] {
            check(written, text, true);
        }
        check(r"C:\dir\*", r"C:\dir\anything", false);
        check(r"a\*c", "aXc", false);
        check(r"a\\\*", r"a\X", false);
    }

    #[test]
    fn wildcards_span_what_they_should() {
        for (written, text, expected) in [
            ("a*c", "aXXc", true),
            ("a*c", "ac", true),
            ("a*c", "a\nc", true),
            ("prog?.exe", "prog1.exe", true),
            ("prog?.exe", "prog.exe", false),
            ("a?c", "aéc", true),
            ("a?c", "a😀c", true),
            ("abc", "xabcx", false),
            ("*ab*abc", "ababcababc", true),
            ("*a?b*", "aabaXb", true),
            ("*", "", true),
            ("?*", "", false),
            ("**", "x", true),
            ("*Ü*", "xüx", true),
            ("Ü?*", "ü", false),
        ] {
            check(written, text, expected);
        }
    }

    #[test]
    fn a_wildcard_of_a_modifier_is_not_eaten_by_a_trailing_backslash() {
        let temp = Written::parse(r"\Temp\").after_anything().before_anything().compile(Case::Ignored);
        assert!(temp.matches(r"C:\Temp\x") && !temp.matches(r"C:\Tempx"));
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = Written::parse(&"*a".repeat(40)).compile(Case::Ignored);
        assert!(!pattern.matches(&format!("{}b", "a".repeat(20_000))));
    }

    #[test]
    fn case_counts_only_where_asked() {
        for written in ["AbC", "Ab*", "*bC", "*b*", "A?C"] {
            assert!(Written::parse(written).compile(Case::Ignored).matches("aBc"), "{written}");
            assert!(!Written::parse(written).compile(Case::Counts).matches("aBc"), "{written}");
            assert!(Written::parse(written).compile(Case::Counts).matches("AbC"), "{written}");
        }
    }

    #[test]
    fn a_dash_that_begins_a_word_may_be_any_dash() {
        for (written, text, expected) in [
            ("* -s *", "x.exe /s y", true),
            ("* -s *", "x.exe \u{2014}s y", true),
            ("*-param-name*", "/param-name", true),
            ("*-param-name*", "/param/name", false),
            ("*-a -b*", "/a \u{2013}b", true),
            ("*http://a*", "http:-/a", false),
            ("*http://a*", "http:/-a", true),
            ("-", "/", false),
            ("*-a*", "\u{2015}A", true),
        ] {
            let pattern = Written::parse(written).with_any_dash().compile(Case::Ignored);
            assert_eq!(pattern.matches(text), expected, "{written} on {text}");
        }
    }

    /// The obvious definition, exponential and right.
    fn naive(pieces: &[Piece], text: &[char]) -> bool {
        match (pieces.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((Piece::Many, more)), rest) => naive(more, text) || rest.is_some_and(|(_, rest)| naive(pieces, rest)),
            (Some((Piece::One, more)), Some((_, rest))) => naive(more, rest),
            (Some((Piece::Char(wanted), more)), Some((character, rest))) => wanted == character && naive(more, rest),
            (Some((Piece::Dash, more)), Some((character, rest))) => DASHES.contains(character) && naive(more, rest),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn every_shape_agrees_with_the_definition(written in "[ab*?]{0,7}", text in "[ab]{0,9}") {
            let parsed = Written::parse(&written);
            let characters: Vec<char> = text.chars().collect();
            let expected = naive(&parsed.0, &characters);
            prop_assert_eq!(parsed.clone().compile(Case::Ignored).matches(&text), expected);
            prop_assert_eq!(parsed.compile(Case::Counts).matches(&text), expected);
        }

        #[test]
        fn a_literal_matches_itself(text in any::<String>()) {
            prop_assert!(Written::literal(&text).compile(Case::Ignored).matches(&text));
        }
    }
}
