//! Stands between the app and its DingTalk client, and notes how long the durable trail was at the
//! moment each order left.

use std::sync::{Arc, Mutex};

use portcullis::directory::{
    Account, Admin, BoxFuture, Department, DepartmentId, DingTalk, Directory, Done, Greeting, HolderPage, Lookup,
    Matches, MayLeave, Member, MemberPage, Message, Order, Organization, Outages, PageFrom, Reach, RoleId, RolePage,
    Told, Usage,
};
use portcullis::incident::{ActionKind, Failure, FailureClass, Urgency, UserId};
use portcullis::trail::Store;

/// One order as it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) kind: ActionKind,
    pub(super) user_id: String,
    /// How many records were durable.
    pub(super) trail_size: u64,
}

/// The orders in the order they left; outlives a restart.
#[derive(Debug, Clone, Default)]
pub(super) struct Orders(Arc<Mutex<Vec<Left>>>);

impl Orders {
    pub(super) fn all(&self) -> Vec<Left> {
        self.0.lock().unwrap().clone()
    }
}

/// An account at whose sight our own code fails, until it is cured; outlives a restart.
#[derive(Debug, Clone, Default)]
pub(super) struct Poison(Arc<Mutex<(Option<String>, u32)>>);

impl Poison {
    pub(super) fn of(account: Option<&str>) -> Self {
        Self(Arc::new(Mutex::new((account.map(str::to_owned), 0))))
    }

    pub(super) fn cure(&self) {
        self.0.lock().unwrap().0 = None;
    }

    /// How often it has worked.
    pub(super) fn worked(&self) -> u32 {
        self.0.lock().unwrap().1
    }

    fn work(&self, user_id: &UserId) {
        let is_poison = {
            let mut poison = self.0.lock().unwrap();
            let is_poison = poison.0.as_deref() == Some(user_id.as_str());
            poison.1 += u32::from(is_poison);
            is_poison
        };
        assert!(!is_poison, "the poison that a test gave");
    }
}

/// The real client, watched.
pub(crate) struct Witness {
    dingtalk: DingTalk,
    store: Arc<dyn Store>,
    orders: Orders,
    poison: Poison,
    /// Who is refused to be shown for good.
    hidden: Option<UserId>,
}

impl Witness {
    pub(super) fn new(dingtalk: DingTalk, store: Arc<dyn Store>, orders: Orders, poison: Poison) -> Self {
        Self { dingtalk, store, orders, poison, hidden: None }
    }

    /// One that refuses for good to show one account.
    pub(crate) fn hiding(dingtalk: DingTalk, store: Arc<dyn Store>, hidden: UserId) -> Self {
        let unseen = Self::new(dingtalk, store, Orders::default(), Poison::default());
        Self { hidden: Some(hidden), ..unseen }
    }
}

impl Directory for Witness {
    fn greet(&self) -> BoxFuture<'_, Result<Greeting, Failure>> {
        self.dingtalk.greet()
    }

    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Result<Vec<UserId>, Failure>> {
        self.dingtalk.find(lookup)
    }

    fn account<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Account>, Failure>> {
        self.poison.work(user_id);
        self.dingtalk.account(user_id)
    }

    fn member<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Member>, Failure>> {
        if self.hidden.as_ref() == Some(user_id) {
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

    fn members(&self, id: DepartmentId, from: PageFrom) -> BoxFuture<'_, Result<MemberPage, Failure>> {
        self.dingtalk.members(id, from)
    }

    fn tell<'a>(&'a self, message: &'a Message, urgency: Urgency) -> BoxFuture<'a, Result<Told, Failure>> {
        self.dingtalk.tell(message, urgency)
    }

    fn reach(&self, agent_id: i64, task: i64, urgency: Urgency) -> BoxFuture<'_, Result<Option<Reach>, Failure>> {
        self.dingtalk.reach(agent_id, task, urgency)
    }

    fn roles(&self, from: PageFrom) -> BoxFuture<'_, Result<RolePage, Failure>> {
        self.dingtalk.roles(from)
    }

    fn holders(&self, id: RoleId, from: PageFrom) -> BoxFuture<'_, Result<Option<HolderPage>, Failure>> {
        self.dingtalk.holders(id, from)
    }

    fn act<'a>(&'a self, order: &'a Order, may_leave: MayLeave<'a>) -> BoxFuture<'a, Result<Done, Failure>> {
        let (kind, user_id) = match order {
            Order::SignOut { user_id, .. } => (ActionKind::SignOut, user_id),
            Order::Disable { user_id, .. } => (ActionKind::Disable, user_id),
            Order::Enable { user_id } => (ActionKind::Enable, user_id),
            Order::ChangeDingTalkId { user_id, .. } => (ActionKind::ChangeDingTalkId, user_id),
        };
        let left = Left { kind, user_id: user_id.to_string(), trail_size: self.store.head().size };
        self.orders.0.lock().unwrap().push(left);
        self.dingtalk.act(order, may_leave)
    }

    fn usage(&self) -> Option<Usage> {
        self.dingtalk.usage()
    }

    fn outages(&self) -> Outages {
        self.dingtalk.outages()
    }
}
