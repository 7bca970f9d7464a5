//! What a rule that only watches has seen, what it would have done, and what it lacks before it may act.

use maud::{Markup, html};

use crate::console::chart;
use crate::console::reader::Reader;
use crate::incident::{Against, Bar, Lack, ShadowEvidence, Timestamp, Watch};

/// How many of those are shown that speak against a rule.
const OBJECTIONS_MAX: usize = 10;

/// All of it.
pub(super) fn watched(reader: &Reader, watch: &Watch, bar: Bar, now: Timestamp) -> Markup {
    let evidence = watch.evidence(now);
    let days: Vec<(Timestamp, u64)> = watch.days().collect();
    let number = |number: u64| reader.number(number);
    let with = [
        ("since", reader.time(evidence.since)),
        ("days", html! { (number(evidence.days.into())) }),
        ("matches", html! { (number(evidence.matches)) }),
        ("accounts", html! { (number(evidence.accounts.into())) }),
    ];
    html! {
        h2 { (reader.say("rules-watching")) }
        p { (reader.rich("shadow-seen", &with)) }
        @if !days.is_empty() { div.chart { (chart::line(reader, "chart-days", &days)) } }
        (objections(reader, "shadow-held", watch.held()))
        (objections(reader, "shadow-disputed", watch.disputed()))
        h3 { (reader.say("column-lacks")) }
        (lacks(reader, &evidence, bar))
    }
}

fn objections(reader: &Reader, key: &str, against: &Against) -> Markup {
    html! {
        @if against.count > 0 {
            p { (reader.count(key, against.count)) }
            ul { @for one in against.listed.iter().take(OBJECTIONS_MAX) { li { code { (one.alert) } " " (reader.time(one.at)) " " (one.why) } } }
        }
    }
}

/// What is missing before it may act.
pub(super) fn lacks(reader: &Reader, evidence: &ShadowEvidence, bar: Bar) -> Markup {
    let lacks = evidence.lacks(bar);
    html! {
        @if lacks.is_empty() { span.good { (reader.say("rules-nothing-missing")) } }
        @for lack in lacks { div { (lacking(reader, lack)) } }
    }
}

fn lacking(reader: &Reader, lack: Lack) -> String {
    match lack {
        Lack::Days { is, wanted } => reader.say_of("lack-days", &[("is", is.into()), ("wanted", wanted.into())]),
        Lack::Matches { is, wanted } => reader.say_of("lack-matches", &[("is", is.into()), ("wanted", wanted.into())]),
        Lack::Held(count) => reader.say_of("lack-held", &[("count", count.into())]),
        Lack::Disputed(count) => reader.say_of("lack-disputed", &[("count", count.into())]),
    }
}
