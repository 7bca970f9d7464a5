//! The way *Sources*, for engineers: who sends alerts, how strongly each proves itself, what was last heard of it, and why
//! something was refused in its name.

mod one;
mod trial;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

pub(super) use one::one;
pub(super) use trial::try_out;

use super::page::{self, Section, page};
use super::reader::Reader;
use super::table::table;
use super::{Console, enter};
use crate::access::Permission;
use crate::incident::{PauseScope, SourceName, Timestamp};
use crate::intake::Intake;
use crate::trail::Figures;

/// Where the way begins; a source's own page is below.
pub(super) const PATH: &str = "/sources";

/// All that are configured.
pub(super) async fn list(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    match enter::to_see(&request, &console, Permission::ReadSources) {
        Ok(reader) => page::answer(&render(&console, &reader)),
        Err(away) => away.answer(),
    }
}

fn render(console: &Console, reader: &Reader) -> Markup {
    let (intake, figures, now) = (console.sources.now(), console.trail.figures(), console.clock.now());
    let names: Vec<&SourceName> = intake.sources().collect();
    let title = reader.say("sources-title");
    let columns =
        ["column-source", "column-kind", "column-assurance", "column-last-alert", "column-day", "column-refused"];
    let main = html! {
        h1 { (title) }
        p { (reader.say("sources-text")) }
        (table(reader, &title, &columns, &names, |name| row(console, reader, &intake, &figures, name, now)))
        @let strangers = refusals(&figures, None);
        @if !strangers.is_empty() {
            h2 { (reader.say("sources-strangers")) }
            (refused(reader, &reader.say("sources-strangers"), &strangers))
        }
        p.quiet { (reader.say("sources-add")) " " code { "portcullis source add KIND" } }
    };
    page(reader, Section::Sources, &title, &main)
}

fn row(
    console: &Console,
    reader: &Reader,
    intake: &Intake,
    figures: &Figures,
    name: &SourceName,
    now: Timestamp,
) -> Markup {
    let about = intake.about(name);
    let count: u64 = refusals(figures, Some(name)).iter().map(|(_, count)| count).sum();
    html! {
        tr {
            td { a href={ (PATH) "/" (name) } { (name) } (standing(console, reader, intake, name, now)) }
            td data-label=(reader.say("column-kind")) { @if let Some(about) = about { code { (about.kind.as_str()) } } }
            td data-label=(reader.say("column-assurance")) { @if let Some(about) = about { (about.assurance.as_str()) } }
            td data-label=(reader.say("column-last-alert")) { (when(reader, figures.heard.get(name).and_then(|heard| heard.alert_at))) }
            td data-label=(reader.say("column-day")) { (reader.number(figures.activity.of_source(name, now))) }
            td data-label=(reader.say("column-refused")) { (reader.number(count)) }
        }
    }
}

/// What keeps its alerts from being acted on, if something does.
fn standing(console: &Console, reader: &Reader, intake: &Intake, name: &SourceName, now: Timestamp) -> Markup {
    let scope = PauseScope::Source(name.clone());
    let (is_paused, has_tripped) = console.trail.board(|board| {
        (board.pauses().iter().any(|(paused, _)| *paused == scope), board.breakers().has_tripped(&scope))
    });
    let is_tried = intake.trial(name, now).is_some_and(|trial| trial.is_open(now));
    html! {
        @if is_paused { br; span.bad { (reader.say("sources-paused")) } }
        @if has_tripped { br; span.bad { (reader.say("sources-tripped")) } }
        @if is_tried { br; span.wait { (reader.say("sources-tried")) } }
    }
}

fn when(reader: &Reader, at: Option<Timestamp>) -> Markup {
    match at {
        Some(at) => reader.time(at),
        None => html! { span.quiet { (reader.say("rules-never")) } },
    }
}

/// What was refused in the name of a source, or in no source's name, by the reason's code.
fn refusals<'f>(figures: &'f Figures, source: Option<&SourceName>) -> Vec<(&'f str, u64)> {
    let own = figures.refusals.iter().filter(|((name, _), _)| name.as_ref() == source);
    own.map(|((_, reason), count)| (reason.as_str(), *count)).collect()
}

/// What was refused, most of it first, for the page *Now*.
pub(super) fn all_refused(console: &Console, reader: &Reader) -> Markup {
    let figures = console.trail.figures();
    let mut all: Vec<_> = figures.refusals.iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let title = reader.say("now-refused");
    let columns = ["column-source", "column-why", "column-how-many", "column-last"];
    html! {
        h2 { (title) }
        (table(reader, &title, &columns, &all, |((source, reason), count)| {
            let last = source.as_ref().and_then(|source| figures.heard.get(source)?.refused.as_ref());
            html! {
                tr {
                    td { @match source { Some(name) => a href={ (PATH) "/" (name) } { (name) }, None => span.quiet { (reader.say("now-no-source")) } } }
                    td data-label=(reader.say("column-why")) { code { (reason) } }
                    td data-label=(reader.say("column-how-many")) { (reader.number(**count)) }
                    td data-label=(reader.say("column-last")) { @if let Some((at, _)) = last.filter(|(_, last)| last == reason) { (reader.time(*at)) } }
                }
            }
        }))
    }
}

fn refused(reader: &Reader, title: &str, refusals: &[(&str, u64)]) -> Markup {
    table(reader, title, &["column-why", "column-how-many"], refusals, |(reason, count)| {
        html! { tr { td { code { (reason) } } td data-label=(reader.say("column-how-many")) { (reader.number(*count)) } } }
    })
}
