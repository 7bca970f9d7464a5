//! Regular expressions: searched for, in time linear in the text, never with look-around or
//! back-references.

use std::fmt;

use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;

use super::{dialect, literals};

/// The longest expression, in bytes.
const EXPRESSION_BYTES_MAX: usize = 4_096;
/// The most bytes of the automaton that an expression is compiled to; what finds matches from their ends
/// comes on top. SigmaHQ's largest is 64 characters of words.
const COMPILED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most memory that searching with one expression may use for its states, in bytes.
const STATES_BYTES_MAX: usize = 1024 * 1024;

/// Characters that have nothing in common but being letters or digits, and how many of them make a
/// text: an expression that is found in all texts of one length asks for nothing.
const ANY_CHARACTERS: [&str; 4] = ["a", "Z", "0", "\u{4e2d}"];
const ANY_LENGTHS: [usize; 3] = [0, 1, 32];

/// What the modifiers behind `re` ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) ignore_case: bool,
    pub(super) multi_line: bool,
    pub(super) dot_all: bool,
}

/// A compiled expression.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    text: Box<str>,
    flags: Flags,
    regex: Regex,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.flags == other.flags && self.text == other.text
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why an expression is refused, and what to do.
pub(super) struct Refused {
    pub(super) what: String,
    pub(super) advice: &'static str,
    /// What it took to find out: as much as an expression of so many bytes.
    pub(super) bytes: usize,
}

impl Refused {
    fn of(what: impl Into<String>, advice: &'static str) -> Self {
        Self { what: what.into(), advice, bytes: 0 }
    }
}

impl Expression {
    /// Compiles `text`. Sigma's own escaping has no part in it.
    ///
    /// # Errors
    /// It is not understood, or too large.
    pub(super) fn compile(text: &str, flags: Flags) -> Result<Self, Refused> {
        if text.len() > EXPRESSION_BYTES_MAX {
            let what = format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes");
            return Err(Refused::of(what, "split it"));
        }
        dialect::check(text).map_err(|foreign| Refused::of(foreign.what, foreign.advice))?;
        let Flags { ignore_case, multi_line, dot_all } = flags;
        let syntax = syntax::Config::new().case_insensitive(ignore_case).multi_line(multi_line);
        let config = Config::new().nfa_size_limit(Some(COMPILED_BYTES_MAX)).hybrid_cache_capacity(STATES_BYTES_MAX);
        let mut builder = Regex::builder();
        // Whether it is found is all that is ever asked.
        builder.configure(config.which_captures(WhichCaptures::None));
        builder.syntax(syntax.dot_matches_new_line(dot_all));
        let regex = builder.build(text).map_err(|error| refused(&error))?;
        Ok(Self { text: text.into(), flags, regex })
    }

    /// Texts of which one is, folded, in every text that it is found in; `None` when there are none that
    /// tell anything.
    pub(super) fn literals(&self) -> Option<Vec<String>> {
        literals::of(&self.text, self.flags)
    }

    /// How many bytes it has, compiled.
    pub(super) fn bytes(&self) -> usize {
        self.regex.memory_usage()
    }

    /// Whether it is found in any text of some length, as far as a few very different ones tell; the
    /// empty text is one, too.
    pub(super) fn is_in_anything(&self) -> bool {
        ANY_LENGTHS.iter().any(|length| ANY_CHARACTERS.iter().all(|any| self.is_in(&any.repeat(*length))))
    }

    /// Whether nothing in it is special, so that it looks like the whole value that is wanted.
    pub(super) fn is_bare(text: &str) -> bool {
        regex_syntax::escape(text) == text
    }

    /// Whether it is found in `text`.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

fn refused(error: &BuildError) -> Refused {
    let Some(error) = error.syntax_error() else {
        let refused = Refused::of("the expression is too large once compiled", "repeat less, or split it");
        // There are two to be compiled, and it may have been the second.
        return Refused { bytes: 2 * COMPILED_BYTES_MAX, ..refused };
    };
    // The engine draws a picture over several lines; its last line says what is wrong.
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    let why = last.strip_prefix("error: ").unwrap_or(last);
    let advice = if why.contains("look-around") || why.contains("backreferences") {
        "put what must not be there into a search of its own, and `not` into the condition"
    } else {
        "see https://docs.rs/regex for what may be written"
    };
    Refused::of(format!("not an expression: {why}"), advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, flags: Flags) -> Result<Expression, String> {
        Expression::compile(text, flags).map_err(|refused| refused.what)
    }

    #[test]
    fn it_is_searched_for_with_its_case() {
        let plain = check("b.c", Flags::default()).unwrap();
        assert!(plain.is_in("xbycz") && !plain.is_in("xBYCz") && !plain.is_in("b\nc"));
        let all = check("^B.C$", Flags { ignore_case: true, multi_line: true, dot_all: true }).unwrap();
        assert!(all.is_in("x\nb\nc"));
        assert!(!check("c$", Flags::default()).unwrap().is_in("abc\n"));
        assert!(check(r"\d+\b", Flags::default()).unwrap().is_in("a 12 b"));
    }

    #[test]
    fn what_cannot_be_searched_in_linear_time_is_refused() {
        for text in [r"a(?!b)", r"(?<=a)b", r"(a)\1"] {
            let Err(Refused { what, advice, bytes }) = Expression::compile(text, Flags::default()) else {
                panic!("{text}")
            };
            assert!(what.starts_with("not an expression: ") && advice.contains("`not`"), "{what}; {advice}");
            assert_eq!(bytes, 0, "nothing was compiled");
        }
        assert!(check("a(", Flags::default()).is_err());
        for text in [r"(\w{50}){20}", r"\w{200}"] {
            let refused = Expression::compile(text, Flags::default()).err().unwrap();
            assert!(refused.what.contains("too large"), "{text}");
            assert!(refused.bytes >= COMPILED_BYTES_MAX, "it was compiled until it was too large");
        }
        assert!(check(&"a".repeat(EXPRESSION_BYTES_MAX + 1), Flags::default()).is_err());
    }

    #[test]
    fn an_expression_that_asks_for_nothing_is_known() {
        for text in ["", ".*", "a*", "^", "^$", "x?", "(a|)", ".", ".+", r"\w", r"\S+", "^.{3,}$", r"[^\s]{8}", "\\b"] {
            assert!(check(text, Flags::default()).unwrap().is_in_anything(), "{text}");
        }
        for text in ["a", "[a-z]", r"\d", "@", "^.{3,10}$", r"\W", "[a-zA-Z0-9]", "x.*"] {
            assert!(!check(text, Flags::default()).unwrap().is_in_anything(), "{text}");
        }
    }

    #[test]
    fn f05_a_bomb_takes_linear_time() {
        let bomb = check("^(a+)+$", Flags::default()).unwrap();
        assert!(!bomb.is_in(&format!("{}b", "a".repeat(100_000))));
    }
}
