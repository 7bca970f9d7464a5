//! The page *Reasons*: what an employee reads who is signed out, in every language, and how long that is.

use maud::{Markup, html};

use super::Console;
use super::page::{page, time};
use crate::incident::{ReasonCode, Timestamp};
use crate::rules::{EMPLOYEE_TEXT_CHARS_MAX, EmployeeValues, Language, RuleSet, SAMPLE_INCIDENT, languages};

/// Where the page is; a reason's own is below.
pub(super) const PATH: &str = "/rules/reasons";

/// The page of the reason that is asked for, or of the first. `None` when there is no such reason.
pub(super) fn render(console: &Console, asked: Option<&str>) -> Option<Markup> {
    let (loaded, now) = (console.rules.now(), console.clock.now());
    let codes: Vec<&ReasonCode> = loaded.set.reasons().codes().collect();
    let shown = match asked {
        Some(asked) => Some(*codes.iter().find(|code| code.as_str() == asked)?),
        None => codes.first().copied(),
    };
    let main = html! {
        h1 { "What employees read" }
        p {
            "DingTalk shows one of these texts to whoever is signed out, in the language of their client. "
            "The contact is that of " code { "guardrails.yml" } ", incident " code { (SAMPLE_INCIDENT) } " is made up, "
            "and the time is now, " (time(now)) " UTC."
        }
        nav aria-label="Reasons" {
            ul.choices { @for code in &codes { li { (link(code, shown == Some(*code))) } } }
        }
        @match shown {
            Some(code) => (texts(&loaded.set, code, now)),
            None => p.quiet { "There are no reasons." },
        }
    };
    Some(page("What employees read", &main))
}

fn link(code: &ReasonCode, is_shown: bool) -> Markup {
    let current = is_shown.then_some("page");
    html! { a href={ (PATH) "/" (code.as_str()) } aria-current=[current] { (code.as_str()) } }
}

fn texts(set: &RuleSet, code: &ReasonCode, now: Timestamp) -> Markup {
    html! {
        h2 { (code.as_str()) }
        p.quiet { "Wording " code { (set.wording_of(code)) } ", as on the trail." }
        div.table tabindex="0" role="region" aria-label=(code.as_str()) {
            table {
                thead { tr {
                    th scope="col" { "Locale" } th scope="col" { "Text" } th scope="col" { "Characters" }
                } }
                tbody { @for (locale, language) in languages() { (row(set, code, (locale, language), now)) } }
            }
        }
    }
}

/// None of the languages is written from right to left; what a contact's name is written in must not turn the text.
fn row(set: &RuleSet, code: &ReasonCode, (locale, language): (&str, Language), now: Timestamp) -> Markup {
    let values = EmployeeValues { incident_id: SAMPLE_INCIDENT, contact: set.guardrails().contact(), at: now };
    let text = set.reasons().render(code, locale, &values).unwrap_or_default();
    let chars = text.chars().count();
    html! {
        tr {
            td { (language.name) br; code { (locale) } }
            td.read lang=(language.tag) dir="ltr" { (text) }
            td data-label="Characters" {
                (chars) " of " (EMPLOYEE_TEXT_CHARS_MAX)
                @if let Some(zone) = set.reasons().time_zone(code, locale) { div.quiet { "time of " (zone) } }
            }
        }
    }
}
