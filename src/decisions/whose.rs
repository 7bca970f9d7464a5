//! Whether who asks is the one whom it is about, or whose rule asked for it: nobody decides about themselves, whatever
//! they are called just now.

use super::{Decisions, Refused};
use crate::access::Actor;
use crate::directory::Borne;
use crate::executor::subject_of;
use crate::incident::{AccountRef, UserId};
use crate::response::{Resolved, Subject, resolve};
use crate::rules::names;
use crate::trail::Live;

/// While DingTalk cannot say whose account it is; it can be said again in so many seconds.
const UNREAD: Refused = Refused::Unavailable { retry_after_s: 10 };

impl Decisions {
    /// Refuses whom the incident is about. As long as nobody knows whom, it is looked up: who is quick is not to be
    /// judge in their own case.
    pub(super) async fn refuse_subject(&self, actor: &Actor, live: &Live) -> Result<(), Refused> {
        let Some(own) = &actor.user_id else { return Ok(()) };
        if let Some(user_id) = &live.incident.user_id {
            return if user_id == own { Err(Refused::OwnAccount) } else { Ok(()) };
        }
        match self.subject(live).await? {
            Some(subject) => self.refuse_own(own, &subject.account).await,
            None => Ok(()),
        }
    }

    /// Refuses whoever has the account. Of several that answer to the reference any may be meant.
    ///
    /// # Errors
    /// It is their own, or nobody can tell.
    pub async fn refuse_own(&self, own: &UserId, account: &AccountRef) -> Result<(), Refused> {
        let resolved = resolve(account, self.rules.now().set.identities(), self.roster.is_some());
        let is_own = match resolved {
            Ok(Resolved::To(user_id, _)) => user_id == *own,
            Ok(Resolved::Ask(lookup, _)) => self.directory.find(&lookup).await.map_err(|_| UNREAD)?.contains(own),
            Ok(Resolved::Search) => match self.roster.as_ref().map(|roster| (roster.find(account), roster)) {
                Some((Ok(found), _)) if found.iter().any(|one| one.user_id == *own) => true,
                // They may have the name since the index was read. Who shows none where others do has none.
                Some((Ok(_), roster)) if roster.index(|index| index.shows(account.kind())) => {
                    self.has_name(own, account).await?.unwrap_or(false)
                }
                _ => self.has_name(own, account).await?.ok_or(Refused::WhoseUnknown)?,
            },
            // Held for good, as nothing can say whose it is but, of their own account, DingTalk.
            Err(_) => self.has_name(own, account).await?.ok_or(Refused::WhoseUnknown)?,
        };
        if is_own { Err(Refused::OwnAccount) } else { Ok(()) }
    }

    /// Whether the account has that name, as far as DingTalk shows such names of it.
    async fn has_name(&self, own: &UserId, name: &AccountRef) -> Result<Option<bool>, Refused> {
        let account = self.directory.account(own).await.map_err(|_| UNREAD)?;
        Ok(account.map_or(Some(false), |account| match account.names.bears(name) {
            Borne::Yes => Some(true),
            Borne::No => Some(false),
            Borne::NotShown => None,
        }))
    }

    /// Refuses the authors and owners of the rules that asked for the plan: those who were it then, and those who are
    /// it in the rules in force. Where nothing of then is left to be read, those in force.
    pub(super) async fn refuse_author(&self, actor: &Actor, live: &Live) -> Result<(), Refused> {
        let of_plan = &live.incident.plan.rules;
        if of_plan.is_empty() {
            return Ok(());
        }
        let then = self.subject(live).await?.map(|subject| subject.authors).unwrap_or_default();
        let loaded = self.rules.now();
        let now = of_plan.iter().flat_map(|rule| loaded.set.people_behind(&rule.id));
        let people = now.chain(then.iter().map(String::as_str));
        if self.is_author(actor, people) { Err(Refused::OwnRule) } else { Ok(()) }
    }

    /// Whether one of these lists of names has one that they go by.
    pub fn is_author<'p>(&self, actor: &Actor, people: impl Iterator<Item = &'p str>) -> bool {
        let own = self.access.names_of(actor);
        people.into_iter().any(|people| own.iter().any(|name| names(people, name)))
    }

    async fn subject(&self, live: &Live) -> Result<Option<Subject>, Refused> {
        Ok(subject_of(&self.trail, live.incident.id(), live.record).await?)
    }
}
