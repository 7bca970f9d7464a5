//! The page *Reasons*: what an employee reads who is signed out, in every language, and how long that is.

use maud::{Markup, html};

use super::Console;
use super::page::{Section, page};
use super::reader::Reader;
use super::table::table;
use crate::incident::{ReasonCode, Timestamp};
use crate::rules::{EMPLOYEE_TEXT_CHARS_MAX, EmployeeValues, Language, RuleSet, SAMPLE_INCIDENT, languages};

/// Where the page is; a reason's own is below.
pub(super) const PATH: &str = "/rules/reasons";

/// The page of the reason that is asked for, or of the first. `None` when there is no such reason.
pub(super) fn render(console: &Console, reader: &Reader, asked: Option<&str>) -> Option<Markup> {
    let (loaded, now) = (console.rules.now(), console.clock.now());
    let codes: Vec<&ReasonCode> = loaded.set.reasons().codes().collect();
    let shown = match asked {
        Some(asked) => Some(*codes.iter().find(|code| code.as_str() == asked)?),
        None => codes.first().copied(),
    };
    let with = [
        ("file", html! { code { "guardrails.yml" } }),
        ("incident", html! { code { (SAMPLE_INCIDENT) } }),
        ("time", reader.time(now)),
    ];
    let main = html! {
        h1 { (reader.say("reasons-title")) }
        (super::rules::pages(reader, PATH))
        p { (reader.rich("reasons-text", &with)) }
        nav aria-label=(reader.say("reasons-nav")) {
            ul.choices { @for code in &codes { li { (link(code, shown == Some(*code))) } } }
        }
        @match shown {
            Some(code) => (texts(reader, &loaded.set, code, now)),
            None => p.quiet { (reader.say("reasons-none")) },
        }
    };
    Some(page(reader, Section::Rules, &reader.say("reasons-title"), &main))
}

fn link(code: &ReasonCode, is_shown: bool) -> Markup {
    let current = is_shown.then_some("page");
    html! { a href={ (PATH) "/" (code.as_str()) } aria-current=[current] { (code.as_str()) } }
}

fn texts(reader: &Reader, set: &RuleSet, code: &ReasonCode, now: Timestamp) -> Markup {
    let all: Vec<(&str, Language)> = languages().collect();
    let columns = ["column-locale", "column-text", "column-characters"];
    html! {
        h2 { (code.as_str()) }
        p.quiet { (reader.rich("reasons-wording", &[("digest", html! { code { (set.wording_of(code)) } })])) }
        (table(reader, code.as_str(), &columns, &all, |one| row(reader, set, code, *one, now)))
    }
}

/// None of the languages is written from right to left; what a contact's name is written in must not turn the text.
fn row(
    reader: &Reader,
    set: &RuleSet,
    code: &ReasonCode,
    (locale, language): (&str, Language),
    now: Timestamp,
) -> Markup {
    let values = EmployeeValues { incident_id: SAMPLE_INCIDENT, contact: set.guardrails().contact(), at: now };
    let text = set.reasons().render(code, locale, &values).unwrap_or_default();
    let length = [("is", text.chars().count().into()), ("max", EMPLOYEE_TEXT_CHARS_MAX.into())];
    html! {
        tr {
            td { (language.name) br; code { (locale) } }
            td.read lang=(language.tag) dir="ltr" { (text) }
            td data-label=(reader.say("column-characters")) {
                (reader.say_of("reasons-length", &length))
                @if let Some(zone) = set.reasons().time_zone(code, locale) { div.quiet { (reader.say_of("reasons-zone", &[("zone", zone.to_string().into())])) } }
            }
        }
    }
}
