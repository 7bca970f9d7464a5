//! The part of a text that a regular expression finds, in time linear in the text.

use std::borrow::Cow;
use std::fmt;

use regex_automata::meta::{BuildError, Config, Regex};

/// The most bytes of the automaton that an expression is compiled to. Two addresses of letters of any
/// script fit.
const COMPILED_BYTES_MAX: usize = 256 * 1024;
/// The most memory that searching with one expression may use for its states, in bytes.
const STATES_BYTES_MAX: usize = 256 * 1024;

/// An expression with exactly one group.
#[derive(Clone)]
pub(super) struct Capture {
    pub(super) text: Box<str>,
    regex: Regex,
}

impl PartialEq for Capture {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Capture {}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Capture").field(&self.text).finish()
    }
}

impl Capture {
    /// # Errors
    /// It is not understood, too large, or has another number of groups.
    pub(super) fn compile(text: &str) -> Result<Self, Cow<'static, str>> {
        let config = Config::new()
            .nfa_size_limit(Some(COMPILED_BYTES_MAX))
            .onepass_size_limit(Some(COMPILED_BYTES_MAX))
            .hybrid_cache_capacity(STATES_BYTES_MAX);
        let regex = Regex::builder().configure(config).build(text).map_err(|error| refused(&error))?;
        // The whole of what is found counts as a group, too.
        if regex.captures_len() != 2 {
            return Err("the expression needs exactly one group; `(?:…)` groups without being one".into());
        }
        Ok(Self { text: text.into(), regex })
    }

    /// What the group holds where the expression is found first; nothing if it takes no part in it.
    pub(super) fn first_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut captures = self.regex.create_captures();
        self.regex.captures(text, &mut captures);
        text.get(captures.get_group(1)?.range())
    }
}

fn refused(error: &BuildError) -> Cow<'static, str> {
    let Some(error) = error.syntax_error() else { return "the expression is too large once compiled".into() };
    // The engine draws a picture over several lines; its last line says what is wrong.
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("not an expression: {}", last.strip_prefix("error: ").unwrap_or(last)).into()
}
