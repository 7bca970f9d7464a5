//! DingTalk as the program sees it, and as it is: calls lie here until the run answers them, truly or not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use portcullis::directory::{
    Account, Admin, BoxFuture, Department, DepartmentId, Directory, Done, Greeting, HolderPage, Lookup, Matches,
    MayLeave, Member, MemberPage, Message, Names, Order, Organization, Outages, PageFrom, Reach, RoleId, RolePage,
    Told,
};
use portcullis::incident::{ActionKind, Failure, FailureClass, PauseScope, Urgency, UserId};
use portcullis::trail::{MemoryStore, Store as _, Subjects, Trail};
use tokio::sync::oneshot;

use super::site::{OWN_CORP, PEOPLE, RESPONDERS, UNTOUCHABLE};

/// An account as it is.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    pub(super) disabled: bool,
    pub(super) admin: bool,
    senior: bool,
    enterprise: bool,
    own: bool,
}

/// What was asked.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    Account(UserId),
    Status(UserId),
    Owned,
    Find(Lookup),
    /// To be let out: an order waits for that, as for its token.
    Turn,
    Order(Order),
}

/// What is answered.
#[derive(Debug, Clone)]
pub(super) enum Said {
    Account(Option<Account>),
    Status(bool),
    Owned(Vec<Organization>),
    Found(Vec<UserId>),
    Turn,
    Done,
}

type Answer = Result<Said, Failure>;

/// A call that waits for its answer.
pub(super) struct Call {
    pub(super) asked: Asked,
    answer: oneshot::Sender<Answer>,
}

/// What the program was shown of an account since the last order about it left. Several may look at the same time, so
/// that nobody here can tell whose look an order stands on.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    /// As every look at all of it showed it.
    pub(super) accounts: Vec<Option<Account>>,
    /// Whether it is disabled, by every answer that said so or did not.
    pub(super) disabled: Vec<Option<bool>>,
}

/// An order that left, and what was known at that moment.
#[derive(Debug, Clone)]
pub(super) struct Left {
    pub(super) kind: ActionKind,
    pub(super) user_id: UserId,
    pub(super) order: Order,
    /// In which life of the program.
    pub(super) life: usize,
    /// How many records were durable.
    pub(super) size: u64,
    pub(super) shown: Shown,
    /// What was paused, as far as whoever paused it had been told that it is.
    pub(super) paused: BTreeSet<PauseScope>,
    /// What the breaker had stopped, as far as the program knew.
    pub(super) tripped: BTreeSet<PauseScope>,
}

/// DingTalk, and what is noted of what is asked of it. It outlives the program.
pub(super) struct World {
    kept: Arc<MemoryStore>,
    /// The keys of what lies beside the records, which outlive the program, too.
    pub(super) subjects: Arc<Subjects>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) accounts: BTreeMap<String, Truth>,
    pub(super) calls: Vec<Call>,
    pub(super) left: Vec<Left>,
    shown: BTreeMap<UserId, Shown>,
    pub(super) paused: BTreeSet<PauseScope>,
    /// By number, what was last asked about each pause.
    pub(super) asked: BTreeMap<PauseScope, usize>,
    pub(super) outages: Outages,
    /// Orders whose work is done only some time after nobody waited for it any more.
    pub(super) late: Vec<Order>,
}

impl World {
    pub(super) fn new(kept: Arc<MemoryStore>) -> Arc<Self> {
        let mut inner = Inner::default();
        let truth = Truth { disabled: false, admin: false, senior: false, enterprise: true, own: true };
        for person in PEOPLE.iter().chain(&RESPONDERS).chain(&UNTOUCHABLE) {
            inner.accounts.insert((*person).to_owned(), truth.clone());
        }
        let mut is = |person: &str, change: fn(&mut Truth)| change(inner.accounts.get_mut(person).unwrap());
        is("admin1", |truth| truth.admin = true);
        is("senior1", |truth| truth.senior = true);
        is("foreign1", |truth| truth.own = false);
        is("plain1", |truth| truth.enterprise = false);
        Arc::new(Self { kept, subjects: Subjects::in_memory(), inner: Mutex::new(inner) })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

impl Inner {
    /// The account as it is.
    pub(super) fn truth(&mut self, user_id: &UserId) -> Option<&mut Truth> {
        self.accounts.get_mut(user_id.as_str())
    }

    /// What an honest look at it shows.
    pub(super) fn look(&self, user_id: &UserId) -> Option<Account> {
        let truth = self.accounts.get(user_id.as_str())?;
        Some(Account {
            user_id: user_id.clone(),
            enterprise_account: Some(truth.enterprise),
            owner_corp_id: truth.enterprise.then(|| if truth.own { OWN_CORP } else { "dingothercorp" }.to_owned()),
            disabled: truth.own.then_some(truth.disabled),
            admin: Some(truth.admin),
            boss: Some(false),
            senior: Some(truth.senior),
            sign_in: None,
            active: Some(true),
            departments: Some(Vec::new()),
            roles: Some(Vec::new()),
            names: Names::default(),
        })
    }

    /// The honest answer, without any work being done.
    pub(super) fn honest(&self, asked: &Asked) -> Said {
        match asked {
            Asked::Account(user_id) => Said::Account(self.look(user_id)),
            Asked::Status(user_id) => Said::Status(self.accounts[user_id.as_str()].disabled),
            Asked::Owned => Said::Owned(Vec::new()),
            Asked::Find(Lookup::LoginId(name)) => Said::Found(
                self.accounts
                    .contains_key(name.value())
                    .then(|| UserId::parse(name.value()).unwrap())
                    .into_iter()
                    .collect(),
            ),
            Asked::Find(_) => Said::Found(Vec::new()),
            Asked::Turn => Said::Turn,
            Asked::Order(_) => Said::Done,
        }
    }

    /// Does the work of an order.
    pub(super) fn work(&mut self, order: &Order) {
        let (kind, user_id) = about(order);
        if let Some(truth) = self.truth(user_id) {
            match kind {
                ActionKind::Disable => truth.disabled = true,
                ActionKind::Enable => truth.disabled = false,
                _ => {}
            }
        }
    }

    /// Answers a call. Whoever asked may be gone.
    pub(super) fn answer(&mut self, call: Call, answer: Answer) {
        match (&call.asked, &answer) {
            (Asked::Account(user_id), Ok(Said::Account(account))) => {
                let shown = self.shown.entry(user_id.clone()).or_default();
                shown.disabled.push(account.as_ref().and_then(|account| account.disabled));
                shown.accounts.push(account.clone());
            }
            (Asked::Status(user_id), Ok(Said::Status(disabled))) => {
                self.shown.entry(user_id.clone()).or_default().disabled.push(Some(*disabled));
            }
            _ => {}
        }
        let _ = call.answer.send(answer);
    }

    /// Nobody waits for answers any more; gives the orders that were under way.
    pub(super) fn hang_up(&mut self) -> Vec<Order> {
        let calls = std::mem::take(&mut self.calls).into_iter();
        calls.filter_map(|call| if let Asked::Order(order) = call.asked { Some(order) } else { None }).collect()
    }
}

/// What an order does, and to whom.
pub(super) fn about(order: &Order) -> (ActionKind, &UserId) {
    match order {
        Order::SignOut { user_id, .. } => (ActionKind::SignOut, user_id),
        Order::Disable { user_id, .. } => (ActionKind::Disable, user_id),
        Order::Enable { user_id } => (ActionKind::Enable, user_id),
        Order::ChangeDingTalkId { .. } => panic!("no rule of the simulation asks for that"),
    }
}

/// The way to DingTalk of one life of the program.
pub(super) struct Line {
    pub(super) world: Arc<World>,
    pub(super) life: usize,
    pub(super) trail: Arc<Trail>,
}

impl Line {
    fn ask(&self, asked: Asked) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        let mut inner = self.world.lock();
        if let Asked::Order(order) = &asked {
            let (kind, user_id) = about(order);
            let (shown, paused) = (inner.shown.remove(user_id).unwrap_or_default(), inner.paused.clone());
            let (user_id, order, size) = (user_id.clone(), order.clone(), self.world.kept.head().size);
            let tripped = tripped(&self.trail);
            inner.left.push(Left { kind, user_id, order, life: self.life, size, shown, paused, tripped });
        }
        inner.calls.push(Call { asked, answer });
        answered
    }

    fn call<'a, T>(&'a self, asked: Asked, take: fn(Said) -> Option<T>) -> BoxFuture<'a, Result<T, Failure>>
    where
        T: Send + 'a,
    {
        Box::pin(async move {
            let said = self.ask(asked).await.unwrap_or_else(|_| Err(unclear()))?;
            Ok(take(said).expect("an answer to what was asked"))
        })
    }

    fn nothing<T: Send + 'static>(&self) -> BoxFuture<'_, Result<T, Failure>> {
        Box::pin(async { Err(Failure::local(FailureClass::Permanent, "not_simulated")) })
    }
}

/// What the breaker has stopped.
pub(super) fn tripped(trail: &Trail) -> BTreeSet<PauseScope> {
    trail.board(|board| board.breakers().iter().map(|(trip, _)| trip.scope.clone()).collect())
}

fn unclear() -> Failure {
    Failure::local(FailureClass::Unknown, "timeout")
}

impl Directory for Line {
    fn greet(&self) -> BoxFuture<'_, Result<Greeting, Failure>> {
        self.nothing()
    }

    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Result<Vec<UserId>, Failure>> {
        self.call(Asked::Find(lookup.clone()), |said| if let Said::Found(found) = said { Some(found) } else { None })
    }

    fn account<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Account>, Failure>> {
        self.call(Asked::Account(user_id.clone()), |said| if let Said::Account(one) = said { Some(one) } else { None })
    }

    fn member<'a>(&'a self, _: &'a UserId) -> BoxFuture<'a, Result<Option<Member>, Failure>> {
        self.nothing()
    }

    fn is_disabled<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<bool, Failure>> {
        self.call(Asked::Status(user_id.clone()), |said| if let Said::Status(is) = said { Some(is) } else { None })
    }

    fn owned_organizations<'a>(&'a self, _: &'a UserId) -> BoxFuture<'a, Result<Vec<Organization>, Failure>> {
        self.call(Asked::Owned, |said| if let Said::Owned(owned) = said { Some(owned) } else { None })
    }

    fn search<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Matches, Failure>> {
        self.nothing()
    }

    fn admins(&self) -> BoxFuture<'_, Result<Vec<Admin>, Failure>> {
        self.nothing()
    }

    fn department(&self, _: DepartmentId) -> BoxFuture<'_, Result<Option<Department>, Failure>> {
        self.nothing()
    }

    fn sub_departments(&self, _: DepartmentId) -> BoxFuture<'_, Result<Vec<Department>, Failure>> {
        self.nothing()
    }

    fn sub_department_ids(&self, _: DepartmentId) -> BoxFuture<'_, Result<Vec<DepartmentId>, Failure>> {
        self.nothing()
    }

    fn members(&self, _: DepartmentId, _: PageFrom) -> BoxFuture<'_, Result<MemberPage, Failure>> {
        self.nothing()
    }

    fn roles(&self, _: PageFrom) -> BoxFuture<'_, Result<RolePage, Failure>> {
        self.nothing()
    }

    fn holders(&self, _: RoleId, _: PageFrom) -> BoxFuture<'_, Result<Option<HolderPage>, Failure>> {
        self.nothing()
    }

    fn act<'a>(&'a self, order: &'a Order, may_leave: MayLeave<'a>) -> BoxFuture<'a, Result<Done, Failure>> {
        Box::pin(async move {
            self.call(Asked::Turn, |said| if let Said::Turn = said { Some(()) } else { None }).await?;
            may_leave()?;
            let is_done = |said| if let Said::Done = said { Some(Done { request_id: None }) } else { None };
            self.call(Asked::Order(order.clone()), is_done).await
        })
    }

    fn tell<'a>(&'a self, _: &'a Message, _: Urgency) -> BoxFuture<'a, Result<Told, Failure>> {
        self.nothing()
    }

    fn reach(&self, _: i64, _: i64, _: Urgency) -> BoxFuture<'_, Result<Option<Reach>, Failure>> {
        self.nothing()
    }

    fn outages(&self) -> Outages {
        self.world.lock().outages
    }
}
