//! Draws up what a responder asks for by hand: the same plan that a rule would, for one account, behind the same guard
//! layer.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draw::{Draw, draws};
use super::guard::{Facts, at_planning};
use super::{Standing, Subject, wording};
use crate::incident::{
    AccountKind, AccountRef, Action, ActionKind, Approval, Asked, Assurance, ChannelName, HoldReason, IncidentId,
    Ledger, NewDingTalkId, Opened, Plan, ReasonCode, Timestamp, UserId, is_readable_line,
};
use crate::rules::RuleSet;
use crate::trail::Pseudonyms;

/// The most characters of what people are told, as in rules.
const NOTICE_CHARS_MAX: usize = 200;

/// So many digits at the end of a mobile number are its owner's, however the rest is written.
const MOBILE_DIGITS: usize = 8;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    /// Who asks; stands on the trail and on the plan.
    pub actor: String,
    /// Whose account that is, where it is known.
    pub asker: Option<UserId>,
    /// Why, in their words; the reason that DingTalk's administrators read.
    pub reason: String,
    /// On whom.
    pub account: AccountRef,
    /// What to do, in order, each kind once.
    pub steps: Vec<ActionKind>,
    /// What the employee reads who is signed out.
    pub employee_reason: Option<ReasonCode>,
    /// After what time a disable is undone; `None` for good.
    pub expires_in: Option<Duration>,
    /// The new DingTalk ID, or what it begins with.
    pub dingtalk_id: Option<NewDingTalkId>,
    /// What people are told.
    pub notice: Option<NoticeByHand>,
}

/// What people are told by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeByHand {
    /// By which channel.
    pub channel: ChannelName,
    /// In these words.
    pub text: String,
}

/// Why it cannot be drawn up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDrawnUp {
    /// No step, one twice, or giving back together with others.
    #[error("the steps are none, not each once, or give back and do something else at the same time")]
    Steps,
    /// A sign-out without a reason for the employee, or with one that no catalogue has.
    #[error("a sign-out needs an employee reason that the rules folder has")]
    EmployeeReason,
    /// A change of the DingTalk ID to nothing, or a new one that nobody is to get.
    #[error("a change of the DingTalk ID needs the new one, and nothing else does")]
    DingTalkId,
    /// A notice without channel and words, or these without a notice.
    #[error("a notice needs a channel and words, and nothing else does")]
    Notice,
    /// A notice by a channel that there is not.
    #[error("no channel of this name is configured")]
    Channel,
    /// A notice in words that show nothing, hide something or are too many.
    #[error("the words of a notice must be one readable line of at most {NOTICE_CHARS_MAX} characters")]
    Words,
    /// A notice in words that name the account.
    #[error("the words of a notice name the account")]
    NamesAccount,
}

impl ByHand {
    /// The plan as `incident`, and why it waits if it does; with whom it is about.
    ///
    /// # Errors
    /// What is asked for makes no plan.
    pub fn draw_up(
        &self,
        incident: IncidentId,
        standing: &Standing,
        ledger: &mut Ledger,
        rules: &RuleSet,
        pseudonyms: &Pseudonyms,
        now: Timestamp,
    ) -> Result<(Opened, Subject), NotDrawnUp> {
        self.check(standing, rules)?;
        let (texts, notices) = (BTreeMap::new(), BTreeMap::new());
        let mut subject = Subject { account: self.account.clone(), texts, notices, authors: Vec::new() };
        let pseudonym = pseudonyms.of(&self.account);
        let mut actions = Vec::new();
        for step in &self.steps {
            let index = u8::try_from(actions.len()).unwrap_or(u8::MAX);
            actions.push(match step {
                ActionKind::SignOut => {
                    let code = self.employee_reason.clone().filter(|code| rules.reasons().has(code));
                    let code = code.ok_or(NotDrawnUp::EmployeeReason)?;
                    subject.texts.insert(index, wording::for_employee(rules, &code, &incident, now));
                    let wording = rules.wording_of(&code);
                    Action::SignOut { reason: self.reason.clone(), employee_reason: code, wording }
                }
                ActionKind::Disable => Action::Disable { reason: self.reason.clone() },
                ActionKind::Enable => Action::Enable { after_s: 0 },
                ActionKind::ChangeDingTalkId => {
                    let new = self.dingtalk_id.as_ref().ok_or(NotDrawnUp::DingTalkId)?;
                    Action::ChangeDingTalkId { to: new.of(&incident, &pseudonym) }
                }
                ActionKind::Notify => {
                    let NoticeByHand { channel, text } = self.notice.clone().ok_or(NotDrawnUp::Notice)?;
                    subject.notices.insert(index, text);
                    Action::Notify { channel }
                }
            });
        }
        if let Some(expires_in) = self.expires_in.filter(|_| self.steps.contains(&ActionKind::Disable)) {
            actions.push(Action::Enable { after_s: expires_in.as_secs() });
        }
        let mut plan = Plan {
            incident,
            account_kind: self.account.kind(),
            account: pseudonym,
            // Who asks has shown who they are, and what they ask for came over the API as it is.
            assurance: Assurance::A,
            assurance_floor: Assurance::A,
            rules: Vec::new(),
            // Whoever asks for what nothing undoes does not decide it alone.
            approval: self.steps.contains(&ActionKind::ChangeDingTalkId).then_some(Approval::OF_A_CHANGE),
            actions,
            spending: None,
            owner: Some(self.actor.clone()),
            asked_by: Some(self.actor.clone()),
            asker: self.asker.clone(),
            repeat: None,
        };
        plan.spending = plan.takes().then(|| ledger.draw_by_hand(now));
        let draws = draws(&plan, rules, standing.people);
        let held = self.held(&plan, &draws, standing, rules);
        if let Some(spending) = plan.spending.as_mut().filter(|_| held.is_some_and(HoldReason::is_budget)) {
            spending.beyond = draws.iter().find(|draw| !draw.is_within()).map(|draw| draw.beyond(Asked::Planning));
        }
        Ok((Opened { plan, held }, subject))
    }

    /// Whether these steps can go together; all else is about them.
    ///
    /// # Errors
    /// They cannot.
    pub fn check_steps(steps: &[ActionKind]) -> Result<(), NotDrawnUp> {
        let mut kinds = steps.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        let is_twice = kinds.len() < steps.len();
        let is_both = kinds.contains(&ActionKind::Enable) && kinds.len() > 1;
        if kinds.is_empty() || is_twice || is_both { Err(NotDrawnUp::Steps) } else { Ok(()) }
    }

    fn check(&self, standing: &Standing, rules: &RuleSet) -> Result<(), NotDrawnUp> {
        Self::check_steps(&self.steps)?;
        let kinds = &self.steps;
        let is_for_nobody = self.dingtalk_id.is_some() && !kinds.contains(&ActionKind::ChangeDingTalkId);
        if is_for_nobody {
            return Err(NotDrawnUp::DingTalkId);
        }
        match &self.notice {
            Some(notice) if kinds.contains(&ActionKind::Notify) => self.check_notice(notice, standing, rules),
            Some(_) => Err(NotDrawnUp::Notice),
            None => Ok(()),
        }
    }

    fn check_notice(&self, notice: &NoticeByHand, standing: &Standing, rules: &RuleSet) -> Result<(), NotDrawnUp> {
        if !standing.channels.contains(&notice.channel) {
            return Err(NotDrawnUp::Channel);
        }
        if !is_readable_line(&notice.text) || notice.text.chars().count() > NOTICE_CHARS_MAX {
            return Err(NotDrawnUp::Words);
        }
        if self.names_the_account(&notice.text, rules) { Err(NotDrawnUp::NamesAccount) } else { Ok(()) }
    }

    /// Whether the words have the account in them, as it was named, without what stands behind its `@`, by the end of
    /// its mobile number, or by its userid where the identity map knows it: nobody reads whom an incident is about.
    fn names_the_account(&self, text: &str, rules: &RuleSet) -> bool {
        let named = self.account.value();
        let local = named.split_once('@').map(|(local, _)| local);
        let user_id = rules.identities().user_for(&self.account).map(UserId::as_str);
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        if self.account.kind() == AccountKind::Mobile {
            let number = digits(named);
            let end = number.get(number.len().saturating_sub(MOBILE_DIGITS)..).unwrap_or_default();
            if digits(text).contains(end) {
                return true;
            }
        }
        let text = text.to_lowercase();
        [Some(named), local, user_id].into_iter().flatten().any(|name| text.contains(&name.to_lowercase()))
    }

    /// A human decides, so no breaker stands in the way, which is about senders that have gone wrong; everything else
    /// does, and who goes beyond a budget says so in words of their own.
    fn held(&self, plan: &Plan, draws: &[Draw], standing: &Standing, rules: &RuleSet) -> Option<HoldReason> {
        let user_id = rules.user_of(&self.account);
        let facts = Facts {
            rule_off: false,
            paused: standing.pauses.hold(None, []),
            assurance: plan.assurance,
            assurance_floor: plan.assurance_floor,
            touches: plan.touches(),
            disables: plan.disables(),
            confirmed: true,
            draws,
            dingtalk_id_changed: plan.changes_dingtalk_id() && standing.dingtalk_ids_changed.contains(&plan.account),
            ..Facts::of_reference(&self.account, user_id.as_ref(), rules)
        };
        // Giving somebody their account back needs no protection from it.
        let gives = !plan.takes();
        at_planning(&facts).err().filter(|reason| !gives || *reason == HoldReason::Paused)
    }
}
