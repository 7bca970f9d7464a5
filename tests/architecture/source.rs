//! Reads Rust source text as far as the referee needs it: tokens without comments and literals,
//! paths with their `use` groups spread out, what is compiled for tests only, and long functions.

use std::ops::Range;

/// One word or sign of the code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// As written.
    pub(crate) text: String,
    /// The line it begins on, from 1.
    pub(crate) line: usize,
}

/// One path of the code: `a::b::{c, d}` gives `a::b::c` and `a::b::d`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    /// Its names in order; a glob ends with `*`.
    pub(crate) names: Vec<String>,
    /// The line of its last name.
    pub(crate) line: usize,
    /// How many inline modules of the file stand around it.
    pub(crate) depth: usize,
    /// Whether more than a bare word: part of a `use`, or with `::` in it.
    pub(crate) is_path: bool,
    /// The place of its first token.
    pub(crate) index: usize,
}

/// The code's words and signs; `::` and `->` are one sign each.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut line, mut rest) = (Vec::new(), 1, chars.as_slice());
    while !rest.is_empty() {
        let (is_code, length) = first_piece(rest);
        let (piece, after) = rest.split_at(length.clamp(1, rest.len()));
        if is_code {
            found.push(Token { text: piece.iter().collect(), line });
        }
        line += piece.iter().filter(|c| **c == '\n').count();
        rest = after;
    }
    found
}

/// Every path of the code, in order.
pub(crate) fn paths(tokens: &[Token]) -> Vec<NamedPath> {
    let mut reader = PathReader { tokens, at: 0, modules: Vec::new(), found: Vec::new() };
    let mut braces = 0_usize;
    while let Some(word) = reader.word(0) {
        match word {
            "mod" if reader.word(2) == Some("{") => {
                reader.modules.push(braces);
                reader.at += 2;
            }
            "mod" => reader.at += 2,
            "{" => {
                braces += 1;
                reader.at += 1;
            }
            "}" => {
                braces = braces.saturating_sub(1);
                reader.modules.pop_if(|opened| *opened == braces);
                reader.at += 1;
            }
            "use" => {
                reader.at += 1;
                reader.path(&[], true);
            }
            _ if is_name(word) && reader.begins_path() => reader.path(&[], false),
            _ => reader.at += 1,
        }
    }
    reader.found
}

/// The token ranges that are compiled for tests only: what follows `#[cfg(test)]`, or the whole
/// file after `#![cfg(test)]`.
pub(crate) fn test_ranges(tokens: &[Token]) -> Vec<Range<usize>> {
    let starts = (0..tokens.len()).filter(|at| spells(tokens, *at, &["#", "[", "cfg"]));
    let inner = (0..tokens.len()).filter(|at| spells(tokens, *at, &["#", "!", "[", "cfg"])).map(|at| (at, true));
    let all = starts.map(|at| (at, false)).chain(inner);
    all.filter_map(|(at, is_inner)| {
        let end = closing(tokens, at, "[", "]");
        let condition = tokens.get(at..end)?;
        let says = |word: &str| condition.iter().any(|t| t.text == word);
        let range = if is_inner { 0..tokens.len() } else { at..item_end(tokens, end) };
        (says("test") && !says("not")).then_some(range)
    })
    .collect()
}

/// The names of files declared by `mod name;` inside `ranges`.
pub(crate) fn modules_declared(tokens: &[Token], ranges: &[Range<usize>]) -> Vec<String> {
    let declared = tokens.windows(3).enumerate().filter(|(at, _)| ranges.iter().any(|range| range.contains(at)));
    declared
        .filter_map(|(_, three)| match three {
            [keyword, name, end] if keyword.text == "mod" && end.text == ";" => Some(name.text.clone()),
            _ => None,
        })
        .collect()
}

/// Name, first line and length in lines of every function that has a body.
pub(crate) fn functions(tokens: &[Token]) -> Vec<(&str, usize, usize)> {
    let keywords = tokens.windows(2).enumerate();
    keywords
        .filter_map(|(at, two)| match two {
            [keyword, name] if keyword.text == "fn" && is_name(&name.text) => {
                let last = tokens.get(item_end(tokens, at) - 1)?;
                Some((name.text.as_str(), keyword.line, last.line + 1 - keyword.line))
            }
            _ => None,
        })
        .collect()
}

/// Whether the tokens from `at` on are these.
pub(crate) fn spells(tokens: &[Token], at: usize, texts: &[&str]) -> bool {
    texts.iter().enumerate().all(|(offset, text)| tokens.get(at + offset).is_some_and(|t| t.text == *text))
}

struct PathReader<'a> {
    tokens: &'a [Token],
    at: usize,
    /// For each inline module around the place, how many braces were open before it.
    modules: Vec<usize>,
    found: Vec<NamedPath>,
}

impl PathReader<'_> {
    fn word(&self, ahead: usize) -> Option<&str> {
        self.tokens.get(self.at + ahead).map(|t| t.text.as_str())
    }

    /// Not a field, not a method, and not the end of a path whose start was generic.
    fn begins_path(&self) -> bool {
        let before = |back: usize| Some(self.tokens.get(self.at.checked_sub(back)?)?.text.as_str());
        match before(1) {
            Some("::") => !before(2).is_some_and(|text| is_name(text) || text == ">"),
            Some(".") => false,
            _ => true,
        }
    }

    /// Reads one path, or one tree of a `use`, whose first names are `prefix`.
    fn path(&mut self, prefix: &[String], in_use: bool) {
        let index = self.at;
        let mut names = prefix.to_vec();
        loop {
            match self.word(0).unwrap_or_default() {
                "{" if in_use => return self.group(&names),
                // In front of an outside crate's name.
                "::" if names.is_empty() => {}
                text if text == "*" || is_name(text) => {
                    names.push(text.to_owned());
                    if self.word(1) != Some("::") {
                        self.at += 1;
                        break;
                    }
                    self.at += 1;
                }
                _ => break,
            }
            self.at += 1;
        }
        if self.word(0) == Some("as") && names.iter().all(|name| is_relative(name)) {
            // `use crate as root` gives the whole crate another name; say so like `crate::self`.
            names.push("self".to_owned());
        }
        self.found.extend(self.named(names, index, in_use));
    }

    fn group(&mut self, prefix: &[String]) {
        self.at += 1;
        loop {
            match self.word(0) {
                None => return,
                Some("}") => break,
                Some("as") => self.at += 2,
                Some(",") => self.at += 1,
                Some(_) => {
                    let before = self.at;
                    self.path(prefix, true);
                    self.at = self.at.max(before + 1);
                }
            }
        }
        self.at += 1;
    }

    fn named(&self, names: Vec<String>, index: usize, in_use: bool) -> Option<NamedPath> {
        let line = self.tokens.get(self.at.checked_sub(1)?)?.line;
        let is_path = in_use || names.len() > 1;
        (!names.is_empty()).then_some(NamedPath { names, line, depth: self.modules.len(), is_path, index })
    }
}

fn is_relative(name: &str) -> bool {
    matches!(name, "crate" | "self" | "super")
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_alphabetic())
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The end of the item at `at`: past its body in braces or its semicolon, whichever is first.
fn item_end(tokens: &[Token], at: usize) -> usize {
    let mut nested = 0_i32;
    for (offset, token) in tokens.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "(" | "[" => nested += 1,
            ")" | "]" => nested -= 1,
            ";" if nested == 0 => return offset + 1,
            "{" if nested == 0 => return closing(tokens, offset, "{", "}"),
            _ => {}
        }
    }
    tokens.len()
}

/// The place past the sign that closes the first `open` at or after `at`.
fn closing(tokens: &[Token], at: usize, open: &str, close: &str) -> usize {
    let mut nested = 0_usize;
    for (offset, token) in tokens.iter().enumerate().skip(at) {
        if token.text == open {
            nested += 1;
        } else if token.text == close {
            nested = nested.saturating_sub(1);
            if nested == 0 {
                return offset + 1;
            }
        }
    }
    tokens.len()
}

/// Whether the text begins with code, and how many characters the first piece has.
fn first_piece(rest: &[char]) -> (bool, usize) {
    match rest {
        ['/', '/', ..] => (false, length_until(rest, |c| c == '\n')),
        ['/', '*', ..] => (false, block_comment(rest)),
        ['"', ..] => (false, quoted(rest)),
        ['\'', '\\', _, after @ ..] => (false, 4 + length_until(after, |c| c == '\'')),
        ['\'', _, '\'', ..] => (false, 3),
        // A lifetime or a label.
        ['\'', after @ ..] => (false, 1 + length_until(after, |c| !is_word(c))),
        [':', ':', ..] | ['-', '>', ..] => (true, 2),
        [first, ..] if is_word(*first) => {
            let length = length_until(rest, |c| !is_word(c));
            let (word, after) = rest.split_at(length);
            match raw_string(word, after) {
                Some(literal) => (false, length + literal),
                None => (true, length),
            }
        }
        [first, ..] => (!first.is_whitespace(), 1),
        [] => (false, 0),
    }
}

fn length_until(text: &[char], stop: impl Fn(char) -> bool) -> usize {
    text.iter().position(|c| stop(*c)).unwrap_or(text.len())
}

/// Block comments nest.
fn block_comment(text: &[char]) -> usize {
    let (mut nested, mut at) = (0_usize, 0);
    loop {
        match text.get(at..).unwrap_or_default() {
            [] => return at,
            ['/', '*', ..] => (nested, at) = (nested + 1, at + 2),
            ['*', '/', ..] if nested == 1 => return at + 2,
            ['*', '/', ..] => (nested, at) = (nested - 1, at + 2),
            _ => at += 1,
        }
    }
}

fn quoted(text: &[char]) -> usize {
    let mut at = 1;
    loop {
        match text.get(at) {
            Some('\\') => at += 2,
            Some('"') | None => return at + 1,
            Some(_) => at += 1,
        }
    }
}

/// The length of `#"…"#` after the word `r`, `br` or `cr`.
fn raw_string(word: &[char], after: &[char]) -> Option<usize> {
    if !matches!(word, ['r'] | ['b' | 'c', 'r']) {
        return None;
    }
    let hashes = length_until(after, |c| c != '#');
    let body = after.get(hashes..)?.strip_prefix(&['"'])?;
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let length = body.windows(end.len()).position(|window| window == end).unwrap_or(body.len());
    Some(hashes + 1 + length + end.len())
}
