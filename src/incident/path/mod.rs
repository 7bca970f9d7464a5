//! A small path language over JSON, for finding the account an event names.
//!
//! `target[type=User].alternateId` reads: in the array `target`, the elements whose `type` is
//! `User`, of each the member `alternateId`. A name with dots or brackets is quoted:
//! `output_fields.'user.name'`. `[2]` takes one element, `[*]` all. What a text says is read by a step
//! behind a `|`: `message.data|base64|json.email`. A path gives *all* values it reaches, so that the
//! caller sees when there is more than one. The whole language is told in `rules/PATHS.md`.

mod capture;
mod decode;
mod parse;
mod step;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::str::FromStr;

use serde_json::Value;

use decode::Decoder;
use step::{Select, Step};

/// The longest path, in bytes.
const PATH_BYTES_MAX: usize = 4 * 1024;
/// The most steps in one path.
const STEPS_MAX: usize = 16;
/// The most values any step of a path may reach, unless its reader takes more. A step that reaches more is cut, and says so.
const VALUES_MAX: usize = 64;
/// The most bytes of text that the steps of a path may read in one event, together.
const DECODED_BYTES_MAX: usize = 512 * 1024;

/// A parsed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    text: String,
    steps: Vec<Step>,
}

/// What a path reaches in an event. What was there as it is, is borrowed; what a step read is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached<'v> {
    /// These values, and no others.
    All(Vec<Cow<'v, Value>>),
    /// These values, but on the way there was also something that a step could not read: no JSON, no
    /// base64 of text, no text at all. What it would have led to, nobody knows; exactly one is not known
    /// to be one.
    Part(Vec<Cow<'v, Value>>),
    /// More than can be looked at, on the way or at the end. Nothing is said of them: the few that
    /// were seen could be taken for all there are.
    TooMany,
}

/// What is wrong with a path's text, and where (byte offset).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {problem}")]
pub struct InvalidPath {
    at: usize,
    problem: Cow<'static, str>,
}

impl Path {
    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first member the path names: where a source must carry something for it to work. None if it
    /// begins at the document itself.
    #[must_use]
    pub fn first_member(&self) -> Option<&str> {
        match self.steps.first()? {
            Step::Select(Select::Member(name)) => Some(name),
            _ => None,
        }
    }

    /// Every value the path reaches in `event`, unless a step reaches more than 64 or they all have more
    /// than 512 KiB to read.
    #[must_use]
    pub fn values<'v>(&self, event: &'v Value) -> Reached<'v> {
        walk(&self.steps, event, VALUES_MAX)
    }

    /// What the path reaches, as [`Path::values`], unless a step reaches more than `most`; out of an event that is not
    /// needed any more. Nothing is copied where the path goes through members alone.
    #[must_use]
    pub fn take(&self, event: Value, most: usize) -> Reached<'static> {
        let mut here = event;
        let mut steps = self.steps.iter();
        while let [Step::Select(Select::Member(name)), ..] = steps.as_slice() {
            let Some(next) = here.as_object_mut().and_then(|members| members.remove(name)) else {
                return Reached::All(Vec::new());
            };
            here = next;
            steps.next();
        }
        if steps.as_slice().is_empty() {
            return Reached::All(vec![Cow::Owned(here)]);
        }
        let owned =
            |found: Vec<Cow<'_, Value>>| found.into_iter().map(|value| Cow::Owned(value.into_owned())).collect();
        match walk(steps.as_slice(), &here, most) {
            Reached::All(found) => Reached::All(owned(found)),
            Reached::Part(found) => Reached::Part(owned(found)),
            Reached::TooMany => Reached::TooMany,
        }
    }
}

/// `most` is how many values any step may reach.
fn walk<'v>(steps: &[Step], event: &'v Value, most: usize) -> Reached<'v> {
    let mut here = vec![Cow::Borrowed(event)];
    let mut decoder = Decoder::new(most);
    for step in steps {
        here = step.apply(here, &mut decoder);
        if here.len() > most || decoder.is_spent {
            return Reached::TooMany;
        }
    }
    if decoder.has_unread { Reached::Part(here) } else { Reached::All(here) }
}

impl FromStr for Path {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        Ok(Self { text: text.to_owned(), steps: parse::steps(text)? })
    }
}
