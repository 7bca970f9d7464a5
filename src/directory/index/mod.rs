//! The organization's people as they were last read: by mail address, job number, department and role, which DingTalk
//! itself cannot look up. A value in memory; whoever keeps it writes its [`Fact`]s down and puts them together again.
//!
//! It is never believed alone: an address that moves is another's before the index knows, so whoever it names is read
//! live before anything is done.

mod fact;
mod held;
mod person;
mod reading;
mod settings;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use super::contacts::DepartmentId;
use super::roles::RoleId;
use crate::incident::{AccountKind, AccountRef, Timestamp, UserId};

pub use fact::{Fact, InvalidFact};
use held::Held;
pub use held::role_name;
pub use person::{Person, bears};
pub use reading::{Reading, RolesRead, Run};
pub use settings::Settings;
use tree::Tree;

/// The most people.
pub const PEOPLE_MAX: usize = 500_000;

/// The most times that anybody has a role.
pub const HOLDINGS_MAX: usize = 1_000_000;

/// Where a person lies.
type Slot = u32;
/// Who is found under a text; several may be.
type ByText = BTreeSet<(Box<str>, Slot)>;

/// The index. Its look-ups compare as references to accounts do: mail addresses without regard to the case of ASCII
/// letters, everything else as it is.
#[derive(Debug, Default)]
pub struct Index {
    people: Vec<Option<Person>>,
    free: Vec<Slot>,
    by_user_id: HashMap<UserId, Slot>,
    by_email: ByText,
    by_job_number: ByText,
    by_department: BTreeSet<(DepartmentId, Slot)>,
    tree: Tree,
    held: Held,
    reading: Reading,
}

/// More people than an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {PEOPLE_MAX} people")]
pub struct Full;

impl Index {
    /// Takes in a fact. What was known of the same thing is forgotten.
    ///
    /// # Errors
    /// It is about one person too many; nothing is changed.
    pub fn apply(&mut self, fact: Fact) -> Result<(), Full> {
        match fact {
            Fact::Person(person) => self.put(*person)?,
            Fact::Gone(user_id) => self.remove(&user_id),
            Fact::Department { id, parent } => self.tree.put(id, parent),
            Fact::NoDepartment(id) => self.tree.remove(id),
            Fact::Walked(id) => self.reading.walked(id),
            Fact::NotWalked(id) => self.reading.not_walked(id),
            Fact::Role { id, name } => self.held.put(id, &name),
            Fact::NoRole(id) => self.held.remove(id),
            Fact::Holds(id, user_id) => self.held.hold(id, user_id),
            Fact::HoldsNot(id, user_id) => self.held.let_go(id, user_id),
            Fact::RoleWalked(id) => self.reading.role_walked(id),
            Fact::RoleNotWalked(id) => self.reading.role_not_walked(id),
            Fact::Read { at, run, roles } => self.reading.is(at, run, roles),
        }
        Ok(())
    }

    /// How far it has been read.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// What is known of one person.
    #[must_use]
    pub fn person(&self, user_id: &UserId) -> Option<&Person> {
        self.at(*self.by_user_id.get(user_id)?)
    }

    /// Everybody, in no order.
    pub fn everybody(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().flatten()
    }

    /// Everybody who had that name when they were last read; `None` for a kind of name that is not indexed.
    #[must_use]
    pub fn find(&self, reference: &AccountRef) -> Option<Vec<&Person>> {
        match reference.kind() {
            AccountKind::Email => Some(self.under(&self.by_email, reference.value())),
            AccountKind::JobNumber => Some(self.under(&self.by_job_number, reference.value())),
            AccountKind::UserId | AccountKind::LoginId | AccountKind::Mobile | AccountKind::UnionId => None,
        }
    }

    /// Whether anybody has a name of that kind: where nobody has, DingTalk may keep them from us.
    #[must_use]
    pub fn shows(&self, kind: AccountKind) -> bool {
        match kind {
            AccountKind::Email => !self.by_email.is_empty(),
            AccountKind::JobNumber => !self.by_job_number.is_empty(),
            AccountKind::UserId | AccountKind::LoginId | AccountKind::Mobile | AccountKind::UnionId => false,
        }
    }

    /// Everybody who had a role with that name, each once. It may be somebody whom no department shows.
    #[must_use]
    pub fn with_role(&self, name: &str) -> Vec<&UserId> {
        let holders: BTreeSet<&UserId> = self.held.named(name).flat_map(|id| self.held.holders(id)).collect();
        holders.into_iter().collect()
    }

    /// Everybody who had the role.
    pub fn holders(&self, id: RoleId) -> impl Iterator<Item = &UserId> {
        self.held.holders(id)
    }

    /// The roles that somebody had.
    pub fn roles_of<'a>(&'a self, user_id: &'a UserId) -> impl Iterator<Item = RoleId> + 'a {
        self.held.roles(user_id)
    }

    /// The roles, by their ids.
    pub fn roles(&self) -> impl Iterator<Item = (RoleId, &str)> {
        self.held.all()
    }

    /// What a role is called, if there is one.
    #[must_use]
    pub fn role(&self, id: RoleId) -> Option<&str> {
        self.held.name(id)
    }

    /// Whether so many more may be known to have a role.
    #[must_use]
    pub fn has_room_for(&self, holdings: usize) -> bool {
        self.held.count().saturating_add(holdings) <= HOLDINGS_MAX
    }

    /// Everybody in the department itself.
    #[must_use]
    pub fn in_department(&self, id: DepartmentId) -> Vec<&Person> {
        self.slots_in(id).filter_map(|slot| self.at(slot)).collect()
    }

    /// Everybody in the department or one below it, each once.
    #[must_use]
    pub fn below(&self, id: DepartmentId) -> Vec<&Person> {
        self.slots_below(id).into_iter().filter_map(|slot| self.at(slot)).collect()
    }

    /// Everybody who is in a department that is not there any more.
    #[must_use]
    pub fn adrift(&self) -> Vec<&Person> {
        let is_adrift = |person: &&Person| person.departments().iter().any(|id| !self.tree.knows(*id));
        self.people.iter().flatten().filter(is_adrift).collect()
    }

    /// The departments, by their ids.
    pub fn departments(&self) -> impl Iterator<Item = (DepartmentId, Option<DepartmentId>)> {
        self.tree.all()
    }

    /// What a department is part of: its own parent first, the root last.
    #[must_use]
    pub fn departments_above(&self, id: DepartmentId) -> Vec<DepartmentId> {
        self.tree.above(id)
    }

    /// A department and all that are part of it.
    #[must_use]
    pub fn departments_below(&self, id: DepartmentId) -> Vec<DepartmentId> {
        self.tree.below(id)
    }

    /// How many people there are.
    #[must_use]
    pub fn people(&self) -> usize {
        self.by_user_id.len()
    }

    /// How many people there are in a department or one below it.
    #[must_use]
    pub fn people_in(&self, id: DepartmentId) -> usize {
        self.slots_below(id).len()
    }

    /// When what is known of a person was last seen to be so.
    #[must_use]
    pub fn seen_at(&self, person: &Person) -> Timestamp {
        self.reading.at().map_or(person.read_at, |at| at.max(person.read_at))
    }

    fn at(&self, slot: Slot) -> Option<&Person> {
        self.people.get(usize::try_from(slot).ok()?)?.as_ref()
    }

    fn under(&self, names: &ByText, name: &str) -> Vec<&Person> {
        let from = (Box::from(name), Slot::MIN);
        let found = names.range(from..).take_while(|(known, _)| known.as_ref() == name);
        found.filter_map(|(_, slot)| self.at(*slot)).collect()
    }

    fn slots_in(&self, id: DepartmentId) -> impl Iterator<Item = Slot> {
        self.by_department.range((id, Slot::MIN)..=(id, Slot::MAX)).map(|(_, slot)| *slot)
    }

    fn slots_below(&self, id: DepartmentId) -> Vec<Slot> {
        let mut slots: Vec<Slot> = self.tree.below(id).into_iter().flat_map(|id| self.slots_in(id)).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    fn put(&mut self, person: Person) -> Result<(), Full> {
        let is_new = !self.by_user_id.contains_key(&person.user_id);
        if is_new && self.people() >= PEOPLE_MAX {
            return Err(Full);
        }
        self.remove(&person.user_id);
        let next = Slot::try_from(self.people.len()).unwrap_or(Slot::MAX);
        let slot = self.free.pop().unwrap_or(next);
        self.by_user_id.insert(person.user_id.clone(), slot);
        self.by_email.extend(person.emails.iter().map(|email| (email.as_str().into(), slot)));
        self.by_job_number.extend(person.job_number.iter().map(|number| (number.as_str().into(), slot)));
        self.by_department.extend(person.departments().iter().map(|id| (*id, slot)));
        match usize::try_from(slot).ok().and_then(|slot| self.people.get_mut(slot)) {
            Some(place) => *place = Some(person),
            None => self.people.push(Some(person)),
        }
        Ok(())
    }

    fn remove(&mut self, user_id: &UserId) {
        let Some(slot) = self.by_user_id.remove(user_id) else { return };
        let place = usize::try_from(slot).ok().and_then(|slot| self.people.get_mut(slot));
        let Some(person) = place.and_then(Option::take) else { return };
        self.free.push(slot);
        for email in &person.emails {
            self.by_email.remove(&(email.as_str().into(), slot));
        }
        if let Some(number) = &person.job_number {
            self.by_job_number.remove(&(number.as_str().into(), slot));
        }
        for id in person.departments() {
            self.by_department.remove(&(*id, slot));
        }
    }
}
