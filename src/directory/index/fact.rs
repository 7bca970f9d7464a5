//! What the index is put together from, each with the row it is kept as.

use serde::{Deserialize, Serialize};

use super::person::Person;
use super::reading::{RolesRead, Run};
use crate::directory::RoleId;
use crate::directory::contacts::DepartmentId;
use crate::incident::{Timestamp, UserId};

/// The version of the rows; those of another are not read.
const VERSION: u8 = 1;

const PERSON: u8 = b'p';
const DEPARTMENT: u8 = b'd';
const WALKED: u8 = b'w';
const READ: u8 = b'r';
const ROLE: u8 = b'o';
const HOLDS: u8 = b'h';
const ROLE_WALKED: u8 = b'v';

/// One thing that is known of the organization, or is known not to be so any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Somebody is in it, like this.
    Person(Box<Person>),
    /// Somebody is not in it any more.
    Gone(UserId),
    /// It has this department.
    Department {
        /// Which.
        id: DepartmentId,
        /// What it is part of; the root is part of nothing.
        parent: Option<DepartmentId>,
    },
    /// It has this department no more.
    NoDepartment(DepartmentId),
    /// The run has been through this department.
    Walked(DepartmentId),
    /// No run has been through this department.
    NotWalked(DepartmentId),
    /// It has this role.
    Role {
        /// Which.
        id: RoleId,
        /// What it is called, as [`role_name`](super::role_name) has it.
        name: String,
    },
    /// It has this role no more. Those who had it are let go by facts of their own, and first.
    NoRole(RoleId),
    /// Somebody has this role.
    Holds(RoleId, UserId),
    /// Somebody has this role no more.
    HoldsNot(RoleId, UserId),
    /// The run has been through those who have this role.
    RoleWalked(RoleId),
    /// No run has been through those who have this role.
    RoleNotWalked(RoleId),
    /// How far it has been read.
    Read {
        /// The beginning of the last run that came to its end.
        at: Option<Timestamp>,
        /// The run that is under way.
        run: Option<Run>,
        /// What came of reading the roles; `None` where nobody ever tried.
        roles: Option<RolesRead>,
    },
}

/// A row that is none of an index, or of an index of another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row of the directory index cannot be read")]
pub struct InvalidFact;

#[derive(Serialize, Deserialize)]
struct Read {
    v: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    roles: Option<RolesRead>,
}

impl Fact {
    /// Its row: the key, and the value unless there is to be none.
    ///
    /// # Errors
    /// It cannot be written, which no fact is known to.
    pub fn row(&self) -> Result<(Vec<u8>, Option<Vec<u8>>), InvalidFact> {
        let json = |value: serde_json::Result<Vec<u8>>| value.map(Some).map_err(|_| InvalidFact);
        Ok(match self {
            Self::Person(person) => {
                (key(PERSON, person.user_id.as_str().as_bytes()), json(serde_json::to_vec(person))?)
            }
            Self::Gone(user_id) => (key(PERSON, user_id.as_str().as_bytes()), None),
            Self::Department { id, parent } => (of_department(DEPARTMENT, *id), json(serde_json::to_vec(parent))?),
            Self::NoDepartment(id) => (of_department(DEPARTMENT, *id), None),
            Self::Walked(id) => (of_department(WALKED, *id), Some(Vec::new())),
            Self::NotWalked(id) => (of_department(WALKED, *id), None),
            Self::Role { id, name } => (of_role(ROLE, *id), json(serde_json::to_vec(name))?),
            Self::NoRole(id) => (of_role(ROLE, *id), None),
            Self::Holds(id, user_id) => (of_holder(*id, user_id), Some(Vec::new())),
            Self::HoldsNot(id, user_id) => (of_holder(*id, user_id), None),
            Self::RoleWalked(id) => (of_role(ROLE_WALKED, *id), Some(Vec::new())),
            Self::RoleNotWalked(id) => (of_role(ROLE_WALKED, *id), None),
            Self::Read { at, run, roles } => {
                (vec![READ], json(serde_json::to_vec(&Read { v: VERSION, at: *at, run: *run, roles: *roles }))?)
            }
        })
    }

    /// The fact of a row that is there.
    ///
    /// # Errors
    /// It is the row of none.
    pub fn of_row(key: &[u8], value: &[u8]) -> Result<Self, InvalidFact> {
        let (kind, rest) = key.split_first().ok_or(InvalidFact)?;
        match *kind {
            PERSON => {
                let person: Person = serde_json::from_slice(value).map_err(|_| InvalidFact)?;
                let is_own = person.user_id.as_str().as_bytes() == rest;
                if is_own { Ok(Self::Person(Box::new(person))) } else { Err(InvalidFact) }
            }
            DEPARTMENT => {
                let parent = serde_json::from_slice(value).map_err(|_| InvalidFact)?;
                Ok(Self::Department { id: department(rest)?, parent })
            }
            WALKED => department(rest).map(Self::Walked),
            READ => match serde_json::from_slice(value) {
                Ok(Read { v: VERSION, at, run, roles }) => Ok(Self::Read { at, run, roles }),
                _ => Err(InvalidFact),
            },
            ROLE => {
                let name = serde_json::from_slice(value).map_err(|_| InvalidFact)?;
                Ok(Self::Role { id: role(rest)?, name })
            }
            HOLDS => {
                let (id, user_id) = rest.split_at_checked(size_of::<i64>()).ok_or(InvalidFact)?;
                let user_id = std::str::from_utf8(user_id).ok().and_then(|text| UserId::parse(text).ok());
                Ok(Self::Holds(role(id)?, user_id.ok_or(InvalidFact)?))
            }
            ROLE_WALKED => role(rest).map(Self::RoleWalked),
            _ => Err(InvalidFact),
        }
    }
}

fn key(kind: u8, rest: &[u8]) -> Vec<u8> {
    [&[kind], rest].concat()
}

fn of_department(kind: u8, id: DepartmentId) -> Vec<u8> {
    key(kind, &id.number().to_be_bytes())
}

fn of_role(kind: u8, id: RoleId) -> Vec<u8> {
    key(kind, &id.number().to_be_bytes())
}

fn of_holder(id: RoleId, user_id: &UserId) -> Vec<u8> {
    [&of_role(HOLDS, id), user_id.as_str().as_bytes()].concat()
}

fn role(bytes: &[u8]) -> Result<RoleId, InvalidFact> {
    bytes.try_into().map(|bytes| RoleId::new(i64::from_be_bytes(bytes))).map_err(|_| InvalidFact)
}

fn department(bytes: &[u8]) -> Result<DepartmentId, InvalidFact> {
    bytes.try_into().map(|bytes| DepartmentId::new(i64::from_be_bytes(bytes))).map_err(|_| InvalidFact)
}
