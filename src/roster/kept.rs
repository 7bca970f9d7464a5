//! The index in memory and in the store: asked for names, changed by what is read.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{self, Arc, PoisonError, RwLock};

use serde::Serialize;
use tokio::sync::{Mutex, Notify, watch};

use super::notice::Changed;
use super::roles::left;
use crate::directory::index::{Fact, Full, Index, InvalidFact, Person, Settings};
use crate::directory::{DepartmentId, Directory, Member};
use crate::incident::{AccountRef, Clock, Failure, FailureClass, Timestamp, UserId};
use crate::trail::{Area, CHANGES_MAX, Change, RecordError, Store, StoreError, Trail};

/// The most people, and the most departments, that wait to be read again.
const NOTICED_MAX: usize = 10_000;
/// Rows read at a time.
const PAGE: usize = 1_024;

/// Who is in the organization, as far as it has been read.
pub struct Roster {
    pub(super) trail: Arc<Trail>,
    pub(super) clock: Arc<dyn Clock>,
    settings: Settings,
    index: RwLock<Index>,
    pub(super) progress: watch::Sender<Progress>,
    /// Held by the one run that is under way.
    pub(super) running: Mutex<()>,
    /// Whether somebody asks for a run now.
    pub(super) is_wanted: AtomicBool,
    wanted: Notify,
    /// What DingTalk has said has changed and nobody has read since.
    noticed: sync::Mutex<(BTreeSet<UserId>, BTreeSet<DepartmentId>)>,
    /// Why the last run was cut off, until the next one.
    failure: sync::Mutex<Option<String>>,
}

/// How far the run that is under way has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Whether one is under way.
    pub is_running: bool,
    /// How many departments there are, as far as it knows.
    pub departments: usize,
    /// Through how many of them it has been.
    pub walked: usize,
    /// How many roles there are, as far as it knows.
    pub roles: usize,
    /// Through how many of them it has been.
    pub roles_walked: usize,
    /// How many people are known.
    pub people: usize,
}

impl Progress {
    pub(super) fn of(index: &Index, is_running: bool) -> Self {
        Self {
            is_running,
            departments: index.departments().count(),
            walked: index.reading().all_walked().count(),
            roles: index.roles().count(),
            roles_walked: index.reading().all_roles_walked().count(),
            people: index.people(),
        }
    }
}

/// Somebody who had the name when the index was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who.
    pub user_id: UserId,
    /// When they were last seen to have it.
    pub seen_at: Timestamp,
}

/// The organization was never wholly read, or too long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the directory index is too old")]
pub struct TooOld;

/// Why the index was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// DingTalk could not be read.
    #[error("DingTalk could not be read: {0}")]
    Directory(#[from] Failure),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The trail did not take the record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// There are more people than it holds.
    #[error(transparent)]
    Full(#[from] Full),
    /// A fact has no row.
    #[error(transparent)]
    Invalid(#[from] InvalidFact),
    /// Another run is under way.
    #[error("the organization is being read already")]
    UnderWay,
}

impl Roster {
    /// What the store keeps. Rows of another version are thrown away, as everything can be read anew.
    ///
    /// # Errors
    /// The store cannot be read, or cannot be rid of them.
    pub async fn open(trail: Arc<Trail>, clock: Arc<dyn Clock>, settings: Settings) -> Result<Arc<Self>, RosterError> {
        let read = {
            let trail = Arc::clone(&trail);
            tokio::task::spawn_blocking(move || load(trail.store())).await
        };
        let cut_short = |_| StoreError::Failed("the read was cut short".to_owned());
        let index = match read.map_err(cut_short)?? {
            Some(index) => index,
            None => {
                tracing::warn!("the directory index is of another version and is thrown away");
                forget(&trail).await?;
                Index::default()
            }
        };
        let progress = watch::Sender::new(Progress::of(&index, false));
        let (index, running) = (RwLock::new(index), Mutex::default());
        let (is_wanted, wanted) = (AtomicBool::new(false), Notify::new());
        let (noticed, failure) = (sync::Mutex::default(), sync::Mutex::default());
        Ok(Arc::new(Self { trail, clock, settings, index, progress, running, is_wanted, wanted, noticed, failure }))
    }

    /// Looks at the index. Keep it short: writers wait.
    pub fn index<T>(&self, look: impl FnOnce(&Index) -> T) -> T {
        look(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How it is to be kept.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Follows the run that is under way.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Everybody who had the name when the index was read. They have to be read live before they are believed.
    ///
    /// # Errors
    /// It was read too long ago to go by.
    pub fn find(&self, reference: &AccountRef) -> Result<Vec<Found>, TooOld> {
        self.index(|index| {
            if !self.is_fresh(index) {
                return Err(TooOld);
            }
            let found = index.find(reference).unwrap_or_default().into_iter();
            Ok(found.map(|p| Found { user_id: p.user_id.clone(), seen_at: index.seen_at(p) }).collect())
        })
    }

    /// How many people there are in the organization; `None` when it was read too long ago to go by.
    #[must_use]
    pub fn people(&self) -> Option<u32> {
        self.count(Index::people)
    }

    /// How many people there are in a department or one below it; `None` also when it knows of none.
    #[must_use]
    pub fn people_in(&self, id: DepartmentId) -> Option<u32> {
        self.count(|index| index.people_in(id))
    }

    fn count(&self, count: impl FnOnce(&Index) -> usize) -> Option<u32> {
        let people = self.index(|index| self.is_fresh(index).then(|| count(index)))?;
        u32::try_from(people).ok().filter(|people| *people > 0)
    }

    pub(super) fn is_fresh(&self, index: &Index) -> bool {
        index.reading().at().is_some_and(|at| self.is_young(at))
    }

    pub(super) fn is_young(&self, at: Timestamp) -> bool {
        let now = self.clock.now();
        now.duration_since(at).unsigned_abs() <= self.settings.age_max() || at > now
    }

    /// Whether the organization is to be read: somebody asks for it, it never was, a run was cut off, the last one is long
    /// ago, or was before roles were read at all.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let reading = |index: &Index| (index.reading().at(), index.reading().run(), index.reading().roles());
        let due_at = self.index(|index| match reading(index) {
            (Some(at), None, Some(_)) => at.checked_add(self.settings.every()).unwrap_or(Timestamp::MAX),
            _ => Timestamp::MIN,
        });
        self.is_wanted.load(Ordering::SeqCst) || due_at <= self.clock.now()
    }

    /// Asks whoever runs it for a run now.
    pub fn ask(&self) {
        self.is_wanted.store(true, Ordering::SeqCst);
        self.wanted.notify_one();
    }

    /// Resolves when somebody has asked; one that asked before is not forgotten.
    pub async fn asked(&self) {
        self.wanted.notified().await;
    }

    /// Why the last run was cut off, if it was and no other has begun.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_failure(&self, failure: Option<String>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    /// Has people and departments read again soon. More than there is room for are left to the next run.
    pub fn notice(&self, changed: Changed) {
        let mut noticed = self.noticed.lock().unwrap_or_else(PoisonError::into_inner);
        let room = NOTICED_MAX.saturating_sub(noticed.0.len());
        noticed.0.extend(changed.people.into_iter().take(room));
        let room = NOTICED_MAX.saturating_sub(noticed.1.len());
        noticed.1.extend(changed.departments.into_iter().take(room));
    }

    /// Reads again what DingTalk has said has changed, one after the other.
    ///
    /// # Errors
    /// DingTalk could not be read, or the store not be written; what was not read yet waits on.
    pub async fn read_noticed(&self, directory: &dyn Directory) -> Result<(), RosterError> {
        loop {
            let next = self.next_noticed();
            if next.is_empty() {
                return Ok(());
            }
            if let Err(error) = self.read_again(directory, &next).await {
                self.notice(next);
                return Err(error);
            }
        }
    }

    /// One department, or else one person.
    fn next_noticed(&self) -> Changed {
        let mut noticed = self.noticed.lock().unwrap_or_else(PoisonError::into_inner);
        let departments: Vec<DepartmentId> = noticed.1.pop_first().into_iter().collect();
        let people = if departments.is_empty() { noticed.0.pop_first().into_iter().collect() } else { Vec::new() };
        Changed { people, departments }
    }

    async fn read_again(&self, directory: &dyn Directory, changed: &Changed) -> Result<(), RosterError> {
        for id in changed.departments.iter().copied() {
            let known = self.index(|index| index.departments().find(|(known, _)| *known == id));
            let fact = match (directory.department(id).await, known) {
                (Ok(Some(read)), Some((_, parent))) if read.parent == parent => None,
                (Ok(Some(read)), _) => Some(Fact::Department { id, parent: read.parent }),
                (Ok(None), Some(_)) => Some(Fact::NoDepartment(id)),
                (Ok(None), None) => None,
                // The next run says what became of it.
                (Err(failure), _) if failure.class == FailureClass::Permanent => None,
                (Err(failure), _) => return Err(failure.into()),
            };
            self.keep(fact.into_iter().collect()).await?;
        }
        self.read_each(directory, &changed.people).await
    }

    /// Takes in what was just read of one account; `None` when there is no such account.
    ///
    /// # Errors
    /// The store did not take it.
    pub async fn learn(&self, user_id: &UserId, read: Option<&Member>) -> Result<(), RosterError> {
        let facts = match read {
            Some(member) => {
                let mut facts = self.differing(std::slice::from_ref(member), None);
                facts.extend(self.roles_differing(member));
                facts
            }
            None => self.index(|index| left(index, user_id)),
        };
        self.keep(facts).await
    }

    /// What these members, listed in `department`, change.
    pub(super) fn differing(&self, members: &[Member], department: Option<DepartmentId>) -> Vec<Fact> {
        let now = self.clock.now();
        self.index(|index| {
            let person = |member: &Member| {
                let before = index.person(&member.account.user_id);
                let person = Person::of(member, now);
                let person = if let Some(id) = department { person.also_in(id, before) } else { person };
                let is_new = before.is_none_or(|before| !person.says_what(before));
                is_new.then(|| Fact::Person(Box::new(person)))
            };
            members.iter().filter_map(person).collect()
        })
    }

    /// Writes facts down, each batch durable before the index says so.
    pub(super) async fn keep(&self, facts: Vec<Fact>) -> Result<(), RosterError> {
        let mut facts = facts.into_iter().peekable();
        while facts.peek().is_some() {
            let batch: Vec<Fact> = facts.by_ref().take(CHANGES_MAX).collect();
            let row = |fact: &Fact| fact.row().map(|(key, value)| Change { key, value });
            let changes = batch.iter().map(row).collect::<Result<_, _>>()?;
            self.trail.store().keep(Area::Directory, changes).await?;
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            batch.into_iter().try_for_each(|fact| index.apply(fact))?;
        }
        Ok(())
    }
}

/// Erases everything that is kept of the organization. Gives whether there was anything.
///
/// # Errors
/// The store cannot be read or written; what is still there can be erased later.
pub async fn forget(trail: &Arc<Trail>) -> Result<bool, StoreError> {
    let mut was_there = false;
    loop {
        let rows = {
            let trail = Arc::clone(trail);
            let read =
                tokio::task::spawn_blocking(move || trail.store().kept(Area::Directory, None, CHANGES_MAX)).await;
            read.map_err(|_| StoreError::Failed("the read was cut short".to_owned()))??
        };
        if rows.is_empty() {
            return Ok(was_there);
        }
        was_there = true;
        let changes = rows.into_iter().map(|row| Change::remove(row.key)).collect();
        trail.store().keep(Area::Directory, changes).await?;
    }
}

/// The index, unless some of it cannot be read.
fn load(store: &dyn Store) -> Result<Option<Index>, StoreError> {
    let mut index = Index::default();
    let mut after = None::<Vec<u8>>;
    loop {
        let rows = store.kept(Area::Directory, after.as_deref(), PAGE)?;
        let Some(last) = rows.last() else { return Ok(Some(index)) };
        after = Some(last.key.clone());
        for row in rows {
            let is_good = Fact::of_row(&row.key, &row.value).is_ok_and(|fact| index.apply(fact).is_ok());
            if !is_good {
                return Ok(None);
            }
        }
    }
}
