//! The page *Language and time*: how somebody reads, kept in cookies of their browser.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{Section, answer_with, page};
use super::reader::{LANGUAGE, Reader, ZONE};
use super::words::Tongue;
use super::{Console, enter};

/// Where the page is.
pub(super) const PATH: &str = "/preferences";
/// How long a browser keeps them.
const KEPT: Duration = Duration::days(365);

/// What somebody chooses.
#[derive(Deserialize)]
pub(super) struct Chosen {
    language: String,
    zone: String,
}

pub(super) async fn show(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    let mut reader = Reader::of(&request);
    if let Some(session) = enter::session(&request, &console) {
        reader.signed_in(session);
    }
    let zone = reader.zone_name().to_owned();
    form(&reader, StatusCode::OK, &zone)
}

fn form(reader: &Reader, status: StatusCode, zone: &str) -> HttpResponse {
    let title = reader.say("preferences-title");
    let main = html! {
        h1 { (title) }
        form.fields method="post" action=(PATH) {
            (languages(reader))
            label for="zone" { (reader.say("preferences-zone")) }
            input #zone name="zone" value=(zone) autocomplete="off" spellcheck="false" maxlength="64" aria-describedby="zone-hint";
            p.quiet #zone-hint { (reader.say("preferences-zone-hint")) }
            @if status != StatusCode::OK { p.bad role="alert" { (reader.say("preferences-zone-unknown")) } }
            button type="submit" { (reader.say("preferences-save")) }
        }
    };
    answer_with(status, &page(reader, Section::Preferences, &title, &main))
}

fn languages(reader: &Reader) -> Markup {
    html! {
        fieldset {
            legend { (reader.say("preferences-language")) }
            @for tongue in Tongue::ALL {
                label.choice lang=(tongue.tag()) {
                    input type="radio" name="language" value=(tongue.tag()) checked[tongue == reader.tongue];
                    " " (tongue.name())
                }
            }
        }
    }
}

/// Keeps them. They decide about nothing but how pages look, so nobody has to have signed in.
pub(super) async fn keep(request: HttpRequest, chosen: Form<Chosen>) -> HttpResponse {
    let mut reader = Reader::of(&request);
    if !enter::is_from_here(request.headers()) {
        return enter::foreign(&reader);
    }
    reader.tongue = Tongue::of(&chosen.language).unwrap_or(reader.tongue);
    let zone = chosen.zone.trim();
    let Ok(known) = TimeZone::get(if zone.is_empty() { "UTC" } else { zone }) else {
        return form(&reader, StatusCode::UNPROCESSABLE_ENTITY, zone);
    };
    let cookie = |name, value: &str| {
        let cookie = Cookie::build(name, value.to_owned()).path("/").http_only(true).max_age(KEPT);
        cookie.same_site(SameSite::Strict).finish()
    };
    HttpResponse::SeeOther()
        .cookie(cookie(LANGUAGE, reader.tongue.tag()))
        .cookie(cookie(ZONE, known.iana_name().unwrap_or("UTC")))
        .insert_header((header::LOCATION, "/"))
        .finish()
}
