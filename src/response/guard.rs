//! The guard layer: the one place that stands between every plan and every call. It is asked when a
//! plan is made and again right before each dispatch; no rule can switch it off.
//!
//! The order is fixed: pause, a rule turned off, assurance floor, protected accounts (listed under any of its names,
//! responders', then live, then by group), own
//! Enterprise Account only, budgets, breaker, a DingTalk ID once a year, approval. What is not known counts against
//! acting.

use std::collections::BTreeSet;

use super::Draw;
use crate::directory::{Account, Borne};
use crate::incident::{AccountKind, AccountRef, ActionKind, Assurance, DepartmentId, HoldReason, UserId};
use crate::rules::{Guardrails, Identities, RuleSet};

/// What the guard layer judges by, apart from the live account.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Whether a responder has paused what is asked for.
    pub paused: bool,
    /// Whether rules asked for the step, and none that is in force does any more.
    pub rule_off: bool,
    /// How strongly the alert's source proved itself.
    pub assurance: Assurance,
    /// The least the rules demand.
    pub assurance_floor: Assurance,
    /// Whether the plan does anything to the account, and not only tells people of it.
    pub touches: bool,
    /// Whether the plan disables the account.
    pub disables: bool,
    /// Whether the step is an enable that gives back what its own plan took, or that a human asks for. One that a rule
    /// asks for may undo what somebody did on purpose.
    pub gives_back: bool,
    /// Whether a human confirmed what a weak source asked for.
    pub confirmed: bool,
    /// The account as the alert named it.
    pub account: &'a AccountRef,
    /// The account once resolved.
    pub user_id: Option<&'a UserId>,
    /// The list of protected accounts, departments and roles.
    pub guardrails: &'a Guardrails,
    /// The departments that the account is in, with all above them; `None` when they are not known.
    pub departments: Option<&'a BTreeSet<DepartmentId>>,
    /// Who is who, because an account may be listed under one name and alerted under another.
    pub identities: &'a Identities,
    /// What the plan draws on budgets.
    pub draws: &'a [Draw],
    /// Whether a human let it go on although a budget was used up: a budget keeps rules from acting too
    /// often, and not people.
    pub beyond_budget: bool,
    /// Whether the breaker has tripped for what is asked for, and no human let it go on all the same.
    pub breaker_tripped: bool,
    /// Whether the plan changes a DingTalk ID that was changed less than a year ago, and no human let it go on without
    /// that.
    pub dingtalk_id_changed: bool,
    /// Whether the plan wants to be approved first, and is not yet.
    pub approval_wanted: bool,
}

impl<'a> Facts<'a> {
    /// What is to be known of an account itself, whatever it is to be asked for.
    #[must_use]
    pub fn of_account(
        (account, user_id): (&'a AccountRef, &'a UserId),
        departments: Option<&'a BTreeSet<DepartmentId>>,
        rules: &'a RuleSet,
    ) -> Self {
        Self { departments, ..Self::of_reference(account, Some(user_id), rules) }
    }

    /// The same of an account that nobody has looked up: whose it is by [`RuleSet::user_of`].
    #[must_use]
    pub fn of_reference(account: &'a AccountRef, user_id: Option<&'a UserId>, rules: &'a RuleSet) -> Self {
        Self {
            paused: false,
            rule_off: false,
            assurance: Assurance::A,
            assurance_floor: Assurance::A,
            touches: true,
            disables: true,
            gives_back: false,
            confirmed: false,
            account,
            user_id,
            guardrails: rules.guardrails(),
            departments: None,
            identities: rules.identities(),
            draws: &[],
            beyond_budget: false,
            breaker_tripped: false,
            dingtalk_id_changed: false,
            approval_wanted: false,
        }
    }
}

/// Proof that the guard layer let this kind of step on this account pass, just now. Only
/// [`at_dispatch`] makes one, and the executor cannot send an order without it.
#[derive(Debug)]
pub struct Approved {
    user_id: UserId,
    action: ActionKind,
}

impl Approved {
    fn assertion(user_id: &UserId, action: ActionKind) -> Self {
        Self { user_id: user_id.clone(), action }
    }

    /// The account it was given for.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The kind of step it was given for.
    #[must_use]
    pub fn action(&self) -> ActionKind {
        self.action
    }
}

/// Asked when a plan is made: what can be judged without DingTalk. Whether it is approved is asked only before
/// dispatch: nobody approves what is done to themselves, so it has to be known first whose account it is.
///
/// # Errors
/// Why the plan is held.
pub fn at_planning(facts: &Facts<'_>) -> Result<(), HoldReason> {
    refuse_by_name(facts)?;
    refuse_beyond_budget(facts)?;
    refuse_tripped(facts)?;
    refuse_second_change(facts)
}

fn refuse_by_name(facts: &Facts<'_>) -> Result<(), HoldReason> {
    if facts.paused {
        return Err(HoldReason::Paused);
    }
    if facts.rule_off {
        return Err(HoldReason::RuleOff);
    }
    if !facts.assurance.meets(facts.assurance_floor) {
        return Err(HoldReason::AssuranceTooLow);
    }
    // Whatever a rule accepts: a secret in a URL is in logs that are not ours.
    if facts.disables && facts.assurance == Assurance::D && !facts.confirmed {
        return Err(HoldReason::UnconfirmedDisable);
    }
    if facts.touches && is_listed(facts) {
        return Err(HoldReason::ProtectedListed);
    }
    if facts.touches && is_responder(facts) {
        return Err(HoldReason::ProtectedResponder);
    }
    Ok(())
}

/// Asked right before people are told what a rule has to say. That touches nobody, so nobody is protected from it.
///
/// # Errors
/// Why the step is held.
pub fn at_telling(facts: &Facts<'_>) -> Result<(), HoldReason> {
    at_planning(&Facts { touches: false, disables: false, ..*facts })?;
    refuse_unapproved(facts)
}

/// Asked right before a step of kind `action` leaves, with the account as DingTalk shows it now
/// (`None`: DingTalk knows no such account) and the organization we act for.
///
/// # Errors
/// Why the step is held.
pub fn at_dispatch(
    facts: &Facts<'_>,
    action: ActionKind,
    live: Option<&Account>,
    own_corp_id: &str,
) -> Result<Approved, HoldReason> {
    // Giving somebody their account back needs no protection from it.
    let gives_back = action == ActionKind::Enable && facts.gives_back;
    if !gives_back {
        refuse_by_name(facts)?;
    } else if facts.paused {
        return Err(HoldReason::Paused);
    }
    let account = live.ok_or(HoldReason::AccountNotFound)?;
    if facts.user_id != Some(&account.user_id) {
        return Err(HoldReason::AccountAmbiguous);
    }
    if !gives_back {
        refuse_protected(facts, account)?;
    }
    refuse_other_accounts(account, own_corp_id)?;
    if !gives_back {
        refuse_beyond_budget(facts)?;
        refuse_tripped(facts)?;
        refuse_second_change(facts)?;
        refuse_unapproved(facts)?;
    }
    Ok(Approved::assertion(&account.user_id, action))
}

/// Whether an account may be acted on at all, whatever the alert, the rule and the moment: what shows an account
/// to people asks this. It approves nothing.
///
/// # Errors
/// Why the account is left alone.
pub fn protection(facts: &Facts<'_>, live: &Account, own_corp_id: &str) -> Result<(), HoldReason> {
    if is_listed(facts) {
        return Err(HoldReason::ProtectedListed);
    }
    if is_responder(facts) {
        return Err(HoldReason::ProtectedResponder);
    }
    refuse_protected(facts, live)?;
    refuse_other_accounts(live, own_corp_id)
}

fn refuse_beyond_budget(facts: &Facts<'_>) -> Result<(), HoldReason> {
    let mut used_up = facts.draws.iter().filter(|draw| !draw.is_within());
    match used_up.next() {
        Some(draw) if !facts.beyond_budget => Err(draw.used_up),
        _ => Ok(()),
    }
}

fn refuse_tripped(facts: &Facts<'_>) -> Result<(), HoldReason> {
    if facts.breaker_tripped { Err(HoldReason::BreakerTripped) } else { Ok(()) }
}

fn refuse_second_change(facts: &Facts<'_>) -> Result<(), HoldReason> {
    if facts.dingtalk_id_changed { Err(HoldReason::DingTalkIdChanged) } else { Ok(()) }
}

fn refuse_unapproved(facts: &Facts<'_>) -> Result<(), HoldReason> {
    if facts.approval_wanted { Err(HoldReason::ApprovalWanted) } else { Ok(()) }
}

fn is_listed(facts: &Facts<'_>) -> bool {
    let by_user_id = facts.user_id.and_then(|id| AccountRef::parse(AccountKind::UserId, id.as_str()).ok());
    facts.guardrails.is_protected(facts.account)
        || by_user_id.is_some_and(|id| facts.guardrails.is_protected(&id))
        || facts.user_id.is_some_and(|id| is_listed_under_another_name(facts, id))
}

/// Whether any of the listed names is this user's, as far as the identity map knows.
fn is_listed_under_another_name(facts: &Facts<'_>, user_id: &UserId) -> bool {
    let mut listed = facts.guardrails.protected().iter();
    listed.any(|protected| facts.identities.user_for(&protected.account) == Some(user_id))
}

/// What only the account as it is now can say.
fn refuse_protected(facts: &Facts<'_>, account: &Account) -> Result<(), HoldReason> {
    let listed = facts.guardrails.protected().iter().map(|protected| &protected.account);
    let names: Vec<_> = listed.map(|name| (name, account.names.bears(name))).collect();
    if names.iter().any(|(_, borne)| *borne == Borne::Yes) {
        return Err(HoldReason::ProtectedListed);
    }
    refuse_live_protection(account)?;
    // A listed name that nobody else is known to have may be this account's, unless DingTalk shows that it is not.
    let may_be_its = |(name, borne): &(&AccountRef, Borne)| {
        let is_unknown = name.kind() != AccountKind::UserId && *borne == Borne::NotShown;
        is_unknown && facts.identities.user_for(name).is_none()
    };
    if names.iter().any(may_be_its) {
        return Err(HoldReason::ProtectionUnknown);
    }
    refuse_protected_groups(facts, account)
}

/// Whether the account is one of those who decide about others': an alert that could shut them out would decide itself
/// who says no to it.
fn is_responder(facts: &Facts<'_>) -> bool {
    let responders = facts.guardrails.responders();
    let by_name = || UserId::parse(facts.account.value()).ok().filter(|_| facts.account.kind() == AccountKind::UserId);
    facts.user_id.is_some_and(|id| responders.contains(id)) || by_name().is_some_and(|id| responders.contains(&id))
}

fn refuse_live_protection(account: &Account) -> Result<(), HoldReason> {
    match (account.admin, account.boss, account.senior) {
        (Some(false), Some(false), Some(false)) => Ok(()),
        (admin, boss, senior) if [admin, boss, senior].contains(&Some(true)) => Err(HoldReason::ProtectedLive),
        _ => Err(HoldReason::ProtectionUnknown),
    }
}

/// What is not told counts as protected, where there is anything to protect.
fn refuse_protected_groups(facts: &Facts<'_>, account: &Account) -> Result<(), HoldReason> {
    let groups = facts.guardrails.groups();
    if groups.have_departments() {
        let departments = facts.departments.ok_or(HoldReason::ProtectionUnknown)?;
        if departments.iter().any(|id| groups.has_department(*id)) {
            return Err(HoldReason::ProtectedGroup);
        }
    }
    if groups.have_roles() {
        let roles = account.roles.as_ref().ok_or(HoldReason::ProtectionUnknown)?;
        if roles.iter().any(|role| groups.has_role(role.id, &role.name)) {
            return Err(HoldReason::ProtectedGroup);
        }
    }
    Ok(())
}

fn refuse_other_accounts(account: &Account, own_corp_id: &str) -> Result<(), HoldReason> {
    if account.enterprise_account != Some(true) {
        return Err(HoldReason::NotEnterpriseAccount);
    }
    if account.owner_corp_id.as_deref() != Some(own_corp_id) {
        return Err(HoldReason::ForeignOrganization);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
