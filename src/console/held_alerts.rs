//! The table of alerts that rules wanted to act on and that no incident waits for.

use maud::{Markup, html};

use super::page::time;
use crate::trail::HeldAlerts;

/// The last first; nothing where there is none, which is usual.
pub(super) fn table(lines: &[HeldAlerts]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h2 { "Alerts held without an incident" }
            p.quiet { "Rules wanted to act on them, and nobody was acted on. A line goes a week after its last alert." }
            div.table tabindex="0" role="region" aria-label="Alerts held without an incident" {
                table {
                    thead { tr { th scope="col" { "Rule" } th scope="col" { "Why" } th scope="col" { "Source" } th scope="col" { "How many" } th scope="col" { "Last (UTC)" } } }
                    tbody { @for line in lines { (row(line)) } }
                }
            }
        }
    }
}

fn row(line: &HeldAlerts) -> Markup {
    html! {
        tr {
            td { (line.rule.title) }
            td data-label="Why" { span.wait { (line.reason.text()) } }
            td data-label="Source" { (line.source) }
            td data-label="How many" { (line.count) }
            td data-label="Last (UTC)" { (time(line.last_at)) br; span.quiet { code { (line.alert) } ", record " (line.record) } }
        }
    }
}
