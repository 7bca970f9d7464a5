//! Signing in and out: with a token, by the link of the first start; and showing again who one is before what cannot be
//! taken back.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{Section, answer_with, page, unavailable};
use super::reader::Reader;
use super::{Console, enter, oidc};
use crate::access::{Actor, Session, Way};
use crate::incident::{AccessEvent, Event};

/// Where somebody goes afterwards.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    to: String,
}

/// A token, and where somebody goes afterwards.
#[derive(Deserialize)]
pub(super) struct Shown {
    token: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    csrf: String,
}

/// The secret of the first start's link.
#[derive(Deserialize)]
pub(super) struct First {
    secret: String,
}

/// What a form of somebody who has signed in carries at the least.
#[derive(Deserialize)]
pub(super) struct Signed {
    csrf: String,
}

pub(super) async fn show(request: HttpRequest, console: Data<Console>, asked: Query<Asked>) -> HttpResponse {
    if enter::session(&request, &console).is_some() {
        return enter::see(enter::way_back(&asked.to));
    }
    form(&Reader::of(&request), &console, StatusCode::OK, &asked.to)
}

/// The page with the field for a token.
fn form(reader: &Reader, console: &Console, status: StatusCode, to: &str) -> HttpResponse {
    let title = reader.say("sign-in-title");
    let main = html! {
        h1 { (title) }
        (oidc::way(reader, console, to, false))
        form.fields method="post" action="/sign-in" {
            (token(reader, (status != StatusCode::OK).then_some("sign-in-refused"), to))
            button type="submit" { (reader.say("sign-in-button")) }
        }
    };
    answer_with(status, &page(reader, Section::Apart, &title, &main))
}

fn token(reader: &Reader, refused: Option<&str>, to: &str) -> Markup {
    html! {
        input type="hidden" name="to" value=(enter::way_back(to));
        label for="token" { (reader.say("sign-in-token")) }
        input #token type="password" name="token" required autocomplete="off" maxlength="1024" aria-describedby="token-hint";
        p.quiet #token-hint { (reader.say("sign-in-token-hint")) }
        @if let Some(key) = refused { p.bad role="alert" { (reader.say_either(key, "", key)) } }
    }
}

/// Begins a session with a token. Nothing of another site may do that either, or somebody would work under a name that is
/// not their own.
pub(super) async fn with_token(request: HttpRequest, console: Data<Console>, shown: Form<Shown>) -> HttpResponse {
    let reader = Reader::of(&request);
    if !enter::is_from_here(request.headers()) {
        return enter::foreign(&reader);
    }
    let Some((actor, way)) = console.access.holder(&shown.token, console.clock.now()) else {
        return form(&reader, &console, StatusCode::UNAUTHORIZED, &shown.to);
    };
    begin(&request, &console, &reader, actor, way, &shown.to).await
}

/// Begins a session, instead of the one that the browser may have. That somebody has signed in stands on the trail, or
/// they have not.
pub(super) async fn begin(
    request: &HttpRequest,
    console: &Console,
    reader: &Reader,
    actor: Actor,
    way: Way,
    to: &str,
) -> HttpResponse {
    let (earlier, now) = (enter::secret(request), console.clock.now());
    let signed_in = AccessEvent::SignedIn {
        actor: actor.name.clone(),
        role: actor.role,
        way: way.told(),
        user_id: actor.user_id.clone(),
    };
    if console.trail.record(now, vec![Event::Access(signed_in)]).await.is_err() {
        return unavailable(reader);
    }
    let Ok(secret) = console.access.sessions().begin(actor, way, earlier.as_deref(), now) else {
        return unavailable(reader);
    };
    let mut answer = enter::see(enter::way_back(to));
    if answer.add_cookie(&enter::cookie(secret)).is_err() {
        return unavailable(reader);
    }
    answer
}

pub(super) async fn show_again(request: HttpRequest, console: Data<Console>, asked: Query<Asked>) -> HttpResponse {
    let Some(session) = enter::session(&request, &console) else { return enter::to("/sign-in", &asked.to) };
    let mut reader = Reader::of(&request);
    reader.signed_in(session);
    again_form(&reader, &console, None, &asked.to)
}

fn again_form(reader: &Reader, console: &Console, refused: Option<&str>, to: &str) -> HttpResponse {
    let title = reader.say("sign-in-again-title");
    let minutes = u64::from(console.access.sessions().fresh_minutes());
    let main = html! {
        h1 { (title) }
        p { (reader.say_of("sign-in-again-text", &[("minutes", minutes.into())])) }
        (oidc::way(reader, console, to, true))
        form.fields method="post" action="/sign-in/again" {
            (reader.proof())
            (token(reader, refused, to))
            button type="submit" { (reader.say("sign-in-button")) }
        }
    };
    let status = refused.map_or(StatusCode::OK, |_| StatusCode::UNAUTHORIZED);
    answer_with(status, &page(reader, Section::Apart, &title, &main))
}

/// Shows again who one is: by the same token as before, or another of the same name. Who came by the link of the first
/// start had none; any administrator's will do, and they are that from then on. Whoever is somebody else signs in anew.
pub(super) async fn again(request: HttpRequest, console: Data<Console>, shown: Form<Shown>) -> HttpResponse {
    let (reader, session) = match enter::to_change(&request, &console, None, &shown.csrf) {
        Ok(entered) => entered,
        Err(away) => return away.answer(),
    };
    match console.access.holder(&shown.token, console.clock.now()) {
        Some((actor, way)) if actor.name == session.actor.name || becomes(&session, &actor) => {
            begin(&request, &console, &reader, actor, way, &shown.to).await
        }
        Some(_) => again_form(&reader, &console, Some("sign-in-again-other"), &shown.to),
        None => again_form(&reader, &console, Some("sign-in-refused"), &shown.to),
    }
}

fn becomes(session: &Session, actor: &Actor) -> bool {
    session.way == Way::FirstLink && actor.role == session.actor.role
}

/// Asks first: what opens a link before a person does must not use it up.
pub(super) async fn show_first(request: HttpRequest, console: Data<Console>, secret: Path<String>) -> HttpResponse {
    let reader = Reader::of(&request);
    if !console.access.first().is(&secret) {
        return over(&reader);
    }
    let title = reader.say("sign-in-first-title");
    let main = html! {
        h1 { (title) }
        p { (reader.say("sign-in-first-text")) }
        form.fields method="post" action="/sign-in/first" {
            input type="hidden" name="secret" value=(secret.as_str());
            button type="submit" { (reader.say("sign-in-button")) }
        }
    };
    answer_with(StatusCode::OK, &page(&reader, Section::Apart, &title, &main))
}

pub(super) async fn first(request: HttpRequest, console: Data<Console>, shown: Form<First>) -> HttpResponse {
    let reader = Reader::of(&request);
    if !enter::is_from_here(request.headers()) {
        return enter::foreign(&reader);
    }
    match console.access.first().take(&shown.secret) {
        Some(actor) => begin(&request, &console, &reader, actor, Way::FirstLink, "/").await,
        None => over(&reader),
    }
}

fn over(reader: &Reader) -> HttpResponse {
    let (title, text) = (reader.say("sign-in-first-title"), reader.say("sign-in-first-over"));
    super::page::failed(reader, StatusCode::NOT_FOUND, &title, &text)
}

/// Ends the session, here and in the browser.
pub(super) async fn out(request: HttpRequest, console: Data<Console>, signed: Form<Signed>) -> HttpResponse {
    if let Err(away) = enter::to_change(&request, &console, None, &signed.csrf) {
        return away.answer();
    }
    // Ended in any case: whoever leaves must not stay signed in because something cannot be written.
    if let Some(actor) = enter::secret(&request).and_then(|secret| console.access.sessions().end(&secret)) {
        let signed_out = Event::Access(AccessEvent::SignedOut { actor: actor.name });
        if console.trail.record(console.clock.now(), vec![signed_out]).await.is_err() {
            tracing::warn!("that somebody has signed out cannot be recorded");
        }
    }
    let mut answer = enter::see("/sign-in");
    if answer.add_cookie(&enter::no_cookie()).is_err() {
        return unavailable(&Reader::of(&request));
    }
    answer
}
