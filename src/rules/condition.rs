//! Reads a rule's `condition`: and, or, not, parentheses, and `1 of`, `any of`, `all of`.
//!
//! Selectors are written out over the identifiers of the rule at load, so that what is left is a
//! plain tree of three operators.

use super::lint::Lint;
use super::pattern::{Case, Written};
use super::problem::{Place, Report};
use super::spelling;

/// The longest condition, in bytes.
const CONDITION_BYTES_MAX: usize = 4_096;
/// The deepest nesting of parentheses and `not`.
const DEPTH_MAX: usize = 32;

/// A condition over the search identifiers of its rule, by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Search(usize),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Condition {
    /// Whether it holds when these searches, by their places, do.
    pub(super) fn holds_when(&self, is_there: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Self::Search(place) => is_there(*place),
            Self::Not(inner) => !inner.holds_when(is_there),
            Self::All(parts) => parts.iter().all(|part| part.holds_when(is_there)),
            Self::Any(parts) => parts.iter().any(|part| part.holds_when(is_there)),
        }
    }

    /// It in words again, over the identifiers `names`.
    pub(super) fn what(&self, names: &[&str]) -> String {
        let join = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| part.what(names)).collect();
            format!("({})", parts.join(word))
        };
        match self {
            Self::Search(index) => format!("`{}`", names.get(*index).copied().unwrap_or_default()),
            Self::Not(inner) => format!("not {}", inner.what(names)),
            Self::All(parts) => join(parts, " and "),
            Self::Any(parts) => join(parts, " or "),
        }
    }

    /// Reads `text`, written at `at`, over the identifiers `names`.
    pub(super) fn parse(text: &str, names: &[&str], at: Place, report: &mut Report) -> Option<Self> {
        Self::parse_over("search identifier", text, names, at, report)
    }

    /// As [`Condition::parse`], over names of something else.
    pub(super) fn parse_over(
        what: &'static str,
        text: &str,
        names: &[&str],
        at: Place,
        report: &mut Report,
    ) -> Option<Self> {
        match Parser::read(what, text, names) {
            Ok((condition, is_shouting)) => {
                if is_shouting {
                    report.warn(
                        Lint::ShoutingOperator,
                        at,
                        "operators are written in lower case",
                        "write `and`, `or`, `not`, `of`",
                    );
                }
                Some(condition)
            }
            Err(Refused(what, advice)) => {
                report.error_with(at, what, advice);
                if text.contains('|') {
                    report.last_error_is(Lint::OldAggregation);
                }
                None
            }
        }
    }

    /// The same condition over searches that stand `by` places further on.
    pub(super) fn moved(&self, by: usize) -> Self {
        let moved = |parts: &[Self]| parts.iter().map(|part| part.moved(by)).collect();
        match self {
            Self::Search(index) => Self::Search(index + by),
            Self::Not(inner) => Self::Not(Box::new(inner.moved(by))),
            Self::All(parts) => Self::All(moved(parts)),
            Self::Any(parts) => Self::Any(moved(parts)),
        }
    }

    /// How many searches and operators it has.
    pub(super) fn parts(&self) -> usize {
        match self {
            Self::Search(_) => 1,
            Self::Not(inner) => 1 + inner.parts(),
            Self::All(parts) | Self::Any(parts) => 1 + parts.iter().map(Self::parts).sum::<usize>(),
        }
    }

    /// Whether it has a `not`.
    pub(super) fn negates(&self) -> bool {
        match self {
            Self::Search(_) => false,
            Self::Not(_) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::negates),
        }
    }

    /// Marks the identifiers that the condition uses.
    pub(super) fn mark_used(&self, used: &mut [bool]) {
        match self {
            Self::Search(index) => {
                if let Some(used) = used.get_mut(*index) {
                    *used = true;
                }
            }
            Self::Not(inner) => inner.mark_used(used),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.mark_used(used)),
        }
    }
}

/// What is wrong, and what to do.
struct Refused(String, String);

fn refused<V>(what: impl Into<String>, advice: impl Into<String>) -> Result<V, Refused> {
    Err(Refused(what.into(), advice.into()))
}

struct Parser<'t> {
    /// What the names are of, for messages.
    what: &'static str,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token<'t>>>,
    names: &'t [&'t str],
    is_shouting: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Open,
    Close,
    Word(&'t str),
}

impl<'t> Parser<'t> {
    fn read(what: &'static str, text: &'t str, names: &'t [&'t str]) -> Result<(Condition, bool), Refused> {
        if text.len() > CONDITION_BYTES_MAX {
            return refused(format!("the condition is longer than {CONDITION_BYTES_MAX} bytes"), "split the rule");
        }
        let mut parser = Self { what, tokens: tokens(text)?.into_iter().peekable(), names, is_shouting: false };
        let condition = parser.or(0)?;
        match parser.tokens.next() {
            None => Ok((condition, parser.is_shouting)),
            Some(Token::Close) => refused("the condition closes a parenthesis that is not open", "remove it"),
            Some(Token::Open) => refused("the condition lacks `and` or `or` before `(`", "add it"),
            Some(Token::Word(word)) => refused(format!("the condition lacks `and` or `or` before `{word}`"), "add it"),
        }
    }

    fn or(&mut self, depth: usize) -> Result<Condition, Refused> {
        let mut parts = vec![self.and(depth)?];
        while self.take("or") {
            parts.push(self.and(depth)?);
        }
        Ok(single_or(parts, Condition::Any))
    }

    fn and(&mut self, depth: usize) -> Result<Condition, Refused> {
        let mut parts = vec![self.not(depth)?];
        while self.take("and") {
            parts.push(self.not(depth)?);
        }
        Ok(single_or(parts, Condition::All))
    }

    fn not(&mut self, depth: usize) -> Result<Condition, Refused> {
        if depth > DEPTH_MAX {
            return refused(format!("the condition is nested deeper than {DEPTH_MAX} levels"), "split the rule");
        }
        if self.take("not") {
            return Ok(Condition::Not(Box::new(self.not(depth + 1)?)));
        }
        match self.tokens.next() {
            Some(Token::Open) => {
                let inner = self.or(depth + 1)?;
                match self.tokens.next() {
                    Some(Token::Close) => Ok(inner),
                    _ => refused("the condition does not close a parenthesis", "add `)`"),
                }
            }
            Some(Token::Word(word)) => self.word(word),
            _ => refused(format!("the condition ends where a {} is expected", self.what), "name one"),
        }
    }

    fn word(&mut self, word: &'t str) -> Result<Condition, Refused> {
        if self.take("of") {
            return self.selector(word);
        }
        if word.contains('*') {
            return refused(format!("`{word}` needs `1 of` or `all of` before it"), "say how many must match");
        }
        match self.names.iter().position(|name| *name == word) {
            Some(index) => Ok(Condition::Search(index)),
            None => refused(
                format!("the condition names `{word}`, which is no {}", self.what),
                spelling::advice(word, self.names),
            ),
        }
    }

    fn selector(&mut self, quantity: &str) -> Result<Condition, Refused> {
        let lower = quantity.to_ascii_lowercase();
        self.is_shouting |= lower != quantity;
        let join = match lower.as_str() {
            "1" | "any" => Condition::Any,
            "all" => Condition::All,
            _ => return refused(format!("`{quantity} of` is not supported"), "use `1 of`, `any of` or `all of`"),
        };
        let Some(Token::Word(pattern)) = self.tokens.next() else {
            return refused(format!("`{quantity} of` names nothing"), "add `them` or a pattern such as `selection_*`");
        };
        // A pattern has no other special characters than those of a value.
        let wanted = Written::parse(pattern).compile(Case::Counts);
        let is_chosen = |name: &str| is_offered(pattern, name) && (pattern == "them" || wanted.matches(name));
        let chosen: Vec<Condition> = (0..)
            .zip(self.names)
            .filter(|(_, name)| is_chosen(name))
            .map(|(index, _)| Condition::Search(index))
            .collect();
        if chosen.is_empty() {
            return refused(format!("`{quantity} of {pattern}` selects no {}", self.what), "check the pattern");
        }
        Ok(single_or(chosen, join))
    }

    /// Takes the next token if it is the operator `word`, in whatever case.
    fn take(&mut self, word: &str) -> bool {
        let found = self.tokens.next_if(|token| matches!(token, Token::Word(next) if next.eq_ignore_ascii_case(word)));
        self.is_shouting |= found.is_some_and(|token| token != Token::Word(word));
        found.is_some()
    }
}

fn single_or(mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => join(parts.into_iter().chain(last).collect()),
    }
}

/// `them` and patterns pass over identifiers that begin with `_`, unless the pattern does too.
fn is_offered(pattern: &str, name: &str) -> bool {
    !name.starts_with('_') || pattern.starts_with('_')
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, Refused> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '|' => {
                return refused(
                    "`|` in a condition is not supported",
                    "aggregations are correlations in today's Sigma",
                );
            }
            _ if end == 0 => {
                return refused(format!("the condition has an unexpected `{}`", first.escape_debug()), "remove it");
            }
            _ => (Token::Word(rest.get(..end).unwrap_or_default()), end),
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: [&str; 8] = ["selection_a", "selection_b", "filter_x", "_hidden", "notepad", "order", "1sel", "sel-a"];

    /// The condition with names and every operator in parentheses.
    fn show(condition: &Condition) -> String {
        let join = |parts: &[Condition], by: &str| format!("({})", parts.iter().map(show).collect::<Vec<_>>().join(by));
        match condition {
            Condition::Search(index) => NAMES[*index].to_owned(),
            Condition::Not(inner) => format!("!{}", show(inner)),
            Condition::All(parts) => join(parts, " & "),
            Condition::Any(parts) => join(parts, " | "),
        }
    }

    fn parse(text: &str) -> Result<String, String> {
        let mut report = Report::about("x");
        let condition = Condition::parse(text, &NAMES, Place { line: 1, column: 1 }, &mut report);
        let (mut errors, mut warnings) = (Vec::new(), Vec::new());
        report.hand_over(&mut errors, &mut warnings);
        let shown = condition.map(|c| format!("{}{}", show(&c), if warnings.is_empty() { "" } else { " warned" }));
        shown.ok_or_else(|| errors[0].what.clone())
    }

    #[test]
    fn operators_bind_as_the_specification_says() {
        for (text, expected) in [
            ("notepad and order", "(notepad & order)"),
            ("notepad or order and not 1sel", "(notepad | (order & !1sel))"),
            ("(notepad or order) and sel-a", "((notepad | order) & sel-a)"),
            ("not not notepad", "!!notepad"),
            ("1 of selection_* and not 1 of filter_*", "((selection_a | selection_b) & !filter_x)"),
            ("all of selection_*", "(selection_a & selection_b)"),
            ("any of s*_b", "selection_b"),
            ("any of *e*e*_a", "selection_a"),
            ("1 of _*", "_hidden"),
            ("_hidden", "_hidden"),
            ("not(notepad)", "!notepad"),
            ("all of them", "(selection_a & selection_b & filter_x & notepad & order & 1sel & sel-a)"),
            ("selection_a AND NOT filter_x", "(selection_a & !filter_x) warned"),
            ("1 OF selection_*", "(selection_a | selection_b) warned"),
        ] {
            assert_eq!(parse(text), Ok(expected.to_owned()), "{text}");
        }
    }

    /// Exponential in the number of stars when done by trying every end of each.
    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        let name = "a".repeat(60);
        let mut report = Report::about("x");
        let text = format!("1 of {}b", "*a".repeat(30));
        let at = Place { line: 1, column: 1 };
        assert_eq!(Condition::parse(&text, &[&name], at, &mut report), None);
        let text = format!("1 of {}", "*a".repeat(30));
        assert_eq!(Condition::parse(&text, &[&name], at, &mut report), Some(Condition::Search(0)));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, what) in [
            ("", "the condition ends where a search identifier is expected"),
            ("notepad and", "the condition ends where a search identifier is expected"),
            ("notepda", "the condition names `notepda`, which is no search identifier"),
            ("notepad order", "the condition lacks `and` or `or` before `order`"),
            ("(notepad", "the condition does not close a parenthesis"),
            ("notepad)", "the condition closes a parenthesis that is not open"),
            ("2 of selection_*", "`2 of` is not supported"),
            ("1 of nothing_*", "`1 of nothing_*` selects no search identifier"),
            ("1 of SEL*", "`1 of SEL*` selects no search identifier"),
            ("all of", "`all of` names nothing"),
            ("selection_*", "`selection_*` needs `1 of` or `all of` before it"),
            ("notepad | count() > 5", "`|` in a condition is not supported"),
            ("notepad & order", "the condition has an unexpected `&`"),
        ] {
            assert_eq!(parse(text), Err(what.to_owned()), "{text}");
        }
        assert!(parse(&"(".repeat(3000)).unwrap_err().contains("nested deeper"));
        assert!(parse(&"not ".repeat(1000)).unwrap_err().contains("nested deeper"));
        assert!(parse(&"notepad or ".repeat(1000)).unwrap_err().contains("longer than"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[()|* ]{0,3}(1|of|all|them|and|or|not|notepad|é| |[()]){0,12}") {
            let _ = parse(&text);
        }
    }
}
