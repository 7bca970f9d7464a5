//! One source: how it proves itself, what was last heard of it, what was refused in its name, and what became of its last
//! alerts.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{PATH, refusals, refused, standing, trial, when};
use crate::access::Permission;
use crate::console::alerts::{self, Seen};
use crate::console::page::{self, Section, page};
use crate::console::reader::Reader;
use crate::console::told::fact;
use crate::console::{Console, enter, given, now};
use crate::incident::{PauseScope, SourceName};
use crate::intake::Intake;
use crate::trail::Figures;
use crate::trail::export::inert;

pub(in crate::console) async fn one(request: HttpRequest, console: Data<Console>, name: Path<String>) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadSources) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let intake = console.sources.now();
    let Some(name) = intake.configured(&name) else { return page::not_found(&reader) };
    match alerts::last(&console, &reader, "source", name.as_str()).await {
        Ok(alerts) => page::answer(&render(&console, &reader, &intake, name, &alerts)),
        Err(error) => given::refused(&reader, &error),
    }
}

fn render(console: &Console, reader: &Reader, intake: &Intake, name: &SourceName, alerts: &[Seen]) -> Markup {
    let (figures, at) = (console.trail.figures(), console.clock.now());
    let main = html! {
        h1 { (name) (standing(console, reader, intake, name, at)) }
        p { a href=(PATH) { (reader.say("sources-title")) } }
        (now::pause_one(console, reader, &PauseScope::Source(name.clone())))
        (facts(reader, intake, &figures, name))
        (alerts::shown(reader, alerts))
        h2 { (reader.say("column-refused")) }
        (refused(reader, &reader.say("column-refused"), &refusals(&figures, Some(name))))
        (trial::shown(reader, name, intake.trial(name, at).as_ref(), at))
    };
    page(reader, Section::Sources, name.as_str(), &main)
}

fn facts(reader: &Reader, intake: &Intake, figures: &Figures, name: &SourceName) -> Markup {
    let (about, heard) = (intake.about(name), figures.heard.get(name));
    let alive = intake.heard(name);
    html! {
        dl.facts {
            @if let Some(about) = about {
                (fact(reader, "column-kind", &html! { code { (about.kind.as_str()) } }))
                (fact(reader, "column-assurance", &html! { (about.assurance.as_str()) }))
                @for secret in &about.secrets {
                    @let used = heard.and_then(|heard| heard.secrets.get(secret)).copied();
                    (fact(reader, "fact-secret", &html! { code { (secret) } " " (when(reader, used)) }))
                }
            }
            (fact(reader, "column-last-alert", &when(reader, heard.and_then(|heard| heard.alert_at))))
            (fact(reader, "fact-proved", &when(reader, alive.and_then(|alive| alive.at))))
            @if let Some((at, reason)) = heard.and_then(|heard| heard.refused.as_ref()) {
                (fact(reader, "fact-last-refused", &html! { (reader.time(*at)) " " code { (reason) } }))
            }
            @if let Some(stream) = heard.and_then(|heard| heard.stream.as_ref()) {
                (fact(reader, "fact-stream", &html! {
                    (stream.status.as_str()) " " (reader.time(stream.at))
                    @if let Some(reason) = &stream.reason { " " (inert(reason)) }
                }))
            }
        }
    }
}
