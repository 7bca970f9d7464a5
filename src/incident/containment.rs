//! One account that is contained: by whom, why, since when, until when, and what is to become of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Action, Failure, HoldReason, Incident, IncidentId, RuleRef, Status, StepState, Timestamp, UserId};

/// An account that an incident contains, as people are shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Containment<'i> {
    /// The incident that contains it.
    pub incident: &'i IncidentId,
    /// The account.
    pub user_id: &'i UserId,
    /// Who is to be asked about it, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<&'i str>,
    /// The rules that asked for it.
    pub rules: &'i [RuleRef],
    /// Who asked for it, when no rule did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<&'i str>,
    /// What stands in the admin console's log.
    pub reason: &'i str,
    /// When the account was read back and was disabled, or else DingTalk said so, or else nobody knew any more.
    #[serde(skip)]
    pub since: Timestamp,
    /// When the account was read back and was disabled; absent while nobody could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Timestamp>,
    /// Whether nobody knows what became of the disable: the account may be contained.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// When it was seen enabled all the same, if it was: somebody else has touched it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_enabled_at: Option<Timestamp>,
    /// When it is to be given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What becomes of it.
    pub undo: Undo,
    /// Why it is offered to be given back: the account is protected by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered: Option<HoldReason>,
    /// How many other incidents contain the same account: it stays disabled until the last of them gives it back.
    #[serde(skip_serializing_if = "is_none")]
    pub others: usize,
}

impl<'i> Containment<'i> {
    /// What these incidents contain, the last first.
    #[must_use]
    pub fn of_all(incidents: impl Iterator<Item = &'i Incident>) -> Vec<Self> {
        let mut all: Vec<Self> = incidents.filter_map(Incident::containment).collect();
        let mut on_one: BTreeMap<&UserId, usize> = BTreeMap::new();
        all.iter().for_each(|one| *on_one.entry(one.user_id).or_default() += 1);
        for one in &mut all {
            one.others = on_one.get(one.user_id).map_or(0, |count| count.saturating_sub(1));
        }
        all.sort_by(|a, b| b.since.cmp(&a.since).then_with(|| a.incident.cmp(b.incident)));
        all
    }
}

fn is_none(others: &usize) -> bool {
    *others == 0
}

/// How a containment ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Undo {
    /// At its time.
    Waiting,
    /// Only when a human gives the account back.
    ByHand,
    /// The account is being given back.
    UnderWay,
    /// A human has to look first.
    Held {
        /// Why.
        reason: HoldReason,
    },
    /// It was tried and given up.
    GivenUp {
        /// Why.
        failure: Failure,
    },
    /// Not by us: the account was disabled before.
    NotOurs,
}

impl Incident {
    /// What it contains now, if it does.
    #[must_use]
    pub fn containment(&self) -> Option<Containment<'_>> {
        let user_id = self.user_id.as_ref().filter(|_| self.may_have_taken())?;
        let mut steps = self.plan.actions.iter().zip(&self.steps).rev();
        let (reason, verified_at) = steps.find_map(|(action, state)| match action {
            Action::Disable { reason } => Some((reason, state.done_at(action))),
            _ => None,
        })?;
        Some(Containment {
            incident: self.id(),
            user_id,
            owner: self.plan.owner.as_deref(),
            rules: &self.plan.rules,
            asked_by: self.plan.asked_by.as_deref(),
            reason,
            since: self.disabled_at()?,
            verified_at,
            unknown: !self.has_disabled(),
            found_enabled_at: self.found_enabled,
            expires_at: self.ends_at().filter(|_| self.may_be_to_undo() && !self.released),
            undo: self.undo(),
            offered: self.offered,
            others: 0,
        })
    }

    fn undo(&self) -> Undo {
        match (self.undoing(), self.status) {
            _ if !self.may_be_to_undo() => Undo::NotOurs,
            (None, _) => Undo::ByHand,
            (Some(StepState::Failed { failure }), _) => Undo::GivenUp { failure: failure.clone() },
            (Some(_), Status::Held(reason)) => Undo::Held { reason },
            (Some(StepState::Pending), _) if !self.released => Undo::Waiting,
            (Some(_), _) => Undo::UnderWay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{AccountKind, Assurance, FailureClass, Finding, Opened, Plan, UserId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// A disable that was read back after ten seconds, and an enable in this state, if there is one.
    fn incident(finding: Finding, enable: Option<StepState>) -> Incident {
        let mut actions = vec![Action::Disable { reason: "test".to_owned() }];
        actions.extend(enable.as_ref().map(|_| Action::Enable { after_s: 60 }));
        let plan = Plan {
            incident: IncidentId::parse("inc_0123456789abcdef").unwrap(),
            account_kind: AccountKind::UserId,
            account: "00".to_owned(),
            assurance: Assurance::A,
            assurance_floor: Assurance::B,
            rules: Vec::new(),
            actions,
            approval: None,
            owner: Some("SOC".to_owned()),
            asked_by: None,
            asker: None,
            repeat: None,
            spending: None,
        };
        let mut incident = Incident::open(&Opened { plan, held: None }, at(0));
        incident.user_id = Some(UserId::parse("zhangsan").unwrap());
        incident.steps = [StepState::Verified { at: at(10), finding }].into_iter().chain(enable).collect();
        incident
    }

    #[test]
    fn a_containment_says_how_it_ends() {
        let failed = |code: &str| StepState::Failed { failure: Failure::local(FailureClass::Permanent, code) };
        let given_up = Undo::GivenUp { failure: Failure::local(FailureClass::Permanent, "gone") };
        let retry_at = at(99);
        for (enable, undo, expires_at) in [
            (None, Undo::ByHand, None),
            (Some(StepState::Pending), Undo::Waiting, Some(at(70))),
            (Some(StepState::Started { attempt: 1 }), Undo::UnderWay, None),
            (Some(StepState::Postponed { attempt: 1, retry_at }), Undo::UnderWay, None),
            (Some(failed("gone")), given_up, None),
        ] {
            let incident = incident(Finding::Answered, enable);
            let containment = incident.containment().unwrap();
            assert_eq!((&containment.undo, containment.expires_at), (&undo, expires_at));
            assert_eq!((containment.owner, containment.verified_at), (Some("SOC"), Some(at(10))));
        }
        let mut held = incident(Finding::Answered, Some(StepState::Pending));
        held.status = Status::Held(HoldReason::Paused);
        assert_eq!(held.containment().unwrap().undo, Undo::Held { reason: HoldReason::Paused });
        let mut released = incident(Finding::Recovered, Some(StepState::Pending));
        released.released = true;
        let containment = released.containment().unwrap();
        assert_eq!((containment.undo, containment.expires_at), (Undo::UnderWay, None));
        let not_ours = incident(Finding::AlreadySo, Some(StepState::Pending));
        let containment = not_ours.containment().unwrap();
        assert_eq!((containment.undo, containment.expires_at), (Undo::NotOurs, None));
    }

    #[test]
    fn who_is_given_back_or_left_to_another_incident_is_not_contained_by_it() {
        let left = Failure::local(FailureClass::Permanent, Failure::CONTAINED_BY_ANOTHER);
        let done = StepState::Verified { at: at(70), finding: Finding::Answered };
        for enable in [StepState::Failed { failure: left }, done] {
            assert_eq!(incident(Finding::Answered, Some(enable)).containment(), None);
        }
    }
}
