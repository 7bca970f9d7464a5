//! Which rule had which version when: each rule from the set in which it came with that version until the set in which
//! it was another or was gone. The text of a version is in the repository of the rules, and its digest shows that it is.

use std::collections::BTreeMap;
use std::mem::take;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::reading::Reading;
use super::{Column, Folded, Range, column};
use crate::incident::{Digest, Event, RuleId, RuleVersion, Timestamp};
use crate::trail::search::Query;
use crate::trail::store::StoreError;

/// What stands in a row.
pub(super) const COLUMNS: &[Column] = &[
    column("from", "since when the rule had this version"),
    column("until", "until when; none while it has"),
    column("rule", "the rule's id"),
    column("version", "SHA-256 of its file, and of the lists and filters that it depends on"),
    column("rules", "the digest of the set in which it came"),
    column("record", "the record that says so"),
];

/// A set, and what stands in it.
struct Set {
    at: Timestamp,
    record: u64,
    rules: Digest,
    /// By id, which is unique within a set.
    listed: BTreeMap<RuleId, Digest>,
}

/// Since when a rule has a version, and by which record of which set.
struct Since {
    at: Timestamp,
    record: u64,
    rules: Digest,
    version: Digest,
}

pub(super) fn fold(reading: &Reading<'_>, range: Range) -> Result<Folded, StoreError> {
    let query = Query::default().of_kinds(&["rules.loaded", "rules.listed"]).within(None, range.until);
    let (mut sets, mut listed, mut unlisted) = (Vec::new(), BTreeMap::new(), 0_u64);
    let mut folded = reading.fold(&query, |_, record| {
        match record.event {
            // What else is in a set is said right behind it.
            Event::RulesListed { versions, .. } => listed.extend(by_id(versions)),
            Event::RulesLoaded { rules, count, versions, .. } => {
                let mut listed = take(&mut listed);
                listed.extend(by_id(versions));
                unlisted += u64::from(u64::from(count) > listed.len() as u64);
                sets.push(Set { at: record.at, record: record.seq, rules, listed });
                // What was in force when the time began is the last that is asked for.
                if range.since.is_some_and(|since| record.at <= since) {
                    return Ok(ControlFlow::Break(()));
                }
            }
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    })?;
    sets.reverse();
    folded.rows = spans(sets);
    let rules = folded.rows.len();
    folded.summary.insert("versions".to_owned(), json!(rules));
    folded.summary.insert("sets_without_a_list".to_owned(), json!(unlisted));
    Ok(folded)
}

fn by_id(versions: Vec<RuleVersion>) -> impl Iterator<Item = (RuleId, Digest)> {
    versions.into_iter().map(|RuleVersion { id, version }| (id, version))
}

/// From when until when, of sets from the oldest to the newest.
fn spans(sets: Vec<Set>) -> Vec<Vec<Value>> {
    let mut open: BTreeMap<RuleId, Since> = BTreeMap::new();
    let mut spans: Vec<(RuleId, Since, Option<Timestamp>)> = Vec::new();
    for set in sets {
        let (kept, over) = open.into_iter().partition(|(id, since)| set.listed.get(id) == Some(&since.version));
        open = kept;
        spans.extend(over.into_iter().map(|(id, since)| (id, since, Some(set.at))));
        for (id, version) in set.listed {
            let since = || Since { at: set.at, record: set.record, rules: set.rules, version };
            open.entry(id).or_insert_with(since);
        }
    }
    spans.extend(open.into_iter().map(|(id, since)| (id, since, None)));
    spans.sort_by(|(a, of_a, _), (b, of_b, _)| (of_a.at, a).cmp(&(of_b.at, b)));
    spans.into_iter().map(|(id, since, until)| row(&id, &since, until)).collect()
}

fn row(id: &RuleId, since: &Since, until: Option<Timestamp>) -> Vec<Value> {
    let Since { at, record, rules, version } = since;
    vec![json!(at), json!(until), json!(id), json!(version), json!(rules), json!(record)]
}
