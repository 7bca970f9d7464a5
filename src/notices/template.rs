//! The whole text of a topic's notices in the operator's own words: names to fill in are checked when the settings are
//! read, and what fills them in is the same that our own words would say.

use super::told::{AboutIncident, Fact, INCIDENTS_SHOWN, Told, plain, plain_up_to};
use super::wording::{self, Language};
use crate::incident::template::{self, Part, TemplateFault};
use crate::incident::{Topic, is_direction_mark};

/// The largest text, in bytes as they stand in JSON; a work notification is refused at 2,048 with what is around it.
const JSON_BYTES_MAX: usize = 2_000;
/// What of it is kept for saying how many more there are.
const MORE_BYTES: usize = 80;
/// What stands for a value that there is not.
const NONE: &str = "-";
/// An incident's id.
const INCIDENT_ID_BYTES: usize = 20;
/// What stands between the address of the server and an incident's id.
const INCIDENT_PATH_BYTES: usize = "/incidents/".len();

/// A name that a text may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// The incident's id.
    Incident,
    /// The title of the rule that opened it.
    RuleTitle,
    /// Why it waits.
    Reason,
    /// What an approval is bound to.
    Plan,
    /// Where people read on.
    Link,
    /// The number of the record.
    Record,
    /// When it happened.
    Time,
    /// What else the topic says.
    Fact(Fact),
}

/// A text that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    is_of_incidents: bool,
    parts: Vec<Part<Name>>,
}

impl Template {
    /// Reads the text for notices of `topic`; links begin with `public_url`.
    ///
    /// # Errors
    /// What is wrong, to be read behind the setting's name.
    pub(super) fn parse(text: &str, topic: Topic, public_url: Option<&str>) -> Result<Self, String> {
        let text = text.trim_end();
        let is_hidden = |c: char| (c.is_control() && c != '\n') || is_direction_mark(c);
        if text.trim().is_empty() || text.chars().any(is_hidden) {
            return Err("must be visible text".to_owned());
        }
        let names = names(topic);
        let named = |name: &str| names.iter().find(|known| known.as_str() == name).copied();
        let parts = template::parts(text, named).map_err(|fault| match fault {
            TemplateFault::NotClosed => "has a `{{` that is not closed".to_owned(),
            TemplateFault::Mark(mark) => format!("has `{mark}`, which means nothing here"),
            TemplateFault::Unknown(name) => {
                let known: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
                format!("has `{{{{ {name} }}}}`, which this topic does not have; it has {}", known.join(", "))
            }
        })?;
        let has = |name: Name| parts.contains(&Part::Name(name));
        if let Some(left_out) = wanted(topic).iter().find(|name| !has(**name)) {
            return Err(format!("leaves out `{{{{ {} }}}}`, which this topic is not told without", left_out.as_str()));
        }
        if has(Name::Link) && public_url.is_none() {
            return Err("has `{{ link }}`, which takes `public_url`".to_owned());
        }
        let part = |part: &Part<Name>| match part {
            Part::Text(text) => json_bytes(text),
            Part::Name(name) => name.bytes_max(public_url.map_or(0, str::len)),
        };
        let (longest, most) = (parts.iter().map(part).sum::<usize>(), JSON_BYTES_MAX - MORE_BYTES);
        if longest > most {
            return Err(format!("may come to {longest} bytes once it is filled in, and {most} are taken"));
        }
        Ok(Self { is_of_incidents: names.contains(&Name::Incident), parts })
    }

    /// The text of a notice, incident below incident; `None` where it is told in numbers only, which ours are for.
    pub(super) fn fill(&self, told: &Told, language: Language) -> Option<String> {
        let mut text = String::new();
        let mut unnamed = told.more;
        if self.is_of_incidents {
            let mut shown: u64 = 0;
            for incident in told.incidents.iter().take(INCIDENTS_SHOWN) {
                let one = self.filled(told, Some(incident));
                if shown > 0 && json_bytes(&text) + json_bytes("\n") + json_bytes(&one) + MORE_BYTES > JSON_BYTES_MAX {
                    break;
                }
                text.push_str(if shown > 0 { "\n" } else { "" });
                text.push_str(&one);
                shown += 1;
            }
            unnamed = unnamed.saturating_add((told.incidents.len() as u64).saturating_sub(shown));
        } else if !told.facts.is_empty() {
            text = self.filled(told, None);
        }
        if text.is_empty() {
            return None;
        }
        if unnamed > 0 {
            text.push('\n');
            text.push_str(&wording::more(unnamed, language));
        }
        Some(text)
    }

    fn filled(&self, told: &Told, incident: Option<&AboutIncident>) -> String {
        let public_url_bytes = told.public_url.as_ref().map_or(0, String::len);
        let part = |part: &Part<Name>| match part {
            Part::Text(text) => text.clone(),
            Part::Name(name) => {
                let value = name.value(told, incident).unwrap_or_else(|| NONE.to_owned());
                // Checked by this length when it was read; it is only here that a value is cut to it.
                cut(&value, name.bytes_max(public_url_bytes))
            }
        };
        self.parts.iter().map(part).collect()
    }
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Self::Incident => "incident.id",
            Self::RuleTitle => "rule.title",
            Self::Reason => "reason",
            Self::Plan => "plan",
            Self::Link => "link",
            Self::Record => "record",
            Self::Time => "time",
            Self::Fact(fact) => fact.as_str(),
        }
    }

    /// The most bytes of its value.
    fn bytes_max(self, public_url_bytes: usize) -> usize {
        match self {
            Self::Incident => INCIDENT_ID_BYTES,
            // Up to four for each character of what is not ours.
            Self::RuleTitle | Self::Fact(Fact::Place | Fact::Failure) => 480,
            Self::Fact(Fact::Text | Fact::ByHand) => 800,
            Self::Reason | Self::Fact(Fact::Code | Fact::Check) => 120,
            Self::Plan | Self::Fact(Fact::Alert) => 64,
            Self::Link => public_url_bytes + INCIDENT_PATH_BYTES + INCIDENT_ID_BYTES,
            Self::Record => 20,
            Self::Time | Self::Fact(Fact::Step | Fact::Count) => 32,
            Self::Fact(Fact::Source | Fact::Scope) => 80,
        }
    }

    fn value(self, told: &Told, incident: Option<&AboutIncident>) -> Option<String> {
        match self {
            Self::Incident => incident.map(|incident| incident.id.to_string()),
            Self::RuleTitle => incident?.rule.as_deref().map(plain),
            Self::Reason => incident?.reason.map(str::to_owned),
            Self::Plan => incident?.plan.map(|plan| plan.to_string()),
            Self::Link => incident.map_or_else(|| told.public_url.clone(), |incident| told.link(incident)),
            Self::Record => Some(told.record.to_string()),
            Self::Time => Some(wording::moment(told.at)),
            Self::Fact(fact) => {
                let (_, value) = told.facts.iter().find(|(known, _)| known.as_str() == fact.as_str())?;
                Some(plain_up_to(value, fact.chars_max()))
            }
        }
    }
}

/// What notices of a topic can say.
fn names(topic: Topic) -> Vec<Name> {
    use Name::{Incident, Plan, Reason, RuleTitle};
    let own: &[Name] = match topic {
        Topic::IncidentHeld | Topic::OutcomeUnverified => &[Incident, RuleTitle, Reason, Name::Fact(Fact::Failure)],
        Topic::ApprovalLapsed => &[Incident, RuleTitle, Reason],
        Topic::ApprovalWanted => &[Incident, RuleTitle, Reason, Plan],
        Topic::Contained => &[Incident, RuleTitle],
        Topic::AccountWarned => &[Incident, RuleTitle, Name::Fact(Fact::Alert)],
        Topic::StepGivenUp => &[Incident, RuleTitle, Name::Fact(Fact::Step), Name::Fact(Fact::Failure)],
        Topic::AlertHeld => &[Name::Fact(Fact::Source), Name::Fact(Fact::Scope), Name::Fact(Fact::Code)],
        Topic::ActionsPaused | Topic::ActionsResumed => &[Name::Fact(Fact::Scope)],
        Topic::RulesRefused => &[Name::Fact(Fact::Count), Name::Fact(Fact::Place)],
        Topic::SourceConflict | Topic::SourceNotUnderstood => &[Name::Fact(Fact::Source), Name::Fact(Fact::Code)],
        Topic::BreakerTripped => &[Name::Fact(Fact::Scope), Name::Fact(Fact::Count)],
        Topic::ReleaseOffered => &[Incident, RuleTitle, Reason],
        Topic::Doctor => &[Name::Fact(Fact::Check)],
        Topic::DiskRoom => &[Name::Fact(Fact::Code), Name::Fact(Fact::Count)],
        Topic::RuleNotice => &[Incident, RuleTitle, Name::Fact(Fact::Text)],
    };
    own.iter().chain(&[Name::Link, Name::Record, Name::Time]).copied().collect()
}

/// What a text must not leave out: whoever is to say yes has to see to what, and a rule's words are to be heard.
fn wanted(topic: Topic) -> &'static [Name] {
    match topic {
        Topic::ApprovalWanted => &[Name::Link, Name::Plan],
        Topic::RuleNotice => &[Name::Fact(Fact::Text)],
        _ => &[],
    }
}

fn json_bytes(text: &str) -> usize {
    text.chars().map(json_bytes_of).sum()
}

fn json_bytes_of(c: char) -> usize {
    if matches!(c, '"' | '\\' | '\n') { 2 } else { c.len_utf8() }
}

fn cut(text: &str, bytes_max: usize) -> String {
    let mut bytes = 0;
    let fits = |c: &char| {
        bytes += json_bytes_of(*c);
        bytes <= bytes_max
    };
    text.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests;
