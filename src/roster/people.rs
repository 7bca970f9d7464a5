//! Looks people up for those who ask, by what DingTalk itself cannot look up. Gives ids and nothing else of anybody.

use super::kept::{Roster, TooOld};
use crate::directory::DepartmentId;
use crate::directory::index::{RolesRead, role_name};
use crate::incident::{AccountKind, AccountRef, UserId};

/// What people are looked up by. Personal data in part, so it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub enum By {
    /// A mail address or a job number.
    Name(AccountRef),
    /// The department they are in, or one that it is part of.
    Department(DepartmentId),
    /// The name of a role they have.
    Role(String),
}

/// What nobody can be looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("people are looked up by the name of a role, the number of a department, a mail address or a job number")]
pub struct NotBy;

impl By {
    /// Reads what stands under one of the names `role`, `department`, `email` and `job_number`.
    ///
    /// # Errors
    /// The name is another one, or nobody can have the value.
    pub fn parse(name: &str, value: &str) -> Result<Self, NotBy> {
        let reference = |kind| AccountRef::parse(kind, value).map(Self::Name).map_err(|_| NotBy);
        match name {
            "role" => Some(role_name(value)).filter(|role| !role.is_empty()).map(|role| Self::Role(role.to_owned())),
            "department" => value.parse().ok().map(|number| Self::Department(DepartmentId::new(number))),
            "email" => return reference(AccountKind::Email),
            "job_number" => return reference(AccountKind::JobNumber),
            _ => None,
        }
        .ok_or(NotBy)
    }

    /// The name it stands under.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Name(reference) => reference.kind().as_str(),
            Self::Department(_) => "department",
            Self::Role(_) => "role",
        }
    }
}

impl Roster {
    /// Everybody of whom it was so when the organization was read, each once, ordered by their ids. They have to be read
    /// live before they are believed.
    ///
    /// # Errors
    /// It was read too long ago to go by, or the roles cannot be read.
    pub fn people_by(&self, by: &By) -> Result<Vec<UserId>, TooOld> {
        let mut people: Vec<UserId> = match by {
            By::Name(reference) => self.find(reference)?.into_iter().map(|found| found.user_id).collect(),
            By::Department(id) => self.index(|index| {
                let ids = |people: Vec<&crate::directory::index::Person>| {
                    people.into_iter().map(|person| person.user_id.clone()).collect()
                };
                self.is_fresh(index).then(|| ids(index.below(*id))).ok_or(TooOld)
            })?,
            By::Role(name) => self.index(|index| match index.reading().roles() {
                Some(RolesRead::At(at)) if self.is_young(at) => {
                    Ok(index.with_role(name).into_iter().cloned().collect())
                }
                _ => Err(TooOld),
            })?,
        };
        people.sort_unstable();
        Ok(people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_can_have_is_looked_up() {
        for (name, value) in [("role", "值班"), ("department", "31"), ("email", "a@example.com"), ("job_number", "J7")]
        {
            assert_eq!(By::parse(name, value).ok().unwrap().name(), name);
        }
        let padded = By::parse("role", " on call ").ok().unwrap();
        assert!(padded == By::Role("on call".to_owned()));
        for (name, value) in [
            ("role", ""),
            ("role", " "),
            ("role", "a\nb"),
            ("department", "x"),
            ("department", ""),
            ("email", ""),
            ("email", "a\u{202e}b"),
            ("mobile", "10000000001"),
            ("user_id", "a"),
            ("", ""),
        ] {
            assert_eq!(By::parse(name, value).err(), Some(NotBy), "{name}={value:?}");
        }
    }
}
