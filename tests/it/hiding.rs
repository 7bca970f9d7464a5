//! A DingTalk that refuses for good to show one account.

use portcullis::directory::{
    Account, Admin, BoxFuture, Department, DepartmentId, DingTalk, Directory, Done, Lookup, Matches, Member,
    MemberPage, MembersFrom, Message, Order, Organization, Reach, Told,
};
use portcullis::incident::{Failure, FailureClass, UserId};

/// The real client, but for that account.
pub(crate) struct Hiding {
    pub(crate) dingtalk: DingTalk,
    pub(crate) hidden: UserId,
}

impl Directory for Hiding {
    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Result<Vec<UserId>, Failure>> {
        self.dingtalk.find(lookup)
    }

    fn account<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Account>, Failure>> {
        self.dingtalk.account(user_id)
    }

    fn member<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Member>, Failure>> {
        if *user_id == self.hidden {
            return Box::pin(std::future::ready(Err(Failure::local(FailureClass::Permanent, "50002"))));
        }
        self.dingtalk.member(user_id)
    }

    fn is_disabled<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<bool, Failure>> {
        self.dingtalk.is_disabled(user_id)
    }

    fn owned_organizations<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Vec<Organization>, Failure>> {
        self.dingtalk.owned_organizations(user_id)
    }

    fn search<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Matches, Failure>> {
        self.dingtalk.search(name)
    }

    fn admins(&self) -> BoxFuture<'_, Result<Vec<Admin>, Failure>> {
        self.dingtalk.admins()
    }

    fn department(&self, id: DepartmentId) -> BoxFuture<'_, Result<Option<Department>, Failure>> {
        self.dingtalk.department(id)
    }

    fn sub_departments(&self, id: DepartmentId) -> BoxFuture<'_, Result<Vec<Department>, Failure>> {
        self.dingtalk.sub_departments(id)
    }

    fn sub_department_ids(&self, id: DepartmentId) -> BoxFuture<'_, Result<Vec<DepartmentId>, Failure>> {
        self.dingtalk.sub_department_ids(id)
    }

    fn members(&self, id: DepartmentId, from: MembersFrom) -> BoxFuture<'_, Result<MemberPage, Failure>> {
        self.dingtalk.members(id, from)
    }

    fn tell<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Told, Failure>> {
        self.dingtalk.tell(message)
    }

    fn reach(&self, agent_id: i64, task: i64) -> BoxFuture<'_, Result<Option<Reach>, Failure>> {
        self.dingtalk.reach(agent_id, task)
    }

    fn act<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Done, Failure>> {
        self.dingtalk.act(order)
    }
}
