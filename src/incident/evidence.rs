//! How a reference was resolved to an account, or why it was not: what stands on the trail for whoever asks later.

use serde::{Deserialize, Serialize};

use super::{Timestamp, UserId};

/// What was gone by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// By which way.
    pub by: Resolution,
    /// Who was considered, where it was not plain; the first of them, when there are many.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub candidates: Vec<Candidate>,
    /// How many more there were.
    #[serde(skip_serializing_if = "super::verdict::is_zero", default)]
    pub candidates_left_out: u32,
    /// When the candidates were read live, if they were.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub read_at: Option<Timestamp>,
}

/// Somebody who may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub user_id: UserId,
    /// What reading the account live has shown.
    pub found: Bearing,
    /// When the directory index last saw them have the name, if it named them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub indexed_at: Option<Timestamp>,
}

/// Whether an account has the name by which it was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearing {
    /// It has.
    Live,
    /// It has another by now.
    Moved,
    /// There is no such account any more.
    Gone,
    /// It was not read: one more or less would not have changed what was decided.
    NotRead,
}

impl Bearing {
    /// In words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Live => "has the name",
            Self::Moved => "has another name by now",
            Self::Gone => "is no longer there",
            Self::NotRead => "was not read",
        }
    }
}

/// The ways to find an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The alert gave the userid itself.
    Given,
    /// The operator's identity map.
    IdentityMap,
    /// `topapi/v2/user/get` by `login_id`.
    LoginId,
    /// `topapi/v2/user/getbymobile` with the Enterprise Account search.
    Mobile,
    /// `topapi/user/getbyunionid`.
    UnionId,
    /// The directory index.
    DirectoryIndex,
}

impl Evidence {
    /// The most candidates on one record.
    pub const CANDIDATES_MAX: usize = 20;

    /// Where the way says it all.
    #[must_use]
    pub fn of(by: Resolution) -> Self {
        Self { by, candidates: Vec::new(), candidates_left_out: 0, read_at: None }
    }

    /// Where there were candidates.
    #[must_use]
    pub fn with(by: Resolution, mut candidates: Vec<Candidate>, read_at: Option<Timestamp>) -> Self {
        let left_out = candidates.len().saturating_sub(Self::CANDIDATES_MAX);
        candidates.truncate(Self::CANDIDATES_MAX);
        Self { by, candidates, candidates_left_out: u32::try_from(left_out).unwrap_or(u32::MAX), read_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_that_says_no_more_than_the_way_reads_as_it_did_before_there_were_candidates() {
        let plain = Evidence::of(Resolution::IdentityMap);
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"by":"identity_map"}"#);
        assert_eq!(serde_json::from_str::<Evidence>(r#"{"by":"identity_map"}"#).unwrap(), plain);
    }

    #[test]
    fn what_a_record_has_no_room_for_is_counted() {
        let candidate = |n: usize| Candidate {
            user_id: UserId::parse(&format!("u{n}")).unwrap(),
            found: Bearing::NotRead,
            indexed_at: None,
        };
        let evidence = Evidence::with(Resolution::DirectoryIndex, (0..25).map(candidate).collect(), None);
        assert_eq!((evidence.candidates.len(), evidence.candidates_left_out), (20, 5));
    }
}
