//! Puts the steps of several rules on one account into one order, each kind once, and a sign-out after the disable
//! twice where a rule wants that.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{EmployeeTexts, wording};
use crate::incident::{AccountRef, Action, ActionKind, Alert, IncidentId, Timestamp};
use crate::rules::{Response, Rule, RuleSet, StepTemplate, Template};

/// The steps of the first rule, then of each further one only the kinds that are still missing; at
/// the end a second sign-out, and the undoing of a disable that expires, when the longest of them does. With them the employee's texts, by step.
pub(super) fn merged_actions(
    acting: &[(&Rule, &Response, &AccountRef)],
    incident: &IncidentId,
    alert: &Alert,
    rules: &RuleSet,
    now: Timestamp,
) -> (Vec<Action>, BTreeMap<u8, EmployeeTexts>) {
    let mut merged = Merged::default();
    let mut signs_out_again = false;
    for (rule, response, _) in acting {
        for step in &response.steps {
            if matches!(step, StepTemplate::SignOutAgain {}) {
                signs_out_again = true;
                continue;
            }
            if let StepTemplate::Disable { expires_in, .. } = step {
                merged.last_for(*expires_in);
            }
            if merged.actions.iter().any(|action| action.kind() == step.kind()) {
                continue;
            }
            merged.add(step, rule, incident, alert, rules, now);
        }
    }
    let place = |kind| merged.actions.iter().position(|action| action.kind() == kind);
    // Not where the one sign-out there is comes after the disable already.
    if signs_out_again && place(ActionKind::SignOut) < place(ActionKind::Disable) {
        merged.actions.push(Action::SignOutAgain {});
    }
    if let Some(expires_in) = merged.lasts.flatten() {
        merged.actions.push(Action::Enable { after_s: expires_in.as_secs() });
    }
    (merged.actions, merged.texts)
}

#[derive(Default)]
struct Merged {
    actions: Vec<Action>,
    texts: BTreeMap<u8, EmployeeTexts>,
    /// How long the account is disabled, if it is: for good, or for a time.
    lasts: Option<Option<Duration>>,
}

impl Merged {
    /// The longest that any rule asks for: one that asks for less takes nothing from the others.
    fn last_for(&mut self, expires_in: Option<Duration>) {
        let longer = |known: Option<Duration>| Some(known?.max(expires_in?));
        self.lasts = Some(self.lasts.map_or(expires_in, longer));
    }

    fn add(
        &mut self,
        step: &StepTemplate,
        rule: &Rule,
        incident: &IncidentId,
        alert: &Alert,
        rules: &RuleSet,
        now: Timestamp,
    ) {
        let plain = |template: &Template| wording::plain(template, &rule.reference, incident, alert);
        let action = match step {
            StepTemplate::SignOut { reason, employee_reason, reason_user } => {
                let index = u8::try_from(self.actions.len()).unwrap_or(u8::MAX);
                let mut texts = wording::for_employee(rules, employee_reason, incident, now);
                let mut wording = rules.reasons().wording_digest(employee_reason);
                if *reason_user {
                    let senders = wording::by_sender(&alert.reason_user);
                    wording = wording::digest_with(wording, &senders);
                    texts.extend(senders);
                }
                self.texts.insert(index, texts);
                Action::SignOut { reason: plain(reason), employee_reason: employee_reason.clone(), wording }
            }
            StepTemplate::Disable { reason, .. } => Action::Disable { reason: plain(reason) },
            StepTemplate::SignOutAgain {} => Action::SignOutAgain {},
            StepTemplate::Enable {} => Action::Enable { after_s: 0 },
        };
        self.actions.push(action);
    }
}
