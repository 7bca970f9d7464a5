//! One run through the organization: the departments, the people of each, then the roles. Only what differs is written,
//! and a run that is cut off goes on where it was.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::kept::{Progress, Roster, RosterError};
use crate::directory::index::{Fact, Person, RolesRead, Run};
use crate::directory::{self, DepartmentId, Directory, PageFrom};
use crate::incident::{Event, Failure, FailureClass, SyncedDirectory, Timestamp, UserId};

/// A run that began longer ago is begun anew: what it read first is too old to be called read.
const RUN_AGE_MAX: Duration = Duration::from_secs(24 * 3_600);
/// The most pages of one department's people.
const PAGES_MAX: usize = 10_000;

/// What a run that came to its end has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synced {
    /// How many people there are.
    pub people: usize,
    /// How many departments there are.
    pub departments: usize,
}

impl Roster {
    /// Reads the organization through `directory`, or what a run that was cut off has left of it. Waits for nothing but
    /// the client's own limits: after a failure it is asked again and goes on.
    ///
    /// # Errors
    /// DingTalk could not be read, or the store not be written. What was read until then stands.
    pub async fn sync(&self, directory: &dyn Directory) -> Result<Synced, RosterError> {
        let _running = self.running.try_lock().map_err(|_| RosterError::UnderWay)?;
        self.is_wanted.store(false, Ordering::SeqCst);
        self.set_failure(None);
        self.tell(true);
        let result = self.run(directory).await;
        self.set_failure(result.as_ref().err().map(ToString::to_string));
        self.tell(false);
        result
    }

    async fn run(&self, directory: &dyn Directory) -> Result<Synced, RosterError> {
        let run = self.begin().await?;
        let run = if run.has_tree { run } else { self.read_tree(directory, run).await? };
        let to_walk: Vec<DepartmentId> = self.index(|index| {
            index.departments().map(|(id, _)| id).filter(|id| !index.reading().has_walked(*id)).collect()
        });
        for id in to_walk {
            self.walk(directory, id).await?;
            self.tell(true);
        }
        let adrift = self.index(|index| index.adrift().into_iter().map(id_of).collect::<Vec<_>>());
        self.read_each(directory, &adrift).await?;
        let roles = self.read_roles(directory, run).await?;
        self.end(run, roles).await
    }

    /// The run that was cut off, or a new one.
    async fn begin(&self) -> Result<Run, RosterError> {
        let now = self.clock.now();
        let (at, cut_off, roles) =
            self.index(|index| (index.reading().at(), index.reading().run(), index.reading().roles()));
        let is_young = |run: &Run| now.duration_since(run.began_at).unsigned_abs() < RUN_AGE_MAX;
        if let Some(run) = cut_off.filter(is_young) {
            return Ok(run);
        }
        // First, or the new run would be taken to have been where the old one was.
        self.forget_walked().await?;
        let run = Run { began_at: now, has_tree: false, has_roles: false };
        self.keep(vec![Fact::Read { at, run: Some(run), roles }]).await?;
        Ok(run)
    }

    async fn read_tree(&self, directory: &dyn Directory, run: Run) -> Result<Run, RosterError> {
        let read = directory::departments(directory, |_| ()).await?;
        let ids: BTreeSet<DepartmentId> = read.iter().map(|department| department.id).collect();
        let known: Vec<(DepartmentId, Option<DepartmentId>)> = self.index(|index| index.departments().collect());
        let gone = known.iter().map(|(id, _)| *id).filter(|id| !ids.contains(id)).map(Fact::NoDepartment);
        let pairs = read.iter().map(|department| (department.id, department.parent));
        let known: BTreeSet<_> = known.iter().copied().collect();
        let new = pairs.filter(|pair| !known.contains(pair)).map(|(id, parent)| Fact::Department { id, parent });
        let facts: Vec<Fact> = gone.chain(new).collect();
        self.keep(facts).await?;
        let run = Run { has_tree: true, ..run };
        let (at, roles) = self.index(|index| (index.reading().at(), index.reading().roles()));
        self.keep(vec![Fact::Read { at, run: Some(run), roles }]).await?;
        self.tell(true);
        Ok(run)
    }

    /// Reads the people of one department. Whoever was in it and is not listed any more is read alone: they have left
    /// the organization, or are elsewhere.
    async fn walk(&self, directory: &dyn Directory, id: DepartmentId) -> Result<(), RosterError> {
        let (mut listed, mut from) = (BTreeSet::new(), Some(PageFrom::START));
        for _ in 0..PAGES_MAX {
            let Some(start) = from else { break };
            let page = match directory.members(id, start).await {
                Ok(page) => page,
                Err(failure) => return self.cannot_walk(directory, id, failure).await,
            };
            listed.extend(page.members.iter().map(|member| member.account.user_id.clone()));
            self.keep(self.differing(&page.members, Some(id))).await?;
            from = page.next;
            self.tell(true);
        }
        if from.is_some() {
            return Err(Failure::local(FailureClass::Permanent, "too_many_pages").into());
        }
        let here = self.index(|index| index.in_department(id).into_iter().map(id_of).collect::<Vec<_>>());
        let missing: Vec<UserId> = here.into_iter().filter(|user_id| !listed.contains(user_id)).collect();
        self.read_each(directory, &missing).await?;
        self.keep(vec![Fact::Walked(id)]).await
    }

    /// A department may be closed while its turn is waited for.
    async fn cannot_walk(
        &self,
        directory: &dyn Directory,
        id: DepartmentId,
        failure: Failure,
    ) -> Result<(), RosterError> {
        if failure.class != FailureClass::Permanent || directory.department(id).await?.is_some() {
            return Err(failure.into());
        }
        self.keep(vec![Fact::NoDepartment(id)]).await
    }

    /// Reads accounts one by one and takes in what they are now. One that DingTalk will never show stays as it is known:
    /// it must not keep others from being read, and while it is there nobody else is taken for the only one with its
    /// name.
    pub(super) async fn read_each(&self, directory: &dyn Directory, ids: &[UserId]) -> Result<(), RosterError> {
        for user_id in ids {
            match directory.member(user_id).await {
                Ok(read) => self.learn(user_id, read.as_ref()).await?,
                Err(failure) if failure.class == FailureClass::Permanent => {
                    tracing::warn!(failure.code, "an account cannot be read; it stays as it is known");
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(())
    }

    async fn end(&self, run: Run, roles: RolesRead) -> Result<Synced, RosterError> {
        let synced = self.index(|index| Synced { people: index.people(), departments: index.departments().count() });
        self.keep(vec![Fact::Read { at: Some(run.began_at), run: None, roles: Some(roles) }]).await?;
        self.forget_walked().await?;
        self.record(run.began_at, synced).await?;
        tracing::info!(
            people.count = synced.people,
            departments.count = synced.departments,
            "the organization is read"
        );
        Ok(synced)
    }

    async fn record(&self, began_at: Timestamp, synced: Synced) -> Result<(), RosterError> {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let (people, departments) = (count(synced.people), count(synced.departments));
        let event = Event::DirectorySynced(SyncedDirectory { people, departments, began_at });
        Ok(self.trail.record(self.clock.now(), vec![event]).await?)
    }

    async fn forget_walked(&self) -> Result<(), RosterError> {
        let walked = self.index(|index| {
            let departments = index.reading().all_walked().map(Fact::NotWalked);
            departments.chain(index.reading().all_roles_walked().map(Fact::RoleNotWalked)).collect()
        });
        self.keep(walked).await
    }

    pub(super) fn tell(&self, is_running: bool) {
        self.progress.send_replace(self.index(|index| Progress::of(index, is_running)));
    }
}

fn id_of(person: &Person) -> UserId {
    person.user_id.clone()
}
