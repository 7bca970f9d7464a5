//! How long it took from an alert to a containment that was read back.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::contained::disabled;
use super::reading::Reading;
use super::{Column, Folded, Range, column};
use crate::incident::Event;
use crate::trail::store::StoreError;

/// What stands in a row.
pub(super) const COLUMNS: &[Column] = &[
    column("ms", "from the alert, or the request, to the reading back, in milliseconds"),
    column("received_at", "when the alert came, or somebody asked"),
    column("contained_at", "when the account was read back and was disabled"),
    column("incident", "the incident"),
    column("source", "who sent the alert; none where somebody asked by hand"),
    column("waited", "whether a human was waited for meanwhile"),
];

/// The shares of the percentiles that the summary has, of a thousand.
const PERCENTILES: [(&str, u64); 4] = [("p50_ms", 500), ("p90_ms", 900), ("p99_ms", 990), ("max_ms", 1_000)];

pub(super) fn fold(reading: &Reading<'_>, range: Range) -> Result<Folded, StoreError> {
    let mut times: Vec<(i64, bool, Vec<Value>)> = Vec::new();
    let mut folded = reading.fold(&disabled(range), |_, record| {
        let Event::StepVerified { incident, .. } = &record.event else { return Ok(ControlFlow::Continue(())) };
        let story = reading.story(incident)?;
        let begun = story.opened().filter(|_| story.contained_at() == Some(record.at));
        let Some(begun) = begun else { return Ok(ControlFlow::Continue(())) };
        let ms = record.at.as_millisecond().saturating_sub(begun.received_at.as_millisecond());
        let waited = begun.opened.held.is_some() || story.was_held_before(record.seq);
        let row = vec![
            json!(ms),
            json!(begun.received_at),
            json!(record.at),
            json!(incident),
            json!(begun.source),
            json!(waited),
        ];
        times.push((ms, waited, row));
        Ok(ControlFlow::Continue(()))
    })?;
    times.sort_by_key(|(ms, ..)| Reverse(*ms));
    let of_all: Vec<i64> = times.iter().rev().map(|(ms, ..)| *ms).collect();
    let unattended: Vec<i64> = times.iter().rev().filter(|(_, waited, _)| !waited).map(|(ms, ..)| *ms).collect();
    folded.summary.insert("all".to_owned(), summary(&of_all));
    folded.summary.insert("without_waiting_for_a_human".to_owned(), summary(&unattended));
    folded.rows = times.into_iter().map(|(.., row)| row).collect();
    Ok(folded)
}

/// The nearest ranks of times that are in order.
fn summary(times: &[i64]) -> Value {
    let rank = |share: u64| (times.len() as u64 * share).div_ceil(1_000).saturating_sub(1);
    let at = |share: u64| usize::try_from(rank(share)).ok().and_then(|rank| times.get(rank));
    let of = PERCENTILES.into_iter().map(|(name, share)| (name.to_owned(), json!(at(share))));
    std::iter::once(("count".to_owned(), json!(times.len()))).chain(of).collect()
}
