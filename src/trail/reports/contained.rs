//! Who was contained: without anybody's approval, and longest.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::reading::Reading;
use super::story::Story;
use super::{Column, Folded, Range, column};
use crate::incident::{Event, Timestamp};
use crate::trail::search::{Field, Query};
use crate::trail::store::StoreError;

/// As many of the longest are shown.
const LONGEST_MAX: usize = 100;

/// The columns of those that nobody approved.
pub(super) const UNAPPROVED: &[Column] = &[
    column("contained_at", "when the account was read back and was disabled"),
    column("record", "the record that says so"),
    column("incident", "the incident that contained it"),
    column("user_id", "the account"),
    column("account", "the pseudonym of the name that the alert gave"),
    column("source", "who sent the alert; none where somebody asked by hand"),
    column("assurance", "how strongly that proved itself"),
    column("rules", "the rules that asked for it"),
    column("asked_by", "who asked for it by hand, which is no approval by somebody else"),
    column("given_back_at", "when the account was read back and was enabled again"),
];

/// The columns of the longest.
pub(super) const LONGEST: &[Column] = &[
    column("seconds", "how long the account was disabled, until now or the end of the time asked for if it still is"),
    column("contained_at", "when it was read back and was disabled"),
    column("given_back_at", "when it was read back and was enabled again; none while it is not"),
    column("enabled_by_others_at", "when it was found that somebody else had enabled it meanwhile"),
    column("incident", "the incident that contained it"),
    column("user_id", "the account"),
    column("source", "who sent the alert"),
    column("rules", "the rules that asked for it"),
    column("asked_by", "who asked for it by hand"),
];

/// Records that say that an account is disabled now.
pub(super) fn disabled(range: Range) -> Query {
    Query::default().of_kinds(&["step.verified"]).with(Field::Outcome, "disabled").within(range.since, range.until)
}

/// Those whom nobody's approval stands before.
pub(super) fn unapproved(reading: &Reading<'_>, range: Range) -> Result<Folded, StoreError> {
    let mut folded = reading.fold(&disabled(range), |folded, record| {
        if let Event::StepVerified { incident, .. } = &record.event {
            let story = reading.story(incident)?;
            if !story.approved_before(record.seq) {
                let [source, assurance, rules, asked_by] = origin(&story);
                let account = story.opened().map(|begun| begun.opened.plan.account.clone());
                folded.rows.push(vec![
                    json!(record.at),
                    json!(record.seq),
                    json!(incident),
                    json!(story.user_id()),
                    json!(account),
                    source,
                    assurance,
                    rules,
                    asked_by,
                    json!(story.given_back_at()),
                ]);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    folded.rows.reverse();
    folded.summary.insert("containments".to_owned(), json!(folded.rows.len()));
    Ok(folded)
}

/// Those of all containments that reach into the time which lasted longest.
pub(super) fn longest(reading: &Reading<'_>, range: Range, now: Timestamp) -> Result<Folded, StoreError> {
    let mut lasting: Vec<(i64, Vec<Value>)> = Vec::new();
    let until = Range { since: None, ..range };
    let last = range.until.unwrap_or(now);
    let mut folded = reading.fold(&disabled(until), |_, record| {
        let Event::StepVerified { incident, .. } = &record.event else { return Ok(ControlFlow::Continue(())) };
        let story = reading.story(incident)?;
        let end = story.given_back_at().filter(|end| range.until.is_none_or(|until| *end < until));
        let is_over = end.is_some_and(|end| range.since.is_some_and(|since| end < since));
        // Read back more than once, it is one containment.
        if is_over || story.contained_at() != Some(record.at) {
            return Ok(ControlFlow::Continue(()));
        }
        let seconds = end.unwrap_or(last).as_second().saturating_sub(record.at.as_second());
        let [source, _, rules, asked_by] = origin(&story);
        let row = vec![
            json!(seconds),
            json!(record.at),
            json!(end),
            json!(story.found_enabled_at()),
            json!(incident),
            json!(story.user_id()),
            source,
            rules,
            asked_by,
        ];
        lasting.push((seconds, row));
        Ok(ControlFlow::Continue(()))
    })?;
    lasting.sort_by_key(|(seconds, _)| Reverse(*seconds));
    folded.summary.insert("containments".to_owned(), json!(lasting.len()));
    folded.rows = lasting.into_iter().take(LONGEST_MAX).map(|(_, row)| row).collect();
    Ok(folded)
}

/// On whose word, how strong that is, by which rules, and who asked by hand.
fn origin(story: &Story) -> [Value; 4] {
    let Some(begun) = story.opened() else { return [const { Value::Null }; 4] };
    let asked_by = begun.opened.plan.asked_by.as_ref();
    [json!(begun.source), json!(begun.assurance), begun.rules(), json!(asked_by)]
}
