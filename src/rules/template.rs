//! Texts with `{{ names }}` to fill in: parsed at load against a list of allowed names, filled in once.
//!
//! Nothing but names is understood, and a value that looks like a template stays text.

use std::fmt;

use super::problem::{Place, Report};
use super::spelling;
use crate::incident::shows_nothing;
use crate::incident::template::{self, Part, TemplateFault};

/// A name a text may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variable {
    /// The matching rule's title.
    RuleTitle,
    /// The matching rule's id.
    RuleId,
    /// The incident's id.
    IncidentId,
    /// The configured name of the source that sent the alert.
    AlertSource,
    /// Whom the employee may contact, from `guardrails.yml`.
    Contact,
    /// When it happened, for the employee.
    Time,
}

impl Variable {
    /// What a step's `reason` may use.
    pub(super) const OF_A_REASON: [Self; 4] = [Self::RuleTitle, Self::RuleId, Self::IncidentId, Self::AlertSource];
    /// What an employee's text may use: nothing that tells how the detection works.
    pub(super) const OF_AN_EMPLOYEE_REASON: [Self; 3] = [Self::IncidentId, Self::Contact, Self::Time];
    /// And what it must: whoever is signed out has to know whom to ask, and about what.
    pub(super) const OF_EVERY_EMPLOYEE_REASON: [Self; 2] = [Self::Contact, Self::IncidentId];

    /// The name in a text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RuleTitle => "rule.title",
            Self::RuleId => "rule.id",
            Self::IncidentId => "incident.id",
            Self::AlertSource => "alert.source",
            Self::Contact => "contact",
            Self::Time => "time",
        }
    }
}

/// A parsed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part<Variable>>,
}

impl Template {
    /// Reads `text`, in which the names of `allowed` may stand.
    pub(super) fn parse(text: &str, allowed: &[Variable], at: Place, report: &mut Report) -> Option<Self> {
        match parts(text, allowed) {
            Ok(parts) => Some(Self { text: text.to_owned(), parts }),
            Err((what, advice)) => {
                report.error_with(at, what, advice);
                None
            }
        }
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the name stands in the text.
    pub(super) fn has(&self, variable: Variable) -> bool {
        self.parts.contains(&Part::Name(variable))
    }

    /// Whether the text shows anything beside what is filled in.
    pub(super) fn has_words(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Text(text) if !shows_nothing(text)))
    }

    /// The text with every name replaced by its value, once: values are not read as templates, and a
    /// control character in one becomes a space.
    #[must_use]
    pub fn render<V: fmt::Display>(&self, value_of: impl Fn(Variable) -> V) -> String {
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let part = |part: &Part<Variable>| match part {
            Part::Text(text) => text.clone(),
            Part::Name(variable) => value_of(*variable).to_string().chars().map(plain).collect(),
        };
        self.parts.iter().map(part).collect()
    }

    /// The most characters of the rendered text, if each value has the characters that `longest` says.
    pub(super) fn chars_max(&self, longest: impl Fn(Variable) -> usize) -> usize {
        let part = |part: &Part<Variable>| match part {
            Part::Text(text) => text.chars().count(),
            Part::Name(variable) => longest(*variable),
        };
        self.parts.iter().map(part).sum()
    }
}

fn parts(text: &str, allowed: &[Variable]) -> Result<Vec<Part<Variable>>, (String, String)> {
    let named = |name: &str| allowed.iter().find(|variable| variable.as_str() == name).copied();
    template::parts(text, named).map_err(|fault| match fault {
        TemplateFault::NotClosed => ("`{{` is not closed".to_owned(), "add `}}`".to_owned()),
        TemplateFault::Unknown(name) => {
            let known: Vec<&str> = allowed.iter().map(|variable| variable.as_str()).collect();
            (format!("`{{{{ {name} }}}}` cannot be used here"), spelling::advice(name, &known))
        }
        TemplateFault::Mark(mark) => {
            (format!("`{mark}` means nothing here"), "only names in `{{ }}` are filled in".to_owned())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Template, String> {
        let mut report = Report::about("x");
        let template = Template::parse(text, &Variable::OF_A_REASON, Place { line: 1, column: 1 }, &mut report);
        let mut errors = Vec::new();
        report.hand_over(&mut errors, &mut Vec::new());
        template.ok_or_else(|| errors[0].to_string())
    }

    #[test]
    fn f07_names_are_filled_in_once() {
        let template = parse("{{ rule.title }}: {{incident.id}} {x}").unwrap();
        let value = |variable| match variable {
            Variable::RuleTitle => "{{ rule.id }}\n{{",
            _ => "inc_1",
        };
        assert_eq!(template.render(value), "{{ rule.id }} {{: inc_1 {x}");
        assert_eq!(template.chars_max(|_| 10), 10 + 2 + 10 + 4);
        assert_eq!(template.as_str(), "{{ rule.title }}: {{incident.id}} {x}");
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, message) in [
            ("{{ rule.titel }}", "`{{ rule.titel }}` cannot be used here; did you mean `rule.title`?"),
            (
                "{{ contact }}",
                "`{{ contact }}` cannot be used here; known are rule.title, rule.id, incident.id, alert.source",
            ),
            ("{{ rule.title", "`{{` is not closed; add `}}`"),
            (
                "{{ rule.title | upper }}",
                "`{{ rule.title | upper }}` cannot be used here; known are rule.title, rule.id, incident.id, alert.source",
            ),
            ("a }} b", "`}}` means nothing here; only names in `{{ }}` are filled in"),
            ("{% if x %}", "`{%` means nothing here; only names in `{{ }}` are filled in"),
            ("{# x #}", "`{#` means nothing here; only names in `{{ }}` are filled in"),
        ] {
            assert_eq!(parse(text).unwrap_err(), format!("x:1:1: {message}"));
        }
    }
}
