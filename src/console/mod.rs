//! Floor 6: pages for people, rendered here; no script. What is going on, and what employees read.

mod now;
mod page;
mod reasons;
mod rules;

use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::access::{Access, Actor, Permission};
use crate::incident::{Bar, Clock};
use crate::rules::InForce;
use crate::trail::Trail;

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
}

/// Adds the pages to a server.
pub fn mount(config: &mut ServiceConfig) {
    config.service(web::resource("/").route(web::get().to(now)));
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
