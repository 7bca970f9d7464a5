//! Fills in reasons: the plain one for the admin console, and the employee's in all 15 locales.

use std::collections::BTreeMap;

use crate::incident::{Alert, IncidentId, ReasonCode, RuleRef, Timestamp};
use crate::rules::{EmployeeValues, RuleSet, Template, Variable};

/// The longest plain reason, in characters; our own limit, DingTalk documents none.
const REASON_CHARACTERS_MAX: usize = 500;
/// The longest employee text, in characters. Checked when the catalogue is loaded; cutting here is
/// the last resort.
const EMPLOYEE_CHARACTERS_MAX: usize = 200;

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
    let time = now.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let values = EmployeeValues { incident_id: incident.as_str(), contact: rules.guardrails().contact(), time: &time };
    let reasons = rules.reasons();
    let text = |locale: &&str| {
        let rendered = reasons.render(code, locale, &values)?;
        Some((String::from(*locale), cut(&rendered, EMPLOYEE_CHARACTERS_MAX)))
    };
    reasons.locales().iter().filter_map(text).collect()
}

fn cut(text: &str, characters_max: usize) -> String {
    text.chars().take(characters_max).collect()
}
