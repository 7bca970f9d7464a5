//! Fills in reasons: the plain one for the admin console, and the employee's in all 15 locales.

use std::collections::BTreeMap;

use crate::incident::{Alert, Digest, IncidentId, ReasonCode, RuleRef, Timestamp};
use crate::rules::{EMPLOYEE_TEXT_CHARS_MAX, EmployeeValues, RuleSet, Template, Variable};

/// The longest plain reason, in characters; our own limit, DingTalk documents none.
const REASON_CHARACTERS_MAX: usize = 500;

/// Locale (`zh_CN` …) to the text an employee reads.
pub type EmployeeTexts = BTreeMap<String, String>;

/// The plain reason of a step.
pub(super) fn plain(template: &Template, rule: &RuleRef, incident: &IncidentId, alert: &Alert) -> String {
    let rendered = template.render(|variable| match variable {
        Variable::RuleTitle => rule.title.as_str(),
        Variable::RuleId => rule.id.as_str(),
        Variable::IncidentId => incident.as_str(),
        Variable::AlertSource => alert.summary.source.as_str(),
        // Not allowed in these texts; refused at load.
        Variable::Contact | Variable::Time => "",
    });
    cut(&rendered, REASON_CHARACTERS_MAX)
}

/// The employee's texts for `code`; nothing about the alert goes in.
pub(super) fn for_employee(rules: &RuleSet, code: &ReasonCode, incident: &IncidentId, now: Timestamp) -> EmployeeTexts {
    let values = EmployeeValues { incident_id: incident.as_str(), contact: rules.guardrails().contact(), at: now };
    let reasons = rules.reasons();
    let text = |locale: &&str| {
        let rendered = reasons.render(code, locale, &values)?;
        // Checked when the catalogue is loaded; cutting here is the last resort.
        Some((String::from(*locale), cut(&rendered, EMPLOYEE_TEXT_CHARS_MAX)))
    };
    reasons.locales().iter().filter_map(text).collect()
}

/// The wording's digest, when these texts stand in place of some of its own.
pub(super) fn digest_with(own: Digest, senders: &EmployeeTexts) -> Digest {
    if senders.is_empty() {
        return own;
    }
    let texts = senders.iter().flat_map(|(locale, text)| [locale.as_bytes(), text.as_bytes()]);
    let parts: Vec<&[u8]> = std::iter::once(&own.0[..]).chain(texts).collect();
    Digest::of_parts(&parts)
}

fn cut(text: &str, characters_max: usize) -> String {
    text.chars().take(characters_max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_says_which_words_were_read() {
        let own = Digest::of(b"own");
        let words = |text: &str| EmployeeTexts::from([("en_US".to_owned(), text.to_owned())]);
        assert_eq!(digest_with(own, &EmployeeTexts::new()), own);
        assert_ne!(digest_with(own, &words("a")), digest_with(own, &words("b")));
    }
}
