//! Floor 6: pages for people, rendered here; no script. What is going on, one incident, and what
//! employees read.

mod containments;
mod held_alerts;
mod incident;
mod now;
mod page;
mod reasons;
mod rules;

use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::access::{Access, Actor, Permission};
use crate::incident::{Bar, Clock, Event, IncidentId, Waiting};
use crate::rules::InForce;
use crate::trail::{Trail, events};

/// What the pages are made from.
pub struct Console {
    /// The trail and its board.
    pub trail: Arc<Trail>,
    /// Who may look.
    pub access: Arc<Access>,
    /// The rules in force.
    pub rules: Arc<InForce>,
    /// What a rule has to have shown before it may act.
    pub bar: Bar,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether everything is only tried.
    pub is_dry_run: bool,
}

/// Adds the pages to a server.
pub fn mount(config: &mut ServiceConfig) {
    config.service(web::resource("/").route(web::get().to(now)));
    config.service(web::resource("/incidents/{id}").route(web::get().to(one_incident)));
    config.service(web::resource(reasons::PATH).route(web::get().to(first_reason)));
    config.service(web::resource(format!("{}/{{reason}}", reasons::PATH)).route(web::get().to(one_reason)));
    config.service(web::resource("/console.css").route(web::get().to(page::style)));
}

async fn now(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    match signed_in(&request, &console, Permission::ReadIncidents) {
        Some(actor) => page::answer(&now::render(&console, &actor)),
        None => page::sign_in(),
    }
}

async fn one_incident(request: HttpRequest, console: Data<Console>, asked: Path<String>) -> HttpResponse {
    let Some(actor) = signed_in(&request, &console, Permission::ReadIncidents) else { return page::sign_in() };
    let Ok(id) = IncidentId::parse(&asked) else { return page::not_found() };
    let (trail, wanted) = (console.trail.clone(), id.clone());
    let found = tokio::task::spawn_blocking(move || trail.incident(&wanted)).await;
    let Ok(Ok(Some((incident, records)))) = found else { return page::not_found() };
    // As of the API: that it was read stands on the trail, or it is not shown.
    let (from, count) = (records.first().map_or(0, |record| record.seq), u32::try_from(records.len()));
    let read = Event::TrailRead { actor: actor.name, from, count: count.unwrap_or(u32::MAX), incident: Some(id) };
    let now = console.clock.now();
    let Ok(events) = events(&records) else { return page::unavailable() };
    let waiting = Waiting::of(&incident, events.iter());
    match console.trail.record(now, vec![read]).await {
        Ok(()) => page::answer(&incident::render(&incident, waiting.as_ref(), now)),
        Err(_) => page::unavailable(),
    }
}

async fn first_reason(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    reason(&request, &console, None)
}

async fn one_reason(request: HttpRequest, console: Data<Console>, asked: Path<String>) -> HttpResponse {
    reason(&request, &console, Some(&asked))
}

fn reason(request: &HttpRequest, console: &Console, asked: Option<&str>) -> HttpResponse {
    match signed_in(request, console, Permission::ReadRules) {
        Some(_) => reasons::render(console, asked).map_or_else(page::not_found, |page| page::answer(&page)),
        None => page::sign_in(),
    }
}

fn signed_in(request: &HttpRequest, console: &Console, permission: Permission) -> Option<Actor> {
    // Two such headers are as good as none: which one counts would be a matter of taste.
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().filter(|_| headers.next().is_none());
    console.access.browser(header.map(|value| value.as_bytes()), permission).ok()
}
