//! The guard layer: the one place that stands between every plan and every call. It is asked when a
//! plan is made and again right before each dispatch; no rule can switch it off.
//!
//! The order is fixed: pause, assurance floor, protected accounts (listed, then live), own
//! Enterprise Account only. What is not known counts against acting.

use crate::directory::Account;
use crate::incident::{AccountKind, AccountRef, ActionKind, Assurance, HoldReason, UserId};
use crate::rules::{Guardrails, Identities};

/// What the guard layer judges by, apart from the live account.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Whether a responder has paused all actions.
    pub paused: bool,
    /// How strongly the alert's source proved itself.
    pub assurance: Assurance,
    /// The least the rules demand.
    pub assurance_floor: Assurance,
    /// The account as the alert named it.
    pub account: &'a AccountRef,
    /// The account once resolved.
    pub user_id: Option<&'a UserId>,
    /// The list of protected accounts.
    pub guardrails: &'a Guardrails,
    /// Who is who, because an account may be listed under one name and alerted under another.
    pub identities: &'a Identities,
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

/// Asked when a plan is made: what can be judged without DingTalk.
///
/// # Errors
/// Why the plan is held.
pub fn at_planning(facts: &Facts<'_>) -> Result<(), HoldReason> {
    if facts.paused {
        return Err(HoldReason::Paused);
    }
    if !facts.assurance.meets(facts.assurance_floor) {
        return Err(HoldReason::AssuranceTooLow);
    }
    if is_listed(facts) {
        return Err(HoldReason::ProtectedListed);
    }
    Ok(())
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
    match action {
        // Giving somebody their account back needs no protection from it.
        ActionKind::Enable if facts.paused => return Err(HoldReason::Paused),
        ActionKind::Enable => {}
        ActionKind::SignOut | ActionKind::Disable => at_planning(facts)?,
    }
    let account = live.ok_or(HoldReason::AccountNotFound)?;
    if facts.user_id != Some(&account.user_id) {
        return Err(HoldReason::AccountAmbiguous);
    }
    if action != ActionKind::Enable {
        refuse_live_protection(account)?;
    }
    refuse_other_accounts(account, own_corp_id)?;
    Ok(Approved::assertion(&account.user_id, action))
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
    listed.any(|protected| facts.identities.user_for(protected.account.value()) == Some(user_id))
}

fn refuse_live_protection(account: &Account) -> Result<(), HoldReason> {
    match (account.admin, account.boss, account.senior) {
        (Some(false), Some(false), Some(false)) => Ok(()),
        (admin, boss, senior) if [admin, boss, senior].contains(&Some(true)) => Err(HoldReason::ProtectedLive),
        _ => Err(HoldReason::ProtectionUnknown),
    }
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CORP: &str = "dingsandboxcorp0001";

    fn account() -> Account {
        Account {
            user_id: UserId::parse("zhangsan").unwrap(),
            enterprise_account: Some(true),
            owner_corp_id: Some(CORP.into()),
            disabled: Some(false),
            admin: Some(false),
            boss: Some(false),
            senior: Some(false),
        }
    }

    fn ask(change: impl FnOnce(&mut Facts<'_>, &mut Option<Account>)) -> Result<Approved, HoldReason> {
        let guardrails = Guardrails::protecting(&[("user_id", "listed01"), ("email", "chief@example.com")]);
        let email = AccountRef::parse(AccountKind::Email, "zhang.san@example.com").unwrap();
        let user_id = UserId::parse("zhangsan").unwrap();
        let identities = Identities::default();
        let mut live = Some(account());
        let mut facts = Facts {
            paused: false,
            assurance: Assurance::A,
            assurance_floor: Assurance::B,
            account: &email,
            user_id: Some(&user_id),
            guardrails: &guardrails,
            identities: &identities,
        };
        change(&mut facts, &mut live);
        at_dispatch(&facts, ActionKind::Disable, live.as_ref(), CORP)
    }

    fn refusal(change: impl FnOnce(&mut Facts<'_>, &mut Option<Account>)) -> HoldReason {
        ask(change).expect_err("the guard layer should have refused")
    }

    #[test]
    fn an_ordinary_own_account_passes() {
        assert_eq!(ask(|_, _| {}).unwrap().user_id().as_str(), "zhangsan");
    }

    #[test]
    fn each_guardrail_refuses_with_its_own_reason() {
        assert_eq!(refusal(|facts, _| facts.paused = true), HoldReason::Paused);
        assert_eq!(refusal(|facts, _| facts.assurance = Assurance::C), HoldReason::AssuranceTooLow);
        assert_eq!(refusal(|_, live| live.as_mut().unwrap().admin = Some(true)), HoldReason::ProtectedLive);
        assert_eq!(refusal(|_, live| live.as_mut().unwrap().boss = Some(true)), HoldReason::ProtectedLive);
        assert_eq!(refusal(|_, live| live.as_mut().unwrap().senior = Some(true)), HoldReason::ProtectedLive);
        assert_eq!(refusal(|_, live| *live = None), HoldReason::AccountNotFound);
        assert_eq!(
            refusal(|_, live| live.as_mut().unwrap().enterprise_account = Some(false)),
            HoldReason::NotEnterpriseAccount
        );
        assert_eq!(
            refusal(|_, live| live.as_mut().unwrap().owner_corp_id = Some("dingforeigncorp0002".into())),
            HoldReason::ForeignOrganization
        );
    }

    #[test]
    fn what_dingtalk_does_not_say_counts_as_protected() {
        assert_eq!(refusal(|_, live| live.as_mut().unwrap().admin = None), HoldReason::ProtectionUnknown);
        assert_eq!(refusal(|_, live| live.as_mut().unwrap().senior = None), HoldReason::ProtectionUnknown);
        assert_eq!(refusal(|_, live| live.as_mut().unwrap().owner_corp_id = None), HoldReason::ForeignOrganization);
        assert_eq!(
            refusal(|_, live| live.as_mut().unwrap().enterprise_account = None),
            HoldReason::NotEnterpriseAccount
        );
    }

    #[test]
    fn a_listed_account_is_protected_by_every_name_it_has() {
        let chief = AccountRef::parse(AccountKind::Email, "Chief@example.com").unwrap();
        let listed = UserId::parse("listed01").unwrap();
        let guardrails = Guardrails::protecting(&[("user_id", "listed01"), ("email", "chief@example.com")]);
        let other = AccountRef::parse(AccountKind::Mobile, "13800000000").unwrap();
        let identities = Identities::default();
        let base = Facts {
            paused: false,
            assurance: Assurance::A,
            assurance_floor: Assurance::B,
            account: &chief,
            user_id: None,
            guardrails: &guardrails,
            identities: &identities,
        };
        assert_eq!(at_planning(&base), Err(HoldReason::ProtectedListed));
        let by_id = Facts { account: &other, user_id: Some(&listed), ..base };
        assert_eq!(at_planning(&by_id), Err(HoldReason::ProtectedListed));
    }

    fn flag() -> impl Strategy<Value = Option<bool>> {
        prop_oneof![Just(None), Just(Some(true)), Just(Some(false))]
    }

    proptest! {
        #[test]
        fn only_an_account_known_to_be_ordinary_and_ours_is_ever_approved(
            enterprise in flag(), admin in flag(), boss in flag(), senior in flag(), own in any::<bool>(), paused in any::<bool>(),
        ) {
            let result = ask(|facts, live| {
                facts.paused = paused;
                let live = live.as_mut().unwrap();
                (live.enterprise_account, live.admin, live.boss, live.senior) = (enterprise, admin, boss, senior);
                if !own {
                    live.owner_corp_id = Some("dingforeigncorp0002".into());
                }
            });
            let ordinary = [admin, boss, senior] == [Some(false); 3];
            prop_assert_eq!(result.is_ok(), !paused && own && ordinary && enterprise == Some(true));
        }
    }
}
