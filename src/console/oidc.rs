//! Signing in with an identity provider: the way there, and the way back.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{failed, unavailable};
use super::reader::Reader;
use super::{Console, enter, sign_in};
use crate::access::{OidcRefused, Way};

/// What the browser keeps while somebody is at their provider, so that nobody else comes back in their place.
const BINDING: &str = "__Host-portcullis-sign-in";
/// How long that may take.
const KEPT: Duration = Duration::minutes(10);

/// Where somebody wants to go, and whether they are to show again who they are.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    to: String,
    #[serde(default)]
    again: bool,
}

/// As the provider sends them back (RFC 6749 sections 4.1.2 and 4.1.2.1).
#[derive(Deserialize)]
pub(super) struct Returned {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    error: String,
}

/// The link there, where there is a provider.
pub(super) fn way(reader: &Reader, console: &Console, to: &str, again: bool) -> Markup {
    let Some(oidc) = console.access.oidc() else { return html! {} };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("to", enter::way_back(to));
    if again {
        query.append_pair("again", "true");
    }
    html! {
        p { a.button href={ "/sign-in/oidc?" (query.finish()) } { (reader.say_of("sign-in-oidc", &[("name", oidc.name().into())])) } }
        p.quiet { (reader.say("sign-in-or")) }
    }
}

/// Sends somebody to their provider.
pub(super) async fn leave(request: HttpRequest, console: Data<Console>, asked: Query<Asked>) -> HttpResponse {
    let reader = Reader::of(&request);
    let Some(oidc) = console.access.oidc() else { return super::page::not_found(&reader) };
    match oidc.begin(asked.again, enter::way_back(&asked.to), console.clock.now()).await {
        Ok(begun) => {
            let cookie = Cookie::build(BINDING, begun.binding).path("/").secure(true).http_only(true);
            let mut answer = enter::see(&begun.url);
            match answer.add_cookie(&cookie.same_site(SameSite::Lax).max_age(KEPT).finish()) {
                Ok(()) => answer,
                Err(_) => unavailable(&reader),
            }
        }
        Err(refused) => refuse(&reader, &refused),
    }
}

/// Begins a session of whoever comes back.
pub(super) async fn come_back(request: HttpRequest, console: Data<Console>, back: Query<Returned>) -> HttpResponse {
    let reader = Reader::of(&request);
    let Some(oidc) = console.access.oidc() else { return super::page::not_found(&reader) };
    let binding = request.cookie(BINDING);
    let binding = binding.as_ref().map(|cookie| cookie.value());
    if !back.error.is_empty() {
        return refuse(&reader, &OidcRefused::Provider("it sends them back without a code".to_owned()));
    }
    let returned = match oidc.finish(&back.state, &back.code, binding, console.clock.now()).await {
        Ok(returned) => returned,
        Err(refused) => return refuse(&reader, &refused),
    };
    let earlier = enter::session(&request, &console);
    let is_other = returned.again && earlier.is_none_or(|earlier| earlier.actor.name != returned.actor.name);
    if is_other || console.access.is_anothers(&returned.actor) {
        return refuse(&reader, &OidcRefused::NoName);
    }
    let to = enter::way_back(&returned.to);
    sign_in::begin(&request, &console, &reader, returned.actor, Way::Oidc, to).await
}

/// Whoever comes back reads that it was refused; why is for those who run this, and holds nothing of the token.
fn refuse(reader: &Reader, refused: &OidcRefused) -> HttpResponse {
    tracing::warn!(%refused, "somebody could not sign in with the identity provider");
    let (status, key) = match refused {
        OidcRefused::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "sign-in-oidc-unavailable"),
        OidcRefused::NoRole => (StatusCode::FORBIDDEN, "sign-in-oidc-no-role"),
        OidcRefused::NotOnTheirWay | OidcRefused::Provider(_) | OidcRefused::Token(_) | OidcRefused::NoName => {
            (StatusCode::UNAUTHORIZED, "sign-in-oidc-refused")
        }
    };
    failed(reader, status, &reader.say("sign-in-title"), &reader.say_either(key, "", key))
}
