//! Reads the text of a path. Whatever could be meant in two ways is refused.

use std::borrow::Cow;

use super::capture::Capture;
use super::step::{Read, Select, Step};
use super::{InvalidPath, PATH_BYTES_MAX, STEPS_MAX};

/// What a name without quotes ends at; between brackets only the first five.
const NAME_ENDS: [char; 6] = ['.', '[', ']', '=', '\'', '|'];
const NAME_ENDS_IN_BRACKETS: [char; 5] = ['.', '[', ']', '=', '\''];

/// The steps behind a `|` that are a word and nothing more. `capture` takes an expression as well.
pub(super) const WORDS: [(&str, Step); 6] = [
    ("json", Step::Read(Read::Json)),
    ("base64", Step::Read(Read::Base64)),
    ("lines", Step::Read(Read::Lines)),
    ("first", Step::First),
    ("lower", Step::Read(Read::Lower)),
    ("text", Step::Read(Read::Text)),
];
const CAPTURE: &str = "capture";

/// The steps of a path.
///
/// # Errors
/// It is no path, or too long.
pub(super) fn steps(text: &str) -> Result<Vec<Step>, InvalidPath> {
    let mut parser = Parser { text, at: 0 };
    if text.len() > PATH_BYTES_MAX {
        return Err(parser.problem("more than 4096 bytes"));
    }
    let mut steps: Vec<Step> = parser.beginning()?.into_iter().collect();
    let mut is_text = false;
    while let Some(next) = parser.peek() {
        let step = match next {
            '|' => parser.reading()?,
            '.' | '[' if is_text => {
                return Err(parser.problem("a text has no parts; write `|json` first if it is JSON"));
            }
            '.' => {
                parser.skip(next);
                Step::Select(Select::Member(parser.name(&NAME_ENDS)?))
            }
            '[' => Step::Select(parser.bracket()?),
            _ => return Err(parser.problem("expected `.`, `[` or `|`")),
        };
        is_text = match &step {
            Step::Read(read) => read.gives_text(),
            Step::First => is_text,
            Step::Select(_) => false,
        };
        steps.push(step);
        if steps.len() > STEPS_MAX {
            return Err(parser.problem("more than 16 steps"));
        }
    }
    Ok(steps)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    /// A name, or `$` for the document itself, which is no step.
    fn beginning(&mut self) -> Result<Option<Step>, InvalidPath> {
        match self.rest().strip_prefix('$').map(|rest| rest.chars().next()) {
            Some(None | Some('[' | '|')) => {
                self.skip('$');
                Ok(None)
            }
            // Elsewhere `$.a` is a member of the document, and here `$` would be a name.
            Some(Some('.')) => {
                self.skip('$');
                Err(self.problem("leave `$.` out, or write `'$'.` for a member of that name"))
            }
            _ => Ok(Some(Step::Select(Select::Member(self.name(&NAME_ENDS)?)))),
        }
    }

    /// A step behind a `|`.
    fn reading(&mut self) -> Result<Step, InvalidPath> {
        self.skip('|');
        let rest = self.rest();
        let word = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or(rest);
        if word == CAPTURE {
            self.at += word.len();
            return self.capture();
        }
        let Some((_, step)) = WORDS.into_iter().find(|(name, _)| *name == word) else {
            let names = WORDS.map(|(name, _)| format!("`{name}`")).join(", ");
            let problem = format!("expected {names} or `{CAPTURE}('…')`; a name with `|` in it stands in quotes");
            return Err(InvalidPath { at: self.at, problem: Cow::Owned(problem) });
        };
        self.at += word.len();
        Ok(step)
    }

    fn capture(&mut self) -> Result<Step, InvalidPath> {
        self.expect('(', "expected `('…')`")?;
        if self.peek() != Some('\'') {
            return Err(self.problem("expected the expression in quotes"));
        }
        let at = self.at;
        let expression = self.quoted()?;
        self.expect(')', "expected `)`; a quote in the expression is written twice")?;
        let capture = Capture::compile(&expression).map_err(|problem| InvalidPath { at, problem })?;
        Ok(Step::Read(Read::Capture(capture)))
    }

    fn name(&mut self, ends: &[char]) -> Result<String, InvalidPath> {
        if self.peek() == Some('\'') {
            return self.quoted();
        }
        let rest = self.rest();
        let name = rest.split(ends).next().unwrap_or(rest);
        if name.is_empty() {
            return Err(self.problem("expected a name"));
        }
        self.at += name.len();
        Ok(name.to_owned())
    }

    /// What stands in quotes; a quote in it is written twice.
    fn quoted(&mut self) -> Result<String, InvalidPath> {
        let mut whole = String::new();
        loop {
            self.skip('\'');
            whole.push_str(self.until('\'')?);
            self.skip('\'');
            if self.peek() != Some('\'') {
                return Ok(whole);
            }
            whole.push('\'');
        }
    }

    fn bracket(&mut self) -> Result<Select, InvalidPath> {
        self.skip('[');
        let select = if self.peek() == Some('*') {
            self.skip('*');
            Select::Every
        } else {
            let members = self.members()?;
            if self.peek() == Some('=') {
                self.skip('=');
                let is_quoted = self.peek() == Some('\'');
                let equals = if is_quoted { self.quoted()? } else { self.until(']')?.to_owned() };
                Select::Where { members, equals }
            } else {
                let index = <[String; 1]>::try_from(members).ok().and_then(|[index]| index.parse().ok());
                Select::Index(index.ok_or_else(|| self.problem("expected a number, `*` or `name=value`"))?)
            }
        };
        self.expect(']', "expected `]`")?;
        Ok(select)
    }

    /// Names with dots between them.
    fn members(&mut self) -> Result<Vec<String>, InvalidPath> {
        let mut members = vec![self.name(&NAME_ENDS_IN_BRACKETS)?];
        while self.peek() == Some('.') {
            self.skip('.');
            members.push(self.name(&NAME_ENDS_IN_BRACKETS)?);
            if members.len() > STEPS_MAX {
                return Err(self.problem("more than 16 names"));
            }
        }
        Ok(members)
    }

    fn until(&mut self, end: char) -> Result<&'t str, InvalidPath> {
        let rest = self.rest();
        let length = rest.find(end).ok_or_else(|| self.problem("not closed"))?;
        self.at += length;
        Ok(rest.get(..length).unwrap_or_default())
    }

    fn expect(&mut self, character: char, problem: &'static str) -> Result<(), InvalidPath> {
        if self.peek() != Some(character) {
            return Err(self.problem(problem));
        }
        self.skip(character);
        Ok(())
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, character: char) {
        self.at += character.len_utf8();
    }

    fn problem(&self, problem: &'static str) -> InvalidPath {
        InvalidPath { at: self.at, problem: Cow::Borrowed(problem) }
    }
}
