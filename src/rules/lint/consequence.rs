//! Lints on what a rule does, and on what its author has to say to those who live with it.

use super::super::problem::Report;
use super::super::step::StepTemplate;
use super::catalogue::Lint;
use super::subject::{Subject, all_entries};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    let rule = subject.rule;
    let Some(response) = &rule.response else { return };
    let is_endless = |step: &StepTemplate| matches!(step, StepTemplate::Disable { expires_in: None, .. });
    if response.steps.iter().any(is_endless) {
        let response = subject.entry("response").map(|entry| all_entries(&entry.value)).unwrap_or_default();
        let at =
            response.iter().find(|entry| entry.key == "permanent").map_or(subject.at("response"), |entry| entry.at);
        let advice = "give it an end that the help desk can reach: `expires_in: 8h`";
        report.warn(Lint::PermanentDisable, at, "the account stays disabled until somebody enables it", advice);
    }
    let shortest = response.steps.iter().filter_map(|step| match step {
        StepTemplate::Disable { expires_in, .. } => *expires_in,
        _ => None,
    });
    if shortest.min().is_some_and(|lasts| lasts < response.cooldown) {
        let entries = subject.entry("response").map(|entry| all_entries(&entry.value)).unwrap_or_default();
        let said = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| entry.at);
        let at = said("cooldown").or_else(|| said("expires_in")).unwrap_or(subject.at("response"));
        let advice = "write a `cooldown` that is no longer than `expires_in`; it is `1h` where none is written";
        let what = "an alert that comes after the disable has ended and within the cooldown does nothing";
        report.warn(Lint::CooldownOutlastsDisable, at, what, advice);
    }
    let is_boxed = |step: &StepTemplate| matches!(step, StepTemplate::Disable { expires_in: Some(_), .. });
    let is_changed = |step: &StepTemplate| matches!(step, StepTemplate::ChangeDingTalkId { .. });
    if response.steps.iter().any(is_boxed) && response.steps.iter().any(is_changed) {
        let response = subject.entry("response").map(|entry| all_entries(&entry.value)).unwrap_or_default();
        let at = response.iter().find(|entry| entry.key == "change_dingtalk_id");
        let at = at.map_or(subject.at("response"), |entry| entry.at);
        let advice = "leave the change to somebody who looks at the incident, or allow this lint";
        let what = "the disable ends by itself, and the new DingTalk ID stays for at least a year";
        report.warn(Lint::ChangeNotUndone, at, what, advice);
    }
    if rule.description.as_ref().is_none_or(|text| text.trim().is_empty()) {
        let advice = "add `description`: what happened, why this answer, what to look at next";
        report.warn(Lint::MissingDescription, subject.root.at, "the rule does not say why it acts", advice);
    }
    if rule.false_positives.is_empty() {
        let advice = "add `falsepositives`: who may be signed out wrongly, and how to tell";
        report.warn(
            Lint::MissingFalsePositives,
            subject.root.at,
            "the rule does not say what else it may find",
            advice,
        );
    }
}
