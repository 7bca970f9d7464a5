//! Puts the steps of several rules on one account into one order, each kind once, and a sign-out after the disable
//! twice where a rule wants that.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draw_up::Moment;
use super::target::Acting;
use super::{EmployeeTexts, said, wording};
use crate::incident::{Action, ActionKind, Alert, IncidentId, Plan, Repeat, Timestamp};
use crate::rules::{Repeated, Rule, RuleSet, StepTemplate, Template};

/// What steps are put into words for.
#[derive(Clone, Copy)]
pub(super) struct Case<'c> {
    /// The incident.
    pub(super) incident: &'c IncidentId,
    /// The account's pseudonym.
    pub(super) pseudonym: &'c str,
    /// The alert that opens it.
    pub(super) alert: &'c Alert,
    /// The rules in force.
    pub(super) rules: &'c RuleSet,
    /// The time, and what was before.
    pub(super) moment: Moment<'c>,
}

/// What is done, in order, with what is read and which time it is.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) actions: Vec<Action>,
    /// The employee's texts, by step.
    pub(super) texts: BTreeMap<u8, EmployeeTexts>,
    /// What people are told, by step.
    pub(super) notices: BTreeMap<u8, String>,
    /// Which time it is, where the length of the disable goes by that.
    pub(super) repeat: Option<Repeat>,
}

/// The steps of the first rule, then of each further one only the kinds that are still missing, and channels that are
/// not told yet; after the disable a second sign-out where a rule wants one, and at the end the undoing of a disable that
/// expires, when the longest of them does.
pub(super) fn merged(acting: &[Acting<'_, '_>], case: &Case<'_>) -> Merged {
    let is_again = |step: &StepTemplate| matches!(step, StepTemplate::SignOutAgain {});
    let signs_out_again = acting.iter().any(|(_, response, _)| response.steps.iter().any(is_again));
    let mut merged = Merged::default();
    let mut longest: Option<Lasts> = None;
    for (rule, response, _) in acting {
        for step in response.steps.iter().filter(|step| !is_again(step)) {
            if let StepTemplate::Disable { expires_in, repeated, .. } = step {
                let lasts = Lasts::of(*expires_in, repeated.as_ref(), case.moment);
                longest = Some(longest.map_or(lasts, |known| known.or_longer(lasts)));
            }
            if merged.has(step) {
                continue;
            }
            // Not where the one sign-out there is comes after the disable.
            let is_second = signs_out_again && step.kind() == ActionKind::Disable && merged.signs_out();
            merged.add(step, rule, case);
            if is_second {
                merged.actions.push(Action::SignOutAgain {});
            }
        }
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
    fn signs_out(&self) -> bool {
        self.actions.iter().any(|action| action.kind() == ActionKind::SignOut)
    }

    /// Whether the step is there already, or there is no room for it.
    fn has(&self, step: &StepTemplate) -> bool {
        let StepTemplate::Notify { channel: wanted, .. } = step else {
            return self.actions.iter().any(|action| action.kind() == step.kind());
        };
        let told = |action: &Action| matches!(action, Action::Notify { channel, .. } if channel == wanted);
        self.notices.len() >= Plan::CHANNELS_MAX || self.actions.iter().any(told)
    }

    fn add(&mut self, step: &StepTemplate, rule: &Rule, case: &Case<'_>) {
        let Case { incident, pseudonym, alert, rules, moment: Moment { now, .. } } = *case;
        let plain = |template: &Template| wording::plain(template, &rule.reference, incident, alert);
        let index = u8::try_from(self.actions.len()).unwrap_or(u8::MAX);
        let action = match step {
            StepTemplate::SignOut { reason, employee_reason, reason_user } => {
                let mut texts = wording::for_employee(rules, employee_reason, incident, now);
                let mut wording = rules.wording_of(employee_reason);
                if *reason_user {
                    let senders = said::by_sender(&alert.reason_user);
                    wording = wording::digest_with(wording, &senders);
                    texts.extend(senders);
                }
                self.texts.insert(index, texts);
                Action::SignOut { reason: plain(reason), employee_reason: employee_reason.clone(), wording }
            }
            StepTemplate::Disable { reason, .. } => Action::Disable { reason: plain(reason) },
            StepTemplate::SignOutAgain {} => Action::SignOutAgain {},
            StepTemplate::ChangeDingTalkId { prefix } => {
                Action::ChangeDingTalkId { to: prefix.id_for(incident, pseudonym) }
            }
            StepTemplate::Notify { channel, text } => {
                self.notices.insert(index, plain(text));
                Action::Notify { channel: channel.clone() }
            }
            StepTemplate::Enable {} => Action::Enable { after_s: 0 },
        };
        self.actions.push(action);
    }
}
