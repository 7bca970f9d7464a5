//! A small path language over JSON, for finding the account an event names.
//!
//! `target[type=User].alternateId` reads: in the array `target`, the elements whose `type` is
//! `User`, of each the member `alternateId`. A name with dots or brackets is quoted:
//! `output_fields.'user.name'`. `[2]` takes one element, `[*]` all. A path gives *all* values it
//! reaches, so that the caller sees when there is more than one.

use std::str::FromStr;

use serde_json::Value;

/// The most steps in one path.
const STEPS_MAX: usize = 16;
/// The most values any step of a path may reach. A step that reaches more is cut, and says so.
const VALUES_MAX: usize = 64;

/// A parsed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    text: String,
    steps: Vec<Step>,
}

/// What a path reaches in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached<'v> {
    /// These values, and no others.
    All(Vec<&'v Value>),
    /// More than can be looked at, on the way or at the end. Nothing is said of them: the few that
    /// were seen could be taken for all there are.
    TooMany,
}

/// What is wrong with a path's text, and where (byte offset).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {problem}")]
pub struct InvalidPath {
    at: usize,
    problem: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Index(usize),
    Every,
    Where { member: String, equals: String },
}

impl Path {
    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first member the path names: where a source must carry something for it to work.
    #[must_use]
    pub fn first_member(&self) -> Option<&str> {
        self.steps.iter().find_map(|step| match step {
            Step::Member(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Every value the path reaches in `event`, unless a step reaches more than 64.
    #[must_use]
    pub fn values<'v>(&self, event: &'v Value) -> Reached<'v> {
        let mut here = vec![event];
        for step in &self.steps {
            here = here.into_iter().flat_map(|value| step.from(value)).take(VALUES_MAX + 1).collect();
            if here.len() > VALUES_MAX {
                return Reached::TooMany;
            }
        }
        Reached::All(here)
    }
}

impl Step {
    fn from<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Member(name), Value::Object(members)) => members.get(name).into_iter().collect(),
            (Self::Index(index), Value::Array(elements)) => elements.get(*index).into_iter().collect(),
            (Self::Every, Value::Array(elements)) => elements.iter().collect(),
            (Self::Where { member, equals }, Value::Array(elements)) => {
                let matches = |element: &&Value| element.get(member).and_then(Value::as_str) == Some(equals);
                elements.iter().filter(matches).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl FromStr for Path {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        let mut parser = Parser { text, at: 0 };
        let mut steps = vec![Step::Member(parser.name()?)];
        while let Some(next) = parser.peek() {
            steps.push(match next {
                '.' => {
                    parser.skip(next);
                    Step::Member(parser.name()?)
                }
                '[' => parser.bracket()?,
                _ => return Err(parser.problem("expected `.` or `[`")),
            });
            if steps.len() > STEPS_MAX {
                return Err(parser.problem("more than 16 steps"));
            }
        }
        Ok(Self { text: text.to_owned(), steps })
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn name(&mut self) -> Result<String, InvalidPath> {
        if self.peek() == Some('\'') {
            self.skip('\'');
            let name = self.until(&['\''])?;
            self.skip('\'');
            return Ok(name.to_owned());
        }
        let rest = self.rest();
        let name = rest.split(['.', '[', ']', '=', '\'']).next().unwrap_or(rest);
        if name.is_empty() {
            return Err(self.problem("expected a name"));
        }
        self.at += name.len();
        Ok(name.to_owned())
    }

    fn bracket(&mut self) -> Result<Step, InvalidPath> {
        self.skip('[');
        let step = if self.peek() == Some('*') {
            self.skip('*');
            Step::Every
        } else {
            let name = self.name()?;
            if self.peek() == Some('=') {
                self.skip('=');
                Step::Where { member: name, equals: self.until(&[']'])?.to_owned() }
            } else {
                Step::Index(name.parse().map_err(|_| self.problem("expected a number, `*` or `name=value`"))?)
            }
        };
        if self.peek() != Some(']') {
            return Err(self.problem("expected `]`"));
        }
        self.skip(']');
        Ok(step)
    }

    fn until(&mut self, ends: &[char]) -> Result<&'t str, InvalidPath> {
        let rest = self.rest();
        let length = rest.find(ends).ok_or_else(|| self.problem("not closed"))?;
        self.at += length;
        Ok(rest.get(..length).unwrap_or_default())
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
        InvalidPath { at: self.at, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(path: &str, event: &Value, expected: &Value) {
        let Reached::All(found) = path.parse::<Path>().unwrap().values(event) else { panic!("{path}") };
        assert_eq!(Value::Array(found.into_iter().cloned().collect()), *expected, "{path}");
    }

    #[test]
    fn a_path_gives_every_value_it_reaches() {
        let event = json!({
            "actor": {"alternateId": "system@okta.com"},
            "target": [
                {"type": "AppInstance", "alternateId": "x"},
                {"type": "User", "alternateId": "a@example.com"},
                {"type": "User", "alternateId": "b@example.com"},
            ],
            "output_fields": {"user.name": "root", "user": {"name": "nested"}},
        });
        check("actor.alternateId", &event, &json!(["system@okta.com"]));
        check("target[type=User].alternateId", &event, &json!(["a@example.com", "b@example.com"]));
        check("target[0].type", &event, &json!(["AppInstance"]));
        check("target[*].type", &event, &json!(["AppInstance", "User", "User"]));
        check("output_fields.'user.name'", &event, &json!(["root"]));
        check("output_fields.user.name", &event, &json!(["nested"]));
        check("nobody.here", &event, &json!([]));
    }

    /// What lies behind the limit is not lost silently, also when a later step would have thinned it out.
    #[test]
    fn a_step_that_reaches_too_many_values_says_so() {
        let path: Path = "target[*].id".parse().unwrap();
        let target = |count: usize| {
            let others = std::iter::repeat_n(json!({}), count - 2);
            let all = std::iter::once(json!({"id": "a"})).chain(others).chain([json!({"id": "b"})]);
            json!({ "target": all.collect::<Vec<_>>() })
        };
        assert_eq!(path.values(&target(VALUES_MAX)), Reached::All(vec![&json!("a"), &json!("b")]));
        assert_eq!(path.values(&target(VALUES_MAX + 1)), Reached::TooMany);
        let last: Path = "ids[*]".parse().unwrap();
        assert_eq!(last.values(&json!({"ids": vec![1; VALUES_MAX + 1]})), Reached::TooMany);
    }

    #[test]
    fn a_bad_path_says_where() {
        for bad in ["", ".", "a.", "a[", "a[x]", "a[b=c", "a]b", "'a", "a[1", &"a.".repeat(20)] {
            assert!(bad.parse::<Path>().is_err(), "{bad}");
        }
        assert_eq!(
            "a[x]".parse::<Path>().unwrap_err().to_string(),
            "at character 3: expected a number, `*` or `name=value`"
        );
    }
}
