//! A search index over the clear fields of the records, derived from them: whoever loses it loses nothing but the time to
//! make it anew.
//!
//! `<trail>/search/<n>.redb` has the records from n·2^20 on, as many, so that dropping old records drops a file. In it
//! every term of a field leads to the places it has in each segment of 65,536 records.

mod cursor;
mod field;
mod file;
mod find;
mod index;
mod postings;
mod query;
mod terms;
#[cfg(test)]
mod tests;
mod words;

pub use cursor::Cursor;
pub use field::Field;
pub use find::{Found, LIMIT_MAX};
pub use index::{Followed, Index, IndexError};
pub use query::{Query, QueryError, moment};

use std::path::{Path, PathBuf};

/// Where the index of the trail in `folder` is.
#[must_use]
pub fn folder(trail: &Path) -> PathBuf {
    trail.join("search")
}
