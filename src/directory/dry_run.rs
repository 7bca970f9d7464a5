//! A directory that reads but never acts, for trying rules against real accounts.

use std::sync::Arc;

use super::circuit::Outages;
use super::contacts::{Admin, Department, DepartmentId, Member, MemberPage, PageFrom};
use super::message::{Message, Reach, Told};
use super::model::{Account, BoxFuture, Directory, Done, Greeting, Lookup, Matches, MayLeave, Order, Organization};
use super::quota::Usage;
use super::roles::{HolderPage, RoleId, RolePage};
use crate::incident::{Failure, FailureClass, Urgency, UserId};

/// Passes reads on; sends no order, and tells nobody anything. Both fail with class `Permanent` and code `dry_run`: it
/// was not done, so it must not look done on the trail, and trying again would change nothing.
pub struct DryRun {
    inner: Arc<dyn Directory>,
}

impl DryRun {
    /// Reads through `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Directory>) -> Self {
        Self { inner }
    }
}

impl Directory for DryRun {
    fn greet(&self) -> BoxFuture<'_, Result<Greeting, Failure>> {
        self.inner.greet()
    }

    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Result<Vec<UserId>, Failure>> {
        self.inner.find(lookup)
    }

    fn account<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Account>, Failure>> {
        self.inner.account(user_id)
    }

    fn member<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Member>, Failure>> {
        self.inner.member(user_id)
    }

    fn is_disabled<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<bool, Failure>> {
        self.inner.is_disabled(user_id)
    }

    fn owned_organizations<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Vec<Organization>, Failure>> {
        self.inner.owned_organizations(user_id)
    }

    fn search<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Matches, Failure>> {
        self.inner.search(name)
    }

    fn admins(&self) -> BoxFuture<'_, Result<Vec<Admin>, Failure>> {
        self.inner.admins()
    }

    fn department(&self, id: DepartmentId) -> BoxFuture<'_, Result<Option<Department>, Failure>> {
        self.inner.department(id)
    }

    fn sub_departments(&self, id: DepartmentId) -> BoxFuture<'_, Result<Vec<Department>, Failure>> {
        self.inner.sub_departments(id)
    }

    fn sub_department_ids(&self, id: DepartmentId) -> BoxFuture<'_, Result<Vec<DepartmentId>, Failure>> {
        self.inner.sub_department_ids(id)
    }

    fn members(&self, id: DepartmentId, from: PageFrom) -> BoxFuture<'_, Result<MemberPage, Failure>> {
        self.inner.members(id, from)
    }

    fn roles(&self, from: PageFrom) -> BoxFuture<'_, Result<RolePage, Failure>> {
        self.inner.roles(from)
    }

    fn holders(&self, id: RoleId, from: PageFrom) -> BoxFuture<'_, Result<Option<HolderPage>, Failure>> {
        self.inner.holders(id, from)
    }

    fn act<'a>(&'a self, _: &'a Order, may_leave: MayLeave<'a>) -> BoxFuture<'a, Result<Done, Failure>> {
        // Asked all the same, so that what a human has stopped is not given up here.
        let refused = may_leave().err().unwrap_or_else(|| Failure::local(FailureClass::Permanent, "dry_run"));
        Box::pin(std::future::ready(Err(refused)))
    }

    fn tell<'a>(&'a self, _: &'a Message, _: Urgency) -> BoxFuture<'a, Result<Told, Failure>> {
        Box::pin(std::future::ready(Err(Failure::local(FailureClass::Permanent, "dry_run"))))
    }

    fn reach(&self, agent_id: i64, task: i64, urgency: Urgency) -> BoxFuture<'_, Result<Option<Reach>, Failure>> {
        self.inner.reach(agent_id, task, urgency)
    }

    fn only_reads(&self) -> bool {
        true
    }

    fn usage(&self) -> Option<Usage> {
        self.inner.usage()
    }

    fn outages(&self) -> Outages {
        self.inner.outages()
    }
}
