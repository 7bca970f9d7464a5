//! Floor 6: pages for people, rendered here; no script. For now one page: what is going on.

mod now;
mod page;
mod rules;

use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::access::{Access, Permission};
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
    config.service(web::resource("/console.css").route(web::get().to(page::style)));
}

async fn now(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    // Two such headers are as good as none: which one counts would be a matter of taste.
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().filter(|_| headers.next().is_none());
    match console.access.browser(header.map(|value| value.as_bytes()), Permission::ReadIncidents) {
        Ok(actor) => page::answer(&now::render(&console, &actor)),
        Err(_) => page::sign_in(),
    }
}
