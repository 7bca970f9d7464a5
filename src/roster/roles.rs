//! The part of a run that reads the roles: which there are, then who has each. Only what differs is written, and a run
//! that is cut off goes on at the role it was at. Mail addresses and job numbers do not wait for it: where DingTalk does not
//! show the roles, the run comes to its end without them, and says so.

use std::collections::{BTreeMap, BTreeSet};

use super::kept::{Roster, RosterError};
use crate::directory::index::{Fact, Index, RolesRead, Run, role_name};
use crate::directory::{self, Directory, Member, PageFrom, RoleId};
use crate::incident::{Failure, FailureClass, UserId};

/// The most pages of one role's people.
const PAGES_MAX: usize = 10_000;

impl Roster {
    /// Reads who has which role, or what a run that was cut off has left of it.
    pub(super) async fn read_roles(&self, directory: &dyn Directory, run: Run) -> Result<RolesRead, RosterError> {
        match self.walk_roles(directory, run).await {
            Ok(()) => Ok(RolesRead::At(run.began_at)),
            Err(RosterError::Directory(failure)) if is_for_good(&failure) => {
                tracing::warn!(failure.code, "the roles cannot be read; nobody is looked up by them");
                Ok(RolesRead::Refused)
            }
            Err(error) => Err(error),
        }
    }

    async fn walk_roles(&self, directory: &dyn Directory, run: Run) -> Result<(), RosterError> {
        if !run.has_roles {
            let read = directory::roles(directory).await?;
            let read = read.into_iter().map(|role| (role.id, role_name(&role.name).to_owned())).collect();
            self.keep(self.index(|index| changed(index, &read))).await?;
            let (at, roles) = self.index(|index| (index.reading().at(), index.reading().roles()));
            self.keep(vec![Fact::Read { at, run: Some(Run { has_roles: true, ..run }), roles }]).await?;
        }
        let to_walk: Vec<RoleId> = self.index(|index| {
            index.roles().map(|(id, _)| id).filter(|id| !index.reading().has_walked_role(*id)).collect()
        });
        for id in to_walk {
            self.walk_role(directory, id).await?;
            self.tell(true);
        }
        Ok(())
    }

    async fn walk_role(&self, directory: &dyn Directory, id: RoleId) -> Result<(), RosterError> {
        let (mut listed, mut from) = (BTreeSet::new(), Some(PageFrom::START));
        for _ in 0..PAGES_MAX {
            let Some(start) = from else { break };
            // A role may be deleted while its turn is waited for.
            let Some(page) = directory.holders(id, start).await? else {
                return self.keep(self.index(|index| gone(index, id))).await;
            };
            let new = self.index(|index| {
                let known: BTreeSet<&UserId> = index.holders(id).collect();
                let new: BTreeSet<&UserId> = page.holders.iter().filter(|user_id| !known.contains(user_id)).collect();
                let new: Vec<Fact> = new.into_iter().map(|user_id| Fact::Holds(id, user_id.clone())).collect();
                index.has_room_for(new.len()).then_some(new)
            });
            let new = new.ok_or_else(|| Failure::local(FailureClass::Permanent, "too_many_role_holders"))?;
            self.keep(new).await?;
            listed.extend(page.holders);
            from = page.next;
        }
        if from.is_some() {
            return Err(Failure::local(FailureClass::Permanent, "too_many_pages").into());
        }
        let mut facts: Vec<Fact> = self.index(|index| {
            let others = index.holders(id).filter(|user_id| !listed.contains(user_id));
            others.map(|user_id| Fact::HoldsNot(id, user_id.clone())).collect()
        });
        facts.push(Fact::RoleWalked(id));
        self.keep(facts).await
    }

    /// What a look at one account changes, which shows the roles beside everything else. Of a role without an id it is not
    /// known which it is, so nothing is said then.
    pub(super) fn roles_differing(&self, member: &Member) -> Vec<Fact> {
        let user_id = &member.account.user_id;
        let shown = member.account.roles.as_ref().and_then(|roles| {
            let role = |role: &directory::Role| Some((RoleId::new(role.id?), role_name(&role.name).to_owned()));
            roles.iter().map(role).collect::<Option<BTreeMap<_, _>>>()
        });
        let Some(shown) = shown else { return Vec::new() };
        self.index(|index| {
            let known: BTreeSet<RoleId> = index.roles_of(user_id).collect();
            let let_go = known.iter().filter(|id| !shown.contains_key(id));
            let mut facts: Vec<Fact> = let_go.map(|id| Fact::HoldsNot(*id, user_id.clone())).collect();
            let new: Vec<_> = shown.iter().filter(|(id, _)| !known.contains(id)).collect();
            if index.has_room_for(new.len()) {
                let unnamed = new.iter().filter(|(id, _)| index.role(**id).is_none());
                facts.extend(unnamed.map(|(id, name)| Fact::Role { id: **id, name: (*name).clone() }));
                facts.extend(new.iter().map(|(id, _)| Fact::Holds(**id, user_id.clone())));
            }
            facts
        })
    }
}

/// That somebody is not in the organization any more, and has no role there.
pub(super) fn left(index: &Index, user_id: &UserId) -> Vec<Fact> {
    let let_go = index.roles_of(user_id).map(|id| Fact::HoldsNot(id, user_id.clone()));
    let gone = index.person(user_id).map(|_| Fact::Gone(user_id.clone()));
    let_go.chain(gone).collect()
}

/// What is new, called otherwise, or not there any more.
fn changed(index: &Index, read: &BTreeMap<RoleId, String>) -> Vec<Fact> {
    let is_gone = |id: &RoleId| !read.contains_key(id);
    let gone = index.roles().map(|(id, _)| id).filter(is_gone).flat_map(|id| gone(index, id));
    let is_new = |(id, name): &(&RoleId, &String)| index.role(**id) != Some(name.as_str());
    let new = read.iter().filter(is_new).map(|(id, name)| Fact::Role { id: *id, name: name.clone() });
    gone.chain(new).collect()
}

/// That there is no such role any more, and nobody has it.
fn gone(index: &Index, id: RoleId) -> Vec<Fact> {
    let let_go = index.holders(id).map(|user_id| Fact::HoldsNot(id, user_id.clone()));
    let_go.chain([Fact::NoRole(id)]).collect()
}

/// Whether waiting does not mend it. An answer that is not understood today is not understood tomorrow either, and must not
/// keep everything else that was read from being known.
fn is_for_good(failure: &Failure) -> bool {
    matches!(failure.class, FailureClass::Permanent | FailureClass::OperatorNeeded)
        || matches!(failure.code.as_str(), "unexpected_answer" | "oversized")
}
