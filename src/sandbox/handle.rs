//! The handle on a running sandbox: look at accounts and calls, inject faults, wait for calls.

use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use tokio::sync::{Notify, watch};

use crate::incident::Clock;

use super::accounts::AccountState;
use super::answer::Document;
use super::banner;
use super::calls::Call;
use super::catalogue::Api;
use super::fault_rules::TooManyFaults;
use super::faults::{Fault, FaultKind};
use super::request::Request;
use super::settings::Settings;
use super::world::World;

/// A handle on the simulated organization; clones share it.
#[derive(Clone)]
pub struct Sandbox(Arc<Shared>);

struct Shared {
    settings: Settings,
    clock: Arc<dyn Clock>,
    world: Mutex<World>,
    /// Woken whenever a call is received.
    received: Notify,
    /// Changed whenever hanging calls are released.
    releases: watch::Sender<u64>,
    /// How far what answers say of the time is ahead of the clock, in seconds.
    ahead_s: AtomicI64,
}

/// A call that was received: what strikes it, and the answer where the work is already done.
pub(super) struct Received {
    pub(super) sequence: u64,
    pub(super) fault: Option<FaultKind>,
    pub(super) done: Option<Document>,
    pub(super) release: watch::Receiver<u64>,
}

/// Why nobody was signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefused {
    /// There is no such account.
    #[error("there is no such account")]
    NoSuchAccount,
    /// The account is disabled.
    #[error("the account is disabled")]
    Disabled,
}

impl Sandbox {
    pub(super) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let world = Mutex::new(World::new(&settings, clock.clone()));
        Self(Arc::new(Shared {
            settings,
            clock,
            world,
            received: Notify::new(),
            releases: watch::Sender::new(0),
            ahead_s: AtomicI64::new(0),
        }))
    }

    /// Has every answer say a time that is so many seconds ahead of the clock, or behind it.
    pub fn say_ahead(&self, seconds: i64) {
        self.0.ahead_s.store(seconds, Ordering::SeqCst);
    }

    /// The header `Date` of an answer that is given now.
    pub(super) fn date(&self) -> String {
        let ahead = SignedDuration::from_secs(self.0.ahead_s.load(Ordering::SeqCst));
        let now = self.0.clock.now();
        now.checked_add(ahead).unwrap_or(now).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// One account as it is now.
    #[must_use]
    pub fn account(&self, user_id: &str) -> Option<AccountState> {
        self.world().accounts.get(user_id).cloned()
    }

    /// All accounts, ordered by `userid`.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountState> {
        self.world().accounts.values().cloned().collect()
    }

    /// Changes an account as somebody in the admin console would; nothing, if there is none.
    pub fn change(&self, user_id: &str, change: impl FnOnce(&mut AccountState)) {
        if let Some(account) = self.world().accounts.get_mut(user_id) {
            change(account);
        }
    }

    /// Lets somebody leave the organization.
    pub fn remove(&self, user_id: &str) {
        self.world().accounts.remove(user_id);
    }

    /// The calls received, oldest first; the last 10,000 are kept.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.world().calls.iter().cloned().collect()
    }

    /// The calls of one API, oldest first.
    #[must_use]
    pub fn calls_to(&self, api: Api) -> Vec<Call> {
        self.world().calls.iter().filter(|call| call.api == api).cloned().collect()
    }

    /// At most `limit` calls with a sequence number above `after`, oldest first, and the newest
    /// sequence number given out.
    #[must_use]
    pub fn calls_after(&self, after: u64, limit: usize) -> (Vec<Call>, u64) {
        let world = self.world();
        let calls = world.calls.iter().filter(|call| call.sequence > after).take(limit).cloned().collect();
        (calls, world.calls.last())
    }

    /// How many calls of an API were received since the start or the last reset.
    #[must_use]
    pub fn received(&self, api: Api) -> u64 {
        self.world().calls.received(api)
    }

    /// Waits until at least `count` calls of `api` have been received, hanging ones included. A call
    /// that is received has had its work done, unless a fault delays or prevents that.
    pub async fn wait_for(&self, api: Api, count: u64) {
        loop {
            let mut next = pin!(self.0.received.notified());
            // Registered before looking, or a call between the two would be missed.
            next.as_mut().enable();
            if self.received(api) >= count {
                return;
            }
            next.await;
        }
    }

    /// Adds a rule for calls that are to go wrong.
    ///
    /// # Errors
    /// There are too many already.
    pub fn inject(&self, fault: Fault) -> Result<(), TooManyFaults> {
        self.world().faults.inject(fault)
    }

    /// The rules in force, in their order.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.world().faults.list()
    }

    /// Removes all rules. Calls that hang keep hanging.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Lets every call go on that hangs at this moment.
    pub fn release_hangs(&self) {
        self.0.releases.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Ends the app's token: calls with it are refused, and the next token call gives a new one.
    pub fn expire_token(&self) {
        self.world().tokens.expire();
    }

    /// One more client signs in; gives how many are signed in now.
    ///
    /// # Errors
    /// The account is disabled, or there is none.
    pub fn sign_in(&self, user_id: &str) -> Result<u32, SignInRefused> {
        let mut world = self.world();
        let account = world.accounts.get_mut(user_id).ok_or(SignInRefused::NoSuchAccount)?;
        if account.disabled {
            return Err(SignInRefused::Disabled);
        }
        account.sessions = account.sessions.saturating_add(1);
        Ok(account.sessions)
    }

    /// Back to the start: accounts as seeded, no faults, no calls, limits fresh, hanging calls
    /// released. The token stays valid and sequence numbers go on.
    pub fn reset(&self) {
        self.world().reset(self.0.clock.clone());
        self.say_ahead(0);
        self.release_hangs();
    }

    /// What is seeded and how to use it, for people; `url` is where the sandbox listens.
    #[must_use]
    pub fn banner(&self, url: &str) -> String {
        banner::banner(url, &self.0.settings)
    }

    pub(super) fn receive(&self, request: &Request, api: Api) -> Received {
        let now = self.0.clock.now();
        // Watched before anyone can know of the call, so that no release is missed.
        let release = self.0.releases.subscribe();
        let mut world = self.world();
        let (sequence, fault) = world.receive(request, api, now);
        let done = match fault {
            None => Some(world.work(sequence, request, api, now)),
            Some(fault) if fault.works_at_once() => {
                world.messages.are_dropped = fault == FaultKind::DroppedSilently;
                let done = world.work(sequence, request, api, now);
                world.messages.are_dropped = false;
                Some(done)
            }
            Some(fault) => world.faulty(sequence, request, api, fault),
        };
        drop(world);
        self.0.received.notify_waiters();
        Received { sequence, fault, done, release }
    }

    pub(super) fn work(&self, sequence: u64, request: &Request, api: Api) -> Document {
        let now = self.0.clock.now();
        self.world().work(sequence, request, api, now)
    }

    pub(super) fn answered(&self, sequence: u64, document: &Document) {
        self.world().calls.answered(sequence, document);
    }

    /// No caller can leave the world half changed, so a poisoned lock is as good as another.
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
