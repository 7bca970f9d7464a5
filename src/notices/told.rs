//! What one notice says: ids, titles of rules, reasons of ours and counts. Never what an alert carried, nor anything of
//! the person it is about, nor words that somebody typed in a hurry, other than those that they have told on purpose.

use serde_json::{Value, json};

use super::wording::{self, Language};
use crate::incident::{Digest, IncidentId, Timestamp, Topic, is_direction_mark};

/// The most incidents that one notice names.
pub(super) const INCIDENTS_SHOWN: usize = 3;
/// The most characters of a value.
const VALUE_CHARS_MAX: usize = 120;
/// The most characters of a rule's own words, which the rules see to.
const TEXT_CHARS_MAX: usize = 200;
/// The largest text, in bytes; a work notification is refused at 2,048 as JSON.
const TEXT_BYTES_MAX: usize = 1_500;

/// One notice before it is put into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its id, the same for every attempt.
    pub id: String,
    /// What it is about.
    pub topic: Topic,
    /// When that happened.
    pub at: Timestamp,
    /// The record that says so.
    pub record: u64,
    /// For how many more of the same kind it stands.
    pub more: u64,
    /// The incidents it is about.
    pub incidents: Vec<AboutIncident>,
    /// What else there is to say.
    pub facts: Vec<(Fact, String)>,
    /// Where people reach the server.
    pub public_url: Option<String>,
}

/// What is said of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AboutIncident {
    /// Which.
    pub id: IncidentId,
    /// The title of the rule that opened it; of several, the first.
    pub rule: Option<String>,
    /// Why it waits.
    pub reason: Option<&'static str>,
    /// What an approval is bound to, where one is wanted.
    pub plan: Option<Digest>,
}

/// A kind of value that may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// A step's number and kind.
    Step,
    /// The code of a failure.
    Failure,
    /// A source's name.
    Source,
    /// A reason's code.
    Code,
    /// How far a pause reaches.
    Scope,
    /// How many.
    Count,
    /// A file and line.
    Place,
    /// A rule's own words.
    Text,
    /// A responder's.
    ByHand,
    /// What the doctor has found.
    Check,
    /// The id of an alert.
    Alert,
}

impl Fact {
    /// The name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Failure => "failure",
            Self::Source => "source",
            Self::Code => "code",
            Self::Scope => "scope",
            Self::Count => "count",
            Self::Place => "place",
            Self::Text | Self::ByHand => "text",
            Self::Check => "check",
            Self::Alert => "alert",
        }
    }

    /// The most characters of such a value.
    pub(super) fn chars_max(self) -> usize {
        if matches!(self, Self::Text | Self::ByHand) { TEXT_CHARS_MAX } else { VALUE_CHARS_MAX }
    }
}

impl Told {
    /// The same without any incident, as it is said to people who may be whom one of several is about.
    #[must_use]
    pub fn in_numbers(self) -> Self {
        Self { incidents: Vec::new(), facts: Vec::new(), ..self }
    }

    /// As text for people, under a first line of their own if they have one.
    #[must_use]
    pub fn text(&self, language: Language, headline: Option<&str>) -> String {
        let is_by_hand = self.facts.iter().any(|(fact, _)| *fact == Fact::ByHand);
        let ours = || if is_by_hand { wording::by_hand(language) } else { wording::headline(self.topic, language) };
        let headline = headline.unwrap_or_else(ours);
        let mut lines = vec![format!("Portcullis: {headline}")];
        for incident in self.incidents.iter().take(INCIDENTS_SHOWN) {
            lines.push(incident.line(language));
            lines.extend(self.link(incident));
        }
        let unnamed = self.incidents.len().saturating_sub(INCIDENTS_SHOWN) as u64;
        lines.extend(
            self.facts
                .iter()
                .map(|(fact, value)| wording::fact(*fact, &plain_up_to(value, fact.chars_max()), language)),
        );
        if unnamed + self.more > 0 {
            lines.push(wording::more(unnamed + self.more, language));
            if let (Topic::ApprovalWanted, Some(url)) = (self.topic, &self.public_url) {
                lines.push(format!("{} {url}", wording::more_there(language)));
            }
        }
        lines.push(wording::record(self.record, self.at, language));
        if self.incidents.is_empty() {
            lines.extend(self.public_url.clone());
        }
        cut(&lines.join("\n"))
    }

    /// What is said where nothing has happened: there is no record to look up.
    #[must_use]
    pub fn trial(&self, language: Language, headline: &str) -> String {
        let facts = self.facts.iter().map(|(fact, value)| wording::fact(*fact, &plain(value), language));
        [format!("Portcullis: {headline}")].into_iter().chain(facts).collect::<Vec<_>>().join("\n")
    }

    /// As the body of a webhook, in the form that Standard Webhooks recommends.
    #[must_use]
    pub fn json(&self) -> String {
        let incident = |incident: &AboutIncident| {
            json!({
                "id": incident.id,
                "rule": incident.rule.as_deref().map(plain),
                "reason": incident.reason,
                "plan": incident.plan,
                "link": self.link(incident),
            })
        };
        let facts: Value = self
            .facts
            .iter()
            .map(|(fact, value)| (fact.as_str().to_owned(), Value::from(plain_up_to(value, fact.chars_max()))))
            .collect();
        json!({
            "type": format!("portcullis.{}", self.topic),
            "timestamp": format!("{:.3}", self.at),
            "data": {
                "id": self.id,
                "record": self.record,
                "more": self.more,
                "incidents": self.incidents.iter().map(incident).collect::<Vec<_>>(),
                "facts": facts,
            },
        })
        .to_string()
    }

    pub(super) fn link(&self, incident: &AboutIncident) -> Option<String> {
        self.public_url.as_ref().map(|url| format!("{url}/incidents/{}", incident.id))
    }
}

impl AboutIncident {
    fn line(&self, language: Language) -> String {
        let rule = self.rule.as_deref().map(|rule| format!(" ({})", plain(rule))).unwrap_or_default();
        let reason = self.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let plan = self.plan.map(|plan| wording::plan(plan, language)).unwrap_or_default();
        format!("{}{rule}{reason}{plan}", self.id)
    }
}

/// One line of visible text, whatever is in it.
pub(super) fn plain(value: &str) -> String {
    plain_up_to(value, VALUE_CHARS_MAX)
}

pub(super) fn plain_up_to(value: &str, chars_max: usize) -> String {
    let shown = value.chars().map(|c| if c.is_control() || is_direction_mark(c) { ' ' } else { c });
    shown.take(chars_max).collect()
}

fn cut(text: &str) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text.to_owned();
    }
    let end = (0..=TEXT_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(topic: Topic, title: &str) -> Told {
        Told {
            id: "ntc_0".to_owned(),
            topic,
            at: "2026-11-21T03:00:00Z".parse().unwrap(),
            record: 17,
            more: 0,
            incidents: vec![AboutIncident {
                id: IncidentId::parse("inc_0123456789abcdef").unwrap(),
                rule: Some(title.to_owned()),
                reason: Some("the account is on the list of protected accounts"),
                plan: None,
            }],
            facts: Vec::new(),
            public_url: Some("https://p.example.com".to_owned()),
        }
    }

    #[test]
    fn a_hold_is_told_with_its_reason_and_a_link() {
        let text = told(Topic::IncidentHeld, "Impossible travel").text(Language::En, None);
        let expected = "Portcullis: an incident waits for a human.\n\
            inc_0123456789abcdef (Impossible travel): the account is on the list of protected accounts\n\
            https://p.example.com/incidents/inc_0123456789abcdef\n\
            Record 17 of the trail, 2026-11-21 03:00:00 UTC.";
        assert_eq!(text, expected);
    }

    #[test]
    fn an_approval_names_the_plan_to_the_letter() {
        let mut told = told(Topic::ApprovalWanted, "Leaked token");
        told.incidents[0].plan = Some(Digest::of(b"plan"));
        told.more = 2;
        let text = told.text(Language::En, None);
        assert!(text.contains(&format!("plan {}", Digest::of(b"plan"))) && text.contains("And 2 more"), "{text}");
        let json: Value = serde_json::from_str(&told.json()).unwrap();
        assert_eq!(json["type"], "portcullis.approval_wanted");
        assert_eq!(json["data"]["incidents"][0]["plan"], Digest::of(b"plan").to_string());
        assert_eq!(json["data"]["more"], 2);
    }

    #[test]
    fn a_first_line_of_their_own_takes_the_place_of_ours() {
        let text = told(Topic::IncidentHeld, "Impossible travel").text(Language::En, Some("see runbook R7."));
        assert!(text.starts_with("Portcullis: see runbook R7.\ninc_0123456789abcdef (Impossible travel)"), "{text}");
    }

    #[test]
    fn in_numbers_no_incident_is_named() {
        let told = Told { more: 4, ..told(Topic::IncidentHeld, "Impossible travel") }.in_numbers();
        let text = told.text(Language::En, None);
        assert!(!text.contains("inc_") && !text.contains("Impossible") && text.contains("And 4 more"), "{text}");
    }

    proptest! {
        #[test]
        fn any_text_fits_and_holds_its_lines(
            titles in proptest::collection::vec(proptest::collection::vec(any::<char>(), 0..600), 0..6),
            topic in proptest::sample::select(Topic::ALL.to_vec()),
            zh: bool,
        ) {
            let base = told(topic, "");
            let incident = |title: &Vec<char>| {
                AboutIncident { rule: Some(title.iter().collect()), ..base.incidents[0].clone() }
            };
            let told = Told { incidents: titles.iter().map(incident).collect(), ..base.clone() };
            let text = told.text(if zh { Language::Zh } else { Language::En }, None);
            prop_assert!(text.len() <= TEXT_BYTES_MAX + '…'.len_utf8());
            prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(text.lines().count() <= 2 + 2 * INCIDENTS_SHOWN + 2);
            let msg = json!({ "msgtype": "text", "text": { "content": text } }).to_string();
            prop_assert!(msg.len() <= 2_048, "{}", msg.len());
        }
    }
}
