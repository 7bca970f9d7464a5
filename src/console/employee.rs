//! What the employee of an incident reads when they are signed out: the texts, as long as they are those of the record.

use maud::{Markup, html};

use super::reader::Reader;
use crate::incident::{Action, Digest, Incident, ReasonCode};
use crate::rules::{EmployeeValues, Language, RuleSet, languages};

/// The message, first in the reader's own language. `None` where nobody is signed out.
pub(super) fn message(reader: &Reader, incident: &Incident, set: &RuleSet) -> Markup {
    let told = incident.plan.actions.iter().find_map(|action| match action {
        Action::SignOut { employee_reason, wording, .. } => Some((employee_reason, wording)),
        _ => None,
    });
    html! {
        @if let Some((code, wording)) = told {
            h2 { (reader.say("employee-title")) }
            p {
                (reader.rich("employee-code", &[("code", html! { code { (code.as_str()) } })])) " "
                (reader.rich("reasons-wording", &[("digest", html! { code { (wording) } })]))
            }
            (texts(reader, incident, set, code, *wording))
        }
    }
}

/// Nothing is shown for what it was that may have been another text.
fn texts(reader: &Reader, incident: &Incident, set: &RuleSet, code: &ReasonCode, wording: Digest) -> Markup {
    if !set.reasons().has(code) {
        return html! { p.state.wait { (reader.say("employee-gone")) } };
    }
    if set.wording_of(code) != wording {
        return html! {
            p.state.wait { (reader.say("employee-other")) }
            p { a href={ (super::reasons::PATH) "/" (code.as_str()) } { (reader.say("employee-now")) } }
        };
    }
    let id = incident.id().as_str();
    let values = EmployeeValues { incident_id: id, contact: set.guardrails().contact(), at: incident.opened_at };
    let all: Vec<(Language, String)> = languages()
        .filter_map(|(locale, language)| Some((language, set.reasons().render(code, locale, &values)?)))
        .collect();
    let tag = reader.tongue.tag();
    let own = all.iter().find(|(language, _)| language.tag.starts_with(tag));
    html! {
        @if let Some(own) = own { (text(own)) }
        p.quiet { (reader.say("employee-locale")) }
        details.steer {
            summary { (reader.say("employee-all")) }
            dl.facts { @for one in &all { div { dt { (one.0.name) } dd { (text(one)) } } } }
        }
    }
}

fn text((language, text): &(Language, String)) -> Markup {
    html! { p.read lang=(language.tag) dir="ltr" { (text) } }
}
