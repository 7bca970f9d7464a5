//! Finds on the trail what is kept on a person: by the keys of what lies beside the records, and by the incidents that
//! their names have opened.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use memchr::memmem;

use super::names::{Name, Names, Told};
use crate::incident::{Event, IncidentId, Mark, Opened, Plan, UserId};
use crate::trail::{Pseudonyms, Record, Store, StoreError, Stored, SubjectKeys, Trail};

/// Records read at a time.
const PAGE: usize = 1_024;
/// How every incident's id begins: a record without it is of none.
const OF_INCIDENT: &[u8] = b"\"inc_";

/// What is looked for, and where.
#[derive(Clone)]
pub struct Search {
    /// Where.
    pub trail: Arc<Trail>,
    /// What accounts are called there.
    pub pseudonyms: Pseudonyms,
    /// The names of one person.
    pub names: Vec<Name>,
    /// Whether nothing is looked for but these names.
    pub only: bool,
}

/// What is kept on a person.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Every name that was looked for.
    pub names: Vec<Name>,
    /// The keys of what lies beside the records.
    pub keys: SubjectKeys,
    /// The records, in order.
    pub records: BTreeSet<u64>,
    /// Those of them beside which something lies that takes one of the keys.
    pub beside: BTreeSet<u64>,
    /// The incidents that were opened for the person.
    own: HashSet<IncidentId>,
    /// All that need what takes one of the keys, another person's among them.
    needing: HashSet<IncidentId>,
    marks: HashSet<Mark>,
    users: BTreeSet<UserId>,
    /// How much of the trail was looked at.
    size: u64,
}

impl Search {
    /// Looks through the whole trail. Without any key of theirs nothing of a person is found. Blocks.
    ///
    /// # Errors
    /// The trail cannot be read.
    pub fn run(self) -> Result<Found, StoreError> {
        let (trail, pseudonyms) = (&self.trail, &self.pseudonyms);
        let size = trail.head().size;
        let mut names = Names { all: self.names };
        let mut marks: HashSet<Mark> = names.all.iter().map(|name| pseudonyms.mark(&name.account)).collect();
        let mut users: BTreeSet<UserId> = names.users().collect();
        if !self.only {
            let led = Led::find(trail.store(), size, &marks, &users)?;
            if let Some(user) = led.to {
                names.put_user(&user, Told::Trail);
                marks.extend(names.all.last().map(|name| pseudonyms.mark(&name.account)));
                users.insert(user);
            }
            marks.extend(led.from);
            // The account that they have led to may have been led to by others.
            if !users.is_empty() {
                marks.extend(Led::find(trail.store(), size, &marks, &users)?.from);
            }
        }
        marks.retain(|mark| trail.subjects().knows(mark));
        let keys = trail.subjects().keys_of(&marks);
        let mut found = Found { names: names.all, keys, marks, users, ..Found::default() };
        if !found.keys.is_empty() {
            found.look(trail, size)?;
        }
        Ok(found)
    }
}

impl Found {
    /// The incidents that are open, or keep an account, and take what is kept on the person.
    #[must_use]
    pub fn open(&self, trail: &Trail) -> Vec<IncidentId> {
        let is_open = |id: &&IncidentId| trail.board(|board| board.in_effect(id).is_some());
        let mut open: Vec<IncidentId> = self.needing.iter().filter(is_open).cloned().collect();
        open.sort_unstable();
        open
    }

    /// Looks at what has come since. Blocks.
    ///
    /// # Errors
    /// The trail cannot be read.
    pub fn go_on(&mut self, trail: &Trail) -> Result<(), StoreError> {
        self.look(trail, trail.head().size)
    }

    /// Whose accounts these are, as far as that is known.
    #[must_use]
    pub fn is_of(&self, user_id: &UserId) -> bool {
        self.users.contains(user_id)
    }

    fn look(&mut self, trail: &Trail, size: u64) -> Result<(), StoreError> {
        let from = self.size;
        each(trail.store(), from, size, |stored| self.take(trail.store(), stored))?;
        self.size = size;
        Ok(())
    }

    fn take(&mut self, store: &dyn Store, stored: &Stored) -> Result<(), StoreError> {
        let is_of_incident = memmem::find(&stored.record, OF_INCIDENT).is_some();
        let lies_beside = store.private(stored.seq)?.is_some_and(|part| self.keys.are_needed_for(&part));
        if lies_beside {
            self.beside.insert(stored.seq);
            self.records.insert(stored.seq);
        }
        if !is_of_incident {
            return Ok(());
        }
        let record = decode(stored)?;
        if lies_beside {
            for plan in plans(&record.event) {
                self.needing.insert(plan.incident.clone());
                if is_among(&plan.account, &self.marks) {
                    self.own.insert(plan.incident.clone());
                }
            }
        } else if record.event.incidents().iter().any(|id| self.own.contains(*id)) {
            self.records.insert(stored.seq);
        }
        Ok(())
    }
}

/// Which names have led to which accounts.
#[derive(Default)]
struct Led {
    /// The pseudonyms of names that have led to one of the accounts.
    from: Vec<Mark>,
    /// The only account that the names have led to, where it is not known yet.
    to: Option<UserId>,
}

impl Led {
    fn find(store: &dyn Store, size: u64, marks: &HashSet<Mark>, users: &BTreeSet<UserId>) -> Result<Self, StoreError> {
        let (mut from, mut to, mut named) = (Vec::new(), BTreeSet::new(), HashSet::new());
        each(store, 0, size, |stored| {
            if memmem::find(&stored.record, OF_INCIDENT).is_none() {
                return Ok(());
            }
            match decode(stored)?.event {
                Event::AccountResolved { incident, user_id, .. } if users.contains(&user_id) => {
                    from.extend(account_of(store, &incident)?);
                }
                Event::AccountResolved { incident, user_id, .. } if named.contains(&incident) => {
                    to.insert(user_id);
                }
                event => {
                    let theirs = plans(&event).filter(|plan| is_among(&plan.account, marks));
                    named.extend(theirs.map(|plan| plan.incident.clone()));
                }
            }
            Ok(())
        })?;
        // A number that was one person's and is another's now leads to both, and ties neither to the other.
        let to = if to.len() == 1 && users.is_empty() { to.pop_first() } else { None };
        Ok(Self { from, to })
    }
}

fn is_among(account: &str, marks: &HashSet<Mark>) -> bool {
    account.parse().is_ok_and(|mark| marks.contains(&mark))
}

/// What the account is called that an incident was opened for.
fn account_of(store: &dyn Store, incident: &IncidentId) -> Result<Option<Mark>, StoreError> {
    for seq in store.of_incident(incident, 1)? {
        for stored in store.read(seq, 1)? {
            let event = decode(&stored)?.event;
            let own = plans(&event).find(|plan| plan.incident == *incident);
            if let Some(account) = own.and_then(|plan| plan.account.parse().ok()) {
                return Ok(Some(account));
            }
        }
    }
    Ok(None)
}

/// The plans of the incidents that an event opens.
fn plans(event: &Event) -> impl Iterator<Item = &Plan> {
    let opened: &[Opened] = match event {
        Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } => opened,
        Event::IncidentRequested { opened, .. } => std::slice::from_ref(opened.as_ref()),
        _ => &[],
    };
    opened.iter().map(|opened| &opened.plan)
}

fn each(
    store: &dyn Store,
    from: u64,
    size: u64,
    mut take: impl FnMut(&Stored) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut next = from.max(store.first());
    while next < size {
        let limit = usize::try_from(size - next).unwrap_or(PAGE).min(PAGE);
        let page = store.read(next, limit)?;
        let last = page.last().ok_or_else(|| StoreError::Damaged(format!("record {next} of {size} is missing")))?.seq;
        page.iter().try_for_each(&mut take)?;
        next = last + 1;
    }
    Ok(())
}

fn decode(stored: &Stored) -> Result<Record, StoreError> {
    Record::decode(&stored.record).map_err(|error| StoreError::Damaged(error.to_string()))
}
