//! Where the next page of an answer begins, for whoever asked the same.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::query::Query;
use crate::incident::Digest;

/// What a cursor begins with; another form has another number.
const VERSION: u8 = 1;
/// As much of a query's digest tells it from others.
const QUERY_BYTES: usize = 8;

/// Everything before this record is on the pages that follow. Opaque to whoever holds it, and only good for the query it
/// was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The first record that was looked at already.
    pub before: u64,
}

impl Cursor {
    /// As text.
    #[must_use]
    pub fn encode(self, query: &Query) -> String {
        let bytes = [&[VERSION][..], &self.before.to_be_bytes(), &name(query)].concat();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The one that was made for this query.
    #[must_use]
    pub fn decode(text: &str, query: &Query) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let bytes = bytes.strip_prefix(&[VERSION])?;
        let (before, of_query) = bytes.split_first_chunk()?;
        (of_query == name(query)).then_some(Self { before: u64::from_be_bytes(*before) })
    }
}

fn name(query: &Query) -> [u8; QUERY_BYTES] {
    let Digest(digest) = Digest::of(format!("{query:?}").as_bytes());
    digest.first_chunk().copied().unwrap_or_default()
}
