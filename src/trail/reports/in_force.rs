//! Which rules were in force when: the sets by their digests, each with its commit and who signed it. Which text a rule
//! had in a set is in the repository of the rules, at that commit.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::reading::Reading;
use super::{Column, Folded, Range, column};
use crate::incident::{Event, Timestamp};
use crate::trail::search::Query;
use crate::trail::store::StoreError;

/// What stands in a row.
pub(super) const COLUMNS: &[Column] = &[
    column("from", "since when the set was in force"),
    column("until", "until when; none while it is"),
    column("record", "the record that says so"),
    column("rules", "the digest of the set, as on every verdict"),
    column("count", "how many rules it has"),
    column("commit", "the commit that Git said was checked out"),
    column("signer", "the fingerprint of the key that signed it"),
    column("by", "what made the program load it: start, reload, change"),
    column("actor", "who asked for it, where somebody did"),
];

pub(super) fn fold(reading: &Reading<'_>, range: Range) -> Result<Folded, StoreError> {
    let query = Query::default().of_kinds(&["rules.loaded"]).within(None, range.until);
    let mut next: Option<Timestamp> = None;
    let mut folded = reading.fold(&query, |folded, record| {
        let Event::RulesLoaded { rules, count, commit, signer, by, actor, .. } = &record.event else {
            return Ok(ControlFlow::Continue(()));
        };
        let row: Vec<Value> = vec![
            json!(record.at),
            json!(next),
            json!(record.seq),
            json!(rules),
            json!(count),
            json!(commit),
            json!(signer),
            json!(by),
            json!(actor),
        ];
        folded.rows.push(row);
        next = Some(record.at);
        // What was in force when the time began is the last that is asked for.
        let is_first = range.since.is_some_and(|since| record.at <= since);
        Ok(if is_first { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    folded.rows.reverse();
    let mut sets: Vec<_> = folded.rows.iter().filter_map(|row| row.get(3)?.as_str()).collect();
    sets.sort_unstable();
    sets.dedup();
    let sets = sets.len();
    folded.summary.insert("sets".to_owned(), json!(sets));
    Ok(folded)
}
