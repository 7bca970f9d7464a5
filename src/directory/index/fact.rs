//! What the index is put together from, each with the row it is kept as.

use serde::{Deserialize, Serialize};

use super::person::Person;
use super::reading::Run;
use crate::directory::contacts::DepartmentId;
use crate::incident::{Timestamp, UserId};

/// The version of the rows; those of another are not read.
const VERSION: u8 = 1;

const PERSON: u8 = b'p';
const DEPARTMENT: u8 = b'd';
const WALKED: u8 = b'w';
const READ: u8 = b'r';

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
    /// How far it has been read.
    Read {
        /// The beginning of the last run that came to its end.
        at: Option<Timestamp>,
        /// The run that is under way.
        run: Option<Run>,
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
            Self::Read { at, run } => (vec![READ], json(serde_json::to_vec(&Read { v: VERSION, at: *at, run: *run }))?),
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
                Ok(Read { v: VERSION, at, run }) => Ok(Self::Read { at, run }),
                _ => Err(InvalidFact),
            },
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

fn department(bytes: &[u8]) -> Result<DepartmentId, InvalidFact> {
    bytes.try_into().map(|bytes| DepartmentId::new(i64::from_be_bytes(bytes))).map_err(|_| InvalidFact)
}
