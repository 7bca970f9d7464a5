//! The frame of every page: head, style, ways to the other pages; and how pages are answered.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use maud::{DOCTYPE, Markup, html};

use super::reader::Reader;
use crate::access::Permission;

/// The one style sheet; follows the reader's colour scheme and narrows to a phone.
const STYLE: &str = include_str!("console.css");

/// Where a page is, for the ways to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// What is going on.
    Now,
    /// What there is and was.
    Incidents,
    /// What was recorded.
    Trail,
    /// What decides, and what employees read.
    Rules,
    /// Who sends alerts.
    Sources,
    /// What holds for all.
    Settings,
    /// How somebody reads.
    Preferences,
    /// On no way: signing in, and what went wrong.
    Apart,
}

impl Section {
    /// Those that there are ways to, each with where it is, what it is called and what it takes to see it.
    pub(super) const WAYS: [(Self, &str, &str, Permission); 6] = [
        (Self::Now, "/", "nav-now", Permission::ReadIncidents),
        (Self::Incidents, super::incidents::PATH, "nav-incidents", Permission::ReadIncidents),
        (Self::Trail, super::trail::PATH, "nav-trail", Permission::ReadTrail),
        (Self::Rules, super::rules::PATH, "nav-rules", Permission::ReadRules),
        (Self::Sources, super::sources::PATH, "nav-sources", Permission::ReadSources),
        (Self::Settings, super::settings::PATH, "nav-settings", Permission::ReadRules),
    ];
}

/// A whole page.
pub(super) fn page(reader: &Reader, section: Section, title: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(reader.tongue.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Portcullis" }
                link rel="stylesheet" href="/console.css";
            }
            body {
                a.skip href="#main" { (reader.say("nav-skip")) }
                header {
                    a.home href="/" { strong { "Portcullis" } }
                    @if reader.actor.is_some() { (ways(reader, section)) }
                    (who(reader, section))
                }
                main #main tabindex="-1" { (main) }
            }
        }
    }
}

fn ways(reader: &Reader, section: Section) -> Markup {
    let may = |permission| reader.actor.as_ref().is_some_and(|actor| actor.role.may(permission));
    html! {
        nav aria-label=(reader.say("nav-pages")) {
            ul.choices {
                @for (way, path, name, permission) in Section::WAYS {
                    @if may(permission) {
                        li { a href=(path) aria-current=[(way == section).then_some("page")] { (reader.say_either(name, "", name)) } }
                    }
                }
            }
        }
    }
}

fn who(reader: &Reader, section: Section) -> Markup {
    let current = (section == Section::Preferences).then_some("page");
    html! {
        div.who {
            a href=(super::preferences::PATH) aria-current=[current] { (reader.say("nav-preferences")) }
            @if let (Some(actor), Some(_)) = (&reader.actor, &reader.csrf) {
                form method="post" action="/sign-out" {
                    (reader.proof())
                    button.plain type="submit" { (reader.say_of("nav-sign-out", &[("name", actor.name.as_str().into())])) }
                }
            }
        }
    }
}

/// The page, as it is found.
pub(super) fn answer(page: &Markup) -> HttpResponse {
    answer_with(StatusCode::OK, page)
}

pub(super) fn answer_with(status: StatusCode, page: &Markup) -> HttpResponse {
    HttpResponse::build(status).insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(page.0.clone())
}

/// Why there is no page: a title, and a sentence.
pub(super) fn failed(reader: &Reader, status: StatusCode, title: &str, text: &str) -> HttpResponse {
    let main = html! {
        h1 { (title) }
        p { (text) }
        p { a href="/" { (reader.say("page-home")) } }
    };
    answer_with(status, &page(reader, Section::Apart, title, &main))
}

/// What was sent is no form or search of ours.
pub(super) fn unread(reader: &Reader) -> HttpResponse {
    let (title, text) = (reader.say("page-refused"), reader.say("page-unread-text"));
    failed(reader, StatusCode::BAD_REQUEST, &title, &text)
}

/// Nothing can be recorded now, so nothing is shown.
pub(super) fn unavailable(reader: &Reader) -> HttpResponse {
    let (title, text) = (reader.say("page-not-now"), reader.say("page-unwritable"));
    failed(reader, StatusCode::SERVICE_UNAVAILABLE, &title, &text)
}

pub(super) fn not_found(reader: &Reader) -> HttpResponse {
    let (title, text) = (reader.say("page-none"), reader.say("page-none-text"));
    failed(reader, StatusCode::NOT_FOUND, &title, &text)
}

/// Whoever has signed in may not see it.
pub(super) fn forbidden(reader: &Reader) -> HttpResponse {
    let (title, text) = (reader.say("page-forbidden"), reader.say("page-forbidden-text"));
    failed(reader, StatusCode::FORBIDDEN, &title, &text)
}

/// Why nothing was decided, with the way back to where it was to be.
pub(super) fn refused(reader: &Reader, status: StatusCode, why: &str, back: &str) -> HttpResponse {
    let title = reader.say("page-refused");
    let main = html! {
        h1 { (title) }
        p.state.bad role="alert" { (why) }
        p { a href=(back) { (reader.say("page-back")) } }
    };
    answer_with(status, &page(reader, Section::Apart, &title, &main))
}

pub(super) async fn style() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8")).body(STYLE)
}
