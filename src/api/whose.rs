//! Whether who asks is the one whom it is about, or whose rule asked for it: nobody decides about themselves, whatever
//! they are called just now.

use super::{Problem, State};
use crate::access::Actor;
use crate::directory::Borne;
use crate::executor::subject_of;
use crate::incident::{AccountRef, UserId};
use crate::response::{Resolved, Subject, resolve};
use crate::rules::names;
use crate::trail::Live;

/// While DingTalk cannot say whose account it is; it can be said again in so many seconds.
const UNREAD: Problem = Problem::Unavailable { retry_after_s: 10 };

/// Refuses whom the incident is about. As long as nobody knows whom, it is looked up: who is quick is not to be judge
/// in their own case.
pub(super) async fn refuse_subject(actor: &Actor, live: &Live, state: &State) -> Result<(), Problem> {
    let Some(own) = &actor.user_id else { return Ok(()) };
    if let Some(user_id) = &live.incident.user_id {
        return if user_id == own { Err(Problem::OwnAccount) } else { Ok(()) };
    }
    match subject(live, state).await? {
        Some(subject) => refuse_own(own, &subject.account, state).await,
        None => Ok(()),
    }
}

/// Refuses whoever has the account. Of several that answer to the reference any may be meant.
pub(super) async fn refuse_own(own: &UserId, account: &AccountRef, state: &State) -> Result<(), Problem> {
    let resolved = resolve(account, state.rules.now().set.identities(), state.roster.is_some());
    let is_own = match resolved {
        Ok(Resolved::To(user_id, _)) => user_id == *own,
        Ok(Resolved::Ask(lookup, _)) => state.directory.find(&lookup).await.map_err(|_| UNREAD)?.contains(own),
        Ok(Resolved::Search) => match state.roster.as_ref().map(|roster| (roster.find(account), roster)) {
            Some((Ok(found), _)) if found.iter().any(|one| one.user_id == *own) => true,
            // They may have the name since the index was read. Who shows none where others do has none.
            Some((Ok(_), roster)) if roster.index(|index| index.shows(account.kind())) => {
                has_name(own, account, state).await?.unwrap_or(false)
            }
            _ => has_name(own, account, state).await?.ok_or(Problem::WhoseUnknown)?,
        },
        // Held for good, as nothing can say whose it is but, of their own account, DingTalk.
        Err(_) => has_name(own, account, state).await?.ok_or(Problem::WhoseUnknown)?,
    };
    if is_own { Err(Problem::OwnAccount) } else { Ok(()) }
}

/// Whether the account has that name, as far as DingTalk shows such names of it.
async fn has_name(own: &UserId, name: &AccountRef, state: &State) -> Result<Option<bool>, Problem> {
    let account = state.directory.account(own).await.map_err(|_| UNREAD)?;
    Ok(account.map_or(Some(false), |account| match account.names.bears(name) {
        Borne::Yes => Some(true),
        Borne::No => Some(false),
        Borne::NotShown => None,
    }))
}

/// Refuses the authors and owners of the rules that asked for the plan: those who were it then, and those who are it
/// in the rules in force. Where nothing of then is left to be read, those in force.
pub(super) async fn refuse_author(actor: &Actor, live: &Live, state: &State) -> Result<(), Problem> {
    let of_plan = &live.incident.plan.rules;
    if of_plan.is_empty() {
        return Ok(());
    }
    let then = subject(live, state).await?.map(|subject| subject.authors).unwrap_or_default();
    let loaded = state.rules.now();
    let now = of_plan.iter().flat_map(|rule| loaded.set.people_behind(&rule.id));
    let people = now.chain(then.iter().map(String::as_str));
    if is_author(actor, people, state) { Err(Problem::OwnRule) } else { Ok(()) }
}

/// Whether one of these lists of names has one that they go by.
pub(super) fn is_author<'p>(actor: &Actor, people: impl Iterator<Item = &'p str>, state: &State) -> bool {
    let own: Vec<&str> = state.access.names_of(actor).collect();
    people.into_iter().any(|people| own.iter().any(|name| names(people, name)))
}

async fn subject(live: &Live, state: &State) -> Result<Option<Subject>, Problem> {
    Ok(subject_of(&state.trail, live.incident.id(), live.record).await?)
}
