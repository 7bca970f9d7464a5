//! On whom each matching rule would act.

use crate::incident::{AccountRef, Alert, HoldReason, RuleId};
use crate::rules::{Match, Mode, Named, Response, Rule};
use crate::trail::Pseudonyms;

/// One matching rule and what it asks for.
#[derive(Debug)]
pub struct Target<'r> {
    pub(super) rule: &'r Rule,
    pub(super) matched: Vec<String>,
    pub(super) meaning: Meaning<'r>,
}

#[derive(Debug)]
pub(super) enum Meaning<'r> {
    /// To be counted and shown: on whom it would act, or why it could not.
    Watch(Watched<'r>),
    /// To act, but it cannot be told on whom.
    Nobody(HoldReason),
    /// To act on this account.
    Act { response: &'r Response, account: AccountRef, pseudonym: String },
}

/// What a rule that only watches would do.
#[derive(Debug)]
pub(super) enum Watched<'r> {
    /// Nothing; it has no response.
    Detects,
    /// It could not be told on whom.
    Nobody(HoldReason),
    /// Act on this account.
    Account { response: &'r Response, account: AccountRef, pseudonym: String },
}

impl<'r> Target<'r> {
    /// The rule and the pseudonym of the account it would act on, if it means to act.
    #[must_use]
    pub fn acts_on(&self) -> Option<(&RuleId, &str)> {
        match &self.meaning {
            Meaning::Act { pseudonym, .. } => Some((&self.rule.reference.id, pseudonym)),
            Meaning::Watch(_) | Meaning::Nobody(_) => None,
        }
    }

    /// The account it would act on, and its pseudonym, if it means to act.
    #[must_use]
    pub fn account(&self) -> Option<(&AccountRef, &str)> {
        match &self.meaning {
            Meaning::Act { account, pseudonym, .. } => Some((account, pseudonym)),
            Meaning::Watch(_) | Meaning::Nobody(_) => None,
        }
    }

    /// The rule, what it asks for and on whom, if it means to act.
    pub(super) fn acting(&self) -> Option<Acting<'r, '_>> {
        match &self.meaning {
            Meaning::Act { response, account, .. } => Some((self.rule, response, account)),
            Meaning::Watch(_) | Meaning::Nobody(_) => None,
        }
    }
}

/// A rule that acts, what it asks for, and on whom.
pub(super) type Acting<'r, 't> = (&'r Rule, &'r Response, &'t AccountRef);

/// Finds out on whom each matching rule would act.
#[must_use]
pub fn targets<'r>(alert: &Alert, matches: Vec<Match<'r>>, pseudonyms: &Pseudonyms) -> Vec<Target<'r>> {
    let of_match = |matched: Match<'r>| {
        let meanings = meanings(&matched, alert, pseudonyms).into_iter();
        meanings.map(move |meaning| Target { rule: matched.rule, meaning, matched: matched.matched.clone() })
    };
    matches.into_iter().flat_map(of_match).collect()
}

/// One for each account the rule means, which is mostly one.
fn meanings<'r>(matched: &Match<'r>, alert: &Alert, pseudonyms: &Pseudonyms) -> Vec<Meaning<'r>> {
    let rule: &'r Rule = matched.rule;
    let Some(response) = &rule.response else { return vec![Meaning::Watch(Watched::Detects)] };
    let nobody = |reason: HoldReason| match response.mode {
        Mode::Enforce => Meaning::Nobody(reason),
        Mode::Shadow => Meaning::Watch(Watched::Nobody(reason)),
    };
    let somebody = |account: AccountRef| {
        let pseudonym = pseudonyms.of(&account);
        match response.mode {
            Mode::Enforce => Meaning::Act { response, account, pseudonym },
            Mode::Shadow => Meaning::Watch(Watched::Account { response, account, pseudonym }),
        }
    };
    match response.accounts_of_match(alert, matched.account.as_deref()) {
        Ok(accounts) => accounts.into_iter().map(somebody).collect(),
        Err(Named::Several) => vec![nobody(HoldReason::AccountAmbiguous)],
        Err(Named::One(_) | Named::None | Named::Invalid) => vec![nobody(HoldReason::AccountNotNamed)],
    }
}
