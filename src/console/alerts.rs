//! The last alerts of a source or a rule: what became of each, and on what it failed if nothing matched. Nothing of that is
//! about a person, so that engineers may see it who do not read the trail.

use maud::{Markup, html};

use super::Console;
use super::reader::Reader;
use super::table::table;
use super::told;
use crate::access::Permission;
use crate::incident::{AlertSummary, Event, NearestMiss, Timestamp, Verdict, VerdictKind};
use crate::trail::InspectionError;
use crate::trail::export::inert;

/// How many are shown.
const ROWS: usize = 20;

/// An alert, as it stands on the trail.
pub(super) struct Seen {
    record: u64,
    at: Timestamp,
    alert: Box<AlertSummary>,
    verdict: Box<Verdict>,
}

/// Those of which the filter says this, newest first. Who has looked is recorded.
pub(super) async fn last(
    console: &Console,
    reader: &Reader,
    filter: &str,
    value: &str,
) -> Result<Vec<Seen>, InspectionError> {
    let filters = [("kind", "alert.admitted"), (filter, value)];
    let query = console.inspection.query(filters).map_err(|_| InspectionError::Unknown)?;
    let found = console.inspection.search(reader.name(), query, None, ROWS).await?;
    let records = found.records.iter().filter_map(|stored| told::decode(&stored.record));
    Ok(records
        .filter_map(|record| match record.event {
            Event::AlertAdmitted { alert, verdict, .. } => {
                Some(Seen { record: record.seq, at: record.at, alert, verdict })
            }
            _ => None,
        })
        .collect())
}

/// The table of them.
pub(super) fn shown(reader: &Reader, alerts: &[Seen]) -> Markup {
    let title = reader.say("alerts-title");
    let columns = ["column-time", "column-alert", "column-type", "column-became"];
    html! {
        h2 { (title) }
        (table(reader, &title, &columns, alerts, |seen| row(reader, seen)))
    }
}

fn row(reader: &Reader, seen: &Seen) -> Markup {
    let may_read = reader.actor.as_ref().is_some_and(|actor| actor.role.may(Permission::ReadTrail));
    html! {
        tr {
            td { (reader.time(seen.at)) }
            td {
                code { (seen.alert.id) }
                @if may_read { br; (told::record(reader, seen.record)) }
            }
            td data-label=(reader.say("column-type")) { @if let Some(kind) = &seen.alert.event_type { (inert(kind)) } }
            td data-label=(reader.say("column-became")) { (became(reader, &seen.verdict)) }
        }
    }
}

fn became(reader: &Reader, verdict: &Verdict) -> Markup {
    let key = word(verdict.kind);
    html! {
        (reader.say_either(key, "", key))
        @for decision in &verdict.decisions {
            div {
                a href={ (super::rules::PATH) "/" (decision.rule.id) } { (decision.rule.title) }
                @if let Some(reason) = decision.reason { ": " (reader.hold(reason)) }
            }
            @if let Some(incident) = &decision.incident { div { (told::incident(incident.as_str())) } }
        }
        @if let Some(miss) = &verdict.nearest { div.quiet { (nearest(reader, miss)) } }
    }
}

/// Which rule came closest, and on what it failed.
fn nearest(reader: &Reader, miss: &NearestMiss) -> Markup {
    let rule = html! { a href={ (super::rules::PATH) "/" (miss.rule.id) } { (miss.rule.title) } };
    let with = [
        ("rule", rule),
        ("passed", html! { (miss.passed) }),
        ("tests", html! { (miss.tests) }),
        ("field", html! { code { (inert(&miss.field)) } }),
        ("why", html! { (inert(&miss.why)) }),
    ];
    reader.rich("alerts-nearest", &with)
}

fn word(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Tried => "verdict-tried",
        VerdictKind::Unmatched => "verdict-unmatched",
        VerdictKind::Counted => "verdict-counted",
        VerdictKind::Shadow => "verdict-shadow",
        VerdictKind::Suppressed => "verdict-suppressed",
        VerdictKind::Held => "verdict-held",
        VerdictKind::Planned => "verdict-planned",
    }
}
