//! The table of alerts that rules wanted to act on and that no incident waits for.

use maud::{Markup, html};

use super::reader::Reader;
use super::table;
use crate::trail::HeldAlerts;

/// The last first; nothing where there is none, which is usual.
pub(super) fn table(reader: &Reader, lines: &[HeldAlerts]) -> Markup {
    let columns = ["column-rule", "column-why", "column-source", "column-how-many", "column-last"];
    let title = reader.say("held-title");
    html! {
        @if !lines.is_empty() {
            h2 { (title) }
            p.quiet { (reader.say("held-text")) }
            (table::table(reader, &title, &columns, lines, |line| row(reader, line)))
        }
    }
}

fn row(reader: &Reader, line: &HeldAlerts) -> Markup {
    let whose = [("alert", html! { code { (line.alert) } }), ("record", html! { (line.record) })];
    html! {
        tr {
            td { (line.rule.title) }
            td data-label=(reader.say("column-why")) { span.wait { (reader.hold(line.reason)) } }
            td data-label=(reader.say("column-source")) { (line.source) }
            td data-label=(reader.say("column-how-many")) { (line.count) }
            td data-label=(reader.say("column-last")) { (reader.time(line.last_at)) br; span.quiet { (reader.rich("held-record", &whose)) } }
        }
    }
}
