//! Puts the steps of several rules on one account into one order, each kind once, and a sign-out after the disable
//! twice where a rule wants that.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draw_up::Moment;
use super::{EmployeeTexts, wording};
use crate::incident::{AccountRef, Action, ActionKind, Alert, IncidentId, Repeat, Timestamp};
use crate::rules::{Repeated, Response, Rule, RuleSet, StepTemplate, Template};

/// What is done, in order, with what is read and which time it is.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) actions: Vec<Action>,
    /// The employee's texts, by step.
    pub(super) texts: BTreeMap<u8, EmployeeTexts>,
    /// Which time it is, where the length of the disable goes by that.
    pub(super) repeat: Option<Repeat>,
}

/// The steps of the first rule, then of each further one only the kinds that are still missing; at
/// the end a second sign-out, and the undoing of a disable that expires, when the longest of them does.
pub(super) fn merged(
    acting: &[(&Rule, &Response, &AccountRef)],
    incident: &IncidentId,
    alert: &Alert,
    rules: &RuleSet,
    moment: Moment<'_>,
) -> Merged {
    let mut merged = Merged::default();
    let mut signs_out_again = false;
    let mut longest: Option<Lasts> = None;
    for (rule, response, _) in acting {
        for step in &response.steps {
            if matches!(step, StepTemplate::SignOutAgain {}) {
                signs_out_again = true;
                continue;
            }
            if let StepTemplate::Disable { expires_in, repeated, .. } = step {
                let lasts = Lasts::of(*expires_in, repeated.as_ref(), moment);
                longest = Some(longest.map_or(lasts, |known| known.or_longer(lasts)));
            }
            if merged.actions.iter().any(|action| action.kind() == step.kind()) {
                continue;
            }
            merged.add(step, rule, incident, alert, rules, moment.now);
        }
    }
    let place = |kind| merged.actions.iter().position(|action| action.kind() == kind);
    // Not where the one sign-out there is comes after the disable already.
    if signs_out_again && place(ActionKind::SignOut) < place(ActionKind::Disable) {
        merged.actions.push(Action::SignOutAgain {});
    }
    if let Some(Lasts { time, repeat }) = longest {
        merged.actions.extend(time.map(|time| Action::Enable { after_s: time.as_secs() }));
        merged.repeat = repeat;
    }
    merged
}

/// How long a rule wants the account disabled.
#[derive(Debug, Clone, Copy)]
struct Lasts {
    /// `None` for good.
    time: Option<Duration>,
    repeat: Option<Repeat>,
}

impl Lasts {
    fn of(expires_in: Option<Duration>, repeated: Option<&Repeated>, moment: Moment<'_>) -> Self {
        let (Some(first), Some(repeated)) = (expires_in, repeated) else {
            return Self { time: expires_in, repeat: None };
        };
        let since = moment.now.checked_sub(repeated.within).unwrap_or(Timestamp::MIN);
        let before = moment.earlier.iter().filter(|at| **at > since).count();
        let nth = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        let repeat = Repeat { nth, within_s: repeated.within.as_secs() };
        Self { time: Some(repeated.lasts(first, nth)), repeat: Some(repeat) }
    }

    /// The longer of both: a rule that asks for less takes nothing from the others.
    fn or_longer(self, other: Self) -> Self {
        let is_longer = self.time.is_some_and(|time| other.time.is_none_or(|of_other| of_other > time));
        if is_longer { other } else { self }
    }
}

impl Merged {
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
